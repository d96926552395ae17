"""What the words of a page mean: names, symbols and formulas, read back and evaluated.

A formula is read as the paper language, or, where it is written by hand, S0(1-S0), turned into it
first.  Values are of ninety digits (`precise`); derivatives are found by differences.  In the chain
and the scalar view ∂y/∂x is what y moves by directly where there is a direct way, and dy/dx is the
whole; elsewhere ∂ is the whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, localcontext
from functools import partial, reduce
from operator import add, matmul
from types import MappingProxyType
from typing import Any

import numpy as np
from tests.explain.by_hand_notation import entry_names, in_paper_language
from tests.explain.precise import CONTEXT, array_of, jacobian, precise_values
from tests.explain.printed_numbers import HOLE, number_of, numbers_in, of_digits, with_holes

from chainrule.explain.explanation import Step
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.notation.formula import Formula, Matrix, Number, inline, literal, mark
from chainrule.ops.contract import lower_nodes
from chainrule.paper.parser import parse
from chainrule.paper.syntax import Question
from chainrule.paper.workbook import Workbook

__all__ = ["Meanings", "Retold"]

NOTHING: Mapping[Any, Any] = MappingProxyType({})
NAME = r"[^\s/·+()-]+"
SYMBOL = re.compile(rf"([∂d])({NAME})/\1({NAME})")
CHAIN = re.compile(rf"{SYMBOL.pattern}| · | \+ |[()]")  # all that sums of products are made of
IDENTITY = re.compile(r"I \((\d+) × \d+\)")
INNER = re.compile(r"u\d+")
WHOLE: dict[tuple[str, int, str, str], Array] = {}
EXACTLY = Decimal(0)
PLACE = "0.4711"  # a number that no program has: what is put in its place has a value of its own


class Retold(Record):
    """A program of functions as one of quantities, at the points where the functions are taken.

    `said` are the words of the page that it has others for, `joined` names of several quantities.
    """

    text: str
    said: Mapping[str, str] = NOTHING
    joined: Mapping[str, tuple[str, ...]] = NOTHING


class Meanings:
    """The words of one page about a program, in the part that is read just now.

    `is_by_hand` says how the lines of that part are written, and whether ∂ is a direct part there.
    """

    def __init__(self, told: Retold, view: str) -> None:
        self.view, self.said, self.joined = view, told.said, told.joined
        self.is_by_hand = False
        self.book = Workbook(Source(told.text))
        graph = self.book.paper.graph
        self.quantities: dict[str, Node] = {name: graph[name] for name in graph.names}
        self.inner: dict[str, Node] = {}  # inner results that the chain view gives a name
        self.values = _given(self.book)
        self.slopes: dict[tuple[str, str, str], Array] = {}
        self.entries: dict[str, str] = {}
        self._name_entries()

    def read_as_asked(self, text: str) -> None:
        """From here on the page is about the program itself, in its own words."""
        self.book = Workbook(Source(text))
        self.values, self.said = _given(self.book), {}

    # names that the page itself gives ----------------------------------------------------------

    def introduce(self, part: Step) -> None:
        """δh = ∂l/∂h, dW1 = ∂l/∂W1, u1 = X @ W: they hold in their part."""
        assert part.title is not None
        is_closed = self.view == "closed"
        if part.title.code == "backward" or (is_closed and part.title.code == "derivative"):
            self._introduce_slopes(part)
        elif self.view == "chain" and part.title.code.startswith("derivative"):
            for step in part.walk():
                name = "" if step.what is None else self.text(step.what)
                if INNER.fullmatch(name) and name not in self.quantities:
                    self._introduce_quantity(name, self.text(step.sides[0].formula))
                    self.inner[name] = self.quantities[name]
        elif part.title.code == "scalar:nodes":
            for step in part.steps:
                name = "" if step.what is None else self.text(step.what)
                if name not in self.entries:
                    text = in_paper_language(self.text(step.sides[0].formula), self.entries)
                    self._introduce_quantity(name, text)

    def _introduce_slopes(self, part: Step) -> None:
        """Names of derivatives: arrays that are given what the derivatives come to."""
        self.book, self.values = self.book.fresh(), _given(self.book)
        for step in part.walk():
            what = "" if step.what is None else self.text(step.what)
            name, _, symbol = what.partition(" = ")
            first = self.text(step.sides[0].formula) if step.sides else ""
            symbol = symbol or (first if what.startswith("δ") else "")
            found = SYMBOL.fullmatch(symbol)
            if found and name not in self.book.names:
                shape = step.shape or ()
                sizes = ", ".join(map(str, shape))
                node = self._define(name, f"zeros({sizes}) + {PLACE}" if shape else PLACE)
                self.values[node] = self.slope(*found.groups()).reshape(shape)

    def _introduce_quantity(self, name: str, text: str) -> None:
        self.quantities[name] = self._node(text)
        self.value(self.quantities[name])
        self._define(name, text)
        self._name_entries()

    def _name_entries(self) -> None:
        shapes = {name: node.shape for name, node in self.quantities.items()}
        self.entries = entry_names(shapes, self.book.paper.index_base)

    def _define(self, name: str, text: str) -> Node:
        return self.book.define(Source(text), name, _expression(text))

    # what texts mean --------------------------------------------------------------------------

    def text(self, formula: Formula) -> str:
        """A formula in one line, with the program's own words."""
        text = inline(formula)
        for words, own in self.said.items():
            text = text.replace(words, own)
        return text

    def _node(self, text: str) -> Node:
        return self.book.value(Source(text), _expression(text)).node

    def value(self, node: Node, known: Mapping[Node, Array] = NOTHING) -> Array:
        """A node's value; `known` are further leaves, for this once."""
        found = precise_values([node], {**self.values, **known})
        if not known:
            self.values = found
        return array_of(found[node].flat, node.shape)  # truth values are numbers here

    def meaning(self, text: str) -> Array:
        """What a formula comes to."""
        text = text.split(" = ")[-1]
        identity = IDENTITY.fullmatch(text)
        if identity:
            return array_of(np.eye(int(identity[1])).flat)
        if SYMBOL.fullmatch(text) or (self.is_by_hand and not CHAIN.sub("", text)):
            with localcontext(CONTEXT):
                return self._sum(text)
        if self.is_by_hand:
            text = in_paper_language(text, self.entries)
        return self.value(self._node(text))

    def _sum(self, text: str) -> Array:
        """∂z/∂y · ∂y/∂x + ∂z/∂x: sums, in parentheses perhaps, of products of Jacobians."""
        terms = [_split(term, " · ") for term in _split(text, " + ")]
        products = [reduce(matmul, [self._factor(one) for one in factors]) for factors in terms]
        total: Array = reduce(add, products)
        return total

    def _factor(self, text: str) -> Array:
        found = SYMBOL.fullmatch(text)
        return self._sum(text[1:-1]) if found is None else self.slope(*found.groups())

    def slope(self, d: str, of: str, wrt: str) -> Array:
        """The matrix that ∂of/∂wrt is; of entries its entry."""
        key = (d if self.is_by_hand else "d", of, wrt)
        if key not in self.slopes:
            if wrt in self.joined:
                parts = [self.slope(d, of, one) for one in self.joined[wrt]]
                self.slopes[key] = np.concatenate(parts, axis=1)
            else:
                self.slopes[key] = self._slope(*key)
        return self.slopes[key]

    def _slope(self, d: str, of: str, wrt: str) -> Array:
        (y, rows), (x, columns) = self._quantity(of), self._quantity(wrt)
        whole = self._whole(y, x)
        direct = self._direct(y, x) if d == "∂" else None
        if direct is not None and self.view == "scalar":  # each entry has ways of its own
            whole = np.where(direct == 0, whole, direct)
        elif direct is not None:
            whole = direct
        return whole[rows, columns]

    def _whole(self, of: str, wrt: str) -> Array:
        """What `of` moves by with `wrt`, on all ways; the same on every page of a program."""
        key = (self.book.paper.source.text, CONTEXT.prec, of, wrt)
        own = {of, wrt} <= set(self.book.paper.graph.names)
        found = WHOLE.get(key) if own else None
        if found is None:
            found = jacobian(self.quantities[of], self.quantities[wrt], self.values)
        if own:
            WHOLE[key] = found
        return found

    def _direct(self, of: str, wrt: str) -> Array | None:
        """What `of` moves by while all other quantities stay; None without a direct way.

        Inner results that the page names stay, too, unless every way leads through them.
        """
        y, x = self.quantities[of], self.quantities[wrt]
        for free in (set(), set(self.inner.values())):
            held = set(self.quantities.values()) - free - {y, x}
            if x in topological([y], partial(_below, held)):
                return jacobian(y, x, self.values, held)
        return None

    def _quantity(self, name: str) -> tuple[str, slice]:
        """An array, and which of its entries are meant."""
        stem, _, index = self.entries.get(name, name).partition("[")
        if not index:
            return stem, slice(None)
        base = self.book.paper.index_base
        places = [int(one) - base for one in index.rstrip("]").split(",")]
        at = int(np.ravel_multi_index(places, self.quantities[stem].shape))
        return stem, slice(at, at + 1)

    def of(self, formula: Formula) -> Array:
        """What a formula comes to, entry by entry where it is a matrix of formulas."""
        if isinstance(formula, Number):
            return array_of([number_of(formula)])
        if not isinstance(formula, Matrix):
            return self.meaning(self.text(formula))
        rows = [[self.of(entry) for entry in row] for row in formula.rows]
        if formula.kind == "diagonal":
            entries = [one.reshape(-1)[0] for one in rows[0]]
            size = len(entries)
            every = [entries[i] if i == j else 0 for i in range(size) for j in range(size)]
            return array_of(every, (size, size))
        return array_of([one for row in rows for entry in row for one in entry.reshape(-1)])

    def put_in(
        self, formula: Formula, digits: int | None = None, least: Decimal = EXACTLY
    ) -> Array:
        """The formula of numbers; if only so many digits are known of them, what it may come to.

        A 0 may then be anything up to `least`.
        """
        holes: list[Formula] = []
        text = with_holes(formula, holes)
        for words, own in self.said.items():
            text = text.replace(words, own)
        known: dict[Node, Array] = {}
        names: dict[str, str] = {}
        for number, hole in enumerate(holes):
            name = f"{HOLE}{number}x{len(self.book.names)}"
            node = self._define(name, literal(hole))
            entries = [of_digits(one, digits, least) for one in numbers_in(hole)]
            known[node] = array_of(entries, node.shape)
            text = text.replace(mark(number), f" {name} ")
            names[name] = name
        if self.is_by_hand:
            text = in_paper_language(text, self.entries | names)
        return self.value(self._node(text), known)

    def named(self, text: str) -> Array:
        """What stands in the place of a number, which is in the paper language by now."""
        is_chain = self.is_by_hand and not CHAIN.sub("", text)
        return self.meaning(text) if is_chain else self.value(self._node(text))


def _given(book: Workbook) -> dict[Node, Array]:
    """The program's own numbers, and what its quantities come to."""
    paper = book.paper
    given = {node: array_of(one.flat, one.shape) for node, one in paper.values.items()}
    return precise_values([paper.graph[name] for name in paper.graph.names], given)


def _below(held: Collection[Node], node: Node) -> Sequence[Node]:
    """What a node is computed from, unless it is held."""
    return () if node in held else lower_nodes(node)


def _expression(text: str) -> Any:
    """The only thing that is written in a text."""
    (question,) = parse(Source(text)).statements
    assert isinstance(question, Question)
    return question.expression


def _split(text: str, sign: str) -> list[str]:
    """Parts between signs that stand in no parentheses."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and text.startswith(sign, at):
            parts.append(text[start:at])
            start = at + len(sign)
    return [*parts, text[start:]]
