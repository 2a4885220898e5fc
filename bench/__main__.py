"""The command line: ``python -m bench NAME``, each benchmark with options of its own."""

import argparse
import importlib
import sys

NAMES = (
    *("peers", "stages", "scale", "busy", "kernels", "palette", "png", "seeding"),
    *("codec", "estimators", "look", "large", "streaming"),
)


def main(arguments: list[str]) -> int:
    """Run one benchmark; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Verifies first, then times; results in bench/results/."
    )
    commands = parser.add_subparsers(dest="name", required=True, metavar="|".join(NAMES))
    for name in NAMES:
        module = importlib.import_module(f"bench.{name}")
        summary = (module.__doc__ or "").splitlines()[0]
        command = commands.add_parser(name, help=summary, description=module.__doc__)
        module.add_options(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    options.run(options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
