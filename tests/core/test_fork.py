"""Other processes: a child quantizes after its parent did, however it was started."""

from __future__ import annotations

import hashlib
import io
import itertools
import multiprocessing
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pictures import encoded
from PIL import Image
from scenes import noise

import kmc

PATIENCE = 60  # seconds; a child that hangs would do so for ever


def quantized(threads: int) -> str:
    """What comes out for a picture large enough to use several threads."""
    result = kmc.quantize(noise(270, 270), 12, max_iter=6, threads=threads)
    return hashlib.sha256(result.indices.tobytes() + result.palette.centroids.tobytes()).hexdigest()


def answer(connection, threads):
    connection.send(quantized(threads))
    connection.close()


def start(context, *arguments, target=answer):
    """A started process, and the end of a pipe where its answer will be."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(theirs, *arguments))
    with warnings.catch_warnings():
        # Newer Pythons warn of a fork while a thread of the call before is still on its way out.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    theirs.close()
    return process, ours


def answer_of(process, connection):
    try:
        assert connection.poll(PATIENCE), "the child hangs"
        found = connection.recv()
        process.join(PATIENCE)
        assert process.exitcode == 0
        return found
    finally:
        process.kill()
        connection.close()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_quantizes_after_its_parent_did(method):
    context = multiprocessing.get_context(method)
    expected = quantized(3)
    for threads in (3, 1):
        assert answer_of(*start(context, threads)) == expected
    assert quantized(3) == expected


def test_several_children_at_once():
    context = multiprocessing.get_context()
    expected = quantized(2)
    children = [start(context, 2) for _ in range(3)]
    assert [answer_of(*child) for child in children] == [expected] * 3


def test_the_parent_goes_on_while_children_work():
    context = multiprocessing.get_context()
    expected = quantized(2)
    child = start(context, 2)
    assert {quantized(2) for _ in range(3)} == {expected}
    assert answer_of(*child) == expected


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_started_while_another_thread_quantizes(method):
    expected, done = quantized(3), threading.Event()

    def work():
        found = set()
        while not done.is_set():
            found.add(quantized(3))
        return found

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            for _ in range(5):
                assert answer_of(*start(multiprocessing.get_context(method), 3)) == expected
                assert quantized(3) == expected
        finally:
            done.set()
        assert working.result(PATIENCE) <= {expected}


def test_a_child_takes_over_palettes():
    palette = kmc.fit(noise(20, 20), 5)
    context = multiprocessing.get_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pool = context.Pool(1)
    with pool:
        result = pool.apply_async(palette.remap, (noise(20, 20),)).get(PATIENCE)
    np.testing.assert_array_equal(result.indices, palette.remap(noise(20, 20)).indices)
    assert result.mse == palette.remap(noise(20, 20)).mse


class Slow(io.BytesIO):
    """A file whose first read() takes until an event."""

    def __init__(self, data, reading, done):
        super().__init__(data)
        self.reading, self.done = reading, done

    def read(self, *arguments):
        self.reading.set()
        self.done.wait(2 * PATIENCE)
        return super().read(*arguments)


def count(connection, data):
    connection.send(kmc.histogram(data).n_pixels)
    connection.close()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_started_while_a_file_is_being_read(method):
    data = encoded(Image.fromarray(noise(20, 30)))
    reading, done = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(kmc.histogram, Slow(data, reading, done))
        try:
            assert reading.wait(PATIENCE)
            child = start(multiprocessing.get_context(method), data, target=count)
            assert answer_of(*child) == 600
        finally:
            done.set()
        assert slow.result(PATIENCE).n_pixels == 600


def fit_small(connection):
    connection.send(kmc.fit(noise(20, 20), 5, space="lab").colors.tolist())
    connection.close()


@pytest.mark.parametrize("stage", [*range(12), 20, 40, 80])
def test_a_child_forked_in_the_middle_of_a_fit(stage, every_poll):
    """Whatever stage another thread is in, no lock is held that the child would wait for."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    polls, fitting, done = itertools.count(), threading.Event(), threading.Event()

    def hold(*_):
        if next(polls) == stage:
            fitting.set()
            done.wait(2 * PATIENCE)

    expected = kmc.fit(noise(20, 20), 5, space="lab").colors.tolist()
    counted = kmc.histogram(noise(90, 90))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(kmc.fit, counted, 9, callback=hold, threads=1)
        try:
            assert fitting.wait(PATIENCE)
            child = start(multiprocessing.get_context("fork"), target=fit_small)
            assert answer_of(*child) == expected
            assert kmc.fit(noise(20, 20), 5, space="lab").colors.tolist() == expected
        finally:
            done.set()
        assert len(held.result(PATIENCE)) == 9
