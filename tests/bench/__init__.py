"""Cost of one look at a large synthetic cluster: `python -m tests.bench`. Prints, asserts nothing."""
