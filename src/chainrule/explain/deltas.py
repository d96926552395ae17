"""The backward pass as plain data: the delta of every named quantity, from the loss to the inputs.

A delta δq = ∂l/∂q is pulled back from the deltas of the quantities that read q, one local Jacobian
at a time; every formula is in the symbols of those deltas, as one works by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chainrule.differentiate.maps import added
from chainrule.differentiate.walk import Paths, adjoints
from chainrule.errors import TooLarge
from chainrule.graph.declaration import Declaration
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, topological, variable
from chainrule.graph.record import Record
from chainrule.ops.algebra import number
from chainrule.ops.arithmetic import Divide
from chainrule.ops.broadcasting import literal
from chainrule.ops.elementary import XDivY
from chainrule.ops.guarded import DivideOrZero
from chainrule.rewrite.closed import (
    as_written,
    cotangent_first,
    recognized_functions,
    simplest,
)
from chainrule.rewrite.derivation import needed_facts
from chainrule.rewrite.engine import replaced
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.sums import length

__all__ = ["Delta", "Share", "deltas", "shares_of"]

MOST_QUANTITIES = 120  # with a delta each; more are for no reader


class Share(Record):
    """What one reader of a quantity sends back to it, in the symbols of the deltas.

    `through` are the nodes that lead from the reader to the quantity, the reader first.
    """

    reader: Node
    expression: Node
    through: tuple[Node, ...]


class Delta(Record):
    """∂of/∂quantity: `expression` is the sum of the shares.

    `symbol` stands for it in the deltas below.  `short` is what it comes to with the deltas of
    `put_in` written out, where that is shorter: S - label.  Without `facts` they would be written
    otherwise.  Nothing is below an end.
    """

    quantity: Node
    symbol: Node
    shares: tuple[Share, ...]
    expression: Node
    short: Node | None
    put_in: tuple[Node, ...]
    is_end: bool
    facts: tuple[Declaration, ...] = ()

    @property
    def computed(self) -> Node:
        """The expression that a person computes it by."""
        return self.expression if self.short is None else self.short


def deltas(
    of: Node, wrt: Sequence[Node], graph: Graph, stated: Sequence[Declaration] = ()
) -> tuple[Delta, ...]:
    """The deltas of all named quantities between a number and what it is differentiated by.

    They come as one works them: each after those of its readers, and a parameter right after the
    last quantity that reads it.  The first is that of the number itself, 1.  `stated` is what is
    known of the quantities.

    >>> from chainrule.graph.source import Source
    >>> from chainrule.notation.text import show
    >>> from chainrule.paper.elaborate import elaborate
    >>> from chainrule.paper.parser import parse
    >>> text = "W = [[1, 2], [3, 4]]\\nx = [1, 1]\\nh = W @ x\\ns = sigmoid(h)\\nl = s @ s"
    >>> graph = elaborate(parse(Source(text))).graph
    >>> found = deltas(graph["l"], [graph["W"]], graph)
    >>> names = {one.symbol: f"δ{graph.name_of(one.quantity)}" for one in found[1:]}
    >>> def name_of(node):
    ...     return names.get(node) or graph.name_of(node)
    >>> for one in found[1:]:
    ...     print(names[one.symbol], "=", show(one.expression, name_of))
    δs = 2 * s
    δh = δs * s * (1 - s)
    δW = outer(δh, x)

    Raises:
        TooLarge: there are more of them than anybody reads.
    """
    return _Pass(of, wrt, graph, stated).deltas()


def shares_of(
    of: Node, wrt: Node, graph: Graph, stated: Sequence[Declaration] = ()
) -> tuple[tuple[Share, ...], Mapping[Node, Node]]:
    """What the readers of one quantity send back to it, and the quantities of their symbols."""
    found = _Pass(of, (wrt,), graph, stated)
    shares: list[Share] = []
    symbols: dict[Node, Node] = {}
    reached = {of}
    for node in found.order:
        reads = found.reads(node) if node in reached else ()
        reached.update(reads)
        if wrt in reads:
            symbol = found.symbol(node)
            shares += [share for share, _ in found.sent_back(node, symbol, (wrt,))]
            symbols[symbol] = node
    return tuple(shares), symbols


class _Pass:
    """One walk from a number down; each quantity is met after all that read it."""

    def __init__(
        self, of: Node, wrt: Sequence[Node], graph: Graph, stated: Sequence[Declaration]
    ) -> None:
        self.of = of
        self.graph = graph
        below = frozenset(topological([of]))
        self.stated = [one for one in stated if one.node in below]
        self.knowledge = Knowledge(self.stated)
        self.written = as_written(graph) | below
        self.bodies = recognized_functions(graph, tuple(wrt))
        order = reversed(Paths(of, wrt).order)
        self.order = [one for one in order if self._is_cut(one, wrt)]
        self.cuts = frozenset(self.order)
        self.known: dict[Node, Node] = {}  # what each symbol stands for

    def _is_cut(self, node: Node, wrt: Sequence[Node]) -> bool:
        return node is self.of or node in wrt or self.graph.name_of(node) is not None

    def deltas(self) -> tuple[Delta, ...]:
        if len(self.order) > MOST_QUANTITIES:
            raise TooLarge(
                f"The backward pass goes through {len(self.order):,} quantities, and at most "
                f"{MOST_QUANTITIES} are shown; differentiate by nearer ones."
            )
        shares: dict[Node, list[Share]] = {node: [] for node in self.order}
        found: list[Delta] = []
        for node in self.order:
            if node is not self.of and not shares[node]:
                continue  # it is part of a function that was recognized
            seed = self.symbol(node)
            sent = self.sent_back(node, seed, self.cuts)
            found.append(self._delta(node, seed, shares[node], is_end=not sent))
            for share, lower in sent:
                shares[lower].append(share)
        return tuple(_as_worked(found))

    def symbol(self, node: Node) -> Node:
        """What stands for the delta of a quantity; that of the number itself is 1."""
        return number(1.0, node) if node is self.of else variable(node.shape, node.dtype)

    def reads(self, node: Node) -> tuple[Node, ...]:
        """The quantities that one reads directly."""
        body = self.bodies.get(node, node)
        order = Paths(body, self.cuts, self.cuts).order
        return tuple([one for one in order if one in self.cuts and one not in (node, body)])

    def sent_back(self, node: Node, seed: Node, to: Collection[Node]) -> list[tuple[Share, Node]]:
        """What a quantity sends to those it reads, in the order in which they stand in it."""
        body = self.bodies.get(node, node)
        found = adjoints(body, to, seed, held=self.cuts)
        reads = [one for one in found if one in to and one not in (node, body)]
        sent = []
        for lower in reads:
            share = cotangent_first(replaced(found[lower], {body: node}), seed)
            simple = self._simplest(share, self.knowledge)
            sent.append((Share(node, simple, self._through(body, lower)), lower))
        return sent

    def _through(self, node: Node, lower: Node) -> tuple[Node, ...]:
        """The nodes that lead from one quantity down to another, from above."""
        held = self.graph.named_nodes | self.cuts

        def below(one: Node) -> tuple[Node, ...]:
            return () if one is lower or (one in held and one is not node) else one.inputs

        leading = {lower}
        order = topological([node], below)
        for one in order:
            if not leading.isdisjoint(below(one)):
                leading.add(one)
        return tuple([one for one in reversed(order) if one in leading and one is not lower])

    def _delta(self, node: Node, symbol: Node, shares: list[Share], is_end: bool) -> Delta:
        if not shares:
            return Delta(node, symbol, (), symbol, None, (), is_end)
        total = shares[0].expression
        for share in shares[1:]:
            total = added(total, share.expression)
        total = self._simplest(total, self.knowledge)
        short, put_in, facts = self._short(total)
        found = Delta(node, symbol, tuple(shares), total, short, put_in, is_end, facts)
        self.known[symbol] = found.computed
        return found

    def _short(self, total: Node) -> tuple[Node | None, tuple[Node, ...], tuple[Declaration, ...]]:
        """What is left with the deltas above written out, if that is less: which these are, and
        what has to be known for it.
        """
        below = topological([total], lambda one: () if one.distinct else one.inputs)
        put_in = tuple([one for one in below if one in self.known])
        if not any(_may_cancel(self.known[symbol]) for symbol in put_in):
            return None, (), ()
        written_out = replaced(total, self.known)
        short = self._simplest(written_out, self.knowledge)
        if length(short) >= length(total):
            return None, (), ()
        facts = needed_facts(
            self.stated, short, lambda knowledge: self._simplest(written_out, knowledge)
        )
        return short, put_in, tuple(facts)

    def _simplest(self, node: Node, knowledge: Knowledge) -> Node:
        (found,), _ = simplest([node], knowledge, self.written)
        return found


def _may_cancel(delta: Node) -> bool:
    """Whether something could be left out where a delta is put in: it is a number or a quotient."""
    if literal(delta) is not None:
        return True
    below = topological([delta], lambda one: () if one.distinct else one.inputs)
    quotients = [one for one in below if isinstance(one.operation, Divide | XDivY | DivideOrZero)]
    return any(literal(one.inputs[1]) is None for one in quotients)


def _as_worked(found: Sequence[Delta]) -> list[Delta]:
    """Each end right after the last quantity that sends something to it."""
    place: Mapping[Node, int] = {one.quantity: at for at, one in enumerate(found)}

    def key(one: Delta) -> tuple[int, int, int]:
        at = place[one.quantity]
        if not one.is_end or not one.shares:
            return at, 0, at
        return max(place[share.reader] for share in one.shares), 1, at

    return sorted(found, key=key)
