"""The types that the package promises, checked by mypy as a user's editor would."""

from pathlib import Path

import pytest
from mypy import api

pytestmark = pytest.mark.project

USAGE = Path(__file__).with_name("typed_usage.py")


def test_the_types_of_the_public_names(tmp_path: Path) -> None:
    settings = ["--strict", "--config-file=", f"--cache-dir={tmp_path}"]
    report, problems, status = api.run([*settings, str(USAGE)])
    assert (report.splitlines()[:-1], problems, status) == ([], "", 0)
