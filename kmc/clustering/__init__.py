"""Weighted colours to a palette: initialization, swap search and Lloyd's iterations."""
