r"""Explanations as LaTeX: a document that compiles as it is, and a fragment to be \input.

An equation that is too long is broken before its signs; what is still too wide (or too high) for
the page is scaled down where it stands, which TeX measures itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from chainrule.explain.explanation import Explanation, Sentence, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.latex_text import HANGUL, ascii_math, escaped
from chainrule.explain.printers.measure import Piece, height, pieces, width
from chainrule.explain.printers.quantities import named, places
from chainrule.notation.formula import Formula, typeset

__all__ = ["latex_document", "latex_fragment"]

ROOM = 70.0  # digits on a line, beside the margins
SURE = 36.0  # what is less wide fits everywhere, without being measured by TeX
HIGH = 24  # lines of numbers; what is higher TeX measures, too
SIGN = 3.0  # = or ≈, with the space around it
TERM = 50.0  # of a sum: longer ones are broken at their products, too
INDENT = 3.5  # of a list
DEEPEST = 3  # lists in lists; TeX has an end to them
# Before an equation that begins a paragraph TeX leaves an empty line
NO_EMPTY_LINE = r"\vspace{-\baselineskip}"
POWER = re.compile(r"(?<![\w.])(\d[\d.]*)e([+-]?\d+)(?![a-zA-Z\d_])")
HEADINGS = ("section", "subsection", "subsubsection", "paragraph")
DOCUMENT = r"""\documentclass[a4paper,11pt,fleqn]{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{graphicx} % scales what is too wide
"""
KOTEX = r"""\usepackage{kotex} % Hangul
"""
SETTINGS = r"""\setlength{\parindent}{0pt}
\setlength{\parskip}{.5\baselineskip}
\setlength{\emergencystretch}{3em}
\allowdisplaybreaks
"""
FIT = r"""% A formula, scaled down where it would not fit the line or the page.
\providecommand{\chainrulefit}[1]{{%
  \sbox0{$\displaystyle #1$}%
  \ifdim\wd0>.82\linewidth \sbox0{\resizebox{.82\linewidth}{!}{\usebox0}}\fi
  \ifdim\dimexpr\ht0+\dp0\relax>.85\textheight
    \sbox0{\resizebox{!}{.85\textheight}{\raisebox{\depth}{\usebox0}}}\fi
  \vcenter{\hbox{\usebox0}}}}
\setcounter{MaxMatrixCols}{100}
"""


def latex_document(explanation: Explanation) -> str:
    r"""The explanation as a document for pdflatex.

    >>> from chainrule.explain.explanation import Explanation
    >>> from chainrule.notation.formula import Expression
    >>> text = latex_document(Explanation(Expression("l", "l"), "chain", ()))
    >>> text.splitlines()[1], text.splitlines()[-1]
    ('\\documentclass[a4paper,11pt,fleqn]{article}', '\\end{document}')
    """
    body = [*_title(explanation), *_steps(explanation, "")]
    korean = _has_hangul(body)
    needs = " Hangul needs kotex (Debian: texlive-lang-korean)." if korean else ""
    return _lines(
        f"% Compile with pdflatex.{needs}",
        DOCUMENT + (KOTEX if korean else "") + SETTINGS + FIT,
        r"\begin{document}",
        *body,
        r"\end{document}",
    )


def latex_fragment(explanation: Explanation) -> str:
    r"""The explanation to be \input into one's own document or slides; headings have no numbers.

    >>> from chainrule.explain.explanation import Explanation
    >>> from chainrule.notation.formula import Expression
    >>> latex_fragment(Explanation(Expression("l", "l"), "chain", ())).splitlines()[0]
    '% Needs amsmath, amssymb and graphicx.'
    """
    body = list(_steps(explanation, "*"))
    needs = "amsmath, amssymb, graphicx and kotex" if _has_hangul(body) else ""
    return _lines(f"% Needs {needs or 'amsmath, amssymb and graphicx'}.", FIT, *body)


def _lines(*lines: str) -> str:
    return "\n".join(line.rstrip("\n") for line in lines)


def _has_hangul(lines: list[str]) -> bool:
    return any(HANGUL.search(line) for line in lines)


def _title(explanation: Explanation) -> Iterator[str]:
    view = escaped(say(Sentence(f"view:{explanation.view}"), explanation.language))
    yield r"\begin{center}"
    yield rf"{{\LARGE $\displaystyle {_math(explanation.title)}$}}\\[1ex]"
    yield rf"{{\large {view}}}"
    yield r"\end{center}"


def _steps(explanation: Explanation, star: str) -> Iterator[str]:
    yield from _Printer(explanation, star).steps(explanation.steps, 0, 0)


def _math(formula: Formula) -> str:
    return ascii_math(typeset(formula))


class _Printer:
    """An explanation; `star` is that of headings without numbers."""

    def __init__(self, explanation: Explanation, star: str) -> None:
        self.language, self.star = explanation.language, star
        self.places = places(explanation)

    def say(self, sentence: Sentence) -> str:
        parts = POWER.split(say(sentence, self.language))
        parts[::3] = map(escaped, parts[::3])
        parts[2::3] = [rf"$\times 10^{{{int(exponent)}}}$" for exponent in parts[2::3]]
        return "".join(parts)

    def steps(self, steps: Sequence[Step], level: int, depth: int) -> Iterator[str]:
        """Steps in `level` parts and `depth` lists; bare equations are aligned together."""
        for is_bare, group in groupby(steps, _is_bare):
            if is_bare:
                yield from ("", NO_EMPTY_LINE, *_equations(list(group), depth))
                continue
            for step in group:
                yield from self.step(step, level, depth)

    def step(self, step: Step, level: int, depth: int) -> Iterator[str]:
        """A step and all below it."""
        yield ""
        if step.kind == "part":
            yield from self.part(step, level, depth)
            return
        words = list(self.rule(step))
        yield from words
        if step.what is not None or step.sides:
            yield from [] if words else [NO_EMPTY_LINE]
            yield from _equations([step], depth)
        yield from (f"{self.say(remark)}\n" for remark in step.remarks)
        yield from self.below(step, level, depth)

    def part(self, step: Step, level: int, depth: int) -> Iterator[str]:
        if step.title is not None:
            command = HEADINGS[min(level, len(HEADINGS) - 1)]
            yield rf"\{command}{self.star}{{{self.heading(step.title)}}}"
        yield from (f"{self.say(said)}\n" for said in (step.why, *step.remarks) if said is not None)
        yield from self.steps(step.steps, level + 1, depth)

    def heading(self, title: Sentence) -> str:
        """A title; the names of quantities as formulas."""
        formulas = named(say(title, self.language), self.places)
        return ", ".join(rf"$\displaystyle {_math(one)}$" for one in formulas) or self.say(title)

    def rule(self, step: Step) -> Iterator[str]:
        """The rule by name, the sentence that explains it, and what kind of array comes out."""
        if step.rule is None and step.why is None:
            return
        if step.rule is not None:
            yield rf"\textbf{{{self.say(step.rule)}}}\enspace"
        if step.shape:
            size = r" \times ".join(map(str, step.shape))
            yield rf"$\mathbb{{R}}^{{{size}}}$\enspace"
        if step.why is not None:
            yield self.say(step.why)

    def below(self, step: Step, level: int, depth: int) -> Iterator[str]:
        if not step.steps:
            return
        if depth == DEEPEST:
            yield from self.steps(step.steps, level, depth)
            return
        yield r"\begin{list}{}{\setlength{\leftmargin}{1.5em}\setlength{\topsep}{0pt}}\item\relax"
        yield from self.steps(step.steps, level, depth + 1)
        yield r"\end{list}"


def _is_bare(step: Step) -> bool:
    """Whether a step is nothing but an equation."""
    words = (step.rule, step.why, *step.remarks, *step.steps)
    return step.kind == "quantity" and bool(step.sides) and not any(words)


def _equations(steps: Sequence[Step], depth: int) -> Iterator[str]:
    """Equations aligned at their signs; several sides stand on a line that has room for them."""
    written = [" \\\\\n".join(_equation(step, ROOM - INDENT * depth)) for step in steps]
    yield r"\begin{align*}"
    yield " \\\\[1ex]\n".join(written)
    yield r"\end{align*}"


def _equation(step: Step, room: float) -> list[str]:
    """The lines of an equation; a long left side has lines of its own."""
    sides = [(" = " if one.is_exact else r" \approx ", one.formula) for one in step.sides]
    if step.what is None:
        return [f"& {row}" for row in _rows(sides, room)]
    if width(step.what) > room / 3:
        above = [f"& {row}" for row in _rows([("", step.what)], room)]
        return above + [rf"& \quad {row}" for row in _rows(sides, room - SIGN) if row]
    first, *others = _rows(sides, room - width(step.what))
    return [f"{_math(step.what)} & {first}", *(f"& {row}" for row in others)]


def _rows(sides: Sequence[tuple[str, Formula]], room: float) -> list[str]:
    """Formulas, each after its sign, on as many lines as it takes."""
    rows, used = [""], 0.0
    for sign, formula in sides:
        found = pieces(formula, TERM)
        if used and used + SIGN + sum(piece.width for piece in found) > room:
            rows, used = [*rows, ""], 0.0
        rows[-1] += sign
        used += SIGN
        for at, piece in enumerate(found):
            if at and used + piece.width > room:
                rows, used = [*rows, r"\quad {} "], SIGN
            rows[-1] += _fitted(piece, height(formula)) + " "
            used += piece.width
    return [row.strip() for row in rows]


def _fitted(piece: Piece, lines: int) -> str:
    latex = ascii_math(piece.latex)
    return latex if piece.width <= SURE and lines <= HIGH else rf"\chainrulefit{{{latex}}}"
