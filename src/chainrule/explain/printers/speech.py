"""Formulas as they are read aloud in the language of an explanation."""

from __future__ import annotations

from chainrule.explain.explanation import Sentence
from chainrule.explain.language.catalogue import say
from chainrule.notation.spoken import spoken

__all__ = ["speech"]


def speech(latex: str, language: str = "en") -> str:
    r"""A formula in LaTeX as a screen reader says it.

    >>> speech(r"\frac{\partial l}{\partial W_{1}} = -\delta^{\top} \, X")
    'partial l over partial W 1 equals minus delta transposed X'

    Raises:
        DataProblem: the LaTeX is none of ours, or there are no words in that language.
        TooLarge: it is too long or nested too deeply.
    """

    def words(code: str, **details: str) -> str:
        return say(Sentence(f"spoken:{code}", tuple(details.items())), language)

    return spoken(latex, words)
