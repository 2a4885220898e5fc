"""How numbers of colours and of bytes are written for people."""

from __future__ import annotations


def color_count(k: int) -> str:
    """A number of colours."""
    return "1 colour" if k == 1 else f"{k} colours"


def byte_count(n: float) -> str:
    """A number of bytes, in powers of 1000."""
    if n < 1000:
        return f"{n:.0f} B"
    for unit in ("kB", "MB", "GB"):
        n /= 1000
        if n < 999.95 or unit == "GB":
            break
    return f"{n:.1f} {unit}"
