"""The database: one transaction per function, no SQL anywhere else."""
