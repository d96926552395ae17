"""What a program says of itself in its first lines, and what it is told."""

from __future__ import annotations

import re

from chainrule.explain.explanation import Sentence
from chainrule.paper.program import Paper

__all__ = ["comment_of", "note_sentence"]

PATTERNS = (
    (
        "note:broadcast",
        r"line (?P<line>\d+): (?P<name>.+) repeats (?P<shapes>.+) to (?P<to>.+), a shape that "
        r"neither has",
    ),
    ("note:zero", r"(?P<derivative>.+) is 0: (?P<of>.+) does not depend on (?P<wrt>.+)\."),
    ("note:infinite", r"(?P<what>.+) is infinite: it leaves the range .+\."),
    ("note:undefined", r"(?P<what>.+) is undefined \(nan\): it leaves the range .+\."),
)


def note_sentence(text: str) -> Sentence:
    """The code of a note and what is filled in; a note of no known form stays as it is.

    >>> note_sentence("dy/dz is 0: y does not depend on z.").code
    'note:zero'
    """
    for code, pattern in PATTERNS:
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found:
            return Sentence(code, tuple(found.groupdict().items()))
    return Sentence("note", (("text", text),))


def comment_of(paper: Paper) -> tuple[Sentence, ...]:
    """The comment that a file begins with, line by line."""
    found = []
    for line in paper.source.text.splitlines():
        text = line.strip()
        if not text.startswith("#"):
            break
        found.append(Sentence("comment", (("text", text.lstrip("#").strip()),)))
    return tuple(found)
