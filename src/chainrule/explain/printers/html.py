"""Explanations as HTML: a page that stands by itself, and a fragment for notebooks.

Formulas are native MathML with what is spoken beside them; there is no script and no request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import count
from zlib import crc32

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.measure import Piece, pieces, width
from chainrule.explain.printers.page_head import page_head
from chainrule.explain.printers.page_style import DERIVATION, PAGE
from chainrule.explain.printers.quantities import named, places
from chainrule.explain.printers.speech import speech
from chainrule.explain.printers.texts import visible_lines
from chainrule.graph.node import Shape
from chainrule.notation.formula import Formula, inline, typeset
from chainrule.notation.mathml import mathml

__all__ = ["html_fragment", "html_page"]

POWER = re.compile(r"(?<![\w.])(\d[\d.]*)e([+-]?\d+)(?![a-zA-Z\d_])")
PHONE = 28.0  # digits that fit the width of a phone
INDENT = 4.0  # digits, of steps within steps
NARROW = 8.0  # digits that fit however deep they stand
LINE = 60.0  # digits that fit the first line of a step, beside its rule


def html_page(explanation: Explanation) -> str:
    """The explanation as a page in UTF-8; its steps fold.

    >>> from chainrule.explain.explanation import Explanation
    >>> from chainrule.notation.formula import Expression
    >>> page = html_page(Explanation(Expression("<l>", "l"), "chain", ()))
    >>> "<html lang=\\"en\\">" in page, "<l>" in page
    (True, False)
    """
    return visible_lines(_Printer(explanation, "s").page())


def html_fragment(explanation: Explanation) -> str:
    """The explanation as a piece of a page, with styles of its own: what a notebook shows.

    >>> from chainrule.explain.explanation import Explanation
    >>> from chainrule.notation.formula import Expression
    >>> html_fragment(Explanation(Expression("l", "l"), "chain", ())).splitlines()[0]
    '<div class="chainrule tex2jax_ignore" lang="en">'
    """
    own = f"{inline(explanation.title)} {explanation.view} {explanation.language}"
    prefix = f"cr{crc32(own.encode()):08x}-"  # a notebook holds several
    return visible_lines(_Printer(explanation, prefix).fragment())


class _Printer:
    """An explanation, where each of its quantities is found, and how names of places begin."""

    def __init__(self, explanation: Explanation, prefix: str) -> None:
        self.explanation, self.language = explanation, explanation.language
        self.prefix = prefix
        self.places = places(explanation)
        self.numbers = count(1)  # of the steps, as they are read

    def page(self) -> Iterator[str]:
        title = self.explanation.title
        view = say(Sentence(f"view:{self.explanation.view}"), self.language)
        yield from page_head(f"{inline(title)}: {view}", self.language, PAGE + DERIVATION)
        yield "<body>"
        yield f'<a class="skip" href="#steps">{self.say("html:skip")}</a>'
        yield f"<header><h1>{self.math(typeset(title))} <span>{escape(view)}</span></h1>"
        yield from self.contents()
        yield "</header>"
        yield '<main class="chainrule" id="steps" tabindex="-1">'
        yield from self.steps()
        yield "</main>"
        yield "</body>"
        yield "</html>"

    def fragment(self) -> Iterator[str]:
        yield f'<div class="chainrule tex2jax_ignore" lang="{escape(self.language)}">'
        yield f"<style>\n{DERIVATION}</style>"
        yield from self.steps()
        yield "</div>"

    def contents(self) -> Iterator[str]:
        """Links to the parts."""
        parts = [
            (self.anchor(number), self.heading(step.title))
            for number, step in enumerate(self.explanation.walk(), 1)
            if step in self.explanation.steps and step.title is not None
        ]
        yield f'<nav aria-label="{self.say("html:contents")}"><ol>'
        yield from (f'<li><a href="#{at}">{title}</a></li>' for at, title in parts)
        yield "</ol></nav>"

    def say(self, code: str | Sentence) -> str:
        sentence = Sentence(code) if isinstance(code, str) else code
        return POWER.sub(_power, escape(say(sentence, self.language)))

    def heading(self, title: Sentence) -> str:
        """A title; the names of quantities as formulas."""
        formulas = named(say(title, self.language), self.places)
        return ", ".join(self.math(typeset(one)) for one in formulas) or self.say(title)

    def math(self, latex: str) -> str:
        """MathML with what is read aloud, once: browsers do not look at `alttext`."""
        label = f' aria-label="{escape(speech(latex, self.language))}"'
        return mathml(latex).replace("<math", f"<math{label}", 1)

    def anchor(self, number: int) -> str:
        return f"{self.prefix}{number}"

    def steps(self) -> Iterator[str]:
        for step in self.explanation.steps:
            yield from self.step(step, 2, PHONE)

    def step(self, step: Step, level: int, room: float) -> Iterator[str]:
        """A step and all below it; `level` is that of its heading, `room` that on a phone."""
        name = self.anchor(next(self.numbers))
        if step.kind == "part":
            yield from self.part(step, name, level, room)
        elif step.kind == "remark":
            yield f'<div class="say" id="{name}">'
            yield from self.said(step)
            yield from self.below(step, level, room)
            yield "</div>"
        else:
            yield from self.quantity(step, name, level, room)

    def part(self, step: Step, name: str, level: int, room: float) -> Iterator[str]:
        heading = f"h{min(level, 6)}"
        title = "" if step.title is None else self.heading(step.title)
        yield f'<details class="part" id="{name}" open>'
        yield f"<summary><{heading}>{title}</{heading}></summary>"
        yield from self.said(step)
        for lower in step.steps:
            yield from self.step(lower, level + 1, room)
        yield "</details>"

    def quantity(self, step: Step, name: str, level: int, room: float) -> Iterator[str]:
        """On the first line what fits there; the rest folds."""
        left = [] if step.what is None else pieces(step.what, room)
        what = "".join(self.piece(one.latex, one.width, room) for one in left)
        sides = [self.side(side, room) for side in step.sides]
        if any(one.width > room for one in left):  # nothing scrolls in what one folds by
            head, body = escape(inline(step.what)) if step.what else "", [what, *sides]
        else:
            first = _on_first_line(step, room)
            head, body = what + "".join(sides[:first]), sides[first:]
        rest = [f'<div class="eq">{"".join(body)}</div>'] if body else []
        rest += [*self.said(step), *self.below(step, level, room)]
        line, links = f'<span class="eq">{head}</span>', self.links(step)
        if not rest:
            yield f'<div class="step line" id="{name}">{line}{self.note(step, links)}</div>'
            return
        line += self.note(step)
        yield f'<details class="step" id="{name}" open><summary>{line}</summary><div class="body">'
        yield from rest
        if links:
            yield f'<p class="from">{links}</p>'
        yield "</div></details>"

    def side(self, side: Equal, room: float) -> str:
        """A side with its sign; a long one in pieces, so that it wraps before its own signs."""
        whole = Piece(typeset(side.formula), width(side.formula))
        first, *others = [whole] if whole.width <= room else pieces(side.formula, room)
        sign = "=" if side.is_exact else r"\approx"
        # behind {} a sign has the space of one that stands between
        signed = [(sign, first), *(("{}", one) for one in others)]
        return "".join(self.piece(f"{sign} {one.latex}", one.width, room) for sign, one in signed)

    def piece(self, latex: str, wide: float, room: float) -> str:
        """What does not wrap; if it may be wider than the window it scrolls, by keyboard too."""
        text = self.math(latex)
        if wide <= room:
            return text
        label = self.say("html:equation")
        opening = f'<div class="wide" style="--w:{wide:.0f}" tabindex="0" role="group"'
        return f'{opening} aria-label="{label}">{text}</div>'

    def note(self, step: Step, links: str = "") -> str:
        """What stands at the end of the first line: the rule and the shape."""
        parts = [f"<span>{links}</span>"] if links else []
        if step.rule is not None:
            parts.append(f'<span class="rule">{self.say(step.rule)}</span>')
        if step.shape:
            parts.append(f"<span>{self.math(_space(step.shape))}</span>")
        return f'<span class="note">{" ".join(parts)}</span>' if parts else ""

    def said(self, step: Step) -> Iterator[str]:
        if step.why is not None:
            yield f'<p class="why">{self.say(step.why)}</p>'
        yield from (f'<p class="remark">{self.say(remark)}</p>' for remark in step.remarks)

    def links(self, step: Step) -> str:
        """To where the quantities are found that the step rests on."""
        found = [self.places[name] for name in step.rests_on if name in self.places]
        if not found:
            return ""
        links = [
            f'<a href="#{self.anchor(one.number)}">{self.short(one.what)}</a>' for one in found
        ]
        return f"{self.say('html:from')} {', '.join(links)}"

    def short(self, what: Formula) -> str:
        """A quantity in a line of small print; a derivative as ∂l/∂W."""
        text = inline(what)
        return escape(text) if "/" in text else self.math(typeset(what))

    def below(self, step: Step, level: int, room: float) -> Iterator[str]:
        if step.steps:
            yield '<div class="steps">'
            for lower in step.steps:
                yield from self.step(lower, level, max(room - INDENT, NARROW))
            yield "</div>"


def _on_first_line(step: Step, room: float) -> int:
    """How many of the sides stand on the first line: those that fit a phone, until it is full."""
    used = 0.0 if step.what is None else width(step.what)
    for number, side in enumerate(step.sides):
        wide = width(side.formula)
        used += wide + 2
        if wide > room or used > LINE:
            return number
    return len(step.sides)


def _power(found: re.Match[str]) -> str:
    """1.5e-12 as people write it; no line ends behind this minus."""
    return f"{found[1]}×10<sup>{int(found[2])}</sup>".replace("-", "−")


def _space(shape: Shape) -> str:
    """What kind of array it is, as LaTeX: rows times columns."""
    size = r" \times ".join(map(str, shape))
    return rf"\mathbb{{R}}^{{{size}}}"
