"""How wide a text is, without a font: cells of a monospace one.

An advance is 0.6 of the font size in every common monospace font.  East Asian wide characters take
two cells (UAX #11), combining marks none; what is ambiguous there takes one, as such fonts have it.
"""

from __future__ import annotations

from chainrule.explain.printers.boxes import cells

__all__ = ["ADVANCE", "cells", "clean", "clipped", "wrapped"]

ADVANCE = 0.6  # of the font size
ELLIPSIS = "…"
BREAKS = " ,"


def clean(text: str) -> str:
    """A text on one line; what no printer shows (control characters among it) as a mark.

    >>> clean("a +\\n\\t b\\x00")
    'a + b\N{REPLACEMENT CHARACTER}'
    """
    plain = " ".join(text.split())
    if plain.isprintable():
        return plain
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in plain)


def clipped(text: str, most: int) -> str:
    """A text of at most so many cells; an ellipsis stands for what is cut off.

    >>> clipped("cross_entropy", 6), clipped("손실 함수", 4)
    ('cross…', '손…')
    """
    if cells(text) <= most:
        return text
    room = most - 1
    kept = ""
    for character in text:
        room -= cells(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + ELLIPSIS


def wrapped(text: str, most: int, lines: int) -> tuple[str, ...]:
    """A text on at most so many lines, broken after a space or a comma; the last one clipped.

    >>> wrapped("np.exp(O) / np.sum(np.exp(O), axis=1)", 20, 2)
    ('np.exp(O) /', 'np.sum(np.exp(O), a…')
    """
    found: list[str] = []
    while cells(text) > most and len(found) < lines - 1:
        fits = clipped(text, most + 1)[:-1]
        at = max(map(fits.rstrip().rfind, BREAKS)) + 1
        if at <= 0:
            break
        found.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return *found, clipped(text, most)
