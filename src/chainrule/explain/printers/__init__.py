"""Printers of explanations, one a format: they lay out what the views have found, no more.

`boxes`, `pieces`, `laid_out` and `equations` set formulas in lines of text for `terminal`; the
others write formulas with `notation`; `pdf` goes by way of Typst.
"""

from __future__ import annotations

from chainrule.errors import DataProblem
from chainrule.explain.explanation import Explanation

__all__ = ["FORMS", "printed"]

FORMS = ("text", "md", "latex", "latex-fragment", "html")


def printed(explanation: Explanation, form: str) -> str:
    """An explanation in one of the `FORMS`; the last line has no newline behind it.

    Only the printer that is used is loaded.

    >>> from chainrule.notation.formula import Expression
    >>> print(printed(Explanation(Expression("dy/dx", ""), "chain", ()), "text"))
    dy/dx
    =====

    Raises:
        DataProblem: there is no such form.
    """
    if form == "text":
        from chainrule.explain.printers.terminal import text_lines

        return "\n".join(text_lines(explanation))
    if form == "md":
        from chainrule.explain.printers.markdown import markdown

        return markdown(explanation)
    if form == "latex":
        from chainrule.explain.printers.latex import latex_document

        return latex_document(explanation)
    if form == "latex-fragment":
        from chainrule.explain.printers.latex import latex_fragment

        return latex_fragment(explanation)
    if form == "html":
        from chainrule.explain.printers.html import html_page

        return html_page(explanation)
    raise DataProblem(f"An explanation is printed as {', '.join(FORMS)}, not as {form!r:.40}.")
