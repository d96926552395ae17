"""Making a derivation: the chain of local Jacobians, their products from the left, the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np

from chainrule.differentiate.compose import compose, multiplied_out
from chainrule.differentiate.factors import Link, factors
from chainrule.differentiate.walk import gradient
from chainrule.errors import TooLarge
from chainrule.explain.closed_forms import ClosedForms
from chainrule.explain.derivation import Derivation, FactorStep
from chainrule.explain.explanation import Sentence
from chainrule.explain.forms import short_expression
from chainrule.explain.inner import Composition, InnerResults, parts_of, paths_of
from chainrule.explain.instances import Instances
from chainrule.explain.link_steps import LinkSteps
from chainrule.explain.map_numbers import Numbers
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Value
from chainrule.explain.options import USUAL, Options
from chainrule.explain.remarks import conventions
from chainrule.explain.solution import explainable, explainable_at
from chainrule.explain.source import Explainable
from chainrule.explain.verified import verified
from chainrule.explain.writing import Writer, sign
from chainrule.graph.node import Node, node_budget, spend
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression, Formula, Line, Number
from chainrule.ops.broadcasting import reshape
from chainrule.ops.making import eye, zeros
from chainrule.paper.program import Asked, Paper
from chainrule.run.gradient_check import EFFORT

__all__ = ["derive_all"]

MOST_NODES = 60_000  # of all derivations of a program together
MOST_SYMBOLIC_NODES = 60_000  # the same, with closed forms in the place of numbers
MOST_LINKS = 200  # of one chain; a longer one is for no reader
MOST_POINT = 6  # entries of a point that is part of a title


def derive_all(paper: Paper, asked: Sequence[Asked], options: Options = USUAL) -> list[Derivation]:
    """The derivations of what a program asks for.

    Raises:
        TooLarge: together they are more than anybody reads.
    """
    effort = EFFORT // max(1, len(asked))
    found: list[Derivation] = []
    sources = _Sources(paper, options)
    pairs = frozenset((one.of, one.wrt) for one in asked)
    instances = Instances(paper)
    is_known = explainable(paper).is_known
    with node_budget(MOST_NODES if is_known else MOST_SYMBOLIC_NODES):
        for one in asked:
            spend(len(paper.graph.names))  # all names are gone through
            derivation = _derived(sources.of(one), one.of, one.wrt, options, pairs)
            if derivation.links:
                derivation = derivation.checked(verified(paper, one, effort, instances))
            found.append(derivation)
    return found


class _Common:
    """What the derivations over one source share."""

    def __init__(self, source: Explainable, options: Options, inner: InnerResults) -> None:
        self.source = source
        self.evaluation = Evaluation(source, options)
        self.closed = ClosedForms(source)
        self.inner = inner
        self.steps: dict[tuple[Node, Node], FactorStep] = {}

    def compositions(self, links: Sequence[Link]) -> dict[tuple[Node, Node], Composition]:
        """The factors that are taken apart."""
        found = {}
        for factor in parts_of(links):
            composition = self.inner.composition(self.source, factor)
            if composition is not None:
                found[factor.of, factor.wrt] = composition
        return found


class _Sources:
    """The sources of derivatives: one for all that have the same names."""

    def __init__(self, paper: Paper, options: Options) -> None:
        self.paper = paper
        self.options = options
        self.inner = InnerResults()
        self._found: dict[object, _Common] = {}

    def of(self, one: Asked) -> _Common:
        is_point = any(node is one.wrt for _, node in one.names)
        key = one.names, one.aliases, one.wrt if is_point else None
        if key not in self._found:
            source = explainable_at(self.paper, one)
            self._found[key] = _Common(source, self.options, self.inner)
        return self._found[key]


def _derived(
    common: _Common,
    of: Node,
    wrt: Node,
    options: Options,
    asked: frozenset[tuple[Node, Node]],
) -> Derivation:
    """The whole derivation of ∂of/∂wrt, from the forward values to the result.

    `asked` are all derivatives that are explained beside it.

    Raises:
        TooLarge: the chain has more links than anybody reads.
    """
    source, evaluation = common.source, common.evaluation
    links = factors(of, wrt, source.graph.named_nodes)
    if len(links) > MOST_LINKS:
        problem = f"the chain of {source.symbol(of, wrt)} has {len(links):,} factors"
        raise TooLarge(f"{problem}; at most {MOST_LINKS} are explained. Choose nearer names.")
    compositions = common.compositions(links)
    maps = [link.map for link in links]
    partial = list(accumulate(maps, compose))[1:]
    answer = _answer(of, wrt, maps)
    routes = {id(path): compose(*[f.map for f in path]) for path in paths_of(links)}
    numbers = _numbers(evaluation, links, [*partial, *routes.values()], answer, compositions)
    if options.by_hand:
        for factor in parts_of(links):
            if (factor.of, factor.wrt) in compositions:
                inner = compositions[factor.of, factor.wrt].links
                numbers.multiply_inner_by_hand(factor.map, inner)
        numbers.multiply_by_hand(links, partial, routes)
    steps = LinkSteps(source, numbers, links, routes, common.closed, compositions, common.steps)
    result = numbers.answer
    if options.by_hand and links:
        whole = partial[-1] if partial else maps[0]
        result = numbers.reshaped(whole, answer.shape) or result
    between = [link.wrt for link in links[:-1] if (of, link.wrt) in asked]
    closed_form, facts = _closed_form(common, of, wrt, answer, result, between)
    return Derivation(
        of=steps.writer.name(of),
        wrt=steps.writer.name(wrt),
        symbol=steps.total(of, wrt),
        point=_point(source, wrt, evaluation),
        of_shape=of.shape,
        wrt_shape=wrt.shape,
        chain=steps.chain(links) or _unlinked(of, wrt),
        links=tuple(steps.link_step(link) for link in links),
        products=tuple(steps.products(of, links, partial)),
        result_shape=answer.shape,
        result=result,
        closed_form=closed_form,
        conventions=tuple(conventions(source, of)),
        verified=None,
        differs=_differs(source, answer, result) if options.by_hand else None,
        facts=facts,
    )


def _numbers(
    evaluation: Evaluation,
    links: Sequence[Link],
    products: Sequence[LinearMap],
    answer: Node,
    compositions: Mapping[tuple[Node, Node], Composition],
) -> Numbers:
    """The numbers of all maps, and of what is met in the formulas that are taken apart."""
    maps = [one.map for one in (*parts_of(links), *links)]
    found = compositions.values()
    inner = dict.fromkeys(node for one in found for node in one.inner)
    lower: list[LinearMap] = []
    for one in found:
        lower += [link.map for link in (*parts_of(one.links), *one.links)]
        lower += one.routes.values()
    return Numbers(evaluation, [*maps, *products], answer, list(inner), lower)


def _closed_form(
    common: _Common,
    of: Node,
    wrt: Node,
    answer: Node,
    result: Value | None,
    between: Sequence[Node],
) -> tuple[Expression | None, tuple[Sentence, ...]]:
    """The derivative as one expression, and by which facts; beside numbers, only a short one.

    Where that of a quantity `between` is too long already, so is this.
    """
    has_numbers = result is not None
    if has_numbers and of.shape != ():
        return short_expression(common.source, answer), ()
    if has_numbers and any(common.closed.derivative(of, one, True) is None for one in between):
        return None, ()
    found = common.closed.derivative(of, wrt, has_numbers)
    return found, common.closed.facts(of, wrt, has_numbers)


def _answer(of: Node, wrt: Node, maps: list[LinearMap]) -> Node:
    """The derivative as a question would get it."""
    if of.shape == ():
        return gradient(of, wrt)
    if of is wrt:
        return eye(of.size)
    if not maps:
        return zeros((of.size, wrt.size))
    return reshape(multiplied_out(compose(*maps)), to=(of.size, wrt.size))


def _unlinked(of: Node, wrt: Node) -> Formula:
    """The derivative by itself, and of what does not depend."""
    if of is not wrt:
        return Number("0")
    if of.shape == ():
        return Number("1")
    return Expression(f"I ({of.size} × {of.size})", rf"I_{{{of.size} \times {of.size}}}")


def _point(source: Explainable, wrt: Node, evaluation: Evaluation) -> Formula | None:
    """Where a function is differentiated; None for quantities of the file."""
    if wrt not in source.points:
        return None
    (value,) = evaluation.values([wrt])
    if value is None or value.array.size > MOST_POINT:
        return None
    shown = evaluation.shown(value, "row")
    equals = sign(" = ", "=") if shown.is_exact else sign(" ≈ ", r"\approx")
    return Line((Writer(source).name(wrt), equals, shown.formula))


def _differs(source: Explainable, answer: Node, result: Value | None) -> float | None:
    """How far a result by hand is from the true one, relative to its largest entry."""
    (true,) = source.numbers([answer])
    if true is None or result is None or not true.size:
        return None
    if not (np.isfinite(true).all() and np.isfinite(result.array).all()):
        return None
    scale = float(np.max(np.abs(true))) or 1.0
    return float(np.max(np.abs(result.array - true))) / scale
