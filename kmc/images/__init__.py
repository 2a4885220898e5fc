"""Anything that holds a picture becomes pixels: files, Pillow images, arrays."""
