"""A lint of the source itself: sizes, blanks, and what the engine's C may not contain.

These are plain looks at the text, not parsers: good enough for the house style they rely on.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.project

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("kmc", "src_c", "tests", "bench", "docs", "examples", "fuzz", ".ci", ".github")
CODE = {".py", ".pyx", ".pxd", ".pyi", ".c", ".h"}
TEXT = CODE | {".md", ".toml", ".yaml", ".yml", ".typed", ""}
GENERATED = {"__pycache__", "results", "_build", "_generated", "api", "gallery"}
MAX_FILE, MAX_FUNCTION, MAX_C_LINE = 600, 60, 120

FORBIDDEN_IN_C = {
    "prints": r"\b(?:f|s|sn|v)?(?:printf|puts|putchar)\s*\(|\bstderr\b|\bstdout\b",
    "ends the process": r"\b(?:abort|exit|_exit|assert)\s*\(",
    "touches Python": r"\bPy[A-Z_]\w*|Python\.h",
    "lets the compiler round as it likes": r"fast-?math|target_clones",
}
ONLY_IN = {
    "allocates": (r"\b(?:malloc|calloc|realloc|free|alloca)\s*\(", {"memory.c"}),
    "knows threads": (
        r"#\s*pragma\s+omp|\bomp_\w+\s*\(|omp\.h|\bpthread_\w+\s*\(|pthread\.h|_beginthread",
        {"parallel.c"},
    ),
}


def text_files() -> list[Path]:
    """Every text file of the project, generated ones left out."""
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    generated = {ROOT / "PKG-INFO", ROOT / ".git", *(ROOT / "kmc" / "core").glob("*.c")}
    generated |= {ROOT / "docs/project/contributing.md", ROOT / "docs/reference/commands.md"}
    ours = (path for path in files if path.suffix in TEXT and path not in generated)
    return sorted(path for path in ours if not GENERATED & set(path.parts))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def offenders(paths: list[Path], fault: Callable[[str], object]) -> dict[str, object]:
    """What is wrong with each file, of those with which something is."""
    found = {path.relative_to(ROOT).as_posix(): fault(read(path)) for path in paths}
    return {name: wrong for name, wrong in found.items() if wrong}


FILES = text_files()
SOURCES = [path for path in FILES if path.suffix in CODE]
C_FILES = [path for path in SOURCES if path.suffix in {".c", ".h"}]
ENGINE = [path for path in C_FILES if ROOT / "src_c" in path.parents]


def without_comments(text: str) -> str:
    """C with comments and strings blanked, lines kept."""
    noise = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
    return noise.sub(lambda match: "\n" * match.group().count("\n"), text)


def function_lengths(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a file with the number of their lines, docstrings left out."""
    text = read(path)
    if path.suffix in {".py", ".pyi"}:
        yield from python_lengths(ast.parse(text))
    elif path.suffix in {".c", ".h"}:
        block = r"^([^\s#/{}][^\n]*)(?:\n[^\n{}]*)*?\n\{\n.*?^\}"
        for match in re.finditer(block, text, re.MULTILINE | re.DOTALL):
            yield match[1], match.group().count("\n") + 1
    else:
        block = r"^( *)((?:def|cpdef|cdef) (?!class|extern)[^\n=]*\(.*\n)(?:\1 [^\n]*\n|\n)*"
        for match in re.finditer(block, text, re.MULTILINE):
            yield match[2].strip(), match.group().rstrip().count("\n") + 1


def python_lengths(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            yield node.name, lines


def test_finds_the_source() -> None:
    names = {path.name for path in SOURCES}
    assert {"kmc.h", "errors.py", "test_source.py"} <= names


def test_no_file_is_long() -> None:
    def lines(text: str) -> int | None:
        n = len(text.splitlines())
        return n if n > MAX_FILE else None

    assert offenders(SOURCES, lines) == {}


def test_no_function_is_long() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {name}": lines
        for path in SOURCES
        for name, lines in function_lengths(path)
        if lines > MAX_FUNCTION
    }
    assert long == {}


def test_no_line_of_c_is_long() -> None:
    """Of Python, ruff says the same."""
    long = offenders(C_FILES, lambda text: [s for s in text.splitlines() if len(s) > MAX_C_LINE])
    assert long == {}


@pytest.mark.parametrize("blank", [r"\t", r"\r", r"(?m: +$)", r"\n\n\Z", r"[^\n]\Z"])
def test_blanks(blank: str) -> None:
    """Neither tabs nor trailing blanks; one newline ends a file."""
    assert offenders(FILES, lambda text: re.search(blank, text)) == {}


def test_no_invisible_characters() -> None:
    invisible = "[\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]"
    assert offenders(FILES, lambda text: re.findall(invisible, text)) == {}


def test_no_machine_paths_and_nothing_put_off() -> None:
    folders = r"(?<![\w.:/*])/(?:home|root|tmp|work|mnt|opt|usr|var|Users)/\w+|[A-Z]:\\\w"
    # In brackets, so that this file may be looked at too.
    put_off = r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|mark\.(?:s[k]ip|x[f]ail)|importors[k]ip"

    def found(text: str) -> list[str]:
        text = text.replace("/usr/bin/env", "")
        return re.findall(folders, text) + re.findall(put_off, text)

    assert offenders(FILES, found) == {}


def test_c_opens_with_a_sentence() -> None:
    def missing(text: str) -> str | None:
        comment = re.match(r"/\* ([A-Z0-9].*?)\s*\*/", text, re.DOTALL)
        if not comment:
            return "opens with something else than a comment"
        return None if re.search(r"\.(?:\s|$)", comment[1]) else "the comment is no sentence"

    assert offenders(C_FILES, missing) == {}


def test_headers_are_guarded() -> None:
    # Not the bodies of kernels, which are included where their names are defined.
    bodies = ("_tpl", "_c", "_avx2", "_avx512", "_neon")
    headers = [path for path in C_FILES if path.suffix == ".h" and not path.stem.endswith(bodies)]
    guard = r"(?m)^#ifndef (KMC_(?:\w+_)?H)\n#define \1\n"
    assert offenders(headers, lambda text: not re.search(guard, text)) == {}


def test_headers_are_included_by_their_folder() -> None:
    def bare(text: str) -> set[str]:
        return {name for name in re.findall(r'#include "([^"]+)"', text) if "/" not in name}

    assert offenders(ENGINE, lambda text: bare(text) - {"kmc.h"}) == {}


@pytest.mark.parametrize("rule", [*FORBIDDEN_IN_C, *ONLY_IN])
def test_c_keeps_to_itself(rule: str) -> None:
    pattern, homes = ONLY_IN[rule] if rule in ONLY_IN else (FORBIDDEN_IN_C[rule], set())
    files = [path for path in ENGINE if path.name not in homes]
    assert offenders(files, lambda text: re.findall(pattern, without_comments(text))) == {}


def test_c_has_no_variables_outside_functions() -> None:
    homes = {"memory.c", "parallel.c"}  # the allocation test hook and the threads
    files = [path for path in ENGINE if path.suffix == ".c" and path.name not in homes]
    variables = r"(?m)^(?:static |_Thread_local )(?!const |inline )[^(){}]*[;=]"
    assert offenders(files, lambda text: re.findall(variables, without_comments(text))) == {}


def test_the_version_is_in_one_place() -> None:
    module = (ROOT / "kmc" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'^__version__ = "([\d.]+)"$', module, re.MULTILINE)
    assert version
    holders = {p.name for p in FILES if p.suffix != ".md" and version[1] in p.read_text("utf-8")}
    assert holders == {"__init__.py"}
