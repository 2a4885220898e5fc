"""The program as users start it, and pictures as files for it."""

from __future__ import annotations

import functools
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kmc
from kmc.cli.main import main

# What the program makes of a picture by default.
look_best = functools.partial(kmc.quantize, look="best")

KMC = [sys.executable, "-m", "kmc"]


def run(*arguments: object, **settings: object) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60} | settings
    return subprocess.run([*KMC, *map(str, arguments)], check=False, **settings)


class Kmc:
    """Runs the program in this process: ``kmc("info", path)`` returns code, stdout and stderr."""

    def __init__(self, capture: pytest.CaptureFixture[bytes]) -> None:
        self.capture = capture
        self.raw = b""

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self.capture.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = self.capture.readouterr()
        self.raw = out
        return code, out.decode(errors="replace"), err.decode()


# Takes the terminal as its controlling terminal, as a shell does, so that Ctrl-C reaches it.
TAKING = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "


def on_terminal(
    *arguments: object,
    press: bytes = b"",
    after: bytes = b"",
    columns: int = 80,
    **variables: str,
) -> tuple[int, str, bytes]:
    """Run the program with a terminal for its input and its stderr, and stdout into a pipe.

    The keys `press` are typed once the bytes `after` have been shown. Returns the exit code, what
    the terminal was sent and what stdout was. Asserts that the terminal's settings are left alone.
    """
    import fcntl
    import pty
    import select
    import termios

    keyboard, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    before = termios.tcgetattr(terminal)
    command = [*KMC, *map(str, arguments)]
    environment = {"TERM": "xterm"} | dict(os.environ) | variables
    shown, deadline = b"", time.monotonic() + 60
    with tempfile.TemporaryFile() as out, subprocess.Popen(
        [sys.executable, "-c", f"{TAKING}os.execv(sys.argv[1], sys.argv[1:])", *command],
        stdin=terminal, stderr=terminal, stdout=out, env=environment, start_new_session=True,
    ) as process:  # fmt: skip
        while process.poll() is None or select.select([keyboard], [], [], 0)[0]:
            if select.select([keyboard], [], [], 0.05)[0]:
                shown += os.read(keyboard, 65536)
            if time.monotonic() > deadline:
                process.kill()
            if press and after in shown:
                os.write(keyboard, press)
                press = b""
        out.seek(0)
        printed = out.read()
    assert termios.tcgetattr(terminal) == before
    os.close(keyboard)
    os.close(terminal)
    return process.returncode, shown.decode(), printed


def seen(sent: str) -> list[str]:
    """The final lines on a terminal, without their colours."""
    sent = re.sub(r"\x1b\[(?:[0-9;]*m|\?25[hl])", "", sent)
    return [re.split(r"\r(?:\x1b\[K)?", line)[-1] for line in sent.split("\r\n")]


def picture(
    path: Path, size: tuple[int, int] = (16, 12), seed: int = 0, **settings: object
) -> Path:
    """A file of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **settings)
    return path


def tree(folder: Path) -> list[str]:
    """The files below a folder."""
    return sorted(
        os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
        for parent, _, names in os.walk(folder)
        for name in names
    )
