"""The JSON form of solutions and derivations: format 1, described in docs/json.md.

Numbers have full precision, arrays are nested lists, what is not finite is a string.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from chainrule.errors import TooLarge
from chainrule.explain.derivation import (
    Derivation,
    FactorStep,
    ForkStep,
    ForwardLine,
    LinkStep,
    PartialProduct,
    Verified,
)
from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.remarks import LAYOUT
from chainrule.explain.solution import Answer, Change, Solution
from chainrule.explain.symbolic import ClosedAnswer, ClosedChange
from chainrule.graph.node import Array, Shape
from chainrule.graph.sizes import Size
from chainrule.notation.formula import Formula, inline, typeset

__all__ = ["FORMAT", "explanation_json", "solution_json", "tree_json"]

FORMAT = 1
MOST_NUMBERS = 500_000  # in one document: about ten megabytes
Json = dict[str, Any]


def solution_json(solution: Solution, steps: Iterable[ForwardLine]) -> Json:
    """Everything `chainrule solve` shows, and the forward steps.

    Raises:
        TooLarge: there are too many numbers to be written out.
    """
    size = sum(value.size for value in _arrays(solution))
    if size > MOST_NUMBERS:
        raise TooLarge(f"JSON is written for at most {MOST_NUMBERS:,} numbers; here are {size:,}.")
    symbolic = solution.symbolic
    values = {name: closed(shape, None) for name, shape in symbolic.shapes}
    values |= {name: sized(value) for name, value in solution.givens}
    values |= {one.name: closed(one.shape, one.formula) for one in symbolic.formulas}
    values |= {one.name: sized(one.value) for one in solution.values}
    derivatives: Json = {}
    for answer in solution.by_question.values():
        found = sized(answer.value) if isinstance(answer, Answer) else _closed_answer(answer)
        (derivatives if answer.is_derivative else values)[answer.text] = found
    declared = {"declared": list(symbolic.declared)} if symbolic.declared else {}
    changes = {change.name: _change(change) for change in solution.changes}
    return {
        "format": FORMAT,
        **declared,
        "values": values,
        "derivatives": derivatives,
        "updates": changes | {one.name: _closed_change(one) for one in symbolic.changes},
        "steps": [_forward(step, values) for step in steps],
        "conventions": list(solution.conventions),
        "notes": list(solution.notes),
    }


def explanation_json(
    solution: Solution, steps: Iterable[ForwardLine], derivations: Iterable[Derivation]
) -> Json:
    """The same, with the derivations' results and their steps."""
    found = solution_json(solution, steps)
    found["answers"] = found["derivatives"]
    found["derivatives"] = {}
    for derivation in derivations:
        own = f"∂{derivation.of.text}/∂{derivation.wrt.text}"
        found["derivatives"][_unused(own, found["derivatives"])] = _result(derivation)
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


def closed(shape: Shape, text: str | None) -> Json:
    """A shape without numbers, and the expression that has it."""
    return {"shape": _lengths(shape), "value": None, "closed": text}


def _closed_answer(answer: ClosedAnswer) -> Json:
    return closed(answer.shape, answer.closed)


def _lengths(shape: Iterable[int]) -> list[int | str]:
    """Lengths as numbers; those with a name as text."""
    return [str(length) if isinstance(length, Size) else length for length in shape]


def _result(derivation: Derivation) -> Json:
    if derivation.result is None:
        return closed(derivation.result_shape, _text(derivation.closed_form))
    return sized(derivation.result.array)


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


def _closed_change(change: ClosedChange) -> Json:
    unknown: Json = {"old": None, "gradient": None, "new": None}
    expressions = {"gradient": change.gradient, "new": change.closed}
    return unknown | {"shape": _lengths(change.shape), "closed": expressions}


def _forward(step: ForwardLine, values: Mapping[str, Json]) -> Json:
    """A step of the forward pass; its value is the one that is listed under its name."""
    result = values.get(step.name)
    if result is None:
        result = _unknown(step) if step.value is None else sized(step.value.array)
    return {
        "kind": "forward",
        "name": step.name,
        "formula": step.formula,
        "substituted": step.substituted,
        **result,
    }


def _unknown(step: ForwardLine) -> Json:
    return closed(step.shape, step.formula)


def _text(formula: Formula | None) -> str | None:
    return None if formula is None else inline(formula)


def _derivation(own: str, derivation: Derivation) -> Json:
    return {
        "kind": "derivation",
        "of": derivation.of.text,
        "wrt": derivation.wrt.text,
        "chain": f"{derivation.symbol.text} = {inline(derivation.chain)}",
        "factors": [_link(link) for link in derivation.links],
        "products": [_product(product) for product in derivation.products],
        "result": _result(derivation),
        "closed_form": _text(derivation.closed_form),
        "conventions": [*map(say, derivation.conventions), LAYOUT],
        "verified": None if derivation.verified is None else _verified(derivation.verified),
    }


def _verified(found: Verified) -> Json:
    at = {} if found.at is None else {"at": found.at}
    return {
        "method": found.method,
        "largest_error": _finite(found.largest_error),
        "relative_error": _finite(found.relative_error),
        **at,
    }


def _product(product: PartialProduct) -> Json:
    return {
        "symbol": product.symbol.text,
        "formula": inline(product.formula),
        "matrix_shape": _lengths(product.matrix_shape),
        "diagonal": product.is_diagonal,
        "numbers": _numbers_or_none(product.numbers),
        **_in_symbols(product),
    }


def _in_symbols(found: PartialProduct | ForkStep) -> Json:
    """What stands in the place of numbers."""
    if found.is_known:
        return {}
    return {"symbolic": _text(found.symbolic), "closed": _text(found.closed)}


def _link(link: LinkStep) -> Json:
    shared = {
        "symbol": link.symbol.text,
        "matrix_shape": _lengths(link.matrix_shape),
        "diagonal": link.is_diagonal,
        "numbers": _numbers_or_none(link.numbers),
    }
    if isinstance(link, FactorStep):
        return {
            "kind": "factor",
            **shared,
            "closed": _text(link.closed),
            "symbolic": _text(link.symbolic),
            "sentence": say(link.sentence) if link.sentence else "",
            "remarks": list(map(say, link.remarks)),
        }
    paths = [[_link(factor) for factor in path] for path in link.paths]
    return {
        "kind": "fork",
        **shared,
        **_in_symbols(link),
        "formula": inline(link.formula),
        "paths": paths,
        "path_products": [_product(product) for product in link.path_products],
        "paths_in_all": link.count,
    }


def tree_json(explanation: Explanation) -> Json:
    """The tree of steps that every format is printed from."""
    return {
        "format": FORMAT,
        "view": explanation.view,
        "title": _both(explanation.title),
        "language": explanation.language,
        "steps": [_step(step, explanation.language) for step in explanation.steps],
    }


def _both(formula: Formula) -> Json:
    return {"text": inline(formula), "latex": typeset(formula)}


def _step(step: Step, language: str) -> Json:
    def said(sentence: Sentence | None) -> str | None:
        return None if sentence is None else say(sentence, language)

    return {
        "kind": step.kind,
        "title": said(step.title),
        "what": None if step.what is None else _both(step.what),
        "rule": said(step.rule),
        "why": said(step.why),
        "sides": [_side(side) for side in step.sides],
        "shape": None if step.shape is None else _lengths(step.shape),
        "rests_on": list(step.rests_on),
        "remarks": [say(remark, language) for remark in step.remarks],
        "steps": [_step(inner, language) for inner in step.steps],
    }


def _side(side: Equal) -> Json:
    return {"role": side.role, "exact": side.is_exact, **_both(side.formula)}
