"""Which models to try, what is right, and what it is worth."""
