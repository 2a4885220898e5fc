"""Numbers of colours and bytes as text; without NumPy, so that the program starts quickly."""

from __future__ import annotations


def color_count(k: int) -> str:
    """A number of colours, as in "16 colours"."""
    return "1 colour" if k == 1 else f"{k} colours"


def byte_count(n: float) -> str:
    """A number of bytes with an SI unit, as in "66.9 kB"."""
    if n < 1000:
        return f"{n:.0f} B"
    for unit in ("kB", "MB", "GB"):
        n /= 1000
        if n < 999.95 or unit == "GB":
            break
    return f"{n:.1f} {unit}"
