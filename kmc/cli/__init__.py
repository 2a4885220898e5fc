"""The program ``kmc``."""
