"""The scalar view: the network taken apart into scalars, every gradient a sum over its paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.explanation import Sentence, Step
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.options import Options
from chainrule.explain.scalar.check import SAME, compared, together
from chainrule.explain.scalar.cut import Cut, cut
from chainrule.explain.scalar.graph import ScalarGraph, entry_symbols, gradient_of, is_entry
from chainrule.explain.scalar.numbers import ScalarNumbers
from chainrule.explain.scalar.pieces import taken_apart
from chainrule.explain.scalar.writing import ScalarWriter
from chainrule.explain.solution import explainable_at
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.explain.views.parts import part
from chainrule.explain.views.scalar_parts import ScalarParts
from chainrule.explain.views.scalar_sums import ScalarSums
from chainrule.graph.named import Graph
from chainrule.graph.node import Constant, Input, Node, node_budget, topological
from chainrule.notation.formula import Expression
from chainrule.notation.latex import latex_name
from chainrule.ops.contract import lower_nodes
from chainrule.paper.program import Asked, Paper

__all__ = ["MOST_PATHS", "MOST_SCALARS", "scalar"]

MOST_SCALARS = 300
MOST_PATHS = 2_000
MOST_NODES = 100_000  # of all that is built for one view: a second or two
LETTERS = ("u", "v", "q", "s", "p")
INSTEAD = "Use --view backward, or ask for less with --wrt"


def scalar(paper: Paper, asked: Sequence[Asked], options: Options) -> tuple[Step, ...]:
    """The scalars, their partial derivatives, and for each derivative its sums over paths.

    Derivatives of functions at a point, whose names are their own, have parts of their own.

    Raises:
        TooLarge: there are more scalars, or more paths, than anybody reads.
        DataProblem: the lengths of arrays are known by name only, so that there are no entries.
    """
    groups: dict[object, list[Asked]] = {}
    for one in dict.fromkeys(asked):
        groups.setdefault((one.names, one.aliases), []).append(one)
    try:
        checks: list[Sentence] = []
        with node_budget(MOST_NODES):
            found = [tuple(_parts(paper, group, options, checks)) for group in groups.values()]
    except TooLarge as error:
        if INSTEAD in error.message:
            raise
        raise TooLarge(f"The scalar view is too long here: {error.message} {INSTEAD}.") from None
    verified = together(checks)
    last = (Step("remark", remarks=verified),) if verified else ()
    if len(found) == 1:
        return (*found[0], *last)
    parts = [
        part("scalar:of", steps, symbols=_symbols(paper, group))
        for steps, group in zip(found, groups.values(), strict=True)
    ]
    return (*parts, *last)


def _symbols(paper: Paper, asked: Sequence[Asked]) -> str:
    source = explainable_at(paper, asked[0])
    return ", ".join(source.symbol(one.of, one.wrt) for one in asked)


def _parts(
    paper: Paper, asked: Sequence[Asked], options: Options, checks: list[Sentence]
) -> Iterator[Step]:
    """The parts for derivatives that share their names; those that are verified add to `checks`."""
    source = explainable_at(paper, asked[0])
    found = _checked_cut(source, asked)
    nodes = _listed(source, asked, found)
    unnamed = [one for one in nodes if source.name_of(one) is None]
    names = _names(source, [one for one in unnamed if not is_entry(one, found.nodes)])
    without = partial(_writer_without, source, names)
    source = _with_names(source, names)
    graph = taken_apart(nodes, found, source.graph.named_nodes)
    _check_paths(source, graph, found.on_path, asked)
    evaluation = Evaluation(source, options)
    below = topological([one.of for one in asked], lower_nodes)
    arrays = [node for node in below if node in source.graph.named_nodes]
    numbers = ScalarNumbers(evaluation, graph, [*source.values, *arrays])
    writer = ScalarWriter(source, names)
    gradients = [gradient_of(graph, one.of, one.wrt) for one in asked]
    numbers.compute([route for one in gradients for entry in one.entries for route in entry.routes])
    parts = ScalarParts(writer, names, without, graph, numbers)
    yield parts.nodes()
    yield parts.edges(gradients)
    sums = ScalarSums(parts)
    for one in gradients:
        values = numbers.sums([entry.routes for entry in one.entries])
        said = compared(paper, source, one, values, options.by_hand)
        steps = list(sums.steps(one, values))
        if said.code.startswith(SAME):
            checks.append(said)
        else:
            steps.append(Step("remark", remarks=(said,)))
        yield part("derivative", steps, symbol=sums.symbol(one).text)


def _checked_cut(source: Explainable, asked: Sequence[Asked]) -> Cut:
    """Where the paths are cut, if there is not too much of it: counted, before it is taken apart.

    Raises:
        TooLarge, DataProblem: as `scalar`.
    """
    ofs, wrts = [one.of for one in asked], [one.wrt for one in asked]
    found = cut(ofs, wrts, source.graph.named_nodes)
    for node in found.nodes:
        if has_named_sizes(node.shape):
            lengths = " × ".join(map(str, node.shape))
            raise DataProblem(
                f"The scalar view writes every entry, and how many {source.name(node)} has "
                f"({lengths}) is known by name only; use --view closed or --view chain."
            )
    count = sum(node.size for node in found.nodes)
    if count > MOST_SCALARS:
        raise TooLarge(
            f"Taken apart, {_what(source, asked)} is {count:,} scalar nodes, and the scalar view "
            f"shows at most {MOST_SCALARS}. {INSTEAD}."
        )
    return found


def _check_paths(
    source: Explainable, graph: ScalarGraph, on_path: frozenset[Node], asked: Sequence[Asked]
) -> None:
    """Raises TooLarge for more paths than anybody follows: counted, not listed."""
    count = 0
    for one in asked:
        if one.of not in on_path:
            continue
        ends = list(entry_symbols(one.wrt).flat)
        for of in entry_symbols(one.of).flat:
            ways = graph.counts(of)
            count += sum(ways.get(end, 0) for end in ends)
    if count > MOST_PATHS:
        raise TooLarge(
            f"Taken apart, {_what(source, asked)} is a sum over {count:,} paths, and the scalar "
            f"view follows at most {MOST_PATHS:,}. {INSTEAD}."
        )


def _what(source: Explainable, asked: Sequence[Asked]) -> str:
    first = source.symbol(asked[0].of, asked[0].wrt)
    return first if len(asked) == 1 else f"what is asked ({first} and {len(asked) - 1} more)"


def _names(source: Explainable, unnamed: Sequence[Node]) -> dict[Node, Expression]:
    """Names that nobody has used: u1, u2, …"""
    taken = [*source.graph.names, *source.aliases.values()]
    unlike_any = "u" * (1 + max(map(len, taken), default=0))
    free = [one for one in LETTERS if not any(name.startswith(one) for name in taken)]
    letter = free[0] if free else unlike_any
    names = [f"{letter}{number}" for number in range(1, len(unnamed) + 1)]
    return {
        node: Expression(name, latex_name(name)) for node, name in zip(unnamed, names, strict=True)
    }


def _writer_without(source: Explainable, names: dict[Node, Expression], node: Node) -> ScalarWriter:
    """A writer that knows the names of all inner results but one."""
    return ScalarWriter(source, {one: name for one, name in names.items() if one is not node})


def _with_names(source: Explainable, names: dict[Node, Expression]) -> Explainable:
    """The source, in which inner results have names, too."""
    graph = {name: source.graph[name] for name in source.graph.names}
    graph |= {name.text: node for node, name in names.items()}
    values = dict(zip(source.fields, source.key(), strict=True))
    formulas = {**source.formulas, **{name.text: "" for name in names.values()}}
    return Explainable(**values | {"graph": Graph(graph), "formulas": formulas})


def _listed(source: Explainable, asked: Sequence[Asked], found: Cut) -> list[Node]:
    """The quantities that are taken apart, as they are written: on paths, and others if few."""
    ofs = [one.of for one in asked]
    below = topological(ofs, lower_nodes)
    others = [
        node
        for node in below
        if node in source.graph.named_nodes - found.on_path
        and not isinstance(node.operation, Input | Constant)
        and not has_named_sizes(node.shape)
    ]
    kept = set(found.nodes)
    if sum(node.size for node in (*found.nodes, *others)) <= MOST_SCALARS:
        kept.update(others)
    listed: dict[Node, None] = {}
    written = [node for name in source.formulas if (node := source.graph[name]) in kept]
    for top in (*written, *ofs):
        for node in topological([top], lower_nodes):
            if node in kept:
                listed[node] = None
    return list(listed)
