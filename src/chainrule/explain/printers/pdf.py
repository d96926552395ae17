"""Explanations as PDF: a hand-out on A4."""

from __future__ import annotations

from chainrule.explain.explanation import Explanation
from chainrule.explain.printers.compiled import compiled
from chainrule.explain.printers.typst_document import typst_document

__all__ = ["pdf"]


def pdf(explanation: Explanation) -> bytes:
    """The explanation as a PDF document; the same one gives the same bytes.

    >>> from chainrule.notation.formula import Expression
    >>> pdf(Explanation(Expression("l", "l"), "chain", ()))[:5]
    b'%PDF-'

    Raises:
        DataProblem: the typst package is not installed.
    """
    return compiled(typst_document(explanation))
