"""The composition root: settings become adapters, adapters and decisions become a program."""
