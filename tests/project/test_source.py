"""A lint of the source itself: sizes, blanks, and what the engine's C may not contain.

These are plain looks at the text, not parsers: good enough for the house style they rely on.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("kmc", "src_c", "tests", "bench", "docs", "examples", "fuzz", ".ci", ".github")
CODE = {".py", ".pyx", ".pxd", ".pxi", ".pyi", ".c", ".h"}
TEXT = CODE | {".md", ".toml", ".yml", ".typed", ""}
MAX_FILE, MAX_FUNCTION, MAX_C_LINE = 400, 60, 120

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
    generated = {ROOT / name for name in ("kmc/core/_core.c", "PKG-INFO", ".git")}
    ours = (path for path in files if path.suffix in TEXT and path not in generated)
    return sorted(path for path in ours if not {"__pycache__", "results"} & set(path.parts))


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


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
    text = path.read_text(encoding="utf-8")
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
    assert {"kmc.h", "_core.pyx", "errors.py", "test_source.py"} <= names


@pytest.mark.parametrize("path", named(SOURCES))
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE


@pytest.mark.parametrize("path", named(SOURCES))
def test_no_function_is_long(path: Path) -> None:
    long = {name: lines for name, lines in function_lengths(path) if lines > MAX_FUNCTION}
    assert long == {}


@pytest.mark.parametrize("path", named(C_FILES))
def test_no_line_of_c_is_long(path: Path) -> None:
    """Of Python, ruff says the same."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > MAX_C_LINE] == []


@pytest.mark.parametrize("path", named(FILES))
def test_blanks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "\t" not in text
    assert "\r" not in text
    assert not re.search(r" +$", text, re.MULTILINE), "trailing blanks"
    assert not text or (text.endswith("\n") and not text.endswith("\n\n"))


@pytest.mark.parametrize("path", named(FILES))
def test_no_invisible_characters(path: Path) -> None:
    invisible = "[\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]"
    assert re.findall(invisible, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", named(FILES))
def test_no_machine_paths_and_nothing_put_off(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("/usr/bin/env", "")
    folders = r"(?<![\w.:/*])/(?:home|root|tmp|work|mnt|opt|usr|var|Users)/\w+|[A-Z]:\\\w"
    assert re.findall(folders, text) == []
    # In brackets, so that this file may be looked at too.
    put_off = r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|mark\.(?:s[k]ip|x[f]ail)|importors[k]ip"
    assert re.findall(put_off, text) == []


@pytest.mark.parametrize("path", named(C_FILES))
def test_c_opens_with_a_sentence(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    comment = re.match(r"/\* ([A-Z0-9].*?)\s*\*/", text, re.DOTALL)
    assert comment, "the file opens with something else than a comment"
    assert re.search(r"\.(?:\s|$)", comment[1]), "the comment is no sentence"


@pytest.mark.parametrize("path", named([path for path in C_FILES if path.suffix == ".h"]))
def test_headers_are_guarded(path: Path) -> None:
    if path.stem.endswith(("_tpl", "_c", "_avx2", "_avx512", "_neon")):
        return  # bodies of kernels, included where their names are defined
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^#ifndef (KMC_(?:\w+_)?H)\n#define \1\n", text, re.MULTILINE)


@pytest.mark.parametrize("path", named(ENGINE))
def test_c_keeps_to_itself(path: Path) -> None:
    code = without_comments(path.read_text(encoding="utf-8"))
    rules = dict(FORBIDDEN_IN_C)
    rules |= {what: rule for what, (rule, homes) in ONLY_IN.items() if path.name not in homes}
    assert {
        what: re.findall(rule, code) for what, rule in rules.items() if re.search(rule, code)
    } == {}


@pytest.mark.parametrize("path", named([path for path in ENGINE if path.suffix == ".c"]))
def test_c_has_no_variables_outside_functions(path: Path) -> None:
    if path.name in {"memory.c", "parallel.c"}:  # the allocation test hook and the threads
        return
    code = without_comments(path.read_text(encoding="utf-8"))
    variables = r"^(?:static |_Thread_local )(?!const |inline )[^(){}]*[;=]"
    assert re.findall(variables, code, re.MULTILINE) == []


def test_the_version_is_in_one_place() -> None:
    module = (ROOT / "kmc" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'^__version__ = "([\d.]+)"$', module, re.MULTILINE)
    assert version
    holders = {p.name for p in FILES if p.suffix != ".md" and version[1] in p.read_text("utf-8")}
    assert holders == {"__init__.py"}
