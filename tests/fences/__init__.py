"""The overlay `act` on a real control plane: what its token may write, and what it may not."""
