"""The manifests on a real control plane, and the command with the rights they give."""
