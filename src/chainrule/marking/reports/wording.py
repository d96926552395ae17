"""Codes as sentences, in the languages there are: one file each in `messages/`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from chainrule.errors import DataProblem
from chainrule.marking.report import Mistake, Remark
from chainrule.marking.reports import messages

__all__ = ["MARKS", "catalogue", "languages", "remark", "require_language", "sentence", "word"]

ENGLISH = "en"  # and the language of a code that another catalogue lacks
MISSING = "…"
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


@cache
def languages() -> tuple[str, ...]:
    """The languages with a catalogue.

    >>> set(languages()) >= {"en", "ko"}
    True
    """
    return tuple(sorted(one.name for one in iter_modules(messages.__path__)))


def require_language(language: str) -> str:
    """The language itself.

    Raises:
        DataProblem: it has no catalogue.
    """
    if language not in languages():
        raise DataProblem(
            f"There are no messages in {language!r:.40}, only in: {', '.join(languages())}."
        )
    return language


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
    template = catalogue(section, language).get(code) or catalogue(section, ENGLISH).get(code)
    return code if template is None else template.format_map(_Details(details))


@cache
def catalogue(section: str, language: str) -> dict[str, str]:
    """Codes to templates: WORDS, REMARKS or MISTAKES in a language."""
    module = import_module(f"{messages.__name__}.{require_language(language)}")
    found: dict[str, str] = getattr(module, section, {})
    return found


class _Details(dict[str, str]):
    """The fields of a template; a missing one is left open, so that the rest is still said."""

    def __missing__(self, key: str) -> str:
        return MISSING
