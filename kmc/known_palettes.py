"""Well-known palettes by name; known_palettes.json has their colours and sources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from kmc.errors import UnknownPaletteError
from kmc.indexed_image import Palette


class KnownPalettes(Mapping[str, Palette]):
    """A read-only mapping from names to well-known palettes, loaded on first use.

    ================  ===  ===================================================================
    black-and-white     2  1-bit black and white
    cga                16  CGA in text mode, also the 16 colours EGA starts with
    cga-4               4  CGA in graphics mode, palette 1 at high intensity
    commodore-64       16  the Commodore 64, after Philip Timmermann's measurements of 2001
    ega-64             64  all 64 colours of EGA, 2 bits a channel, in the order of their codes
    game-boy            4  four greens as emulators show the first Game Boy's screen
    grey-16            16  sixteen evenly spaced greys
    grey-4              4  four evenly spaced greys
    nord               16  Arctic Ice Studio's sixteen colours
    okabe-ito           8  eight colours for colour-blind readers, by Okabe and Ito
    pico-8             16  the PICO-8 fantasy console
    rgb-332           256  256 colours of 3, 3 and 2 bits
    rgb-8               8  the corners of the RGB cube, 1 bit a channel
    solarized          16  Ethan Schoonover's eight tones and eight accents
    sweetie-16         16  GrafxKid's sixteen colours, those of the TIC-80
    vga-16             16  the 16 colours of Windows and of HTML 4
    web-safe          216  the 216 web-safe colours, six levels a channel
    ================  ===  ===================================================================

    Raises
    ------
    UnknownPaletteError
        There is no palette of that name.

    Examples
    --------
    >>> import kmc
    >>> kmc.palettes["game-boy"].colors.tolist()
    [[15, 56, 15], [48, 98, 48], [139, 172, 15], [155, 188, 15]]
    >>> "web-safe" in kmc.palettes, len(kmc.palettes["web-safe"])
    (True, 216)
    """

    def __getitem__(self, name: str) -> Palette:
        if not isinstance(name, str) or name not in self._entries:
            known = ", ".join(self._entries)
            raise UnknownPaletteError(f"no palette {name!r}; there are {known}")
        codes = self._entries[name]["colors"]
        return Palette([tuple(bytes.fromhex(code[1:])) for code in codes])

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<kmc.palettes: {', '.join(self)}>"

    def about(self, name: str) -> str:
        """A short description of a palette.

        Parameters
        ----------
        name : str
            A key of the mapping.

        Returns
        -------
        str

        Raises
        ------
        UnknownPaletteError
            There is no palette of that name.

        Examples
        --------
        >>> import kmc
        >>> kmc.palettes.about("pico-8")
        'the PICO-8 fantasy console'
        """
        self[name]
        return str(self._entries[name]["about"])

    @cached_property
    def _entries(self) -> dict[str, dict[str, Any]]:
        text = Path(__file__).with_name("known_palettes.json").read_text(encoding="utf-8")
        entries: dict[str, dict[str, Any]] = json.loads(text)
        return entries


palettes = KnownPalettes()
