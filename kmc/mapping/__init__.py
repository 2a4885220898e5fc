"""Pixels to palette indices: nearest entries and dithering."""
