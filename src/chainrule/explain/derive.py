"""Making a derivation: the chain of local Jacobians, their products from the left, the check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.differentiate.compose import compose, multiplied_out
from chainrule.differentiate.factors import Factor, Link, factors
from chainrule.differentiate.walk import gradient
from chainrule.errors import TooLarge
from chainrule.explain.derivation import (
    Derivation,
    FactorStep,
    ForkStep,
    LinkStep,
    PartialProduct,
)
from chainrule.explain.explanation import Sentence
from chainrule.explain.forms import as_one_expression, is_diagonal, short_expression, written_out
from chainrule.explain.forward import forward_steps
from chainrule.explain.instances import Instances
from chainrule.explain.map_numbers import Numbers
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Value
from chainrule.explain.options import USUAL, Options
from chainrule.explain.remarks import (
    conventions,
    factor_operation,
    factor_remarks,
    factor_rule,
    operation_name,
    operation_sentence,
)
from chainrule.explain.solution import explainable, explainable_at
from chainrule.explain.source import Explainable
from chainrule.explain.verified import verified
from chainrule.explain.writing import Writer, joined, sign
from chainrule.graph.node import Node, node_budget, spend
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression, Formula, Line, Number, inline
from chainrule.ops.broadcasting import reshape
from chainrule.ops.making import eye, zeros
from chainrule.paper.program import Asked, Paper
from chainrule.run.gradient_check import EFFORT

if TYPE_CHECKING:
    from chainrule.explain.expressions import Expressions

__all__ = ["derive_all"]

MOST_NODES = 30_000  # of all derivations of a program together
MOST_SYMBOLIC_NODES = 30_000  # the same, with closed forms in the place of numbers
MOST_LINKS = 200  # of one chain; a longer one is for no reader
MOST_POINT = 6  # entries of a point that is part of a title
CONDITION = re.compile(r"\[(?:[^\[\];\s]|\[[\d,]*\])*[<>=≤≥≠]")  # [h0>0], [W1[0,1]>0]
TIMES = sign(" · ", r"\cdot")
PLUS = sign(" + ", "+")


def derive_all(paper: Paper, asked: Sequence[Asked], options: Options = USUAL) -> list[Derivation]:
    """The derivations of what a program asks for.

    Raises:
        TooLarge: together they are more than anybody reads.
    """
    effort = EFFORT // max(1, len(asked))
    found: list[Derivation] = []
    instances = Instances(paper)
    is_known = explainable(paper).is_known
    with node_budget(MOST_NODES if is_known else MOST_SYMBOLIC_NODES):
        for one in asked:
            spend(len(paper.graph.names))  # all names are gone through
            derivation = _derived(explainable_at(paper, one), one.of, one.wrt, options)
            if derivation.links:
                derivation = derivation.checked(verified(paper, one, effort, instances))
            found.append(derivation)
    return found


def _derived(source: Explainable, of: Node, wrt: Node, options: Options) -> Derivation:
    """The whole derivation of ∂of/∂wrt, from the forward values to the result.

    Raises:
        TooLarge: the chain has more links than anybody reads.
    """
    links = factors(of, wrt, source.graph.named_nodes)
    if len(links) > MOST_LINKS:
        problem = f"the chain of {source.symbol(of, wrt)} has {len(links):,} factors"
        raise TooLarge(f"{problem}; at most {MOST_LINKS} are explained. Choose nearer names.")
    maps = [link.map for link in links]
    partial = list(accumulate(maps, compose))[1:]
    answer = _answer(of, wrt, maps)
    routes = {id(path): compose(*[f.map for f in path]) for path in _paths(links)}
    parts = [one.map for link in links for one in _parts(link)]
    evaluation = Evaluation(source, options)
    numbers = Numbers(evaluation, [*parts, *maps, *partial, *routes.values()], answer)
    if options.by_hand:
        numbers.multiply_by_hand(links, partial, routes)
    builder = _Builder(source, numbers, _direct(links), routes)
    result = numbers.answer
    if options.by_hand and partial:
        result = numbers.reshaped(partial[-1], answer.shape) or result
    return Derivation(
        of=builder.writer.name(of),
        wrt=builder.writer.name(wrt),
        symbol=builder.total(of, wrt),
        point=_point(source, wrt, evaluation),
        of_shape=of.shape,
        wrt_shape=wrt.shape,
        chain=builder.chain(links) or _unlinked(of, wrt),
        forward=tuple(forward_steps(source, evaluation, [of])),
        links=tuple(builder.link_step(link) for link in links),
        products=tuple(builder.products(of, links, partial)),
        result_shape=answer.shape,
        result=result,
        closed_form=builder.closed_form(of, wrt, answer),
        conventions=tuple(conventions(source, of)),
        verified=None,
        differs=_differs(source, answer, result) if options.by_hand else None,
    )


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


def _parts(link: Link) -> list[Factor]:
    if isinstance(link, Factor):
        return [link]
    return [factor for path in link.paths for factor in path]


def _paths(links: Sequence[Link]) -> list[tuple[Factor, ...]]:
    return [path for link in links if not isinstance(link, Factor) for path in link.paths]


def _direct(links: Sequence[Link]) -> frozenset[tuple[Node, Node]]:
    """What is read both directly and on other paths: there ∂ is only the direct part."""
    return frozenset((path[0].of, path[0].wrt) for path in _paths(links) if len(path) == 1)


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


class _Builder:
    """Links and products as steps, with their symbols and numbers."""

    def __init__(
        self,
        source: Explainable,
        numbers: Numbers,
        direct: frozenset[tuple[Node, Node]],
        routes: Mapping[int, LinearMap],
    ) -> None:
        self.source = source
        self.writer = Writer(source)
        self.numbers = numbers
        self.direct = direct
        self.routes = routes

    @property
    def expressions(self) -> Expressions:
        """What stands in the place of numbers; loaded where there are none."""
        from chainrule.explain.expressions import Expressions

        return Expressions(self.source)

    def total(self, of: Node, wrt: Node) -> Expression:
        """∂of/∂wrt over all paths; with d where ∂ stands for the direct path."""
        return self.writer.symbol(of, wrt, "d" if (of, wrt) in self.direct else "∂")

    def chain(self, links: Sequence[Link]) -> Formula | None:
        """The links as a product; a lone sum needs no parentheses."""
        if not links:
            return None
        if len(links) == 1:
            return self.formula(links[0])
        opening, closing = sign("(", r"\left("), sign(")", r"\right)")
        shown: list[Formula] = []
        for link in links:
            found = self.formula(link)
            shown.append(found if isinstance(link, Factor) else Line((opening, found, closing)))
        return joined(shown, TIMES)

    def formula(self, link: Link) -> Formula:
        """A factor's symbol, or the sum over paths."""
        if isinstance(link, Factor):
            return self.writer.symbol(link.of, link.wrt)
        routes = [self.path_formula(path) for path in link.paths]
        if link.count > len(routes):
            more = f"… {link.count - len(routes):,} more paths"
            routes.append(Expression(more, rf"\text{{{more}}}"))
        return joined(routes, PLUS)

    def path_formula(self, path: Sequence[Factor]) -> Formula:
        """A path as a product."""
        return joined([self.writer.symbol(factor.of, factor.wrt) for factor in path], TIMES)

    def link_step(self, link: Link) -> LinkStep:
        """One link with its numbers."""
        if isinstance(link, Factor):
            return self.factor_step(link)
        return ForkStep(
            symbol=self.total(link.of, link.wrt),
            formula=self.formula(link),
            paths=tuple(tuple(self.factor_step(f) for f in path) for path in link.paths),
            path_products=tuple(
                self.product(self.path_formula(path), self._flat(path), self.routes[id(path)])
                for path in link.paths
            ),
            count=link.count,
            **self.of_map(link.map),
        )

    def _flat(self, path: Sequence[Factor]) -> Expression:
        """What stands for a path's product: its factors as one symbol."""
        formula = self.path_formula(path)
        parts = formula.parts if isinstance(formula, Line) else (formula,)
        expressions = [one for one in parts if isinstance(one, Expression)]
        return Expression(
            "".join(one.text for one in expressions), " ".join(one.latex for one in expressions)
        )

    def of_map(self, map_: LinearMap) -> dict[str, Any]:
        """What every matrix says of itself; in symbols where it has no numbers."""
        known: dict[str, Any] = {
            "output": map_.output_shape,
            "input": map_.input_shape,
            "value": self.numbers(map_),
            "is_diagonal": is_diagonal(map_),
        }
        if self.numbers.know(map_):
            return known
        expressions = self.expressions
        return known | {
            "is_known": False,
            "symbolic": expressions.entries(map_),
            "closed": expressions.closed(map_),
        }

    def closed_form(self, of: Node, wrt: Node, answer: Node) -> Expression | None:
        """The derivative as one expression; beside numbers, only a short one."""
        if self.numbers.answer is None:
            return self.expressions.derivative(of, wrt)
        if of.shape != ():
            return short_expression(self.source, answer)
        from chainrule.explain.closed_form import short_gradient  # loads every rule

        return short_gradient(self.source, of, wrt)

    def factor_step(self, factor: Factor) -> FactorStep:
        """One local Jacobian in every form."""
        symbolic = written_out(self.source, factor.map)
        remarks = [*factor_remarks(self.source, factor)]
        if symbolic is not None and CONDITION.search(inline(symbolic)):
            remarks.append(Sentence("indicator"))
        is_known = self.numbers.know(factor.map)
        closed = as_one_expression(self.source, factor.map)
        if not is_known:
            closed = self.expressions.closed(factor.map)
        needs_rule = symbolic is None and (is_known or closed is None)
        if needs_rule and (rule := factor_rule(self.source, factor)):
            code = "too_large_in_letters" if is_known else "in_letters"
            remarks.append(Sentence(code, (("rule", rule),)))
        operation = factor_operation(self.source, factor)
        return FactorStep(
            symbol=self.writer.symbol(factor.of, factor.wrt),
            operation=None if operation is None else operation_name(operation),
            sentence=None if operation is None else operation_sentence(operation),
            remarks=tuple(remarks),
            **self.of_map(factor.map) | {"symbolic": symbolic, "closed": closed},
        )

    def products(
        self, of: Node, links: Sequence[Link], partial: Sequence[LinearMap]
    ) -> Iterator[PartialProduct]:
        """What the links multiply to, from the left."""
        in_symbols: Iterable[Formula | None] = [None] * len(partial)
        if not all(map(self.numbers.know, partial)):
            in_symbols = self.expressions.products(of, links, partial)
        steps = zip(links, links[1:], partial, in_symbols, strict=False)
        for before, link, map_, symbolic in steps:
            both: list[Formula] = [self.total(of, before.wrt), self.total(link.of, link.wrt)]
            product = self.product(joined(both, TIMES), self.total(of, link.wrt), map_)
            if not product.is_known:
                values = dict(zip(product.fields, product.key(), strict=True))
                closed = self.expressions.derivative(of, link.wrt)
                product = PartialProduct(**values | {"symbolic": symbolic, "closed": closed})
            yield product

    def product(self, formula: Formula, symbol: Expression, map_: LinearMap) -> PartialProduct:
        """One product with its numbers."""
        return PartialProduct(symbol=symbol, formula=formula, **self.of_map(map_))
