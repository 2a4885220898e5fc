"""The pages of the documentation are true: examples run, links hold, lists are complete."""

import inspect
import os
import re
from pathlib import Path

import blocks
import commands
import gallery
import pytest
import samples
from matplotlib import pyplot

import kmc
from kmc.cli.exit_codes import Exit
from kmc.cli.main import main
from kmc.formats.registry import FORMATS

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Made when the site is built, so that links to them are checked then.
MADE = ("_", "api/", "gallery/", "reference/commands.md", "project/contributing.md")
PAGES = sorted(
    page for page in DOCS.rglob("*.md") if not page.relative_to(DOCS).as_posix().startswith(MADE)
)
LINKING = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "src_c" / "README.md", *PAGES]
INDEXES = [page for page in PAGES if page.name == "index.md" and page.parent != DOCS]
LANGUAGES = ("python", "sh") if os.name == "posix" else ("python",)


def text(page: Path) -> str:
    """A page with what it includes."""
    found = page.read_text(encoding="utf-8")
    for name in re.findall(r"^```\{include\} (\S+)$", found, re.M):
        found += (page.parent / name).read_text(encoding="utf-8")
    return found


def named(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


def anchors(page: Path) -> set[str]:
    """What headings are called in links, as on GitHub."""
    headings = re.findall(r"^#+ (.*)$", text(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", named([page for page in PAGES if blocks.blocks(page)]))
def test_the_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for language, example in blocks.blocks(page):
        if language in LANGUAGES:
            blocks.run(language, example, namespace)
    pyplot.close("all")


def test_an_example_that_fails_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('```python\nk = 2\n```\n\n```python\nk + "2"\n```\n\n```text\nnone\n```\n')
    (_, first), (_, second) = blocks.blocks(page)
    namespace: dict[str, object] = {}
    assert blocks.run_python(first, namespace) == ("", None)
    with pytest.raises(TypeError):
        blocks.run_python(second, namespace)
    assert blocks.run_python("print(k)\nk + 1", namespace) == ("2\n", 3)


@pytest.mark.parametrize("command", ["kmc info none.png", "false"] if os.name == "posix" else [])
def test_a_command_that_fails_is_noticed(command: str) -> None:
    with pytest.raises(RuntimeError):
        blocks.run_shell(command)


@pytest.mark.parametrize("page", named(LINKING))
def test_links_lead_somewhere(page: Path) -> None:
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for target in (link for link in found if ":" not in link and "_generated/" not in link):
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("index", named(INDEXES))
def test_an_index_leads_to_all_pages_of_its_folder(index: Path) -> None:
    linked = {name.removesuffix(".md") for name in re.findall(r"\]\(([\w-]+)\.md\)", text(index))}
    linked |= set(re.findall(r"<([\w-]+)>`", text(index)))
    assert {page.stem for page in index.parent.glob("*.md")} - {"index"} <= linked


def test_the_gallery_has_every_example() -> None:
    scripts = {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert {name for name in scripts if not name.startswith("make_")} == set(gallery.THUMBNAILS)
    assert [gallery.Position("")(f"{name}.py") for name in gallery.THUMBNAILS] == [*range(15)]


def test_every_public_name_is_in_the_reference() -> None:
    listed = set(re.findall(r"^   ([\w.]+)$", text(DOCS / "reference" / "api.md"), re.M))
    modules = {"cpu": kmc.cpu, "pillow": kmc.pillow, "plot": kmc.plot}
    names = set(kmc.__all__) - {"__version__", *modules}
    names |= {f"{name}.{each}" for name, module in modules.items() for each in module.__all__}
    assert listed == names


def test_every_command_and_option_is_on_their_page(capsys: pytest.CaptureFixture[str]) -> None:
    page = commands.page()
    for name in ("quantize", "palette", "plot", "info", "compare", "convert"):
        assert main([name, "--help"]) == 0
        options = re.findall(r"^  (-[^ ].*?)(?:  |$)", capsys.readouterr().out, re.M)
        part = page.split(f"## kmc {name}\n")[1].split("\n## ")[0]
        shown = re.findall(r"^`(-.*)`$", part, re.M)
        assert [option.strip() for option in options] == shown


def test_the_table_of_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text(DOCS / "command-line.md"), re.M)
    assert rows == [(str(int(code)), code.meaning) for code in Exit]


def test_all_options_are_documented() -> None:
    options = set(re.findall(r"^\| `(\w+)` \|", text(DOCS / "options.md"), re.M))
    taken = {
        name
        for function in (kmc.quantize, kmc.fit, kmc.curve)
        for name in inspect.signature(function).parameters
    }
    assert taken - {"image", "ks"} <= options


def test_all_formats_are_documented() -> None:
    rows = re.findall(r"^\| (`\..*?) \|", text(DOCS / "file-formats.md"), re.M)
    suffixes = {suffix for row in rows for suffix in re.findall(r"`\.(\w+)`", row)}
    assert suffixes == {suffix for kind in FORMATS for suffix in kind.suffixes}


def test_the_well_known_palettes_are_counted() -> None:
    assert len(kmc.palettes) == 17  # as examples/well_known_palettes.py says
