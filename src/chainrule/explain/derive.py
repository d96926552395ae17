"""Making a derivation: the chain of local Jacobians, their products from the left, the check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

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
    Verified,
)
from chainrule.explain.forms import as_one_expression, expression_text, is_diagonal, written_out
from chainrule.explain.instances import Instances
from chainrule.explain.map_numbers import Numbers
from chainrule.explain.remarks import conventions, factor_remarks, factor_rule, factor_sentence
from chainrule.explain.solution import explainable, explainable_at
from chainrule.explain.source import Explainable, forward_steps
from chainrule.explain.substitute import array_literal
from chainrule.graph.node import Node, node_budget, spend
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.broadcasting import reshape
from chainrule.ops.making import eye, zeros
from chainrule.paper.program import Asked, Paper
from chainrule.run.gradient_check import EFFORT, check, is_cheap

if TYPE_CHECKING:
    from chainrule.explain.expressions import Expressions

__all__ = ["derive", "derive_all"]

MOST_NODES = 30_000  # of all derivations of a program together
MOST_SYMBOLIC_NODES = 30_000  # the same, with closed forms in the place of numbers
MOST_LINKS = 200  # of one chain; a longer one is for no reader
MOST_POINT = 6  # entries of a point that is part of a title
CONDITION = re.compile(r"\[(?:[^\[\];\s]|\[[\d,]*\])*[<>=≤≥≠]")  # [h0>0], [W1[0,1]>0]


def derive_all(paper: Paper, asked: Sequence[Asked], digits: int = 6) -> list[Derivation]:
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
            source = explainable_at(paper, one)
            derivation = derive(source, one.of, one.wrt, effort, digits)
            if derivation.links and source.unknown([one.of]):
                derivation = derivation.checked(instances.verified(one, effort))
            found.append(derivation)
    return found


def derive(
    source: Explainable, of: Node, wrt: Node, effort: int = EFFORT, digits: int = 6
) -> Derivation:
    """The whole derivation of ∂of/∂wrt, from the forward values to the check by differences.

    `digits` are those of the numbers that are put into formulas.

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
    numbers = Numbers(source, [*parts, *maps, *partial, *routes.values()], answer)
    writer = _Writer(source, numbers, _direct(links), routes)
    return Derivation(
        of=source.name(of),
        wrt=source.name(wrt),
        symbol=writer.total(of, wrt),
        point=_point(source, wrt, digits),
        is_gradient=of.shape == (),
        chain=writer.chain(links) or _unlinked(of, wrt),
        forward=tuple(forward_steps(source, [of], digits)),
        links=tuple(writer.link_step(link) for link in links),
        products=tuple(writer.products(of, links, partial)),
        result_shape=answer.shape,
        result=numbers.answer,
        closed_form=writer.closed_form(of, wrt, answer),
        conventions=tuple(conventions(source, of)),
        verified=_verified(source, of, wrt, effort) if links else None,
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


def _unlinked(of: Node, wrt: Node) -> str:
    """The derivative by itself, and of what does not depend."""
    if of is not wrt:
        return "0"
    return "1" if of.shape == () else f"I ({of.size} × {of.size})"


def _parts(link: Link) -> list[Factor]:
    if isinstance(link, Factor):
        return [link]
    return [factor for path in link.paths for factor in path]


def _paths(links: Sequence[Link]) -> list[tuple[Factor, ...]]:
    return [path for link in links if not isinstance(link, Factor) for path in link.paths]


def _direct(links: Sequence[Link]) -> frozenset[tuple[Node, Node]]:
    """What is read both directly and on other paths: there ∂ is only the direct part."""
    return frozenset((path[0].of, path[0].wrt) for path in _paths(links) if len(path) == 1)


def _point(source: Explainable, wrt: Node, digits: int) -> str | None:
    """Where a function is differentiated; None for quantities of the file."""
    if wrt not in source.points:
        return None
    value = source.evaluated([wrt])[0]
    if value.size > MOST_POINT:
        return None
    return f"{source.name(wrt)} = {array_literal(value, digits)}"


class _Writer:
    """Links and products as steps, with their symbols and numbers."""

    def __init__(
        self,
        source: Explainable,
        numbers: Numbers,
        direct: frozenset[tuple[Node, Node]],
        routes: Mapping[int, LinearMap],
    ) -> None:
        self.source = source
        self.numbers = numbers
        self.direct = direct
        self.routes = routes

    @property
    def expressions(self) -> Expressions:
        """What stands in the place of numbers; loaded where there are none."""
        from chainrule.explain.expressions import Expressions

        return Expressions(self.source)

    def total(self, of: Node, wrt: Node) -> str:
        """∂of/∂wrt over all paths; with d where ∂ stands for the direct path."""
        if (of, wrt) in self.direct:
            return f"d{self.source.name(of)}/d{self.source.name(wrt)}"
        return self.source.symbol(of, wrt)

    def chain(self, links: Sequence[Link]) -> str:
        """The links as a product; a lone sum needs no parentheses."""
        if len(links) == 1:
            return self.formula(links[0])
        shown = [(self.formula(link), isinstance(link, Factor)) for link in links]
        return " · ".join(text if is_factor else f"({text})" for text, is_factor in shown)

    def formula(self, link: Link) -> str:
        """A factor's symbol, or the sum over paths."""
        if isinstance(link, Factor):
            return self.source.symbol(link.of, link.wrt)
        routes = [self.path_formula(path) for path in link.paths]
        if link.count > len(routes):
            routes.append(f"… {link.count - len(routes):,} more paths")
        return " + ".join(routes)

    def path_formula(self, path: Sequence[Factor]) -> str:
        """A path as a product."""
        return " · ".join(self.source.symbol(factor.of, factor.wrt) for factor in path)

    def link_step(self, link: Link) -> LinkStep:
        """One link with its numbers."""
        if isinstance(link, Factor):
            return self.factor_step(link)
        return ForkStep(
            symbol=self.total(link.of, link.wrt),
            formula=self.formula(link),
            matrix_shape=link.map.matrix_shape,
            paths=tuple(tuple(self.factor_step(f) for f in path) for path in link.paths),
            path_products=tuple(
                self.product(formula, formula, self.routes[id(path)])
                for path in link.paths
                for formula in [self.path_formula(path)]
            ),
            count=link.count,
            numbers=self.numbers(link.map),
            is_diagonal=is_diagonal(link.map),
            **self.in_symbols(link.map),
        )

    def in_symbols(self, map_: LinearMap) -> dict[str, Any]:
        """What is said of a map that has no numbers."""
        if self.numbers.know(map_):
            return {}
        expressions = self.expressions
        return {
            "is_known": False,
            "symbolic": expressions.entries(map_),
            "closed": expressions.closed(map_),
        }

    def closed_form(self, of: Node, wrt: Node, answer: Node) -> str | None:
        """The derivative as one expression; beside numbers, only a short one."""
        if self.numbers.answer is None:
            return self.expressions.derivative(of, wrt)
        if of.shape != ():
            return expression_text(self.source, answer)
        from chainrule.explain.closed_form import short_gradient  # loads every rule

        return short_gradient(self.source, of, wrt)

    def factor_step(self, factor: Factor) -> FactorStep:
        """One local Jacobian in every form."""
        symbolic = written_out(self.source, factor.map)
        remarks = [*factor_remarks(self.source, factor)]
        if symbolic is not None and CONDITION.search(symbolic):
            remarks.append("[c] is 1 where the condition c holds, else 0.")
        is_known = self.numbers.know(factor.map)
        closed = as_one_expression(self.source, factor.map)
        if not is_known:
            closed = self.expressions.closed(factor.map)
        needs_rule = symbolic is None and (is_known or closed is None)
        if needs_rule and (rule := factor_rule(self.source, factor)):
            lead = "Too large to write out; in" if is_known else "In"
            remarks.append(f"{lead} the operation's own letters: {rule}.")
        return FactorStep(
            symbol=self.source.symbol(factor.of, factor.wrt),
            matrix_shape=factor.map.matrix_shape,
            closed=closed,
            symbolic=symbolic,
            numbers=self.numbers(factor.map),
            is_diagonal=is_diagonal(factor.map),
            sentence=factor_sentence(self.source, factor),
            remarks=tuple(remarks),
            is_known=is_known,
        )

    def products(
        self, of: Node, links: Sequence[Link], partial: Sequence[LinearMap]
    ) -> Iterator[PartialProduct]:
        """What the links multiply to, from the left."""
        in_symbols: Iterable[str | None] = [None] * len(partial)
        if not all(map(self.numbers.know, partial)):
            in_symbols = self.expressions.products(of, links, partial)
        steps = zip(links, links[1:], partial, in_symbols, strict=False)
        for before, link, map_, symbolic in steps:
            factors_so_far = f"{self.total(of, before.wrt)} · {self.total(link.of, link.wrt)}"
            product = self.product(factors_so_far, self.total(of, link.wrt), map_)
            if not product.is_known:
                closed = self.expressions.derivative(of, link.wrt)
                product = product.in_symbols(symbolic, closed)
            yield product

    def product(self, formula: str, symbol: str, map_: LinearMap) -> PartialProduct:
        """One product with its numbers."""
        return PartialProduct(
            formula,
            symbol,
            map_.matrix_shape,
            self.numbers(map_),
            is_diagonal(map_),
            **self.in_symbols(map_),
        )


def _verified(source: Explainable, of: Node, wrt: Node, effort: int) -> Verified | None:
    if source.unknown([of]) or not is_cheap(of):
        return None
    found = check(of, wrt, source.values, effort)
    if found.skipped == of.size * wrt.size:
        return None
    return Verified(found.method, found.largest_error, found.relative_error)
