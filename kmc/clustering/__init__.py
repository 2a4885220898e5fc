"""Weighted colours to a palette: initialization, swap search, Lloyd's iterations."""
