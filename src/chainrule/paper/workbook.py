"""A problem that stays open: what further expressions mean in it, and names that they introduce.

A solution speaks of the problem's quantities in its own words.  What it writes is looked up in
the problem's graph, so that one quantity is one node, however it is written.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import copy
from typing import Any

from chainrule.errors import BroadcastWarning, ChainruleError, NameProblem, TooLarge
from chainrule.graph.node import Computation, Node, fresh, node_budget, topological
from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
from chainrule.ops.naming import same
from chainrule.paper.dependencies import names_in
from chainrule.paper.derivatives import Value
from chainrule.paper.elaborate import opened
from chainrule.paper.limits import LONGEST_NAME, MOST_NODES
from chainrule.paper.parser import RESERVED, parse
from chainrule.paper.program import Asked, Paper
from chainrule.paper.suggest import quoted
from chainrule.paper.syntax import Derivative, Expression

__all__ = ["Workbook", "mentions", "spelling"]

SMALLEST = 2  # the first size that a name stands for; each name has its own
MOST_KEPT = 1000  # expressions whose meaning is remembered
LONGEST_KEPT = 400  # characters of such an expression
MOST_READ = 400_000  # nodes of all expressions of one solution together
MOST_ENTRIES = 200_000  # of all expressions of one solution together, at least
FAILED = 1000  # nodes that an expression without a meaning counts for

Spelling = tuple[Any, ...]


class Workbook:
    """A problem's text, and the meaning of expressions in its scope.

    The same expression has the same node each time, also in the next solution.

    >>> from chainrule.paper.syntax import Name
    >>> workbook = Workbook(Source("x = 3\\ny = x^2"))
    >>> workbook.value(Source("y"), Name(Span(0, 1), "y")).node is workbook.paper.graph["y"]
    True

    Raises:
        PaperError, NameProblem, ShapeError, DomainProblem, TooLarge: the problem cannot be read.
    """

    paper: Paper
    names: frozenset[str]
    """What has a meaning by now: a reader needs it to tell `dl/dW1` from a quotient."""

    def __init__(self, problem: Source) -> None:
        program = parse(problem)
        self.paper, self._expressions, self.names = opened(program)
        if self.paper.sizes:  # a solution is checked at sizes that are numbers
            sizes = {name: at for at, name in enumerate(self.paper.sizes, SMALLEST)}
            self.paper, self._expressions, self.names = opened(program, sizes)
        self.introduced: Mapping[str, Value] = {}
        self._left = MOST_READ
        graph = self.paper.graph
        tops = [graph[name] for name in graph.names]
        tops += [update.new for update in self.paper.updates]
        self._nodes = frozenset(topological(tops))
        self._room = max(MOST_ENTRIES, 20 * sum(one.size for one in self._nodes))
        self._entries = self._room
        self._twins: dict[tuple[Computation, tuple[Node, ...]], Node] = {}
        for name in graph.names:
            node = graph[name]
            if node.inputs:
                self._twins.setdefault((node.operation, node.inputs), node)
        # Shared by all solutions:
        self._kept: dict[Spelling, tuple[Value, int]] = {}
        self._own: dict[tuple[str, Node], Node] = {}
        self._base = [len(kept) for kept in self._expressions.remembered]
        self._reads = [0]

    def fresh(self) -> Workbook:
        """The same problem for another solution, without the names that this one introduced."""
        page = copy(self)
        page.introduced = {}
        page.names = self.names.difference(self.introduced)
        page._left = MOST_READ
        page._entries = page._room
        return page

    # --- what an expression means -------------------------------------------------------------

    def value(self, source: Source, expression: Expression) -> Value:
        """The node of an expression that stands in `source`, and the layout of a derivative.

        What is equal to a named quantity's formula, as it stands, is that quantity.

        Raises:
            NameProblem: a name is not defined, or a derivative is by a quantity of the
                solution's own that the differentiated one is not computed through.
            ShapeError, PaperError, DomainProblem, TooLarge: with the place in `source`.
        """
        key = self._key(expression)
        kept = self._kept.pop(key, None)
        if kept is None:
            found = self._read(source, expression)
            kept = found, self._new_entries(found.node)
        self._spend(kept[1], source, expression.span)
        if expression.span.stop - expression.span.start <= LONGEST_KEPT:
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]  # what was not asked for the longest
            self._kept[key] = kept
        return kept[0]

    def _new_entries(self, node: Node) -> int:
        """How many numbers the problem itself does not hold."""
        own = topological([node], lambda one: () if one in self._nodes else one.inputs)
        return sum([one.size for one in own if one not in self._nodes])

    def _spend(self, entries: int, source: Source, span: Span) -> None:
        self._entries -= entries
        if self._entries < 0:
            message = "Together the expressions of this text hold more numbers than is allowed."
            raise TooLarge(message).at(source, span)

    def _key(self, expression: Expression) -> Spelling:
        """The expression without its places, and what introduced names mean in it."""
        own = self.introduced
        names = names_in(expression) if own else ()
        meant = {one.name: own[one.name] for one in names if one.name in own}
        return spelling(expression), *meant.items()

    def _read(self, source: Source, expression: Expression) -> Value:
        expressions = self._expressions
        scope = expressions.scope
        derivatives, notes = scope.derivatives, len(scope.notes)
        asked, independent = len(derivatives.asked), len(derivatives.independent)
        self._make_room()
        scope.values.update(self.introduced)
        try:
            with scope.reading(source), node_budget(MOST_NODES), warnings.catch_warnings():
                warnings.simplefilter("ignore", BroadcastWarning)
                found = expressions.value(expression, {})
                self._check_paths(derivatives.independent[independent:])
                node = self.recognised(found.node)
        except ChainruleError as problem:
            self._charge(FAILED, source, expression.span)
            raise _placed(problem, source, expression.span) from None
        finally:
            for name in self.introduced:
                del scope.values[name]
            del derivatives.asked[asked:], derivatives.independent[independent:]
            while len(scope.notes) > notes:
                scope.notes.popitem()
        self._charge(len(topological([node])), source, expression.span)
        return Value(node, found.layout)

    def _charge(self, nodes: int, source: Source, span: Span) -> None:
        self._left -= nodes
        if self._left < 0:
            message = "Together the expressions of this text unfold to more than the limit allows."
            raise TooLarge(message).at(source, span)

    def _check_paths(self, independent: list[Asked]) -> None:
        """No derivative by a quantity of the solution's own that nothing is computed through."""
        own = {value.node: name for name, value in self.introduced.items()}
        for one in independent:
            if one.wrt in own and one.wrt not in self._nodes:
                of = self.paper.graph.name_of(one.of) or own.get(one.of, "this")
                raise NameProblem(f"The problem's {of} is not computed through {own[one.wrt]}.")

    def _make_room(self) -> None:
        """Results within expressions are kept for a while, those of the problem for good."""
        self._expressions.forget_brackets()
        self._reads[0] += 1
        if self._reads[0] % MOST_KEPT == 0:
            for kept, size in zip(self._expressions.remembered, self._base, strict=True):
                while len(kept) > size:
                    kept.popitem()
            self._own.clear()

    # --- names that a solution introduces -----------------------------------------------------

    def define(self, source: Source, name: str, expression: Expression) -> Node:
        """Give a name that the problem lacks a meaning; the node that it stands for from now on.

        If that is a quantity of the problem, or a derivative, the name is another one for it.

        Raises:
            NameProblem: the name has a meaning already.
            ShapeError, PaperError, DomainProblem, TooLarge: with the place in `source`.
        """
        self._check_free(source, name, expression.span)
        found = self.value(source, expression)
        node = found.node
        is_known = node in self._nodes and (bool(node.inputs) or node.distinct)
        if not is_known and not (found.layout is not None and node.inputs):
            node = self._quantity(name, node)
        self.introduced = {**self.introduced, name: Value(node, found.layout)}
        self.names |= {name}
        return node

    def _check_free(self, source: Source, name: str, span: Span) -> None:
        scope = self._expressions.scope
        if name in self.names or name in scope.sizes or name in RESERVED:
            problem = f"{quoted(name)} has a meaning already; a name is defined once."
            raise NameProblem(problem).at(source, span)
        if len(name) > LONGEST_NAME:
            problem = f"This name has more than {LONGEST_NAME:,} characters."
            raise TooLarge(problem).at(source, span)

    def _quantity(self, name: str, node: Node) -> Node:
        """A node of its own; the same one each time that the name is given this meaning."""
        if (name, node) not in self._own:
            plain = same(node) if node.distinct or not node.inputs else node
            self._own[name, node] = fresh(plain.operation, *plain.inputs)
        return self._own[name, node]

    def recognised(self, node: Node) -> Node:
        """The node, with every part that is a named quantity's formula replaced by the quantity.

        `I @ W0` is h, if the problem says h = I @ W0.
        """
        found: dict[Node, Node] = {}
        for one in topological([node], lambda one: () if one in self._nodes else one.inputs):
            inputs = tuple([found.get(lower, lower) for lower in one.inputs])
            twin = None if one.distinct else self._twins.get((one.operation, inputs))
            if twin is None and inputs != one.inputs and not one.distinct:
                twin = one.operation(*inputs)
            found[one] = one if twin is None else twin
        return found[node]


def spelling(part: object) -> Any:
    """A syntax tree without its places: equal for equal expressions, wherever they stand."""
    if isinstance(part, Record):
        return spelling((type(part), *part.key()))
    if isinstance(part, tuple):
        return tuple([spelling(one) for one in part if not isinstance(one, Span)])
    return part


def mentions(expression: Record, wanted: Any) -> bool:
    """Whether an expression of that spelling stands in this one, except below a derivative."""
    stack: list[object] = [expression]
    while stack:
        part = stack.pop()
        if isinstance(part, Record) and not isinstance(part, Span):
            if spelling(part) == wanted:
                return True
            stack.extend(() if isinstance(part, Derivative) else part.key())
        elif isinstance(part, tuple):
            stack.extend(part)
    return False


def _placed(problem: ChainruleError, source: Source, span: Span) -> ChainruleError:
    """The problem at its place in the text; of a function of the problem's, where it is called."""
    if problem.source is not source:
        problem.source, problem.span = source, span
    return problem
