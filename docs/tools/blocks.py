"""Runs the examples of a page: its Python blocks in one namespace, and its shell blocks."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

RUN = ("python", "sh")  # the languages of blocks that run; "bash" and "text" are only shown

_FENCE = re.compile(r"^(?:```|~~~)(\w+)\n(.*?)^(?:```|~~~)", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """The language and text of every block of a Markdown page that runs."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [(language, text) for language, text in found if language in RUN]


def run(language: str, text: str, namespace: dict[str, Any]) -> tuple[str, Any]:
    """Run a block in the working folder: what it prints, and the value of a last expression."""
    return run_python(text, namespace) if language == "python" else (run_shell(text), None)


def run_python(text: str, namespace: dict[str, Any]) -> tuple[str, Any]:
    tree = ast.parse(text)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    value = None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "an example", "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "an example", "eval"), namespace)
    return printed.getvalue(), value


def run_shell(text: str) -> str:
    """Run commands of a POSIX shell, in which ``kmc`` is the program of this interpreter."""
    program = f'kmc() {{ "{sys.executable}" -W error -m kmc "$@"; }}'
    done = subprocess.run(
        ["sh", "-e", "-c", f"{program}\n{text}"],
        capture_output=True,
        timeout=120,
        env=os.environ | {"NO_COLOR": "1", "PYTHONUTF8": "1"},
    )
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode(errors="replace")
