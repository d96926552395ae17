"""The derivations that are looked at: all examples in all views, in both languages."""

from __future__ import annotations

from tests.explain.example_views import PAIRS, explained

from chainrule.explain.explanation import Explanation

__all__ = ["DERIVATIONS", "LANGUAGES", "derivation"]

LANGUAGES = ("en", "ko")
DERIVATIONS = [pair for pair in PAIRS if explained(*pair) is not None]


def derivation(example: str, view: str, language: str) -> Explanation:
    """An example explained; a derivation says in another language what it says in English."""
    found = explained(example, view)
    assert found is not None
    return Explanation(found.title, found.view, found.steps, language)
