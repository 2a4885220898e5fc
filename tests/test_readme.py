"""The README says what is true: its examples run and its links lead somewhere."""

import re
from pathlib import Path

import pytest
from matplotlib import pyplot

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"^```python\n(.*?)^```", README, re.M | re.S))
def test_the_examples_run(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "examples").mkdir()
    sample = (ROOT / "examples" / "balloons.jpg").read_bytes()
    (tmp_path / "examples" / "balloons.jpg").write_bytes(sample)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    pyplot.close("all")
    if "print(" in code:
        assert re.match(r"MSE [\d.]+, PSNR [\d.]+ dB", capsys.readouterr().out)


def test_links_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if ":" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
