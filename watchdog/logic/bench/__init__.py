"""How good a model is for this work: which ones to try, what to ask them, and what it is worth."""
