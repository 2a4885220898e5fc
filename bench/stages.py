"""Each station of the road beside one copy of the same pixels (np.copyto)."""

import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeat", type=int, default=7)


def run(options: argparse.Namespace) -> None:
    """Time the stations."""
