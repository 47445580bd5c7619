"""Runs the black-box scenarios that live next to the checkout; `make scenarios`."""
