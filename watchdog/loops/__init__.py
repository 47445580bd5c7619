"""The imperative shell: loops that call adapters and pure decisions in order."""
