"""Finds the name a person most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence for a hint that names the nearest known name, "" when none is near."""
    match = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{match[0]}`?" if match else ""
