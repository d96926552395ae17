"""Codes as sentences, in the languages there are: one file each in `messages/`."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.explain.language.templates import ENGLISH, Catalogues
from chainrule.marking.report import Mistake, Remark
from chainrule.marking.reports import messages

__all__ = ["MARKS", "catalogue", "languages", "remark", "require_language", "sentence", "word"]

MARKS = {
    "exact": "✓",
    "consistent": "≈",
    "truncated": "✂",
    "follow-through": "↪",
    "undecided": "?",
    "wrong": "✗",
    "unreadable": "!",
}
Details = Iterable[tuple[str, str]]
CATALOGUES = Catalogues(messages.__name__)
languages = CATALOGUES.languages
require_language = CATALOGUES.require
catalogue = CATALOGUES.section  # WORDS, REMARKS or MISTAKES in a language


def sentence(mistake: Mistake, language: str = ENGLISH) -> str:
    """What was done wrong; the code itself where nobody has written a sentence for it."""
    details = (("where", mistake.where), *mistake.details)
    return _filled("MISTAKES", mistake.code, language, details)


def remark(said: Remark, language: str = ENGLISH) -> str:
    """The remark in a sentence.

    >>> remark(Remark("shape", (("claimed_shape", "2 × 3"), ("expected_shape", "3 × 2"))))
    'The shape is 2 × 3, and should be 3 × 2.'

    A remark on a mistake has the mistake's code in its details, and its sentence is filled in.
    """
    details = dict(said.details)
    if "code" in details:
        mistake = Mistake(details["code"], details.get("where", ""), said.details)
        details["sentence"] = sentence(mistake, language)
    return _filled("REMARKS", said.code, language, details.items())


def word(code: str, language: str = ENGLISH, **details: object) -> str:
    """A word or phrase of the report itself: names of verdicts, headings.

    >>> word("follow-through"), word("wrong", "ko")
    ('follows through', '틀림')
    """
    return _filled("WORDS", code, language, [(key, str(one)) for key, one in details.items()])


def _filled(section: str, code: str, language: str, details: Details) -> str:
    """The code itself where there is no template."""
    said = CATALOGUES.said(section, code, language, dict(details))
    return code if said is None else said
