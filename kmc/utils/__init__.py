"""General helpers: argument checks, atomic file writing, operating-system errors."""
