"""Sentences in the languages there are: explanations and reports both fill their templates here.

The catalogue of a language is one file of a package, named by the language's code (ISO 639: two
letters or three), that holds nothing but dictionaries, codes to templates.  A new file is a new
language.  What it lacks is said in English, so that it may grow little by little.

A template has fields, `{name}`.  Where a language lets the word that is filled in decide how it
goes on, as Korean does with its particles, its file has a function `inflected(word, form)`, and
its templates write the form into the field: `{name:을}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from string import Formatter
from types import ModuleType
from typing import Any

from chainrule.errors import DataProblem

__all__ = ["ENGLISH", "MISSING", "Catalogues", "alike", "filled"]

ENGLISH = "en"  # and the language of a code that another catalogue lacks
MISSING = "…"
Inflected = Callable[[str, str], str]


class Catalogues:
    """The catalogues of one package, a file a language.

    >>> set(Catalogues("chainrule.explain.language").languages()) >= {"en", "ko"}
    True
    """

    def __init__(self, package: str) -> None:
        self.package = package
        self._module = cache(self._load)

    def languages(self) -> tuple[str, ...]:
        """The languages with a catalogue."""
        names = (module.name for module in iter_modules(import_module(self.package).__path__))
        return tuple(sorted(name for name in names if re.fullmatch("[a-z]{2,3}", name)))

    def require(self, language: str) -> str:
        """The language itself.

        Raises:
            DataProblem: it has no catalogue.
        """
        if language not in self.languages():
            raise DataProblem(
                f"There are no messages in {language!r:.40}, only in: "
                f"{', '.join(self.languages())}."
            )
        return language

    def section(self, name: str, language: str) -> Mapping[str, str]:
        """Codes to templates: one dictionary of a language's file.

        Raises:
            DataProblem: the language has no catalogue.
        """
        found: Mapping[str, str] = getattr(self._module(language), name, {})
        return found

    def said(
        self, section: str, code: str, language: str, details: Mapping[str, str]
    ) -> str | None:
        """A section's template for the code, filled in; None where even English has none.

        Raises:
            DataProblem: the language has no catalogue.
        """
        for each in (language, ENGLISH):
            template = self.section(section, each).get(code)
            if template is not None:
                return filled(template, details, getattr(self._module(each), "inflected", None))
        return None

    def _load(self, language: str) -> ModuleType:
        return import_module(f"{self.package}.{self.require(language)}")


def alike(subject: str, names: str, template: str) -> dict[str, str]:
    """One template for several codes of a subject: part of a catalogue.

    >>> alike("choice", "cbrt sqrt", "at 0 the derivative is infinite")["choice:sqrt"]
    'at 0 the derivative is infinite'
    """
    return dict.fromkeys([f"{subject}:{name}" for name in names.split()], template)


def filled(template: str, details: Mapping[str, str], inflected: Inflected | None = None) -> str:
    """The template with its fields filled in; a missing one is left open.

    Only the template is read for braces; what is filled in never is.

    >>> filled("This repeats line {line} of {whom}.", {"line": "{0}"})
    'This repeats line {0} of ….'
    """
    return _Filling(inflected).vformat(template, (), details)


class _Filling(Formatter):
    def __init__(self, inflected: Inflected | None) -> None:
        self.inflected = inflected

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), MISSING)

    def format_field(self, value: Any, form: str) -> str:
        return self.inflected(value, form) if form and self.inflected else str(value)
