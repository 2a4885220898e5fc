"""General helpers: argument checks, atomic file writing, errors of files and memory."""
