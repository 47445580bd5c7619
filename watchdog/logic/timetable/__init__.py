"""When a job is due: the grammar of schedules and the due times it gives."""
