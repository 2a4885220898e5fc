"""The same bytes with any instruction set, any number of threads, in any run, on any machine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from engine import ways
from golden import CASES, LARGE, digest, table
from scenes import ALPHA, NAMED, noise, scattered

import kmc

GOLDEN = table()


def test_the_table_has_every_case():
    assert sorted(GOLDEN) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_results_are_those_written_down(case):
    assert digest(case, threads=1) == GOLDEN[case]


@pytest.mark.parametrize("case", CASES)
def test_results_are_the_same_with_other_instruction_sets(case):
    for name in kmc.cpu.available()[:-1]:
        with kmc.cpu.use(name):
            assert digest(case, threads=2) == GOLDEN[case]


@pytest.mark.parametrize("case", [case for case in CASES if "large" in case])
def test_results_are_the_same_in_every_way(case):
    assert {digest(case, threads) for _, threads in ways()} == {GOLDEN[case]}


def test_the_pictures_are_the_same_everywhere():
    """Whole numbers alone make them: a picture that differs would blame the engine."""
    found = hashlib.sha256()
    for picture in (*NAMED.values(), *LARGE.values(), *ALPHA.values()):
        found.update(repr(picture.shape).encode() + picture.tobytes())
    assert found.hexdigest()[:16] == "4bb91321a70cb98d"


def in_another_process(case, **variables):
    """The digest of a case, the first thing that a process does."""
    script = (
        f"import sys; sys.path[:] = {sys.path!r}; import golden; print(golden.digest({case!r}))"
    )
    environment = os.environ | variables
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def test_another_process_with_another_environment():
    case = "default/k-means++/large noise/30"
    for variables in (
        {"KMC_CPU": "c", "KMC_NUM_THREADS": "5", "PYTHONHASHSEED": "1"},
        {"KMC_CPU": kmc.cpu.available()[-1], "KMC_NUM_THREADS": "1", "PYTHONHASHSEED": "2"},
    ):
        assert in_another_process(case, **variables) == GOLDEN[case]


def result_of(picture, **options):
    result = kmc.quantize(picture, **options)
    return result.indices.tobytes(), result.palette.centroids.tobytes(), tuple(result.history)


@pytest.mark.parametrize("init", ["k-means++", "random", "bisecting"])
@pytest.mark.parametrize("k", [3, 60])
def test_large_pictures_are_the_same_in_every_way(init, k):
    picture = noise(250, 260)
    options = {"k": k, "init": init, "max_iter": 4, "effort": "fast"}
    expected = result_of(picture, threads=1, **options)
    for _, threads in ways():
        assert result_of(picture, threads=threads, **options) == expected


def test_one_call_after_another():
    rng = np.random.default_rng(0)
    expected = result_of(NAMED["photo"], k=20)
    for _ in range(5):
        kmc.quantize(rng.integers(0, 256, (9, 9, 3), np.uint8), 4, seed=int(rng.integers(9)))
        np.random.default_rng().random()
        assert result_of(NAMED["photo"], k=20) == expected


def test_other_seeds_come_to_other_results():
    found = {result_of(NAMED["noise"], k=20, seed=seed)[1] for seed in range(8)}
    assert len(found) > 1
    bisected = {
        result_of(NAMED["noise"], k=20, seed=seed, init="bisecting", effort="fast")[1]
        for seed in range(4)
    }
    assert len(bisected) == 1


def test_scattered_numbers_have_no_pattern():
    draws = scattered((10_000,), 256)
    assert np.bincount(draws, minlength=256).min() > 15
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.05
