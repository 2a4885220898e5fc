"""A Sphinx extension: links names in the texts to the reference, and keeps numbers on one line."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

import kmc

NO_BREAK = "\N{NO-BREAK SPACE}"
# The space in "65 536", "7 %", "27 dB" and the like.
BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:\d{3}|%|dB|[kM]B|[mnµ]?s|MP)(?!\w))")


def public_name(code: str) -> str:
    """The full name of what a piece of code names, or nothing if that is not in the reference."""
    name = code.removesuffix("()").removeprefix("kmc.")
    first, *rest = name.split(".")
    if first not in kmc.__all__ or (not code.startswith("kmc.") and not first[0].isupper()):
        return ""
    value = kmc
    for part in (first, *rest):
        value = getattr(value, part, None)
    return f"kmc.{name}" if callable(value) or name == "palettes" else ""


def _is_within(node: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


class Texts(SphinxTransform):
    """Mends the texts of one page."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        if not self.document["source"].endswith(".md"):
            return
        for literal in list(self.document.findall(nodes.literal)):
            name = public_name(literal.astext())
            if name and not _is_within(
                literal, nodes.title, nodes.reference, addnodes.pending_xref
            ):
                link = addnodes.pending_xref(
                    "", literal.deepcopy(), refdomain="py", reftype="obj", reftarget=name
                )
                literal.replace_self(link)
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, nodes.literal | nodes.literal_block):
                kept = BEFORE_UNIT.sub(NO_BREAK, text)
                if kept != text:
                    text.parent.replace(text, nodes.Text(kept))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(Texts)
    return {"version": kmc.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
