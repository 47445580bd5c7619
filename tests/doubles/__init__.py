"""Servers on loopback that speak the wire protocols of the outside world."""
