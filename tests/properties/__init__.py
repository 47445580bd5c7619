"""What must never happen, over clusters as a real API server printed them."""
