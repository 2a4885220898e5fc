"""Computing by the Dask scheduler in use, and what may go wrong there as errors of kmc."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from kmc.errors import ClusterError, MissingPackageError
from kmc.utils.os_errors import enough_memory

_VERSION = "kmc:__version__"


def computed(*lazy: Any) -> tuple[Any, ...]:
    """The results of Dask arrays, computed by the scheduler in use; other values as they are.

    Raises
    ------
    MissingPackageError
        A worker of a cluster cannot import kmc.
    ClusterError
        A worker has another version of it, workers die again and again, or the scheduler cannot be
        reached.
    OutOfMemoryError
        There is not enough memory.

    Errors of tasks are raised as they are.
    """
    import dask

    collections = [each for each in lazy if dask.is_dask_collection(each)]
    client = getattr(dask.base.get_scheduler(collections=collections), "__self__", None)
    with enough_memory(), _errors_of_clusters():
        if hasattr(client, "scheduler_info"):
            _check_workers(client)
        return tuple(dask.compute(*lazy))


def _check_workers(client: Any) -> None:
    """Raise an error unless all workers have this version of kmc.

    A worker that cannot read its tasks would end without saying why.
    """
    from pkgutil import resolve_name  # of the standard library: any worker knows it

    if client.asynchronous:
        raise ClusterError(
            "an asynchronous Client computes nothing at once: use a Client of its own for kmc, or "
            "dask.config.set(scheduler='threads')"
        )
    if client.status in ("closing", "closed"):
        raise ClusterError(f"the Dask scheduler cannot be reached: its Client is {client.status}")
    try:
        versions = client.run(resolve_name, _VERSION, on_error="return")
    except OSError as error:
        raise ClusterError(f"the Dask scheduler cannot be reached: {error}") from error
    ours = resolve_name(_VERSION)
    for worker, found in versions.items():
        if isinstance(found, ImportError):
            raise MissingPackageError(
                f"the Dask worker {worker} cannot import kmc ({found}): install "
                f'"kmc-quantize[dask]=={ours}" where the workers run'
            )
        if isinstance(found, str) and found != ours:  # no other error: a worker may be dying
            raise ClusterError(f"the Dask worker {worker} has kmc {found}, and this is {ours}")


@contextlib.contextmanager
def _errors_of_clusters() -> Iterator[None]:
    distributed: Any = sys.modules.get("distributed")
    if distributed is None:
        yield
        return
    try:
        yield
    except distributed.KilledWorker as error:
        raise ClusterError(
            f"Dask workers died again and again, which happens without enough memory: {error}"
        ) from error
    except distributed.CancelledError as error:
        raise ClusterError("the Dask scheduler was lost, or the computation cancelled") from error
