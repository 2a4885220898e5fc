"""The modules of the engine: all from one library, whichever of them is imported first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kmc import core


def test_all_modules_share_what_the_library_keeps():
    assert len({getattr(core, name).__file__ for name in core.__all__}) == 1


@pytest.mark.parametrize("name", ["arrays", *core.__all__])
def test_any_module_may_be_imported_first(name):
    program = f"""
import os, sys
import kmc.core.{name}
from kmc import core
assert kmc.core.{name} is core.{name} is sys.modules["kmc.core.{name}"]
assert "OMP_WAIT_POLICY" not in os.environ
print(*(getattr(core, name).__name__ for name in core.__all__))
"""
    kept = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, env=kept, capture_output=True, text=True)
    assert found.stderr == ""
    assert found.stdout.split() == [f"kmc.core.{name}" for name in core.__all__]
