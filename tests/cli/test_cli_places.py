"""Where ``kmc quantize`` may write, and where it must not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from shell import picture, tree

from kmc.cli.inputs import expand

pytestmark = pytest.mark.once


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_never_overwrites_unless_forced(cli, here):
    picture(here / "a.png")
    Path("a-kmc.png").write_bytes(b"precious")
    code, _, err = cli("quantize", "a.png", "-k", 4)
    assert (code, err) == (15, "kmc: a-kmc.png: exists already; --force replaces it\n")
    assert Path("a-kmc.png").read_bytes() == b"precious"
    assert cli("quantize", "a.png", "-k", 4, "--force")[0] == 0
    assert Path("a-kmc.png").read_bytes()[:4] == b"\x89PNG"


def test_the_input_itself_only_with_force(cli, here):
    source = picture(here / "a.png")
    before = source.read_bytes()
    for options in (["-o", "a.png"], ["--suffix", ""], ["--out-dir", "."], ["-o", "./x/../a.png"]):
        assert cli("quantize", "a.png", "-k", 4, *options)[0] == 15
        assert source.read_bytes() == before
    Path("link.png").symlink_to("a.png")
    assert cli("quantize", "a.png", "-k", 4, "-o", "link.png")[0] == 15
    assert cli("quantize", "a.png", "-k", 4, "--suffix", "", "-f")[0] == 0
    assert source.read_bytes() != before
    assert tree(here) == ["a.png", "link.png"]


def test_odd_names(cli, here):
    names = ["-dash.png", "--force.png", "two words.png", "ünïcödé 画.png", ".hidden.png",
             "no suffix", "new\nline.png", "100%.png", "$HOME.png", "a.b.c.png"]  # fmt: skip
    for name in names:
        picture(here / name, format="PNG")
    code, _, err = cli("quantize", "-k", 4, "--out-dir", "out", "--", *names)
    assert code == 0
    assert tree(here / "out") == sorted(
        ["-dash.png", "--force.png", "two words.png", "ünïcödé 画.png", ".hidden.png",
         "no suffix.png", "new\nline.png", "100%.png", "$HOME.png", "a.b.c.png"]
    )  # fmt: skip
    assert len(err.splitlines()) == len(names) + 1
    assert r"new\nline.png -> out/new\nline.png: " in err


@pytest.mark.parametrize("name", [b"\xff\xfe.png"] if os.name == "posix" else [])
def test_names_that_are_no_text(cli, here, name):
    os.rename(picture(here / "a.png"), name)
    shown = os.fsdecode(name)
    for options in ([], ["--json", "--force"]):
        code, out, err = cli("quantize", shown, "-k", 4, "--suffix", "x", *options)
        assert code == 0
        assert r"\udcff\udcfe" in out + err


def test_a_file_comes_once_however_it_is_written(here):
    picture(here / "a.png")
    picture(here / "in/a.png")
    (here / "link").symlink_to(here / "in", target_is_directory=True)
    names = ["a.png", "./a.png", "in/../a.png", "link/a.png", "in//a.png", "-", "./-"]
    assert [each.path for each in expand(names, False)] == ["a.png", "link/a.png", "-", "./-"]
    (here / "away/deep").mkdir(parents=True)
    picture(here / "away/a.png")
    (here / "there").symlink_to(here / "away/deep", target_is_directory=True)
    assert len(expand(["a.png", "there/../a.png"], False)) == 2


def test_folders_are_mirrored(cli, here):
    for name in ("in/a.png", "in/deep/b.jpg", "in/deep/er/c.PNG", "single.gif"):
        picture(here / name)
    Path("in/notes.txt").write_text("no picture")
    assert cli("quantize", "-r", "in", "single.gif", "-k", 4, "--out-dir", "out")[0] == 0
    assert tree(here / "out") == ["a.png", "deep/b.png", "deep/er/c.png", "single.png"]
    assert cli("quantize", "-r", "in/deep", "in/../in", "-k", 4, "--out-dir", "two")[0] == 0
    assert tree(here / "two") == ["a.png", "b.png", "er/c.png"]


def test_results_beside_their_inputs_are_not_taken_again(cli, here):
    for name in ("in/a.png", "in/deep/b.png"):
        picture(here / name)
    assert cli("quantize", "-r", "in", "-k", 4)[0] == 0
    assert cli("quantize", "-r", "in", "-k", 4, "--force")[0] == 0
    assert tree(here / "in") == ["a-kmc.png", "a.png", "deep/b-kmc.png", "deep/b.png"]
    assert cli("quantize", "-r", "in", "-k", 4, "--suffix", "-2")[0] == 0
    assert len(tree(here / "in")) == 8


def test_nor_are_those_whose_whole_ending_was_given(cli, here):
    picture(here / "in" / "a.png")
    for _ in range(2):
        assert cli("quantize", "-r", "in", "-k", 4, "--ext", "-fs8.png", "--force")[0] == 0
    assert tree(here / "in") == ["a-fs8.png", "a.png"]


def test_an_output_folder_in_the_input_folder_is_left_out(cli, here):
    picture(here / "a.png")
    picture(here / "sub" / "b.png")
    for _ in range(2):
        assert cli("quantize", "-r", ".", "-k", 4, "--out-dir", "sub/small", "-f")[0] == 0
        assert tree(here / "sub" / "small") == ["a.png", "sub/b.png"]


def test_a_folder_that_cannot_be_listed(cli, here, monkeypatch):
    """A stand-in for missing permissions, which do not bind root."""
    picture(here / "in" / "a.png")
    (here / "in" / "sub").mkdir()
    real = os.scandir

    def scandir(path):
        if os.path.basename(path) == "sub":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    code, _, err = cli("quantize", "-r", "in", "-k", 4)
    assert code == 2
    assert "kmc: in/sub: cannot be read: Permission denied\n" in err
    assert tree(here / "in") == ["a-kmc.png", "a.png"]


def test_a_folder_needs_recursive(cli, here):
    picture(here / "in" / "a.png")
    code, _, err = cli("quantize", "in", "-k", 4)
    assert code == 2
    assert err == "kmc: in: is a folder; -r takes the pictures in it\n"
    for options in (["--out-dir", "out"], ["--out-dir", "out", "--json"]):
        code, _, err = cli("quantize", "in", "-k", 4, *options)
        assert (code, err) == (2, "kmc: in: is a folder; -r takes the pictures in it\n")
    code, _, err = cli("quantize", "-r", "in/..", "empty", "-k", 4, "-n")
    assert code == 2
    Path("empty").mkdir()
    code, _, err = cli("quantize", "-r", "empty")
    assert code == 2
    assert err == "kmc: empty: is a folder without pictures\n"


def test_two_results_of_one_name(cli, here):
    first, second = picture(here / "a.png"), picture(here / "a.gif")
    code, _, err = cli("quantize", first, second, "-k", 4, "--out-dir", "out", "-f", "--jobs", 2)
    assert code == 15
    assert f"kmc: {second}: its result would be out/a.png, as that of {first} is; take it" in err
    assert tree(here / "out") == ["a.png"]


def test_a_result_never_replaces_another_input(cli, here):
    """Or it would be read before or after, as the number of jobs has it."""
    picture(here / "a.png")
    other = picture(here / "a-kmc.png", seed=1)
    content = other.read_bytes()
    for jobs in (1, 2):
        for names in (["a.png", "a-kmc.png"], ["a-kmc.png", "a.png"]):
            code, _, err = cli("quantize", *names, "-k", 4, "-f", "--jobs", jobs)
            assert code == 15
            said = "kmc: a.png: its result would replace a-kmc.png, which is another input; "
            assert err.count(said) == 1
            assert other.read_bytes() == content
    Path("link.png").symlink_to("a-kmc.png")
    assert cli("quantize", "a.png", "link.png", "-k", 4, "-f")[0] == 15
    assert other.read_bytes() == content
    assert cli("quantize", "a.png", "a-kmc.png", "-k", 4, "--suffix", "", "-f")[0] == 0


def test_results_that_are_one_file_through_a_link(cli, here):
    first, second = picture(here / "in/x/p.png"), picture(here / "in/y/p.png", seed=1)
    (here / "out" / "x").mkdir(parents=True)
    (here / "out" / "y").symlink_to("x")
    code, _, err = cli("quantize", "-r", "in", "-k", 4, "--out-dir", "out", "-f")
    assert code == 15
    assert "its result would be out/y/p.png, as that of in/x/p.png is" in err
    assert err.splitlines()[-1].startswith("1 of 2 files")
    assert first.exists()
    assert second.exists()


@pytest.mark.parametrize("command", ["quantize", "palette", "convert", "plot"])
def test_a_missing_folder_is_noticed_before_the_work(cli, here, command):
    output = ["nowhere/b.png"] if command == "convert" else ["-o", "nowhere/b.png"]
    expected = "kmc: nowhere/b.png: cannot be written: there is no folder nowhere\n"
    assert cli(command, "none.png", *output) == (3, "", expected)


def test_nothing_leaves_the_output_folder(cli, here):
    picture(here / "in" / "a.png")
    picture(here / "in" / "sub" / "b.png")
    precious = here / "precious.png"
    precious.write_bytes(b"precious")
    elsewhere = here / "elsewhere"
    elsewhere.mkdir()
    out = here / "out"
    out.mkdir()
    (out / "a.png").symlink_to(precious)
    (out / "sub").symlink_to(elsewhere)
    code, _, err = cli("quantize", "-r", "in", "-k", 4, "--out-dir", "out", "--force")
    assert code == 3
    assert err.count("leads out of out") == 2
    assert precious.read_bytes() == b"precious"
    assert tree(elsewhere) == []
    picture(here / "in" / "sub" / "deep" / "c.png")
    assert cli("quantize", "-r", "in", "-k", 4, "--out-dir", "out", "--force")[0] == 3
    assert list(elsewhere.iterdir()) == []
    for ending in ("../up", "/x"):
        assert cli("quantize", "in/a.png", "--out-dir", "out", "--suffix", ending)[0] == 1
        assert cli("quantize", "in/a.png", "--out-dir", "out", "--ext", ending + ".png")[0] == 1


def test_the_output_folder_may_be_a_link_itself(cli, here):
    picture(here / "a.png")
    (here / "real").mkdir()
    (here / "out").symlink_to("real")
    assert cli("quantize", "a.png", "-k", 4, "--out-dir", "out")[0] == 0
    assert tree(here / "real") == ["a.png"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["-o", "out.xyz"], 1, "suffix '.xyz' is no format"),
        (["-o", "out"], 1, "without a suffix"),
        (["-o", "nowhere/out.png"], 3, "there is no folder nowhere"),
        (["-o", "a.png/out.png"], 3, "cannot be written"),
        (["-o", "folder.png", "-f"], 3, "folder.png: cannot be written: it is a folder"),
        (["-o", "folder/"], 3, "folder/: cannot be written: it is a folder"),
        (["--out-dir", "a.png"], 3, "a.png: cannot be written to: it is not a folder"),
        (["--ext", "xyz"], 1, "a-kmc.xyz: suffix '.xyz' is no format"),
        (["--out-dir", "a.png/b"], 3, "cannot be written"),
        (["-o", "b.png", "--out-dir", "c"], 1, "it excludes --out-dir"),
        (["-o", "b.png", "--suffix", "c"], 1, "it excludes --suffix"),
        (["-o", "b.png", "--ext", "gif"], 1, "it excludes --ext"),
        (["--ext", "-c.png", "--suffix", "c"], 1, "it excludes --suffix"),
        (["-o", "b.gif", "--format", "png"], 1, "--format png contradicts the ending, that of gif"),
        (["--ext", "gif", "--format", "png"], 1, "--format png contradicts the ending"),
        (["b.png", "-o", "c.png"], 1, "there are 2 pictures: use --out-dir"),
        (["-", "b.png"], 1, "use --out-dir"),
        (["-o", "-", "--format", "eps"], 1, "format 'eps'"),
        (["-o", "-", "--json"], 1, "cannot both go to standard output"),
        (["--ext", "../../x.png"], 1, "names cannot end in"),
        (["-o", "x" * 300 + ".png"], 3, "cannot be written"),
    ],
)
def test_errors_name_the_file_and_leave_nothing(cli, here, options, code, words):
    picture(here / "a.png")
    (here / "folder.png").mkdir()
    result, out, err = cli("quantize", "a.png", "-k", 4, *options)
    assert (result, out) == (code, "")
    assert err.startswith("kmc: ")
    assert words in err
    assert tree(here) == ["a.png"]
