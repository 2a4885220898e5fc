"""Checks that every link within a built site leads to a page, and to an element that is there.

``python docs/tools/check_links.py SITE``
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the names by which its elements are linked."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.links.append(value)
            elif name in ("id", "name") and value is not None:
                self.names.add(value)


def broken(site: Path) -> list[str]:
    """What is wrong, a line for each link."""
    files = (path.resolve() for path in site.rglob("*.html") if "_static" not in path.parts)
    pages = {path: Page(path) for path in files}
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            linked = pages.get(target)
            if not target.exists() or (linked and unquote(parts.fragment) not in linked.names):
                found.append(f"{path.relative_to(site.resolve())}: {link}")
    return found


def main() -> None:
    """Print the broken links, and fail if there are some."""
    site = Path(sys.argv[1])
    if not (site / "index.html").exists():
        sys.exit(f"{site}: no site")
    lines = broken(site)
    print(*lines, sep="\n", end="\n" if lines else "")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
