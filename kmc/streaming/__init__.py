"""Pictures larger than memory: read, counted, mapped and written in bands of rows."""
