"""zarr arrays that the workers of a Dask cluster quantize: they read and write the chunks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from kmc.errors import ClusterError
from kmc.indexed_image import Palette
from kmc.lazy.computing import computed
from kmc.lazy.images import lazy_image
from kmc.lazy.mapping import mean_error
from kmc.lazy_indexed_image import LazyIndexedImage
from kmc.streaming.packages import needed

# How long to wait for a scheduler.
_TIMEOUT = "10s"


@contextlib.contextmanager
def cluster(address: str) -> Iterator[None]:
    """Whatever Dask computes in this context, it computes on a cluster.

    Raises
    ------
    MissingPackageError
        distributed is not installed.
    ClusterError
        There is no scheduler at this address.
    """
    distributed = needed("distributed", address)
    try:
        client = distributed.Client(address, timeout=_TIMEOUT)
    except (OSError, ValueError, KeyError) as error:  # KeyError: an unknown protocol
        reason = str(error) or type(error).__name__
        raise ClusterError(f"the Dask scheduler {address} cannot be reached: {reason}") from error
    with client:
        yield


def lazy_zarr(path: str) -> Any:
    """A zarr array as a Dask array."""
    array = needed("dask.array", path)
    return array.from_zarr(os.path.abspath(path))


def lazily_remapped(pixels: Any, palette: Palette, **options: Any) -> LazyIndexedImage:
    """A Dask array in the colours of a palette; `options` as of `kmc.Palette.remap`."""
    indices = palette.remap(pixels, **options)
    return LazyIndexedImage(
        indices, palette, mean_error(lazy_image(pixels), indices, palette.colors)
    )


def store(image: LazyIndexedImage, path: str) -> float:
    """Compute the indices of an image and write them as `write_zarr` does; returns the MSE.

    Raises
    ------
    KmcError
        As `kmc.LazyIndexedImage.compute`.
    """
    zarr = needed("zarr", path)
    stored = image.indices.to_zarr(os.path.abspath(path), compute=False)
    _, mse = computed(stored, image.mse)
    zarr.open(path, mode="r+").attrs["palette"] = image.palette.colors.tolist()
    return float(mse)
