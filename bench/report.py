"""What a benchmark leaves behind: an aligned table on the screen and a JSON file beside it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = (
    "kmc-quantize",
    "numpy",
    "pillow",
    "scikit-learn",
    "scikit-image",
    "opencv-python-headless",
    "faiss-cpu",
    "libimagequant",
    "ssimulacra2",
    "pyoxipng",
    "pillow-jxl-plugin",
)


@dataclass(frozen=True)
class Table:
    """Columns of fixed width, so that rows can be printed as they come; the first one is text."""

    titles: Sequence[str]
    widths: Sequence[int]

    def line(self, cells: Iterable[object]) -> str:
        texts = [str(cell) for cell in cells]
        first = f"{texts[0]:<{self.widths[0]}}"
        rest = (f"{text:>{width}}" for text, width in zip(texts[1:], self.widths[1:], strict=True))
        return " ".join([first, *rest]).rstrip()

    def head(self) -> None:
        print(self.line(self.titles))
        self.rule()

    def rule(self) -> None:
        print("-" * (sum(self.widths) + len(self.widths) - 1), flush=True)

    def row(self, *cells: object) -> None:
        print(self.line(cells), flush=True)


def number(value: float | None, digits: int = 4) -> str:
    """A figure with that many significant digits; a dash where there is none."""
    if value is None or value != value:
        return "-"
    if value == 0:
        return "0"
    whole = len(str(int(abs(value))))
    return f"{value:.{max(0, digits - whole)}f}" if abs(value) >= 1e-3 else f"{value:.1e}"


def machine() -> dict[str, Any]:
    """Processor, cores, system, Python and the versions of all that is compared."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "processor": processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "versions": {name: version(name) for name in PACKAGES},
    }


def version(package: str) -> str | None:
    """The installed version of a package, None where it is missing."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name as its system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def title(about: dict[str, Any], missing: Iterable[str] = ()) -> None:
    """A line saying where and when the table below was made, and the packages it goes without."""
    print(f"{about['processor']}, {about['cores']} cores, {about['system']}, {about['date']}")
    for package in missing:
        print(f"missing: {package} (not installed)")


def save(name: str, about: dict[str, Any], rows: list[dict[str, Any]], **more: Any) -> Path:
    """Write everything that was measured to ``bench/results/``, and say where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    content = {"benchmark": name, "machine": about, **more, "rows": rows}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"\nAll figures: {path.relative_to(RESULTS.parent.parent)}")
    return path
