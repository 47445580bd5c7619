"""What becomes of findings: grouped, inhibited, reconciled with what is known, told or not."""
