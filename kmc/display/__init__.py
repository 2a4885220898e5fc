"""Display of indexed images and palettes in notebooks and as text."""
