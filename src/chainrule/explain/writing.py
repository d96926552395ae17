"""Nodes as expressions, in both notations at once: names, symbols, formulas, numbers put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from chainrule.explain.numbers.shown import Shown
from chainrule.explain.source import Explainable, is_readable
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.notation.compact import compact
from chainrule.notation.formula import (
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
    filled,
    literal,
    mark,
)
from chainrule.notation.latex import latex
from chainrule.notation.latex_names import ESCAPED, latex_name
from chainrule.notation.precedence import LEVELS
from chainrule.notation.text import Written, infix, write
from chainrule.ops.arithmetic import Divide, Multiply
from chainrule.ops.elementary import XDivY, XTimesY
from chainrule.ops.indexing import Take
from chainrule.ops.naming import Same

__all__ = ["Writer", "joined", "number", "partial", "sign", "typewriter", "written_latex"]

LONGEST_NUMBERS = 36  # entries of an array that is put into a formula; of a larger one the name is
NO_NAMES: Mapping[Node, Expression] = MappingProxyType({})
QUOTIENT = re.compile(r"[∂d](\w[\w\u0300-\u036f']*)/[∂d](\w[\w\u0300-\u036f']*)")
SYMBOLS = {"∂": r"\partial ", "·": r"\cdot ", "⊙": r"\odot ", "∘": r"\circ ", "×": r"\times "}
SYMBOLS |= {"ᵀ": r"^{\top}", "−": "-", "∇": r"\nabla ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne "}
BEYOND_ASCII = re.compile(
    rf"[{''.join(SYMBOLS)}]|[^\W{''.join(SYMBOLS)}]*[^\W\x00-\x7fᵀ][\w\u0300-\u036f']*"
)


def sign(text: str, in_latex: str = "") -> Expression:
    """A sign between formulas, with the spaces around it."""
    return Expression(text, in_latex or text)


def number(text: str) -> Formula:
    """A number that is written out; in parentheses if it is a product or a quotient itself."""
    if "e" not in text and "/" not in text:
        return Number(text)
    return Line((Expression("(", r"\left("), Number(text), Expression(")", r"\right)")))


def joined(formulas: list[Formula], between: Expression) -> Formula:
    """Formulas with a sign between each two; one by itself as it is."""
    if len(formulas) == 1:
        return formulas[0]
    parts: list[Formula] = []
    for formula in formulas:
        parts += [between, formula] if parts else [formula]
    return Line(tuple(parts))


def partial(of: Expression, wrt: Expression, d: str = "∂") -> Expression:
    """∂of/∂wrt; with `d` = "d" the derivative over all paths.

    >>> partial(Expression("l", "l"), Expression("W1", "W_{1}"))
    Expression(text='∂l/∂W1', latex='\\\\frac{\\\\partial l}{\\\\partial W_{1}}', holes=())
    """
    sign = r"\partial" if d == "∂" else r"\mathrm{d}"
    fraction = rf"\frac{{{sign} {of.latex}}}{{{sign} {wrt.latex}}}"
    return Expression(f"{d}{of.text}/{d}{wrt.text}", fraction)


class Substituted(Record):
    """An expression's text with marks for the numbers put in, and which node has which mark."""

    text: str
    templates: Mapping[Node, str]
    numbers: tuple[Formula, ...]
    is_exact: bool

    @property
    def line(self) -> str:
        """The text with the numbers, on one line."""
        return filled(self.text, self.numbers, literal)


class Writer:
    """Writes the nodes of one source; `names` are those of further nodes, such as adjoints."""

    def __init__(self, source: Explainable, names: Mapping[Node, Expression] = NO_NAMES) -> None:
        self.source = source
        self.names = names

    def with_names(self, names: Mapping[Node, Expression]) -> Writer:
        """The same, with more names."""
        return Writer(self.source, {**self.names, **names})

    def name(self, node: Node) -> Expression:
        """A quantity's name; an unnamed one as the expression it is."""
        known = self.names.get(node)
        if known is not None:
            return known
        own = self.source.graph.name_of(node)
        text = self.source.name(node)
        if own is not None:
            return Expression(text, latex_name(own))
        if isinstance(node.operation, Same):
            return Expression(text, self.name(node.inputs[0]).latex)
        return Expression(text, self._latex(node, self._own_name))

    def symbol(self, of: Node, wrt: Node, d: str = "∂") -> Expression:
        """∂of/∂wrt."""
        return partial(self.name(of), self.name(wrt), d)

    def expression(self, node: Node) -> Expression:
        """A node as a person writes it, without what only guards it; a named one as its name."""
        if node in self.names:
            return self.names[node]
        return Expression(
            write(node, self._text_name, self._readable), self._latex(node, self._own_name)
        )

    def written(self, name: str) -> str:
        """How a computed name was defined, as it was written; nothing if that says nothing."""
        written = self.source.formulas[name]
        return "" if written == name else written

    def formula(self, name: str) -> Expression | None:
        """The same, in both notations; None if it says nothing."""
        written = self.written(name)
        if not written:
            return None
        node = self.source.graph[name]
        if isinstance(node.operation, Same):
            return Expression(written, self.name(node.inputs[0]).latex)
        quotients = bool(QUOTIENT.search(written))
        shown = self._latex(node, lambda one: None if one is node else self._own_name(one))
        if quotients or not is_readable(written):
            return Expression(written, written_latex(written))
        text = write(
            node, lambda one: None if one is node else self._text_name(one), self._readable
        )
        return Expression(written, shown if is_readable(text) else written_latex(written))

    def substituted(
        self, node: Node, values: Callable[[Node], Shown | None]
    ) -> tuple[Expression, bool] | None:
        """The node's own expression with numbers for what it reads, and whether all are exact.

        `values` gives those of named nodes.  None where arranging steps would hide them, or where
        no number was put in.
        """
        found = self.substituted_text(node, values)
        if found is None:
            return None
        shown = self._latex(
            node, lambda lower: None if lower is node else self._own_name(lower), found.templates
        )
        return Expression(found.text, shown, found.numbers), found.is_exact

    def substituted_text(
        self, node: Node, values: Callable[[Node], Shown | None]
    ) -> Substituted | None:
        """The same as text only; not typeset."""
        holes: dict[Node, tuple[str, Formula]] = {}
        exact: list[bool] = []

        def hole(lower: Node) -> str | None:
            if lower is node:
                return None
            if lower not in holes:
                found = self._number_of(lower, values)
                if found is None:
                    return None
                exact.append(found.is_exact)
                minus, formula = _without_sign(found.formula)
                holes[lower] = (minus + mark(len(holes)), formula)
            return holes[lower][0]

        def text_name(lower: Node) -> str | None:
            return hole(lower) or (None if lower is node else self._text_name(lower))

        if isinstance(node.operation, Same | Take):
            return None
        text = write(node, text_name, self._readable)
        if not holes or not is_readable(text):
            return None
        templates = {lower: template for lower, (template, _) in holes.items()}
        numbers = tuple(formula for _, formula in holes.values())
        return Substituted(text, templates, numbers, all(exact))

    def entries(
        self, entries: Array, name_of: Callable[[Node], str | None] | None = None
    ) -> Formula:
        """Scalar nodes as a matrix, a vector of them as a diagonal one; a single one as it is."""
        if entries.ndim == 1:
            return Matrix((tuple(self.entry(one, name_of) for one in entries),), "diagonal")
        rows = tuple(tuple(self.entry(one, name_of) for one in row) for row in entries)
        return rows[0][0] if entries.size == 1 else Matrix(rows)

    def entry(self, node: Node, name_of: Callable[[Node], str | None] | None = None) -> Expression:
        """A scalar node as on a blackboard: S0(1-S0); `name_of` names entries of derivatives."""
        names = name_of or self._text_name
        text = compact(node, names, self.source.graph.names, self.source.index_base)
        quotients = {} if name_of is None else _quotients(node, name_of)
        return Expression(text, self._latex(node, self._own_name, quotients))

    def _number_of(self, node: Node, values: Callable[[Node], Shown | None]) -> Shown | None:
        """The numbers of a named quantity, if they are few; of an entry, its own."""
        found = values(node) or self._entry_of(node, values)
        if found is None or node.size > LONGEST_NUMBERS or isinstance(found.formula, Summary):
            return None
        return found

    def _entry_of(self, node: Node, values: Callable[[Node], Shown | None]) -> Shown | None:
        """The number at a place of an array that has numbers."""
        if not isinstance(node.operation, Take) or node.shape or node in self.names:
            return None
        found = values(node.inputs[0])
        if found is None or not isinstance(found.formula, Matrix):
            return None
        index = tuple(at for at in node.operation.index if isinstance(at, int))
        row, column = index if len(index) == 2 else (0, *index) if len(index) == 1 else (0, 0)
        if len(index) > 2 or found.formula.kind == "diagonal":
            return None
        return Shown(found.formula.rows[row][column], found.is_exact)

    def _text_name(self, node: Node) -> str | None:
        known = self.names.get(node)
        return known.text if known is not None else self.source.name_of(node)

    def _own_name(self, node: Node) -> str | None:
        return None if node in self.names else self.source.graph.name_of(node)

    def _latex(
        self,
        node: Node,
        name_of: Callable[[Node], str | None],
        written: Mapping[Node, str] = MappingProxyType({}),
    ) -> str:
        known = {one: name.latex for one, name in self.names.items()} | dict(written)
        known.pop(node, None)
        return latex(node, name_of, known, self.source.index_base, self.source.vectors)

    def _readable(self, lower: Node, inner: list[Node], texts: list[Written]) -> Written:
        """As in the paper language, but a guarded quotient or product is simply one."""
        from chainrule.explain.indices import text_counting_from

        if isinstance(lower.operation, XDivY):
            return infix(Divide(), Divide.text, inner, texts), LEVELS[Divide.precedence]
        if isinstance(lower.operation, XTimesY):
            return infix(Multiply(), Multiply.text, inner, texts), LEVELS[Multiply.precedence]
        if isinstance(lower.operation, Same):  # an inner point without a name of its own
            return texts[0]
        return text_counting_from(self.source.index_base, lower, inner, texts)


def _without_sign(formula: Formula) -> tuple[str, Formula]:
    """A minus that stands before a number, so that parentheses come where they must."""
    if not isinstance(formula, Number):
        return "", formula
    if formula.text.startswith("-"):
        return "-", number(formula.text[1:])
    return "", number(formula.text)


def _quotients(node: Node, name_of: Callable[[Node], str | None]) -> dict[Node, str]:
    """The entries of derivatives in an expression, as LaTeX fractions."""
    found = {}
    for one in topological([node]):
        name = name_of(one) or ""
        match = re.fullmatch(r"∂([^/]+)/∂(.+)", name)
        if match:
            above, below = map(_entry_latex, match.groups())
            found[one] = rf"\frac{{\partial {above}}}{{\partial {below}}}"
    return found


def _entry_latex(name: str) -> str:
    stem, bracket, index = name.partition("[")
    return f"{latex_name(stem)}{bracket}{index}"


def written_latex(text: str) -> str:
    """A formula that is only text: derivatives as fractions, the rest in typewriter letters."""
    shown, at = "", 0
    for match in QUOTIENT.finditer(text):
        shown += typewriter(text[at : match.start()])
        above, below = map(latex_name, match.groups())
        shown += rf"\frac{{\partial {above}}}{{\partial {below}}}"
        at = match.end()
    return shown + typewriter(text[at:])


def typewriter(text: str) -> str:
    r"""A text in typewriter letters, as LaTeX; signs as signs, words of other letters as names.

    >>> typewriter("grad(f)(1, 2)"), typewriter("new(ŷ)")
    ('\\mathtt{grad(f)(1, 2)}', '\\mathtt{new(}\\hat{y}\\mathtt{)}')
    """
    shown, at = "", 0
    for match in BEYOND_ASCII.finditer(text):
        shown += _ascii(text[at : match.start()]) + (SYMBOLS.get(match[0]) or latex_name(match[0]))
        at = match.end()
    return shown + _ascii(text[at:])


def _ascii(text: str) -> str:
    escaped = "".join(ESCAPED.get(one, one) for one in text)
    return rf"\mathtt{{{escaped}}}" if text.strip() else ""
