"""Smaller files: indices chosen for what they cost, and colours and loss chosen for a size."""
