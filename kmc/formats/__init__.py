"""Indexed images and palettes as files."""
