"""What is said of a line of the backward pass: which local Jacobians it applies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.differentiate.compose import as_diagonal
from chainrule.differentiate.factors import Factor, Link, factors
from chainrule.explain.forms import as_one_expression, is_diagonal
from chainrule.explain.indices import shown
from chainrule.explain.source import Explainable, is_readable
from chainrule.graph.node import Node, topological
from chainrule.jacobians.kinds import DiagonalMinusOuter, Mask
from chainrule.ops.broadcasting import literal
from chainrule.rewrite.closed import Definition

__all__ = ["jacobians_applied"]

LONGEST = 40  # a local Jacobian with a longer formula is only named
MOST = 4  # so many are named in one comment


def jacobians_applied(
    one: Definition, of: Node, known: Sequence[Definition], source: Explainable
) -> str:
    """The local Jacobians between the adjoints that an expression reads and its quantity.

    `∂O/∂L = W1ᵀ, ∂L/∂h = diag(h > 0)`
    """
    quantities = {other.symbol: other.quantity for other in known}
    read = [
        quantities[node]
        for node in topological([one.expression], lambda n: () if n.distinct else n.inputs)
        if node in quantities
    ]
    named = source.graph.named_nodes | {one.quantity, of}
    said: list[str] = []
    for start in dict.fromkeys(read or [of]):
        said += [_said(link, source) for link in factors(start, one.quantity, named)]
    more = f" and {len(said) - MOST} more" if len(said) > MOST else ""
    return ", ".join(said[:MOST]) + more


def _said(link: Link, source: Explainable) -> str:
    symbol = source.symbol(link.of, link.wrt)
    if not isinstance(link, Factor):
        ways = [" · ".join(source.symbol(f.of, f.wrt) for f in path) for path in link.paths]
        text = " + ".join(ways)
        return (
            f"{symbol} = {text}"
            if link.count == len(ways) and len(text) < 60
            else (f"{symbol}, a sum over {link.count} paths")
        )
    text = _formula(link, source)
    return f"{symbol} = {text}" if text and len(text) <= LONGEST else symbol


def _formula(link: Factor, source: Explainable) -> str:
    """The local Jacobian as one expression; "" where there is none."""
    map_ = link.map
    if isinstance(map_, DiagonalMinusOuter) and link.of.ndim == 1:
        name = source.name(link.of)
        return f"diag({name}) - {name} {name}ᵀ"
    if is_diagonal(map_):
        entries = map_.condition if isinstance(map_, Mask) else as_diagonal(map_)
        if literal(entries) == 1:
            return "I"
        text = shown(entries, source.name_of, source.index_base)
        return f"diag({text})" if is_readable(text) else ""
    found = as_one_expression(source, map_)
    return found.text if found else ""


def joined(names: Iterable[str]) -> str:
    """`a, b and c`.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
