"""The program as a whole: help, version, wrong usage, exit codes, a light start."""

from __future__ import annotations

import click
import pytest
from processes import loaded_by
from shell import picture, run

import kmc
from kmc.cli.exit_codes import Exit, worst
from kmc.cli.main import main, program

pytestmark = pytest.mark.once

COMMANDS = list(program.modules)


def test_alone_it_shows_a_short_help(cli):
    code, out, err = cli()
    assert (code, out) == (1, "")
    assert "Usage: kmc" in err
    assert all(f"  {command} " in err for command in COMMANDS)
    assert "Exit codes" not in err
    assert len(err.splitlines()) < 24


def test_help_lists_the_commands_and_every_exit_code(cli):
    code, out, err = cli("--help")
    assert (code, err) == (0, "")
    assert all(f"  {command} " in out for command in COMMANDS)
    assert all(f"  {int(code)} " in out and code.meaning[:30] in out for code in Exit)
    assert max(map(len, out.splitlines())) <= 80
    assert cli("-h") == (0, out, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_names_every_option(cli, command):
    code, out, err = cli(command, "--help")
    assert (code, err) == (0, "")
    found = program.get_command(click.Context(program), command)
    for parameter in found.params:
        for name in parameter.opts if isinstance(parameter, click.Option) else ():
            assert name in out
            assert parameter.help.endswith(".")
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["quantise"], "No such command 'quantise'. Did you mean 'quantize'?"),
        (["blur"], "No such command 'blur'.\n"),
        (["--verison"], "No such option"),
        (["quantize"], "Missing argument"),
        (["quantize", "a.png", "-k", "x"], "'x' is not a whole number from 1 to 65536"),
        (["quantize", "a.png", "-k", "0"], "'0' is not a whole number from 1 to 65536"),
        (["quantize", "a.png", "-k", "65537"], "'65537' is not a whole number"),
        (["quantize", "a.png", "--tol", "-1"], "'-1' is not a number of at least 0"),
        (["quantize", "a.png", "--tol", "nan"], "'nan' is not a number of at least 0"),
        (["quantize", "a.png", "--seed", "1.5"], "'1.5' is not a whole number of at least 0"),
        (["quantize", "a.png", "--init", "magic"], "'magic' is not one of"),
        (["quantize", "a.png", "--resize", "7x"], "'7x' is not a size"),
        (["quantize", "a.png", "--jobs", "0"], "'0' is not a whole number"),
    ],
)  # fmt: skip
def test_wrong_usage(cli, arguments, words):
    code, out, err = cli(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("kmc: ")
    assert words in err
    _, second = err.splitlines()
    assert second.startswith("see kmc")
    assert second.endswith(" --help")


def test_the_worst_code_counts():
    assert worst([]) == 0
    assert worst([Exit.DONE, Exit.LARGER, Exit.POOR, Exit.EXISTS]) == 15
    assert worst([Exit.UNWRITABLE, Exit.UNREADABLE, Exit.FAILED]) == 3
    assert [int(code) for code in Exit] == [0, 98, 99, 15, 1, 2, 3, 130, 141, 143]


def test_it_starts_without_what_it_does_not_need():
    heavy = {"numpy", "PIL", "matplotlib", "concurrent", "oxipng"}
    run_main = "import contextlib, io, sys; sys.argv[0] = 'kmc'; h = io.StringIO()"
    run_main += "; from kmc.cli.main import main"
    for arguments in (["--version"], ["--help"], ["quantize", "--help"]):
        names = loaded_by(
            f"{run_main}\nwith contextlib.redirect_stdout(h): main({arguments})\npass"
        )
        assert not {name.partition(".")[0] for name in names} & heavy
        ours = {name for name in names if name.startswith("kmc")}
        assert "kmc.cli.commands.quantize" not in ours or arguments != ["--version"]
        assert len(names - loaded_by("import click")) < 50


def test_it_is_a_module_and_a_script():
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith(f"kmc {kmc.__version__} (")


def test_the_version_says_what_the_speed_depends_on(cli, monkeypatch):
    name = kmc.cpu.name()
    for count, threads in ((1, "1 thread"), (3, "3 threads")):
        monkeypatch.setenv("KMC_NUM_THREADS", str(count))
        openmp = f"OpenMP, {threads}" if kmc.cpu.openmp() else "without OpenMP"
        assert cli("--version") == (0, f"kmc {kmc.__version__} ({name}, {openmp})\n", "")
    monkeypatch.setenv("KMC_NUM_THREADS", "many")
    code, out, err = cli("--version")
    assert (code, out) == (1, "")
    assert "KMC_NUM_THREADS" in err


def test_a_picture_is_no_command(cli, tmp_path):
    source = picture(tmp_path / "a.png")
    code, out, err = cli(source, "-k", 4)
    assert (code, out) == (1, "")
    assert f"For a picture: kmc quantize {source}\n" in err


def test_files_that_look_like_options(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "-dash.png")
    code, out, err = cli("quantize", "-dash.png", "-k", 4)
    assert (code, out) == (1, "")
    assert err.endswith("\n./-dash.png is the file of that name\n")
    assert cli("quantize", "./-dash.png", "-k", 4)[0] == 0


def completed(monkeypatch, capsys, shell, words):
    """What Tab offers after the words, the last of which is being typed."""
    monkeypatch.setenv("_KMC_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(monkeypatch, capsys, shell):
    monkeypatch.setenv("_KMC_COMPLETE", f"{shell}_source")
    with pytest.raises(SystemExit):
        main([])
    assert f"_KMC_COMPLETE={shell}_complete" in capsys.readouterr().out
    assert "quantize" in completed(monkeypatch, capsys, shell, ["kmc", "qu"])
    words = ["kmc", "quantize", "--dither", "at"]
    assert "atkinson" in completed(monkeypatch, capsys, shell, words)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_leaves_names_of_files_to_the_shell(monkeypatch, capsys, shell):
    for words in (
        ["quantize", "pho"], ["palette", "pho"], ["plot", "pho"], ["info", "a.png", "pho"],
        ["compare", "a.png", "pho"], ["convert", "a.png", "pho"], ["quantize", "-o", "pho"],
        ["quantize", "--palette", "pho"], ["quantize", "--importance", "pho"],
    ):  # fmt: skip
        assert completed(monkeypatch, capsys, shell, ["kmc", *words]).startswith("file")
    words = ["kmc", "quantize", "--out-dir", "pho"]
    assert completed(monkeypatch, capsys, shell, words).startswith("dir")
