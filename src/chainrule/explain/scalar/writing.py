"""Scalars as they are written: names of entries, formulas over them, numbers put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from chainrule.explain.numbers.shown import Shown
from chainrule.explain.source import Explainable
from chainrule.explain.writing import Writer, number, sign
from chainrule.graph.node import Computation, Node, topological
from chainrule.notation.formula import Expression, Formula, Line, Number, filled, inline, mark
from chainrule.notation.latex import latex_name
from chainrule.notation.text import TOO_LONG
from chainrule.ops.arithmetic import Add, Subtract
from chainrule.ops.elementary import XLogY, log
from chainrule.ops.guarded import DivideOrZero
from chainrule.ops.indexing import Take

__all__ = ["ScalarWriter", "in_product"]

LONGEST = 240  # letters of a formula that somebody reads
NUMBER = rf"[\d{mark(0)}-\uf8ff]"  # a digit, or the place of a number
SHORT = 2  # letters of a name that may stand right beside another
TOO_LONG_TO_READ = (TOO_LONG, "einsum(", "reshape(", "gather(", "scatter(", "place(", "eye(")
BESIDE = re.compile(rf"(\d) (?={NUMBER})")  # two numbers side by side
ShownOf = Callable[[Node], Shown | None]


class ScalarWriter:
    """Writes scalar nodes of one source; `names` are those of inner results."""

    def __init__(
        self,
        source: Explainable,
        names: Mapping[Node, Expression],
        entries: dict[Node, Expression] | None = None,
    ) -> None:
        aliases = {
            node: Expression(alias, latex_name(alias))
            for node, alias in source.aliases.items()
            if not alias.endswith("]")
        }
        self.writer = Writer(source, {**aliases, **names})
        self.named = source.graph.named_nodes | names.keys()
        self._entries = {} if entries is None else entries  # names that were written before

    def knowing(self, names: Mapping[Node, Expression]) -> ScalarWriter:
        """The same, with more names."""
        return ScalarWriter(self.writer.source, {**self.writer.names, **names}, self._entries)

    def name(self, symbol: Node) -> Expression:
        """An entry's name: h0, W1[0,1]."""
        if symbol in self.named or symbol in self.writer.names:
            return self.writer.name(symbol)
        if symbol not in self._entries:
            self._entries[symbol] = self.writer.entry(symbol)
        return self._entries[symbol]

    def formula(self, node: Node, apart: bool = False) -> Expression | None:
        """A scalar expression as it is written by hand; None if nobody would read it.

        Factors stand side by side, f1(1-f1), if all names are short and nothing is to stand
        `apart`; else with a dot between them.
        """
        if self.is_symbol(node):
            return self.name(node)
        names = {one: self.name(one) for one in self.symbols(node)}
        node = self._unguarded(node)
        if not apart and all(len(name.text) <= SHORT for name in names.values()):
            return _written(node, self.writer)
        marks = {
            one: Expression(mark(at), name.latex) for at, (one, name) in enumerate(names.items())
        }
        written = _written(node, self.writer.with_names(marks))
        if written is None:
            return None
        holes = list(names.values())
        text = filled(written.text, holes, inline)
        return Expression(text, written.latex) if len(text) <= LONGEST else None

    def symbols(self, node: Node) -> list[Node]:
        """The scalars with a name that an expression is made of."""
        order = topological([node], lambda one: () if self.is_symbol(one) else one.inputs)
        return [one for one in order if self.is_symbol(one)]

    def array_of(self, symbol: Node) -> Node:
        """The quantity that a scalar is an entry of."""
        return symbol if symbol in self.named else symbol.inputs[0]

    def is_symbol(self, node: Node) -> bool:
        """Whether a node is a scalar that has a name, not an expression over such."""
        if node in self.named:
            return True
        is_entry = isinstance(node.operation, Take) and node.shape == ()
        return is_entry and node.inputs[0] in self.named

    def _unguarded(self, node: Node) -> Node:
        """The same with a log b and a / b where 0 log 0 and 0 / 0 are guarded against."""
        order = topological([node], lambda one: () if self.is_symbol(one) else one.inputs)
        if not any(isinstance(one.operation, XLogY | DivideOrZero) for one in order):
            return node
        found: dict[Node, Node] = {}
        for one in order:
            inputs = [found.get(lower, lower) for lower in one.inputs]
            if self.is_symbol(one):
                found[one] = one
            elif isinstance(one.operation, XLogY):
                found[one] = inputs[0] * log(inputs[1])
            elif isinstance(one.operation, DivideOrZero):
                found[one] = inputs[0] / inputs[1]
            else:
                found[one] = one.operation(*inputs)
        return found[node]

    def substituted(self, node: Node, shown_of: ShownOf) -> tuple[Expression, bool] | None:
        """The expression with numbers for its scalars, and whether all of them are exact.

        None if there is nothing but a number to be seen, or a scalar has none.
        """
        if self.is_symbol(node):
            return None
        symbols = self.symbols(node)
        if not symbols or any(one.shape != () for one in symbols):
            return None
        shown = [shown_of(one) for one in symbols]
        holes: list[Formula] = []
        names: dict[Node, Expression] = {}
        for one, found in zip(symbols, shown, strict=True):
            if found is None or not isinstance(found.formula, Number):
                return None
            place, text = mark(len(holes)), found.formula.text
            minus = "-" if text.startswith("-") else ""
            names[one] = Expression(place, place)
            if minus or "e" in text or "/" in text:
                names[one] = Expression(f"({minus}{place})", rf"\left({minus}{place}\right)")
            holes.append(Number(text.removeprefix("-")))
        written = _written(self._unguarded(node), self.writer.with_names(names))
        if written is None:
            return None
        exact = all(found is not None and found.is_exact for found in shown)
        text, latex = _tidy(written.text, len(holes)), _tidy_latex(written.latex, len(holes))
        return Expression(text, latex, tuple(holes)), exact


def in_product(formula: Formula, is_first: bool) -> Formula:
    """A number as a factor: in parentheses if it is negative and not the first, or a quotient."""
    if not isinstance(formula, Number):
        return formula
    text = formula.text
    if text.startswith("-") and not is_first:
        return Line((sign("(", r"\left("), formula, sign(")", r"\right)")))
    return number(text)


def _written(node: Node, writer: Writer) -> Expression | None:
    """An expression with its terms set apart."""
    (_, first), *others = _terms(node, writer)
    text = _text(first, writer)
    for operation, term in others:
        written = _text(term, writer)
        is_sum = isinstance(term.operation, Add | Subtract) and not _has_name(term, writer)
        if written.startswith("-") or (is_sum and isinstance(operation, Subtract)):
            written = f"({written})"
        text += f" {'-' if isinstance(operation, Subtract) else '+'} {written}"
    if any(word in text for word in TOO_LONG_TO_READ) or len(text) > LONGEST:
        return None
    return Expression(text, writer.entry(node).latex)


def _text(node: Node, writer: Writer) -> str:
    known = writer.names.get(node)
    return writer.entry(node).text if known is None else known.text


def _terms(node: Node, writer: Writer) -> list[tuple[Computation, Node]]:
    """The terms of a sum from the left, each with the operation that adds it."""
    found: list[tuple[Computation, Node]] = []
    while isinstance(node.operation, Add | Subtract) and not _has_name(node, writer):
        left, right = node.inputs
        found.append((node.operation, right))
        node = left
    return [(node.operation, node), *reversed(found)]


def _has_name(node: Node, writer: Writer) -> bool:
    return node in writer.names or writer.source.name_of(node) is not None


def _tidy(text: str, count: int) -> str:
    """Without a second pair of parentheses around a number: exp((-2))."""
    for at in range(count):
        for shown in (mark(at), f"-{mark(at)}"):
            text = text.replace(f"(({shown}))", f"({shown})")
    return text


def _tidy_latex(text: str, count: int) -> str:
    """The same in LaTeX, where braces do, too; and numbers need a dot between them."""
    text = BESIDE.sub(r"\1 \\cdot ", text.replace(r" \, ", r" \cdot "))
    left, right = r"\left(", r"\right)"
    for at in range(count):
        for shown in (mark(at), f"-{mark(at)}"):
            once = f"{left}{shown}{right}"
            text = text.replace(left + once + right, once)
            text = text.replace(f"{{{once}}}", f"{{{shown}}}")
    return text
