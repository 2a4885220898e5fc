"""Every scheduler of Dask gives the same, and a cluster that fails says how."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster, wait
from scenes import photo

import kmc

pytestmark = pytest.mark.once

PIXELS = photo(1100, 400)
CHUNKS = ((256, 256, 3), (1000, 37, 3), (99, -1, 3), -1)
RESULT = kmc.quantize(PIXELS, 16, dither="blue-noise")


def check(pixels=PIXELS, chunks=(256, 256, 3), tasks=None):
    """A palette, labels and a dithered image by the scheduler in use, against those in memory."""
    image = da.from_array(pixels, chunks=chunks)
    if tasks is not None:
        image = image.map_blocks(tasks, dtype=np.uint8, meta=np.empty((0, 0, 0), np.uint8))
    result = kmc.quantize(image, 16, dither="blue-noise")
    np.testing.assert_array_equal(result.palette.centroids, RESULT.palette.centroids)
    made = result.compute()
    np.testing.assert_array_equal(made.indices, RESULT.indices)
    assert made.mse == RESULT.mse


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_threads(chunks):
    with dask.config.set(scheduler="threads"):
        check(chunks=chunks)


def test_processes():
    with (
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
        dask.config.set(scheduler="processes", pool=pool),
    ):
        for chunks in CHUNKS:
            check(chunks=chunks)


@pytest.fixture(scope="module")
def client():
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            protocol="tcp",
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as one,
    ):
        yield one


def test_a_cluster(client):
    with client.as_current(), dask.config.set(scheduler=client):
        for chunks in CHUNKS:
            check(chunks=chunks)
        labels = RESULT.palette.remap(da.from_array(PIXELS, chunks=300)).persist()
        wait(labels)
        np.testing.assert_array_equal(labels, RESULT.palette.remap(PIXELS).indices)


def slow(block):
    time.sleep(0.02)
    return block


def test_a_worker_that_is_killed(client):
    pid = min(client.run(os.getpid).values())
    with dask.config.set(scheduler=client):
        killer = threading.Timer(0.2, os.kill, (pid, getattr(signal, "SIGKILL", signal.SIGTERM)))
        killer.start()
        check(chunks=(100, 100, 3), tasks=slow)
        killer.join()
    assert pid not in client.run(os.getpid).values()


def test_errors_come_back_from_a_cluster(client):
    image = da.from_array(PIXELS, chunks=300).astype(float)
    wrong = image.map_blocks(
        lambda block: block, dtype=np.uint8, meta=np.empty((0, 0, 0), np.uint8)
    )
    with dask.config.set(scheduler=client), pytest.raises(kmc.ImageTypeError, match="is float64"):
        kmc.fit(wrong, 3)


def hide_kmc():
    """Make this process one in which kmc cannot be imported."""
    sys.modules["hidden kmc"], sys.modules["kmc"] = sys.modules["kmc"], None


def show_kmc():
    sys.modules["kmc"] = sys.modules.pop("hidden kmc")


def set_version(version):
    import kmc

    kmc.__version__ = version


def test_workers_that_have_not_this_kmc(client):
    image, one = da.from_array(PIXELS, chunks=300), [min(client.scheduler_info()["workers"])]
    client.run(set_version, kmc.__version__)  # which imports it
    with dask.config.set(scheduler=client):
        client.run(hide_kmc, workers=one)
        with pytest.raises(kmc.MissingPackageError, match=r"cannot import kmc .*: install"):
            kmc.fit(image, 3)
        client.run(show_kmc, workers=one)
        client.run(set_version, "0.0.1", workers=one)
        with pytest.raises(kmc.ClusterError, match=r"has kmc 0.0.1, and this is"):
            kmc.fit(image, 3)
        client.run(set_version, kmc.__version__, workers=one)
        assert kmc.histogram(image) == kmc.histogram(PIXELS)


def test_a_scheduler_that_is_gone():
    cluster = LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50, processes=False)
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        client = Client(cluster, set_as_default=False, timeout=1)
        cluster.close()
        with (
            dask.config.set(scheduler=client),
            pytest.raises(kmc.ClusterError, match=r"scheduler (cannot be reached|was lost)"),
        ):
            kmc.histogram(da.from_array(PIXELS, chunks=300))
        client.close()


def test_a_client_that_is_asynchronous():
    class Asynchronous:
        asynchronous, status, scheduler_info = True, "running", {}

        def get(self, *_, **__):
            raise AssertionError("used all the same")

    with (
        dask.config.set(scheduler=Asynchronous().get),
        pytest.raises(kmc.ClusterError, match="asynchronous Client"),
    ):
        kmc.histogram(da.from_array(PIXELS, chunks=300))
