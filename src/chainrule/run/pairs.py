"""Checking a pair (forward, backward), as layers of one's own are written.

`backward(cotangent, *inputs)` returns the gradient for each input.  It is right if for every
cotangent u it is the gradient of the number ⟨u, forward(inputs)⟩, so one random u tells, entry by
entry; and it has to be linear in u.

>>> import numpy as np
>>> check = check_pair(lambda x, w: x * w, lambda u, x, w: (u * w, u * w), [1.0, 2.0], [3.0, 4.0])
>>> [diagnosis.verdict for diagnosis in check.inputs]
['right', 'wrong']
>>> print(pair_lines(check, ["x", "w"])[1])
the gradient for w is wrong: 2 of 2 entries are off
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Array
from chainrule.graph.record import Record
from chainrule.run.callables import epsilon
from chainrule.run.diagnosis import Diagnosis, diagnose_found, lines
from chainrule.run.differences import numerical_gradient
from chainrule.run.explanations import Explanation
from chainrule.run.tensors import array_of, cast, is_tensor, like

__all__ = ["PairCheck", "check_pair", "pair_lines", "pair_of"]

LINEAR = 1000  # roundings that a backward pass may be off from being linear


class PairCheck(Record):
    """The diagnosis for each input (None: it is no array of fractions and got no gradient), and
    what is wrong with the backward pass as a whole.
    """

    inputs: tuple[Diagnosis | None, ...]
    remarks: tuple[Explanation, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether all gradients are right, as far as can be seen."""
        return not self.remarks and all(found is None or found.agrees for found in self.inputs)


def pair_of(function: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The forward and backward passes of a `torch.autograd.Function`, as torch runs them."""
    torch = sys.modules["torch"]

    def backward(cotangent: Any, *inputs: Any) -> tuple[Any, ...]:
        with torch.enable_grad():
            leaves = [_leaf(value) for value in inputs]
            varied = [leaf for leaf in leaves if is_tensor(leaf) and leaf.requires_grad]
            output = function.apply(*leaves)
            given = cotangent.to(output.dtype)
            found = iter(torch.autograd.grad(output, varied, given, allow_unused=True))
        return tuple(
            next(found) if is_tensor(leaf) and leaf.requires_grad else None for leaf in leaves
        )

    return function.apply, backward


def _leaf(value: Any) -> Any:
    """A copy of a tensor that torch differentiates by, if it holds fractions."""
    if not is_tensor(value):
        return value
    copy = value.detach().clone()
    return copy.requires_grad_(True) if copy.is_floating_point() else copy


def check_pair(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *inputs: Any,
    cached: bool = False,
    seed: int = 0,
    **clues: Any,
) -> PairCheck:
    """Check `backward(cotangent, *inputs)` against differences of `forward(*inputs)`.

    Where `cached`, forward returns (output, cache) and `backward(cotangent, cache)` is called.
    `seed` chooses the random cotangent; `clues` are those of `diagnose`.

    Raises:
        DataProblem: a pass fails, or backward returns too few or too many gradients.
    """

    def output(*values: Any) -> Any:
        found = forward(*values)
        return found[0] if cached else found

    def pulled(cotangent: Array) -> list[Any]:
        copies = [cast(_as_array(value)) for value in inputs]
        try:
            given = like(cotangent, template)
            found = backward(given, forward(*copies)[1]) if cached else backward(given, *copies)
        except Exception as error:
            raise DataProblem(f"backward fails: {type(error).__name__}: {error}") from error
        return _gradients(found, len(inputs))

    try:
        template = output(*[cast(_as_array(value)) for value in inputs])
    except Exception as error:
        raise DataProblem(f"forward fails: {type(error).__name__}: {error}") from error
    value = array_of(template, "what forward returns")
    kind = value.dtype if value.dtype.kind == "f" else np.dtype(np.float64)
    random = np.random.default_rng(seed)
    u, v = random.normal(size=(2, *value.shape)).astype(kind)
    gradients = pulled(u)

    def projected(*values: Any) -> Any:
        found = array_of(output(*values), "what forward returns")
        if found.shape != u.shape:
            raise ShapeError(f"forward returns shape {found.shape} near x, but {u.shape} at x")
        return (u * found).sum()

    diagnoses: list[Diagnosis | None] = []
    for position, (given, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        if not _varies(given) and gradient is None:
            diagnoses.append(None)
            continue
        found = numerical_gradient(projected, inputs, argument=position)
        claimed = np.zeros(found.value.shape) if gradient is None else gradient
        told = {"x": array_of(given), **clues}
        diagnoses.append(diagnose_found(claimed, found, **told))
    return PairCheck(tuple(diagnoses), tuple(_linear(gradients, pulled, u, v)))


def _linear(
    gradients: list[Any], pulled: Callable[[Array], list[Any]], u: Array, v: Array
) -> list[Explanation]:
    """Whether the gradients for u + v are those for u and those for v together."""
    first = [array_of(one) for one in gradients if one is not None]
    second = [array_of(one) for one in pulled(v) if one is not None]
    both = [array_of(one) for one in pulled(u + v) if one is not None]
    shapes = [[one.shape for one in found] for found in (first, second, both)]
    if shapes[0] != shapes[1] or shapes[0] != shapes[2]:
        return [Explanation(("not_linear",), "backward returns other shapes when called again.")]
    for one, two, sum_ in zip(first, second, both, strict=True):
        if np.array_equal(one, two) and np.array_equal(one, sum_) and np.any(one):
            sentence = (
                "backward does not use the incoming cotangent (grad_output): its result has to be "
                "multiplied by it."
            )
            return [Explanation(("cotangent_ignored",), sentence)]
        with np.errstate(all="ignore"):
            gap = np.abs(one + two - sum_)
            large = np.abs(one).max(initial=0) + np.abs(two).max(initial=0)
        if (gap > LINEAR * max(epsilon(one.dtype), epsilon(u.dtype)) * large).any():
            sentence = (
                "backward is not linear in the incoming cotangent (grad_output): it must multiply "
                "by it once, and leave nothing behind between calls."
            )
            return [Explanation(("not_linear",), sentence)]
    return []


def _as_array(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, list) else value


def _varies(value: Any) -> bool:
    """Whether an input is made of fractions."""
    if isinstance(value, np.ndarray | list | float | np.floating) or is_tensor(value):
        return array_of(value).dtype.kind == "f"
    return False


def _gradients(found: Any, count: int) -> list[Any]:
    """One gradient for each input."""
    many = list(found) if isinstance(found, tuple | list) else [found]
    if len(many) != count:
        raise DataProblem(f"backward returns {len(many)} gradients for {count} inputs")
    return many


def pair_lines(check: PairCheck, names: Sequence[str] | None = None) -> list[str]:
    """A report for reading, input by input."""
    said = [remark.sentence for remark in check.remarks]
    for position, diagnosis in enumerate(check.inputs):
        name = names[position] if names else f"input {position}"
        if diagnosis is not None:
            said += lines(diagnosis, f"the gradient for {name}")
    return said
