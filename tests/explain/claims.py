"""What the lines of an explanation claim, and whether it is so: every side read back and evaluated.

A side is read as the paper language, or, where it is written by hand, S0(1-S0), turned into it
first.  Its value, and that of the left side, are of ninety digits (`precise`); derivatives on the
left are found by differences.  In the chain and the scalar view ∂y/∂x is what y moves by directly
where there is a direct way, and dy/dx is the whole; elsewhere ∂ is the whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import partial, reduce
from operator import add, matmul
from types import MappingProxyType
from typing import Any

import numpy as np
from tests.explain.by_hand_notation import entry_names, in_paper_language
from tests.explain.precise import (
    CONTEXT,
    Precise,
    Undecided,
    array_of,
    is_equal,
    jacobian,
    precise_values,
    rounded,
)

from chainrule.explain.explanation import Equal, Explanation, Step
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.notation.formula import (
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
    filled,
    inline,
    literal,
    mark,
)
from chainrule.ops.contract import Operation, lower_nodes
from chainrule.paper.parser import parse
from chainrule.paper.syntax import Question
from chainrule.paper.workbook import Workbook

__all__ = ["Page"]

NOTHING: Mapping[Any, Any] = MappingProxyType({})
NAME = r"[^\s/·+()-]+"
SYMBOL = re.compile(rf"([∂d])({NAME})/\1({NAME})")
CHAIN = re.compile(rf"{SYMBOL.pattern}| · | \+ |[()]")  # all that sums of products are made of
IDENTITY = re.compile(r"I \((\d+) × \d+\)")
INNER = re.compile(r"u\d+")
WHOLE: dict[tuple[str, int, str, str], Array] = {}
HOLE = "η"
PLACE = "0.4711"  # a number that no program has: what is put in its place has a value of its own
WORD = re.compile(r"[^\W\d_][\w\u0300-\u036f']*")
IRRATIONAL = re.compile("sigmoid|softmax|σ|exp|log|tanh|entropy|sqrt|norm|sin|cos")
SMALLEST = Decimal("4.9e-324")  # float64 has no number below
CANCELLED = Decimal("1e-15")  # what is left of a difference of numbers that are about 1
LOST = {"underflow", "cancelled", "shown_above"}  # what is said of a 0 that is none
TINY = Decimal("1e-28")


class Retold(Record):
    """A program of functions as one of quantities, at the points where the functions are taken.

    `said` are the words of the page that it has others for, `joined` names of several quantities.
    """

    text: str
    said: Mapping[str, str]
    joined: Mapping[str, tuple[str, ...]]


class Page:
    """An explanation of a program, and what was found of its claims.

    `counts` says how many sides of which kind were held against the truth; `wrong` are the claims
    that are false, `unread` those that could not be read back.
    """

    def __init__(
        self,
        text: str,
        explanation: Explanation,
        digits: int = 4,
        retold: Retold | None = None,
        by_hand: bool = False,
    ) -> None:
        self.digits, self.goes_on_from_numbers = digits, by_hand
        self.is_rational = False  # whether what the line is about comes of fractions alone
        self.asked = text
        if retold is not None:
            text = retold.text
        self.said = {} if retold is None else retold.said
        self.joined = {} if retold is None else retold.joined
        self.view = explanation.view
        self.steps = explanation.steps
        self.book = Workbook(Source(text))
        graph = self.book.paper.graph
        self.quantities: dict[str, Node] = {name: graph[name] for name in graph.names}
        self.inner: dict[str, Node] = {}  # inner results that the chain view gives a name
        self.values = _given(self.book)
        self.slopes: dict[tuple[str, str, str], Array] = {}
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.unread: list[str] = []
        said = {one.code for top in self.steps for step in top.walk() for one in step.remarks}
        self.least = CANCELLED if "cancelled" in said else SMALLEST
        self.has_lost_digits = False
        self.is_by_hand = False  # how the lines here are written, and whether ∂ is a direct part
        self.entries: dict[str, str] = {}
        self._name_entries()
        with localcontext(CONTEXT):
            for step in self.steps:
                self._check(step, None)

    def _name_entries(self) -> None:
        shapes = {name: node.shape for name, node in self.quantities.items()}
        self.entries = entry_names(shapes, self.book.paper.index_base)

    # names that the page itself gives ----------------------------------------------------------

    def _introduce(self, part: Step) -> None:
        """δh = ∂l/∂h, dW1 = ∂l/∂W1, u1 = X @ W: they hold in their part."""
        assert part.title is not None
        is_closed = self.view == "closed"
        if part.title.code == "backward" or (is_closed and part.title.code == "derivative"):
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
        elif self.view == "chain" and part.title.code.startswith("derivative"):
            for step in part.walk():
                name = "" if step.what is None else self.text(step.what)
                if INNER.fullmatch(name) and name not in self.quantities:
                    text = self.text(step.sides[0].formula)
                    self.quantities[name] = self.inner[name] = self._node(text)
                    self.value(self.quantities[name])
                    self._define(name, text)
                    self._name_entries()
        elif part.title.code == "scalar:nodes":
            for step in part.steps:
                name = "" if step.what is None else self.text(step.what)
                if name not in self.entries:
                    text = in_paper_language(self.text(step.sides[0].formula), self.entries)
                    self.quantities[name] = self._node(text)
                    self.value(self.quantities[name])
                    self._define(name, text)
                    self._name_entries()

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
            return array_of([_number(formula)])
        if not isinstance(formula, Matrix):
            return self.meaning(self.text(formula))
        rows = [[self.of(entry) for entry in row] for row in formula.rows]
        if formula.kind == "diagonal":
            entries = [one.reshape(-1)[0] for one in rows[0]]
            size = len(entries)
            every = [entries[i] if i == j else 0 for i in range(size) for j in range(size)]
            return array_of(every, (size, size))
        return array_of([one for row in rows for entry in row for one in entry.reshape(-1)])

    # holding them against each other ----------------------------------------------------------

    def _check(self, step: Step, above: Formula | None) -> None:
        if step.title is not None:
            self.is_by_hand = self._has_factors(step.title.code)
            if step.title.code in ("derivative", "forward", "answers"):
                self.has_lost_digits = self._is_said_to_differ(step)
            self._introduce(step)
            if step.title.code == "answers":
                self.book = Workbook(Source(self.asked))
                self.values, self.said = _given(self.book), {}
        what = above if step.what is None else step.what
        if step.kind == "quantity" and what is not None and step.sides:
            self._line(step, what)
        for inner in step.steps:
            self._check(inner, what if step.kind == "quantity" else above)

    def _comes_of_fractions(self, text: str) -> bool:
        """Whether all that a text names is computed without roots, exponentials and the like."""
        words = [one for one in WORD.findall(text) if one in self.book.names]
        if any(one not in self.quantities for one in words):
            return False  # a derivative that has a name; of what, is not looked up
        used = [self.quantities[one] for one in words]
        below = topological(used, lower_nodes)
        names = [one.operation.name for one in below if isinstance(one.operation, Operation)]
        return bool(used) and not any(IRRATIONAL.search(one) for one in (text, *names))

    def _is_said_to_differ(self, part: Step) -> bool:
        """Whether a closed form loses digits in float64, and the page says so."""
        said = {one.code for step in part.walk() for one in step.remarks}
        return self.view == "closed" and "closed:differs" in said

    def _has_factors(self, code: str) -> bool:
        """Whether a part of that title takes local Jacobians apart; those in it are like it."""
        if code.startswith(("derivative", "scalar:")):
            return self.view != "closed"
        return self.is_by_hand and code in ("result", "products_left", "products_right")

    def _line(self, step: Step, what: Formula) -> None:
        line = " ".join([inline(what), *map(_shown, step.sides)])
        if self.goes_on_from_numbers:
            self._worked_out(step, line)
            return
        self.is_rational = self._comes_of_fractions(self.text(what))
        try:
            true = self.of(what)
        except Exception as problem:
            self.unread.append(f"{inline(what)} ({problem})")
            return
        for at, side in enumerate(step.sides):
            try:
                kind = self._side(step, at, side, true)
            except Undecided:
                kind = "undecided"
            except Exception as problem:
                self.unread.append(f"{inline(side.formula)} ({problem})")
                continue
            if kind is None and side.role == "result" and self.has_lost_digits:
                kind = "said to differ"
            if kind is None:
                truth = f"    [{inline(side.formula)}; it is {true.reshape(-1)}]"
                self.wrong.append(line[:400] + truth[:400])
            else:
                self.counts[kind] += 1

    def _side(self, step: Step, at: int, side: Equal, true: Array) -> str | None:
        """What was held against the truth; None if it is false."""
        if side.role == "symbolic":
            says_something = step.what is None or inline(step.what) != inline(side.formula)
            is_true = says_something and is_equal(self.of(side.formula), true)
            return "symbolic" if is_true else None
        if side.role == "result":
            said = {one.code for one in step.remarks}
            return self._result(side, true, bool(said & LOST))
        self._numbers_of_names(step, at)
        if side.is_exact:
            return "substituted exactly" if is_equal(self._put_in(side.formula), true) else None
        if self.is_rational and is_equal(self._put_in(side.formula), true):
            return None  # = could have been said
        for is_lost in (False, True):  # whether a 0 may only be one in float64
            found = self._put_in(side.formula, self.digits, is_lost)
            if _are_within(true, found):
                return "substituted"
        return None

    def _worked_out(self, step: Step, line: str) -> None:
        """By hand: the numbers that are put in come to what is displayed, exactly or rounded."""
        put_in = [side for side in step.sides if side.role == "substituted"]
        for side in step.sides if put_in else ():
            if side.role != "result" or isinstance(side.formula, Summary):
                continue
            try:
                found = self._put_in(put_in[-1].formula)
            except Undecided:
                self.counts["undecided"] += 1
                continue
            is_true = self._result(side, found, False) is not None
            self.counts["worked out"] += is_true
            self.wrong += [] if is_true else [f"{line}    [{found.reshape(-1)}]"]

    def _numbers_of_names(self, step: Step, at: int) -> None:
        """Whether each number that was put in is that of the name in whose place it stands."""
        before = [step.what, *(side.formula for side in step.sides[:at])]
        plain = [one for one in before if one is not None and not isinstance(one, Matrix)]
        texts = [self.text(one) for one in plain]
        holes: list[Formula] = []
        template = _with_holes(step.sides[at].formula, holes)
        names = [f"{HOLE}{number}" for number in range(len(holes))]
        for number, name in enumerate(names):
            template = template.replace(mark(number), name)
        known = self.entries | dict(zip(names, names, strict=True))
        matches = []
        for text in texts:
            if self.is_by_hand and CHAIN.sub("", text):
                pattern = _pattern(in_paper_language(template, known))
                text = in_paper_language(text, self.entries)
            else:
                pattern = _pattern(template)
            matches += [found] if (found := pattern.fullmatch(text)) else []
        if not matches:
            self.counts["numbers without a name"] += len(holes)
            return
        written = matches[-1].groupdict()
        for number, hole in enumerate(holes):
            name = written[f"name{number}"]
            sign = -1 if written.get(f"minus{number}") == "" else 1  # it is the number's own
            true = [sign * one.low for one in self._named(name).flat]
            self.counts["numbers of names"] += 1
            if not all(map(self._is_shown, true, _numbers(hole))):
                self.wrong.append(f"{inline(step.sides[at].formula)}: {inline(hole)} is not {name}")

    def _named(self, text: str) -> Array:
        """What stands in the place of a number, which is in the paper language by now."""
        is_chain = self.is_by_hand and not CHAIN.sub("", text)
        return self.meaning(text) if is_chain else self.value(self._node(text))

    def _is_shown(self, true: Decimal, number: Number) -> bool:
        if "/" in number.text:
            return is_equal(array_of([_number(number)]), array_of([Precise(true)]))
        is_lost = number.text == "0" and abs(true) <= self.least  # said where it is computed
        return is_lost or rounded(true, number.text, self.digits)

    def _put_in(self, formula: Formula, digits: int | None = None, is_lost: bool = False) -> Array:
        """The formula of numbers; if only so many digits are known of them, what it may come to."""
        holes: list[Formula] = []
        text = _with_holes(formula, holes)
        for words, own in self.said.items():
            text = text.replace(words, own)
        known: dict[Node, Array] = {}
        names: dict[str, str] = {}
        for number, hole in enumerate(holes):
            name = f"{HOLE}{number}x{len(self.book.names)}"
            node = self._define(name, literal(hole))
            least = self.least if is_lost else Decimal(0)
            entries = [_of_digits(one, digits, least) for one in _numbers(hole)]
            known[node] = array_of(entries, node.shape)
            text = text.replace(mark(number), f" {name} ")
            names[name] = name
        if self.is_by_hand:
            text = in_paper_language(text, self.entries | names)
        return self.value(self._node(text), known)

    def _result(self, side: Equal, true: Array, is_said: bool) -> str | None:
        if isinstance(side.formula, Summary):
            return "summary" if _is_summary(side.formula, true, self.digits) else None
        texts = [one.text for one in _numbers(_dense(side.formula))]
        numbers = [one.low for one in true.reshape(-1)]
        if side.is_exact:
            shown = array_of([_number(Number(text)) for text in texts])
            return "exact result" if is_equal(shown, array_of(map(Precise, numbers))) else None
        if len(texts) != len(numbers) or any("/" in text for text in texts):
            return None
        if self.is_rational and _can_be_exact(numbers, self.digits):
            return None  # = could have been said
        pairs = list(zip(numbers, texts, strict=True))
        lost = [pair for pair in pairs if pair[1] == "0" and pair[0] != 0]
        if lost:
            is_true = is_said and max(abs(number) for number, _ in lost) <= self.least
            return "said to be lost" if is_true else None
        return "result" if all(rounded(one, text, self.digits) for one, text in pairs) else None


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


def _shown(side: Equal) -> str:
    return f"{'=' if side.is_exact else '≈'} {inline(side.formula)}"


def _number(formula: Number) -> Precise:
    with localcontext(CONTEXT):
        found = Fraction(formula.text)
        return Precise(found.numerator) / found.denominator


def _numbers(formula: Formula) -> list[Number]:
    if isinstance(formula, Number):
        return [formula]
    assert isinstance(formula, Matrix)
    return [one for row in formula.rows for entry in row for one in _numbers(entry)]


def _pattern(template: str) -> re.Pattern[str]:
    """What a formula looks like that has names where the template has numbers."""
    written, at = "", 0
    for found in re.finditer(rf"(\()?((?<![\w)\]])-)?{HOLE}(\d+)(?(1)\))", template):
        number = found[3]
        written += re.escape(template[at : found.start()])
        if f"<name{number}>" in written:
            name = rf"-?(?P=name{number})"
        else:
            minus = rf"(?P<minus{number}>-?)" if found[2] else ""
            name = rf"{minus}(?P<name{number}>.+?)"
        written += rf"\(?{name}\)?" if found[1] else name
        at = found.end()
    return re.compile(written + re.escape(template[at:]))


def _can_be_exact(numbers: Sequence[Decimal], digits: int) -> bool:
    """Whether numbers have few digits, or are simple fractions of which some do not end."""
    context = Context(prec=digits)
    if all(number == context.plus(number) for number in numbers):
        return True
    with localcontext(CONTEXT):
        simple = [Fraction(number).limit_denominator(99) for number in numbers]
        off = [
            abs(Decimal(one.numerator) / one.denominator - number)
            for one, number in zip(simple, numbers, strict=True)
        ]
    are_simple = max(off) <= TINY and all(abs(one.numerator) <= 999 for one in simple)
    return are_simple and any(one.denominator % 2 and one.denominator % 5 for one in simple)


def _dense(formula: Formula) -> Formula:
    """A diagonal matrix with its zeros."""
    if not isinstance(formula, Matrix) or formula.kind != "diagonal":
        return formula
    (entries,) = formula.rows
    return Matrix(
        tuple(
            tuple(one if i == j else Number("0") for j in range(len(entries)))
            for i, one in enumerate(entries)
        )
    )


def _with_holes(formula: Formula, holes: list[Formula]) -> str:
    """The text with a mark for every number and every array of numbers; all of them in order."""
    if isinstance(formula, Line):
        return "".join([_with_holes(one, holes) for one in formula.parts])
    if isinstance(formula, Expression):
        return filled(formula.text, formula.holes, lambda hole: _with_holes(hole, holes))
    holes.append(formula)
    return mark(len(holes) - 1)


def _of_digits(number: Number, digits: int | None, least: Decimal) -> Precise:
    """All that a number may have been before it was rounded."""
    exact = _number(number)
    if digits is None:
        return exact
    if exact.low == 0:
        return Precise(-least, least)
    with localcontext(CONTEXT):
        half = Decimal(10) ** (exact.low.adjusted() + 1 - digits) / 2
        return Precise(exact.low - half, exact.low + half)


def _are_within(true: Array, found: Array) -> bool:
    pairs = zip(true.reshape(-1), found.reshape(-1), strict=True)
    with localcontext(CONTEXT):
        ends = [(x.low, one.low, one.high, TINY * max(abs(one.low), abs(one.high)))
                for x, one in pairs]  # fmt: skip
        return all(low - least <= x <= high + least for x, low, high, least in ends)


def _is_summary(found: Summary, true: Array, digits: int) -> bool:
    if found.is_diagonal and true.ndim == 2:
        true = np.diagonal(true)
    numbers = [one.low for one in true.reshape(-1)]
    if found.low is None or found.high is None or found.norm is None:
        return True
    with localcontext(CONTEXT):
        norm = sum([one * one for one in numbers], Decimal(0)).sqrt()
    said = [(min(numbers), found.low), (max(numbers), found.high), (norm, found.norm)]
    said += zip(numbers, found.first, strict=False)
    return all(rounded(number, one.text, digits) for number, one in said)
