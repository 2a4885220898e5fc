"""Exact k-means image compression."""

__version__ = "0.1.0"
