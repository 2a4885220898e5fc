"""Indexed images and palettes in notebooks and in text."""
