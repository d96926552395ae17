"""The gradient as a person writes it: over the user's names, with shared adjoints named dO, dh …

The adjoint of each named quantity is pulled back from those of the quantities that read it, one
local Jacobian at a time, and brought to its normal form.  An adjoint that several others need, or
that is long, gets a name of its own; one that is used once, or that cancels where it is used (as a
cross-entropy's against its softmax), is put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import added
from chainrule.differentiate.walk import Paths, adjoints
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, fresh, topological
from chainrule.graph.record import Record
from chainrule.ops.algebra import number
from chainrule.ops.arithmetic import Multiply
from chainrule.ops.broadcasting import Broadcast
from chainrule.ops.making import zeros
from chainrule.ops.naming import Same
from chainrule.rewrite.engine import Application, replaced, simplified
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.matrix_form import matrix_form
from chainrule.rewrite.recognition import recognized
from chainrule.rewrite.rules import LAYOUT, PLAIN, READING
from chainrule.rewrite.sums import length

__all__ = [
    "ClosedForm",
    "Definition",
    "Memory",
    "as_written",
    "closed_form",
    "closed_jacobian",
    "cotangent_first",
    "recognized_functions",
    "simplest",
]

Memory = dict[tuple[Node, bool], tuple[Node, tuple[Application, ...]]]

LONGEST = 24  # what is longer gets a name
LONGEST_COMPARED = 200  # of a form that is held against one without shared adjoints


class Definition(Record):
    """`name = expression`: an adjoint, or a derivative that was asked for.

    `symbol` is the node that stands for it in other expressions; `quantity` is what the derivative
    is by.  `pulled_back` is what the local Jacobians give before any rule is applied, and
    `applications` are the rules that lead from there to the expression.
    """

    name: str
    symbol: Node
    expression: Node
    quantity: Node
    pulled_back: Node
    applications: tuple[Application, ...]


class ClosedForm(Record):
    """∂of/∂wrt for each `wrt`: first the shared adjoints, then the gradients, in that order."""

    of: Node
    shared: tuple[Definition, ...]
    gradients: tuple[Definition, ...]

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """All of them, each after those it reads."""
        by_symbol = {one.symbol: one for one in self.shared + self.gradients}

        def below(node: Node) -> tuple[Node, ...]:
            return node.inputs if node in by_symbol or not node.distinct else ()

        order = topological(by_symbol, below)
        return tuple([by_symbol[node] for node in order if node in by_symbol])

    @property
    def names(self) -> Mapping[Node, str]:
        """What the symbols are called."""
        return {one.symbol: one.name for one in self.definitions}


def simplest(
    nodes: Sequence[Node], knowledge: Knowledge, written: Iterable[Node] = ()
) -> tuple[tuple[Node, ...], tuple[Application, ...]]:
    """The nodes as a person writes them, and the rules that were used."""
    kept = frozenset(written)
    normal = simplified(nodes, READING, knowledge, kept)
    laid_out = simplified(normal.nodes, LAYOUT, knowledge, kept)
    return laid_out.nodes, normal.applications + laid_out.applications


def as_written(graph: Graph) -> frozenset[Node]:
    """All that the user's own formulas are made of."""
    return frozenset(topological(graph.named_nodes))


def closed_form(
    of: Node,
    wrt: Sequence[Node],
    graph: Graph,
    knowledge: Knowledge | None = None,
    memory: Memory | None = None,
) -> ClosedForm:
    """The gradients of a number by the quantities `wrt`, over the graph's names.

    `memory` keeps what was simplified, for other quantities `wrt` of the same number, with the same
    graph and knowledge.

    >>> from chainrule.graph.source import Source
    >>> from chainrule.notation.text import show
    >>> from chainrule.paper.elaborate import elaborate
    >>> from chainrule.paper.parser import parse
    >>> text = "X = [[1, 2], [3, 4]]\\ny = [1, 0]\\nw = [1, 1]\\nl = sum((X @ w - y)^2)"
    >>> graph = elaborate(parse(Source(text))).graph
    >>> found = closed_form(graph["l"], [graph["w"]], graph)
    >>> show(found.gradients[0].expression, graph.name_of)
    '2 * Xᵀ @ (X @ w - y)'
    """
    return _Pullback(of, wrt, graph, knowledge or Knowledge(), memory).form()


class _Pullback:
    def __init__(
        self,
        of: Node,
        wrt: Sequence[Node],
        graph: Graph,
        knowledge: Knowledge,
        memory: Memory | None,
    ) -> None:
        self.memory = {} if memory is None else memory
        self.of = of
        self.wrt = tuple(dict.fromkeys(wrt))
        self.graph = graph
        self.written = as_written(graph) | frozenset(topological([of]))
        self.recognized = recognized_functions(graph, self.wrt)
        self.knowledge = knowledge
        self.found: dict[Node, Definition] = {}
        self.names: set[str] = set()
        self.known: dict[Node, Node] = {}  # what each symbol stands for
        self.values: dict[Node, Node] = {}  # what stands for a symbol that gets no name

    def form(self) -> ClosedForm:
        order = [node for node in reversed(Paths(self.of, self.wrt).order) if self._is_cut(node)]
        cuts = frozenset(order)
        shares: dict[Node, list[Node]] = {node: [] for node in order}
        for node in order:
            if node is not self.of and not shares[node]:
                continue  # it is part of a function that was recognized
            one = self._definition(node, shares[node])
            self.found[node] = one
            self.known[one.symbol] = one.expression
            seed = one.expression if node is self.of else one.symbol
            lower = self._sent_back(node, seed, cuts)
            users = [below for below in lower if below in cuts and below is not node]
            for below in users:
                shares[below].append(cotangent_first(lower[below], seed))
            if not self._deserves_a_name(one, len(users)):
                self.values[one.symbol] = one.expression
        gradients = tuple([self.found.get(node) or self._no_path(node) for node in self.wrt])
        found = ClosedForm(self.of, self._shared(gradients), gradients)
        return self._shorter(found) if _written(found) <= LONGEST_COMPARED else found

    def _shorter(self, found: ClosedForm) -> ClosedForm:
        """The gradients without shared adjoints, if that is shorter.

        It may be where unnamed parts of several formulas are the same quantity.
        """
        raw = adjoints(self.of, self.wrt)
        self.names.clear()
        gradients = tuple(
            [
                self._simplest_of(node, [raw[node]]) if node in raw else self._no_path(node)
                for node in self.wrt
            ]
        )
        at_once = ClosedForm(self.of, (), gradients)
        return at_once if _written(at_once) < _written(found) else found

    def _sent_back(self, node: Node, seed: Node, cuts: frozenset[Node]) -> Mapping[Node, Node]:
        """The adjoints of the quantities that a node reads, as shares of its own."""
        body = self.recognized.get(node)
        if body is None:
            return adjoints(node, cuts, seed, held=cuts)
        found = adjoints(body, cuts, seed, held=cuts)
        return {lower: replaced(share, {body: node}) for lower, share in found.items()}

    def _is_cut(self, node: Node) -> bool:
        return self.graph.name_of(node) is not None or node in self.wrt or node is self.of

    def _definition(self, node: Node, shares: list[Node]) -> Definition:
        """The adjoint of one quantity, from what the quantities that read it send back."""
        if node is self.of:
            return self._defined(node, number(1.0, node), ())
        total = shares[0]
        for share in shares[1:]:
            total = added(total, share)
        pulled_back = replaced(total, self.values)
        put_in = replaced(pulled_back, self.known)
        return self._simplest_of(node, list(dict.fromkeys([pulled_back, put_in])))

    def _simplest_of(self, node: Node, ways: list[Node]) -> Definition:
        """The shortest of several equal expressions, simplified; the first of those as short."""
        found = [(*self._simplified(way, False), way) for way in ways]
        found.append((*self._simplified(ways[0], True), ways[0]))
        expression, rules, way = min(found, key=lambda one: length(one[0]))
        return self._defined(node, expression, rules, way)

    def _simplified(self, way: Node, is_plain: bool) -> tuple[Node, tuple[Application, ...]]:
        if (way, is_plain) not in self.memory:
            if is_plain:
                plain = simplified([way], PLAIN, self.knowledge, self.written)
                nodes, rules = plain.nodes, plain.applications
            else:
                nodes, rules = simplest([way], self.knowledge, self.written)
            self.memory[way, is_plain] = nodes[0], rules
        return self.memory[way, is_plain]

    def _defined(
        self,
        node: Node,
        expression: Node,
        rules: tuple[Application, ...],
        pulled_back: Node | None = None,
    ) -> Definition:
        symbol = fresh(Same(), expression)
        name = self._name(node)
        start = expression if pulled_back is None else pulled_back
        return Definition(name, symbol, expression, node, start, rules)

    def _name(self, node: Node) -> str:
        own = self.graph.name_of(node) or "x"
        name = f"d{own}"
        if name in self.graph:
            name = f"d{self.graph.name_of(self.of) or 'l'}_{name}"
        while name in self.graph or name in self.names:
            name += "_"
        self.names.add(name)
        return name

    def _deserves_a_name(self, one: Definition, users: int) -> bool:
        size = length(one.expression)
        if one.quantity in self.wrt:
            return size > 1
        return size > LONGEST or (users > 1 and size > 1)

    def _no_path(self, node: Node) -> Definition:
        return self._defined(node, zeros(node.shape, node.dtype), ())

    def _shared(self, gradients: tuple[Definition, ...]) -> tuple[Definition, ...]:
        """The adjoints that the gradients read, directly or through others, in their order."""
        symbols = {one.symbol: one for one in self.found.values()}
        read: set[Node] = set()
        waiting = [one.expression for one in gradients]
        while waiting:
            for node in topological([waiting.pop()], _below_names):
                if node in symbols and node not in read:
                    read.add(node)
                    waiting.append(symbols[node].expression)
        asked = {one.symbol for one in gradients}
        return tuple([one for one in symbols.values() if one.symbol in read - asked])


def recognized_functions(graph: Graph, wrt: tuple[Node, ...]) -> dict[Node, Node]:
    """The named quantities that are functions written out; not where their parts are asked for."""
    found: dict[Node, Node] = {}
    for node in graph.named_nodes:
        body = recognized(node)
        if body is not None and not _parts(node, body) & set(wrt):
            found[node] = body
    return found


def _with_bodies(of: Node, bodies: Mapping[Node, Node]) -> dict[Node, Node]:
    """All that `of` is made of, recognized functions in the place of what writes them out."""
    found: dict[Node, Node] = {}
    for node in topological([of], lambda one: bodies.get(one, one).inputs):
        stand_in = bodies.get(node, node)
        inputs = tuple([found[lower] for lower in stand_in.inputs])
        if stand_in is node and inputs == node.inputs:
            found[node] = node
        elif node.distinct:
            found[node] = fresh(stand_in.operation, *inputs)
        else:
            found[node] = node.operation(*inputs)
    return found


def _parts(node: Node, body: Node) -> set[Node]:
    """What stands between a recognized function and its argument."""
    return set(topological([node])) - set(topological(body.inputs)) - {node}


def _written(form: ClosedForm) -> int:
    """How much is written; where a shared adjoint stands first it might stand itself."""
    return sum(length(one.expression) for one in form.definitions) - len(form.shared)


def _below_names(node: Node) -> tuple[Node, ...]:
    return () if node.distinct else node.inputs


def cotangent_first(node: Node, symbol: Node) -> Node:
    """The same, with the cotangent before what multiplies it entry by entry: δ ⊙ σ'."""
    moved: dict[Node, bool] = {}
    new: dict[Node, Node] = {}
    for lower in topological([node], lambda one: () if one.distinct else one.inputs):
        inputs = () if lower.distinct else lower.inputs
        moved[lower] = lower is symbol or any(moved[one] for one in inputs)
        rebuilt = tuple([new[one] for one in inputs])
        if isinstance(lower.operation, Multiply) and moved[lower]:
            first, second = inputs
            if moved[second] and not moved[first] and not isinstance(first.operation, Broadcast):
                rebuilt = rebuilt[::-1]
        new[lower] = lower if rebuilt == inputs else lower.operation(*rebuilt)
    return new[node]


def closed_jacobian(
    of: Node, wrt: Node, graph: Graph, knowledge: Knowledge | None = None
) -> Definition:
    """∂of/∂wrt of what is no number: outputs × inputs, both flattened row by row.

    >>> from chainrule.graph.node import variable
    >>> A, x = variable((2, 3)), variable((3,))
    >>> closed_jacobian(A @ x, x, Graph({"A": A, "x": x})).expression is A
    True
    """
    bodies = recognized_functions(graph, (wrt,))
    stands_for = _with_bodies(of, bodies)
    entries = matrix_form(jacobian(stands_for[of], stands_for.get(wrt, wrt)), of.dtype)
    back = {new: node for node, new in stands_for.items() if node.distinct and new is not node}
    entries = replaced(entries, back)
    (expression,), rules = simplest([entries], knowledge or Knowledge(), as_written(graph))
    name = f"d{graph.name_of(of)}_d{graph.name_of(wrt)}"
    return Definition(name, fresh(Same(), expression), expression, wrt, entries, rules)
