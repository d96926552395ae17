"""Making a derivation: the chain of local Jacobians, their products from the left, the check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from chainrule.differentiate.compose import as_diagonal, compose, multiplied_out
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
from chainrule.explain.remarks import conventions, factor_remarks
from chainrule.explain.solution import explainable_at
from chainrule.explain.source import Explainable, forward_steps
from chainrule.graph.node import Array, Node, node_budget, spend
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.broadcasting import reshape
from chainrule.ops.contract import Operation
from chainrule.ops.making import eye, zeros
from chainrule.paper.program import Asked, Paper
from chainrule.run.gradient_check import EFFORT, check

__all__ = ["derive", "derive_all"]

MOST_NODES = 60_000  # of all derivations of a program together
MOST_LINKS = 200  # of one chain; a longer one is for no reader
MOST_NUMBERS = 10_000  # a Jacobian with more entries is used but not written out
NUMBERS_A_NODE = 32  # so many kept numbers count as one node


def derive_all(paper: Paper, asked: Sequence[Asked], digits: int = 6) -> list[Derivation]:
    """The derivations of what a program asks for.

    Raises:
        TooLarge: together they are more than anybody reads.
    """
    effort = EFFORT // max(1, len(asked))
    found: list[Derivation] = []
    with node_budget(MOST_NODES):
        for one in asked:
            spend(len(paper.graph.names))  # all names are gone through
            found.append(derive(explainable_at(paper, one), one.of, one.wrt, effort, digits))
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
    shown = [*(one.map for link in links for one in _parts(link)), *maps, *partial]
    numbers = _Numbers(source, shown, answer)
    return Derivation(
        of=source.name(of),
        wrt=source.name(wrt),
        is_gradient=of.shape == (),
        chain=" · ".join(_formula(source, link) for link in links) or _unlinked(of, wrt),
        forward=tuple(forward_steps(source, [of], digits)),
        links=tuple(_link_step(source, link, numbers) for link in links),
        products=tuple(_products(source, of, links, partial, numbers)),
        result_shape=answer.shape,
        result=numbers.answer,
        closed_form=expression_text(source, answer),
        conventions=tuple(conventions(source, of)),
        verified=_verified(source, of, wrt, effort) if links else None,
    )


class _Numbers:
    """The numbers of all maps, from one run; None for a map too large to be written out."""

    def __init__(self, source: Explainable, maps: Sequence[LinearMap], answer: Node) -> None:
        small = [map_ for map_ in maps if _entries_shown(map_) <= MOST_NUMBERS]
        spend(sum(map(_entries_shown, small)) // NUMBERS_A_NODE)
        nodes = [_shown_entries(map_) for map_ in small]
        self.answer, *found = source.evaluated([answer, *nodes])
        self._found = {id(map_): value for map_, value in zip(small, found, strict=True)}

    def __call__(self, map_: LinearMap) -> Array | None:
        found = self._found.get(id(map_))
        if found is None:
            return None
        return found.astype(float).reshape(-1 if is_diagonal(map_) else map_.matrix_shape)


def _entries_shown(map_: LinearMap) -> int:
    rows, columns = map_.matrix_shape
    return rows if is_diagonal(map_) else rows * columns


def _shown_entries(map_: LinearMap) -> Node:
    return as_diagonal(map_) if is_diagonal(map_) else multiplied_out(map_)


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


def _formula(source: Explainable, link: Link) -> str:
    if isinstance(link, Factor):
        return source.symbol(link.of, link.wrt)
    routes = [" · ".join(source.symbol(f.of, f.wrt) for f in path) for path in link.paths]
    if link.count > len(routes):
        routes.append(f"… {link.count - len(routes):,} more paths")
    return "(" + " + ".join(routes) + ")"


def _link_step(source: Explainable, link: Link, numbers: _Numbers) -> LinkStep:
    if isinstance(link, Factor):
        return _factor_step(source, link, numbers)
    return ForkStep(
        symbol=source.symbol(link.of, link.wrt),
        formula=_formula(source, link),
        matrix_shape=link.map.matrix_shape,
        paths=tuple(tuple(_factor_step(source, f, numbers) for f in path) for path in link.paths),
        count=link.count,
        numbers=numbers(link.map),
        is_diagonal=is_diagonal(link.map),
    )


def _factor_step(source: Explainable, factor: Factor, numbers: _Numbers) -> FactorStep:
    operation = factor.of.operation
    direct = isinstance(operation, Operation) and factor.wrt in factor.of.inputs
    return FactorStep(
        symbol=source.symbol(factor.of, factor.wrt),
        matrix_shape=factor.map.matrix_shape,
        closed=as_one_expression(source, factor.map),
        symbolic=written_out(source, factor.map),
        numbers=numbers(factor.map),
        is_diagonal=is_diagonal(factor.map),
        sentence=operation.sentence if direct and isinstance(operation, Operation) else "",
        remarks=tuple(factor_remarks(source, factor)),
    )


def _products(
    source: Explainable,
    of: Node,
    links: Sequence[Link],
    partial: Sequence[LinearMap],
    numbers: _Numbers,
) -> Iterator[PartialProduct]:
    for before, link, map_ in zip(links, links[1:], partial, strict=False):
        yield PartialProduct(
            formula=f"{source.symbol(of, before.wrt)} · {source.symbol(link.of, link.wrt)}",
            symbol=source.symbol(of, link.wrt),
            matrix_shape=map_.matrix_shape,
            numbers=numbers(map_),
            is_diagonal=is_diagonal(map_),
        )


def _verified(source: Explainable, of: Node, wrt: Node, effort: int) -> Verified | None:
    found = check(of, wrt, source.values, effort)
    if found.skipped == of.size * wrt.size:
        return None
    return Verified(found.method, found.largest_error, found.relative_error)
