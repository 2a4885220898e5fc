"""Pixels to palette indices: the nearest entries, or dithering."""
