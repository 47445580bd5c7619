"""The model's part: what it is told, what it may read, and what is left of its answer."""
