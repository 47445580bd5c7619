"""Tests of the way to the model."""
