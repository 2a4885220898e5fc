"""How .kmc files are known."""

from __future__ import annotations

NAME, SUFFIX, MIME_TYPE = "KMC", ".kmc", "image/x-kmc"

# Not ASCII, and with the two line ends and the end mark that careless transfers change.
SIGNATURE = b"\x8bkmc\r\n\x1a"
