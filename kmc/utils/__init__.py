"""Helpers that know nothing of pictures: arguments, atomic writes, operating-system errors."""
