"""Where messages leave the house: one module per kind of target."""
