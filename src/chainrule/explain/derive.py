"""Making a derivation: the chain of local Jacobians, their products from the left, the check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.differentiate.compose import as_diagonal, compose, multiplied_out
from chainrule.differentiate.factors import Factor, Link, factors
from chainrule.differentiate.walk import gradient
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
from chainrule.explain.source import Explainable, forward_steps
from chainrule.graph.node import Array, Node
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.broadcasting import reshape
from chainrule.ops.contract import Operation
from chainrule.ops.making import zeros
from chainrule.run.gradient_check import check

__all__ = ["derive"]

MOST_NUMBERS = 10_000  # a Jacobian with more entries is used but not written out


def derive(source: Explainable, of: Node, wrt: Node) -> Derivation:
    """The whole derivation of ∂of/∂wrt, from the forward values to the check by differences."""
    links = factors(of, wrt, source.graph.named_nodes)
    maps = [link.map for link in links]
    partial = [compose(*maps[: count + 1]) for count in range(1, len(maps))]
    answer = _answer(of, wrt, maps)
    shown = [*(one.map for link in links for one in _parts(link)), *maps, *partial]
    numbers = _Numbers(source, shown, answer)
    return Derivation(
        of=source.name(of),
        wrt=source.name(wrt),
        chain=" · ".join(_formula(source, link) for link in links) or "0",
        forward=tuple(forward_steps(source, [of])),
        links=tuple(_link_step(source, link, numbers) for link in links),
        products=tuple(_products(source, of, links, partial, numbers)),
        result_shape=answer.shape,
        result=numbers.answer,
        closed_form=expression_text(source, answer),
        conventions=tuple(conventions(source, of)),
        verified=_verified(source, of, wrt) if links else None,
    )


class _Numbers:
    """The numbers of all maps, from one run; None for a map too large to be written out."""

    def __init__(self, source: Explainable, maps: Sequence[LinearMap], answer: Node) -> None:
        small = [map_ for map_ in maps if _entries_shown(map_) <= MOST_NUMBERS]
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
    if not maps:
        return zeros((of.size, wrt.size))
    return reshape(multiplied_out(compose(*maps)), to=(of.size, wrt.size))


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


def _verified(source: Explainable, of: Node, wrt: Node) -> Verified:
    found = check(of, wrt, source.values)
    return Verified(found.method, found.largest_error, found.relative_error)
