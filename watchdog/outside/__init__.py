"""What is read of the cluster elsewhere than at its API server. Nothing here decides, or writes."""
