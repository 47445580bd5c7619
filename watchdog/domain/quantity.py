"""Kubernetes quantities ("250m", "2Gi") as numbers. Source: apimachinery resource.Quantity."""

_SUFFIXES = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}


def quantity(text: str | float) -> float:
    """Return cores, bytes or a count; 0.0 for what is no quantity (the API server refuses those)."""
    if not isinstance(text, str):
        return float(text)
    digits = text.rstrip("numkKMGTPEi")
    try:
        if text[len(digits) :] in _SUFFIXES:
            return float(digits) * _SUFFIXES[text[len(digits) :]]
        return float(text)  # "1e3", "12E2": exponents end in digits
    except ValueError:
        return 0.0


def in_binary(size: float) -> str:
    """Write bytes as people do: the largest binary unit that leaves no fraction, else two digits."""
    for unit in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
        amount = size / _SUFFIXES[unit]
        if amount >= 1 and amount == int(amount):
            return f"{int(amount)}{unit}"
    for unit in ("Gi", "Mi", "Ki"):
        if size >= _SUFFIXES[unit]:
            return f"{size / _SUFFIXES[unit]:.1f}{unit}"
    return f"{size:.0f}"
