"""The JSON form of solutions and derivations: format 1, described in docs/json.md.

Numbers have full precision, arrays are nested lists, what is not finite is a string.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator
from itertools import count
from typing import Any

import numpy as np

from chainrule.errors import TooLarge
from chainrule.explain.derivation import (
    Derivation,
    FactorStep,
    ForwardStep,
    LinkStep,
    PartialProduct,
)
from chainrule.explain.solution import Change, Solution
from chainrule.graph.node import Array

__all__ = ["FORMAT", "explanation_json", "solution_json"]

FORMAT = 1
MOST_NUMBERS = 500_000  # in one document: about ten megabytes
Json = dict[str, Any]


def solution_json(solution: Solution, steps: Iterable[ForwardStep]) -> Json:
    """Everything `chainrule solve` shows, and the forward steps.

    Raises:
        TooLarge: there are too many numbers to be written out.
    """
    size = sum(value.size for value in _arrays(solution))
    if size > MOST_NUMBERS:
        raise TooLarge(f"JSON is written for at most {MOST_NUMBERS:,} numbers; here are {size:,}.")
    values = {name: sized(value) for name, value in solution.givens}
    values |= {one.name: sized(one.value) for one in solution.values}
    values |= {a.text: sized(a.value) for a in solution.answers if not a.is_derivative}
    return {
        "format": FORMAT,
        "values": values,
        "derivatives": {a.text: sized(a.value) for a in solution.answers if a.is_derivative},
        "updates": {change.name: _change(change) for change in solution.changes},
        "steps": [_forward(step) for step in steps],
        "conventions": list(solution.conventions),
        "notes": list(solution.notes),
    }


def explanation_json(
    solution: Solution, steps: Iterable[ForwardStep], derivations: Iterable[Derivation]
) -> Json:
    """The same, with the derivations' results and their steps."""
    found = solution_json(solution, steps)
    found["answers"] = found["derivatives"]
    found["derivatives"] = {}
    for derivation in derivations:
        own = f"∂{derivation.of}/∂{derivation.wrt}"
        found["derivatives"][_unused(own, found["derivatives"])] = sized(derivation.result)
        found["steps"].append(_derivation(own, derivation))
    return found


def _unused(key: str, taken: Container[str]) -> str:
    """The key itself, or numbered: a function has a derivative at every point it is asked at."""
    numbered = (f"{key} ({number})" for number in count(2))
    return key if key not in taken else next(one for one in numbered if one not in taken)


def _arrays(solution: Solution) -> Iterator[Array]:
    yield from (value for _, value in solution.givens)
    yield from (one.value for one in solution.values)
    yield from (answer.value for answer in solution.answers)
    yield from (change.new for change in solution.changes)


def sized(value: Array) -> Json:
    """An array with its shape."""
    return {"shape": list(value.shape), "value": numbers(value)}


def numbers(value: Array) -> Any:
    """Nested lists of numbers; "inf", "-inf" and "nan" for what JSON has no number for."""
    nested = value.astype(float).tolist()
    return nested if np.isfinite(value).all() else _finite(nested)


def _numbers_or_none(value: Array | None) -> Any:
    return None if value is None else numbers(value)


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return value if math.isfinite(value) else str(value)


def _change(change: Change) -> Json:
    return {
        "old": numbers(change.old),
        "gradient": None if change.gradient is None else numbers(change.gradient),
        "new": numbers(change.new),
    }


def _forward(step: ForwardStep) -> Json:
    return {
        "kind": "forward",
        "name": step.name,
        "formula": step.formula,
        "substituted": step.substituted,
        **sized(step.value),
    }


def _derivation(own: str, derivation: Derivation) -> Json:
    return {
        "kind": "derivation",
        "of": derivation.of,
        "wrt": derivation.wrt,
        "chain": f"{derivation.symbol} = {derivation.chain}",
        "factors": [_link(link) for link in derivation.links],
        "products": [_product(product) for product in derivation.products],
        "result": sized(derivation.result),
        "closed_form": derivation.closed_form,
        "conventions": list(derivation.conventions),
        "verified": None
        if derivation.verified is None
        else {
            "method": derivation.verified.method,
            "largest_error": _finite(derivation.verified.largest_error),
            "relative_error": _finite(derivation.verified.relative_error),
        },
    }


def _product(product: PartialProduct) -> Json:
    return {
        "symbol": product.symbol,
        "formula": product.formula,
        "matrix_shape": list(product.matrix_shape),
        "diagonal": product.is_diagonal,
        "numbers": _numbers_or_none(product.numbers),
    }


def _link(link: LinkStep) -> Json:
    shared = {
        "symbol": link.symbol,
        "matrix_shape": list(link.matrix_shape),
        "diagonal": link.is_diagonal,
        "numbers": _numbers_or_none(link.numbers),
    }
    if isinstance(link, FactorStep):
        return {
            "kind": "factor",
            **shared,
            "closed": link.closed,
            "symbolic": link.symbolic,
            "sentence": link.sentence,
            "remarks": list(link.remarks),
        }
    paths = [[_link(factor) for factor in path] for path in link.paths]
    return {
        "kind": "fork",
        **shared,
        "formula": link.formula,
        "paths": paths,
        "path_products": [_product(product) for product in link.path_products],
        "paths_in_all": link.count,
    }
