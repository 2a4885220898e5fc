"""The program as users start it, and pictures as files for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kmc.cli import main

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
