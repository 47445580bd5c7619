"""A real control plane for tests, and a simulated kubelet for its nodes."""
