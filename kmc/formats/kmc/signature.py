"""How .kmc files are known."""

from __future__ import annotations

NAME, SUFFIX, MIME_TYPE = "KMC", ".kmc", "image/x-kmc"

# Not ASCII, so that no text begins with it; checksums tell of careless transfers.
SIGNATURE = b"\x8bkmc"
