"""A file is replaced whole or not at all, and never outside the folder it was meant for."""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest
from PIL import Image

import kmc
from kmc.utils import atomic_write as module
from kmc.utils.atomic_write import remove_unfinished, replace, replacement

pytestmark = pytest.mark.once

posix = pytest.mark.parametrize("_", ["posix"] if os.name == "posix" else [])


def mode_of(path):
    with Image.open(path) as picture:
        return picture.mode


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_an_existing_file_is_replaced(make_indexed, tmp_path):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    make_indexed(4).save(path)
    assert mode_of(path) == "P"
    assert names(tmp_path) == ["out.png"]


@pytest.mark.parametrize("step", ["write", "os.fsync", "os.chmod", "os.replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    make_indexed, tmp_path, monkeypatch, step, error
):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    def fail(*_, **__):
        raise error

    class Full(io.BytesIO):
        write = fail

    def open_full(name, mode="r", **kwargs):
        real_open(name, mode, **kwargs).close()
        return Full()

    real_open = open
    if step == "write":
        monkeypatch.setattr(module, "open", open_full, raising=False)
    else:
        monkeypatch.setattr(module.os, step.removeprefix("os."), fail)
    expected = kmc.FileWriteError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        make_indexed(4).save(path)
    if isinstance(error, OSError):
        assert str(path) in str(caught.value)
        assert "No space left" in str(caught.value)
        assert caught.value.errno == 28
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["out.png"]


def test_where_nothing_can_be_written(make_indexed, tmp_path):
    image = make_indexed(4)
    with pytest.raises(kmc.FileWriteError, match=r"out\.png: .*: there is no folder .*nowhere"):
        image.save(tmp_path / "nowhere" / "out.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(kmc.FileWriteError, match=r"folder\.png: cannot be written"):
        image.save(tmp_path / "folder.png")
    with pytest.raises(kmc.FileWriteError, match="null"):
        image.save("a\0b.png")
    with pytest.raises(kmc.FileWriteError, match="cannot be written"):
        image.save(Unwritable(), "png")
    lazy = SimpleNamespace(write=(tmp_path / "nowhere" / "out.png").write_bytes)
    with pytest.raises(kmc.FileWriteError, match="object given: cannot be written: No such file"):
        image.save(lazy, "png")
    assert names(tmp_path) == ["folder.png"]


class Unwritable:
    def write(self, data):
        raise OSError("the wire is cut")


@posix
def test_permissions(make_indexed, tmp_path, _):
    path = tmp_path / "out.png"
    before = os.umask(0o027)
    try:
        make_indexed(4).save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        make_indexed(4).save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(before)


@posix
def test_a_write_protected_file_stays(make_indexed, tmp_path, monkeypatch, _):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(module.os, "access", lambda *_: False)  # root may write anything
    with pytest.raises(kmc.FileWriteError, match="Permission denied"):
        make_indexed(4).save(path)
    assert path.read_bytes() == b"old"


@posix
def test_symbolic_links_are_followed(make_indexed, tmp_path, _):
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    real.write_bytes(b"old")
    link.symlink_to(real)
    make_indexed(4).save(link)
    assert link.is_symlink()
    assert mode_of(real) == "P"


@posix
def test_a_device_is_written_to_and_not_replaced(make_indexed, _):
    make_indexed(4).save(os.devnull, "png")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize("_", ["full device"] if sys.platform == "linux" else [])
def test_a_full_device(make_indexed, _):
    with pytest.raises(kmc.FileWriteError, match="No space left on device"):
        make_indexed(4).save("/dev/full", "png")


# ---- folders that hold what is written -----------------------------------------------------------


def test_within_a_folder(tmp_path):
    folder = tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    for path in (folder / "a", folder / "deep" / ".." / "b", folder / "deep" / "c"):
        replace(path, b"new", within=folder)
        assert path.read_bytes() == b"new"
    for path in (
        folder / ".." / "d",
        tmp_path / "d",
        tmp_path / "outer",
        folder,
        folder / "deep/..",
    ):
        with pytest.raises(kmc.FileWriteError, match=r"leads out of .*out, to "):
            replace(path, b"new", within=folder)
    assert names(tmp_path) == ["out"]


@posix
def test_links_do_not_lead_out_of_the_folder(tmp_path, _):
    folder, outside = tmp_path / "out", tmp_path / "outside.png"
    folder.mkdir()
    outside.write_bytes(b"old")
    (folder / "link.png").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path)
    for path in (folder / "link.png", folder / "up" / "new.png"):
        with pytest.raises(kmc.FileWriteError, match="leads out of"):
            replace(path, b"new", within=folder)
    (folder / "inner.png").symlink_to(folder / "real.png")
    replace(folder / "inner.png", b"new", within=folder)
    assert (folder / "real.png").read_bytes() == b"new"
    assert outside.read_bytes() == b"old"
    assert names(tmp_path) == ["out", "outside.png"]


@pytest.mark.parametrize("links", [True, False])
def test_an_existing_file_may_be_kept(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(module.os, "link", unsupported)
    path = tmp_path / "a"
    replace(path, b"first", overwrite=False)
    for _ in range(2):
        with pytest.raises(kmc.FileWriteError, match="a: exists already") as caught:
            replace(path, b"second", overwrite=False)
        assert caught.value.errno == errno.EEXIST
        monkeypatch.setattr(module.os, "stat", missing)  # as if it had been made meanwhile
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == ["a"]


def unsupported(*_):
    raise OSError(errno.EPERM, "no links here")


def missing(*_):
    raise FileNotFoundError


# ---- processes that end --------------------------------------------------------------------------

WRITES = """
import sys
from kmc.utils.atomic_write import replace
for round in range(1000000):
    replace(sys.argv[1], bytes([round % 256]) * 300_000)
    if round == 3: print("started", flush=True)
"""


@posix
def test_a_killed_process_leaves_a_whole_file(tmp_path, _):
    path = tmp_path / "a"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, path], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGKILL)
    data = path.read_bytes()
    assert len(data) == 300_000
    assert len(set(data)) == 1


LIMITED = """
import resource, signal, sys
import kmc, numpy as np
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
noise = np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)
try:
    kmc.quantize(noise, 256).save(sys.argv[1])
except kmc.FileWriteError as error:
    print(error)
"""


@posix
def test_a_disk_that_fills_up_midway(tmp_path, _):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=True
    )
    assert "a.png: cannot be written: File too large" in done.stdout
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.png"]


FULL = """
import pathlib, sys
import kmc, numpy as np
noise = np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)
result, folder = kmc.quantize(noise, 256), pathlib.Path(sys.argv[1])
folder.joinpath("fill").write_bytes(bytes(49152))
for suffix in ("png", "kmc", "gif", "json"):
    path = folder / f"a.{suffix}"
    path.write_bytes(b"old")
for suffix in ("png", "kmc", "gif", "json"):
    path = folder / f"a.{suffix}"
    many = kmc.Palette(np.arange(9000).reshape(-1, 3) % 256)
    try:
        many.save(path) if suffix == "json" else result.save(path)
    except kmc.FileWriteError as error:
        print(error)
    assert path.read_bytes() == b"old"
assert len(list(folder.iterdir())) == 5
"""
MOUNT = "mount -t tmpfs -o size=80k none {} && "
UNSHARE = [shutil.which("unshare") or sys.executable, "-rm", "sh", "-c"]
TRIED = subprocess.run([*UNSHARE, MOUNT.format("/tmp") + "true"], capture_output=True)


@pytest.mark.parametrize("_", [] if TRIED.returncode else ["tmpfs"])
def test_a_full_disk(tmp_path, _):
    command = MOUNT.format(tmp_path) + f"{sys.executable} -c '{FULL}' {tmp_path}"
    done = subprocess.run([*UNSHARE, command], capture_output=True, text=True, check=True)
    for suffix in ("png", "kmc", "gif", "json"):
        assert f"a.{suffix}: cannot be written: No space left on device" in done.stdout


def content(path):
    """What a file holds, or each file of a folder."""
    if path.is_dir():
        return {each.name: each.read_text() for each in path.iterdir()}
    return path.read_text()


def make(path, text, *, folder):
    """A file or a folder of that content."""
    if folder:
        os.mkdir(path)
        path = os.path.join(path, "in it")
    with open(path, "x") as file:
        file.write(text)


@pytest.mark.parametrize("folder", [False, True])
def test_a_replacement_comes_as_a_whole(tmp_path, folder):
    path = tmp_path / "o"
    for text in ("one", "two"):
        with replacement(path) as temporary:
            make(temporary, text, folder=folder)
            assert os.path.dirname(temporary) == str(tmp_path)
        assert content(path) == ({"in it": text} if folder else text)
        assert names(tmp_path) == ["o"]
    refused = pytest.raises(kmc.errors.FileWriteError, match="exists already")
    with refused, replacement(path, overwrite=False):
        raise AssertionError("the work begins")
    with pytest.raises(LookupError), replacement(path) as temporary:
        make(temporary, "half", folder=folder)
        raise LookupError
    assert (content(path), names(tmp_path)) == ({"in it": "two"} if folder else "two", ["o"])


@pytest.mark.parametrize("folder", [False, True])
def test_a_replacement_comes_second_to_what_appeared_meanwhile(tmp_path, folder):
    path = tmp_path / "o"
    refused = pytest.raises(kmc.errors.FileWriteError, match="exists already")
    with refused, replacement(path, overwrite=False) as temporary:
        make(temporary, "ours", folder=folder)
        make(path, "theirs", folder=folder)
    assert content(path) == ({"in it": "theirs"} if folder else "theirs")
    assert names(tmp_path) == ["o"]


def test_a_folder_that_cannot_be_moved_leaves_the_old_one(tmp_path, monkeypatch):
    path, rename, moved = tmp_path / "o", os.rename, []
    make(path, "old", folder=True)

    def failing(source, target):
        moved.append(target)
        if len(moved) == 2:
            raise OSError(errno.EIO, "it is broken")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError, match="it is broken"), replacement(path) as temporary:
        make(temporary, "new", folder=True)
    assert (content(path), names(tmp_path)) == ({"in it": "old"}, ["o"])


@pytest.mark.parametrize("folder", [False, True])
def test_what_is_unfinished_can_be_removed(tmp_path, folder):
    """As the program does that ends while its threads write."""
    with pytest.raises(FileNotFoundError), replacement(tmp_path / "o") as temporary:
        make(temporary, "half", folder=folder)
        remove_unfinished()
        assert names(tmp_path) == []
    remove_unfinished()


def test_a_device_is_no_file_to_replace(tmp_path):
    if os.path.exists(os.devnull) and os.name == "posix":
        refused = pytest.raises(kmc.errors.FileWriteError, match="neither a file nor a folder")
        with refused, replacement(os.devnull):
            raise AssertionError("the work begins")
