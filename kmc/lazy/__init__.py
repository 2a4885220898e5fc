"""Images as Dask arrays: counted and mapped chunk by chunk, wherever Dask runs the tasks.

Dask and xarray are imported only where an array of theirs has been passed, so that they are not
needed otherwise.
"""
