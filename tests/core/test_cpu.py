"""Which instruction set and how many threads: the environment, the machine, and kmc.cpu."""

from __future__ import annotations

import os

import pytest
from processes import in_new_process

import kmc
from kmc import cpu
from kmc.errors import ArgumentError, ArgumentTypeError


def test_plain_c_is_always_there():
    assert cpu.available()[0] == "c"
    assert cpu.name() in cpu.available()


def test_the_fastest_is_used_by_default():
    answer = in_new_process("from kmc import cpu; print(cpu.name() == cpu.available()[-1])")
    assert answer.stdout == "True\n"


@pytest.mark.parametrize("name", kmc.cpu.available())
def test_the_environment_chooses(name):
    assert (
        in_new_process("from kmc import cpu; print(cpu.name())", KMC_CPU=name).stdout.strip()
        == name
    )


@pytest.mark.parametrize("name", ["sse9", "AVX2", " c", "avx2,c"])
def test_an_unknown_name_in_the_environment_is_refused_at_first_use(name):
    program = """
import kmc
import numpy as np
try:
    kmc.histogram(np.zeros((2, 2, 3), np.uint8))
except kmc.errors.ArgumentError as error:
    print(error)
"""
    message = in_new_process(program, KMC_CPU=name).stdout
    assert repr(name) in message
    assert "c" in message


def test_use_mends_an_unknown_name_in_the_environment():
    program = """
from kmc import cpu
with cpu.use("c"):
    print(cpu.name())
print(cpu.name() == cpu.available()[-1])
"""
    assert in_new_process(program, KMC_CPU="sse9").stdout.split() == ["c", "True"]


@pytest.mark.parametrize("name", [None, 3, b"c"])
def test_use_wants_a_string(name):
    with pytest.raises(ArgumentTypeError, match="string"):
        cpu.use(name)


def test_use_holds_until_changed():
    before = cpu.name()
    cpu.use("c")
    assert cpu.name() == "c"
    cpu.use(before)
    assert cpu.name() == before


@pytest.mark.parametrize("name", kmc.cpu.available())
def test_use_as_a_context_manager(name):
    before = cpu.name()
    with cpu.use(name):
        assert cpu.name() == name
        with cpu.use("c"):
            assert cpu.name() == "c"
        assert cpu.name() == name
    assert cpu.name() == before


def test_use_gives_back_after_an_error():
    before = cpu.name()
    with pytest.raises(ZeroDivisionError), cpu.use("c"):
        raise ZeroDivisionError
    assert cpu.name() == before


@pytest.mark.parametrize("name", ["sse9", "", "C"])
def test_use_refuses_what_is_not_there(name):
    before = cpu.name()
    with pytest.raises(ArgumentError, match="c"):
        cpu.use(name)
    assert cpu.name() == before


def test_threads_of_this_machine(monkeypatch):
    monkeypatch.delenv("KMC_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert 1 <= cpu.threads() <= (os.cpu_count() or 1)


def test_variables_come_before_the_machine(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5,2")
    assert cpu.processors() == 5
    monkeypatch.setenv("KMC_NUM_THREADS", " 7 ")
    assert cpu.processors() == 7
    assert cpu.threads() == (7 if cpu.openmp() else 1)
    monkeypatch.setenv("KMC_NUM_THREADS", "")
    assert cpu.processors() == 5


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
@pytest.mark.parametrize("variable", ["KMC_NUM_THREADS", "OMP_NUM_THREADS"])
def test_variables_that_are_no_number_are_refused(monkeypatch, variable, value):
    monkeypatch.delenv("KMC_NUM_THREADS", raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ArgumentError, match=variable):
        cpu.threads()


@pytest.mark.parametrize("value", ["1025", "9999999999", "7" * 5000])
def test_more_threads_than_any_machine_has(monkeypatch, photo, value):
    monkeypatch.setenv("KMC_NUM_THREADS", value)
    assert cpu.processors() == 1024
    assert kmc.histogram(photo).n_pixels == 48 * 64


def quota(tmp_path, own, files):
    """The quota read from a made-up tree of control groups."""
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return cpu._quota(str(tmp_path / "root"), str(tmp_path / "own"))


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "max 100000"}, 3),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "100000 100000"}, 1),
        ("0::/a\n", {"cpu.max": "400000 100000"}, 4),
        (
            "4:cpu,cpuacct:/x\n3:memory:/x\n",
            {"cpu/x/cpu.cfs_quota_us": "200000", "cpu/x/cpu.cfs_period_us": "100000"},
            2,
        ),
        ("4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("0::/\n", {"cpu.max": "nonsense"}, None),
        ("0::/\n", {"cpu.max": "100000 0"}, None),
        ("", {}, None),
    ],
)
def test_quota(tmp_path, own, files, expected):
    answer = quota(tmp_path, own, files)
    assert answer == expected if expected else answer > 1 << 20


def test_no_control_groups_at_all(tmp_path):
    assert cpu._quota(str(tmp_path), str(tmp_path / "missing")) > 1 << 20
