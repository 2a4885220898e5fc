"""Figures of pyplot do not outlive a test."""

from __future__ import annotations

import pytest
from matplotlib import pyplot


@pytest.fixture(autouse=True)
def no_figure_is_left():
    pyplot.close("all")  # those of doctests that ran before
    yield
    pyplot.close("all")
