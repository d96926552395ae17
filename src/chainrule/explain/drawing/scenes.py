"""What of a program is drawn: its quantities, what they read, and what stands aside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.solution import explainable, explainable_at
from chainrule.explain.source import Explainable
from chainrule.explain.topics import asked_in
from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.paper.knowledge import fact_of_labels
from chainrule.paper.program import Asked, Paper

__all__ = ["Scene", "scenes"]

MOST_QUANTITIES = 300  # nobody reads more
MOST_EDGES = 600
Reads = Mapping[Node, tuple[Node, ...]]


class Scene(Record):
    """Quantities that share their names, each before those that read it.

    `reads` are the named quantities in a quantity's own formula, constants among them.  `aside`
    is read by nothing.  `ofs` is what is differentiated, the loss first.
    """

    source: Explainable
    quantities: tuple[Node, ...]
    reads: Reads
    constants: frozenset[Node]
    aside: tuple[Node, ...]
    ofs: tuple[Node, ...]


def scenes(paper: Paper, of: Node | None = None, wrt: Sequence[Node] = ()) -> list[Scene]:
    """The program's own quantities, and those of each function that is differentiated.

    With `of`, what it is computed from; with `wrt`, what lies between, all else being constant.

    Raises:
        DataProblem: `of` does not depend on what it is to be differentiated by; nothing is named.
        TooLarge: there is more than anybody reads.
    """
    found = [_own(paper, of, wrt)]
    if of is None and not wrt:
        found += _of_functions(paper)
    found = [scene for scene in found if scene.quantities]
    if not found:
        raise DataProblem(f"{paper.source.path} names no quantity that could be drawn.")
    count = sum(len(scene.quantities) for scene in found)
    if count > MOST_QUANTITIES:
        raise TooLarge(
            f"There are {count:,} named quantities, and at most {MOST_QUANTITIES} are drawn; "
            "choose a part with --of NAME or --wrt NAMES."
        )
    edges = sum(len(scene.reads[node]) for scene in found for node in scene.quantities)
    if edges > MOST_EDGES:
        raise TooLarge(
            f"The quantities read each other {edges:,} times, and at most {MOST_EDGES:,} edges "
            "are drawn; choose a part with --of NAME or --wrt NAMES."
        )
    return found


def _own(paper: Paper, of: Node | None, wrt: Sequence[Node]) -> Scene:
    source = explainable(paper)
    asked = _asked(paper)
    ofs = _ofs(paper, asked) if of is None else (of,)
    if wrt:
        ofs = ofs[:1]
    reads, order = _readings(source, [paper.graph[name] for name in paper.graph.names])
    if of is not None or wrt:
        below = set(topological(ofs, reads.__getitem__))
        order = [node for node in order if node in below]
    read = {lower for node in order for lower in reads[node]}
    named = {one.node for one in paper.definitions} or set(order)
    aside = tuple(one for one in order if one not in read and one not in named)
    order = [node for node in order if node not in aside]
    if wrt:
        quantities = _between(order, reads, wrt)
        _check_paths(source, ofs, quantities, wrt)
        constants = set(order) - set(quantities)
    else:
        moving = _by_what(paper, asked, ofs, reads)
        constants = {node for node in order if not reads[node] and node not in moving}
        constants -= set(ofs)
        quantities = [node for node in order if node not in constants]
    return Scene(source, tuple(quantities), reads, frozenset(constants), aside, ofs)


def _of_functions(paper: Paper) -> Iterator[Scene]:
    """A function's argument and result at a point, with whatever has a name between them."""
    seen = set()
    for asked in _asked(paper):
        if not asked.names or asked in seen:
            continue
        seen.add(asked)
        source = explainable_at(paper, asked)
        reads, order = _readings(source, [asked.of])
        quantities = _between(order, reads, [asked.wrt])
        constants = frozenset(order) - frozenset(quantities)
        yield Scene(source, tuple(quantities), reads, constants, (), (asked.of,))


def _readings(source: Explainable, tops: Iterable[Node]) -> tuple[Reads, list[Node]]:
    """What each named quantity below reads, and all of them, inputs first."""
    named = source.graph.named_nodes
    reads: dict[Node, tuple[Node, ...]] = {}

    def below(node: Node) -> tuple[Node, ...]:
        if node not in reads:
            reads[node] = _read_directly(node, named)
        return reads[node]

    order = topological(tops, below)
    return reads, order


def _read_directly(node: Node, named: Collection[Node]) -> tuple[Node, ...]:
    """The named nodes that a node's own formula reads, in the order they stand in it."""
    found: dict[Node, None] = {}

    def below(lower: Node) -> Iterable[Node]:
        if lower in named and lower is not node:
            found[lower] = None
            return ()
        return lower.inputs

    topological([node], below)
    return tuple(reversed(found))


def _between(order: Iterable[Node], reads: Reads, wrt: Collection[Node]) -> list[Node]:
    """What is computed from `wrt`, and `wrt` itself."""
    found: dict[Node, None] = {}
    for node in order:
        if node in wrt or any(lower in found for lower in reads[node]):
            found[node] = None
    return list(found)


def _check_paths(
    source: Explainable, ofs: Sequence[Node], found: Collection[Node], wrt: Sequence[Node]
) -> None:
    for node in wrt:
        if node not in found or ofs[0] not in found:
            names = source.name(ofs[0]), source.name(node)
            raise DataProblem(
                f"{names[0]} does not depend on {names[1]}: there is no path to draw."
            )


def _asked(paper: Paper) -> tuple[Asked, ...]:
    """All derivatives that the program asks for, each once."""
    in_formulas = [one for defined in paper.definitions for one in defined.asked]
    return tuple(dict.fromkeys([*asked_in(paper), *in_formulas]))


def _ofs(paper: Paper, asked: Sequence[Asked]) -> tuple[Node, ...]:
    """What is differentiated, numbers before arrays, what is defined last at the front: the loss.

    If nothing is asked for, it is the last number that is defined, or the last quantity.
    """
    defined = [one.node for one in reversed(paper.definitions)]
    asked_of = {one.of for one in asked}
    found = sorted([one for one in defined if one in asked_of], key=_is_array)
    return tuple(found or sorted(defined, key=_is_array)[:1])


def _is_array(node: Node) -> bool:
    return node.shape != ()


def _by_what(
    paper: Paper, asked: Sequence[Asked], ofs: Collection[Node], reads: Reads
) -> frozenset[Node]:
    """The quantities that something is differentiated by; without questions, all.

    A traced function asks for everything: its labels, which only the loss reads, are data.
    """
    if not asked:
        return frozenset(reads)
    named = paper.graph.named_nodes
    found = {node for one in asked for node in _named_in(one.wrt, named)}
    if all(question.span.start < question.span.stop for question in paper.questions):
        return frozenset(found)
    elsewhere = {lower for node in reads if node not in ofs for lower in reads[node]}
    labels = {node for node, value in paper.values.items() if fact_of_labels(value) is not None}
    return frozenset(found - (labels - elsewhere))


def _named_in(node: Node, named: Collection[Node]) -> tuple[Node, ...]:
    """The node itself, or the quantities that it is an entry of."""
    return (node,) if node in named else _read_directly(node, named)
