"""The vocabulary: frozen values and the ports between the layers. No I/O, no clock, no decisions."""
