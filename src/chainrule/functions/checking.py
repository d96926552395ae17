"""`check_gradient`: a gradient against differences, and what explains it if it is off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian as jacobian_map
from chainrule.errors import DataProblem
from chainrule.functions.derivatives import grad
from chainrule.functions.jacobians import jacobian
from chainrule.functions.staging import parameter_names
from chainrule.functions.variants import contributions, known_mistakes
from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.run.diagnosis import Diagnosis, diagnose_found, lines, plain
from chainrule.run.differences import numerical_gradient
from chainrule.run.gradient_check import check
from chainrule.run.interpreter import evaluate
from chainrule.run.pairs import check_pair, pair_of
from chainrule.run.tensors import array_of, is_tensor

__all__ = ["GradientReport", "check_gradient", "check_jacobian"]

MOST_ENTRIES = 10_000  # of a declared Jacobian that is checked entry by entry
LARGE = 1e-3  # an error, relative to the entries, that rounding does not explain


class GradientReport(Record):
    """What was found of the gradient by each argument; printed as one reads it.

    True in a condition if every gradient is right, as far as can be seen.
    """

    diagnoses: Mapping[str, Diagnosis]
    remarks: tuple[str, ...] = ()  # on a backward pass as a whole

    @property
    def agrees(self) -> bool:
        """Whether every gradient is right, as far as can be seen."""
        return not self.remarks and all(one.agrees for one in self.diagnoses.values())

    def __bool__(self) -> bool:
        return self.agrees

    def __repr__(self) -> str:
        written = [
            "\n".join(lines(one, f"the gradient by {name}")) for name, one in self.diagnoses.items()
        ]
        return "\n".join([*written, *self.remarks])

    def json(self) -> dict[str, Any]:
        """The same as plain data."""
        found = {name: plain(one) for name, one in self.diagnoses.items()}
        return {"arguments": found, "remarks": list(self.remarks)}


def check_gradient(
    f: Callable[..., Any] | tuple[Callable[..., Any], ...],
    x: Any,
    gradient: Any = None,
    *,
    wrt: int | None = None,
    **clues: Any,
) -> GradientReport:
    """Compare a gradient with what differences say, entry by entry, and name the likely mistake.

    Complex steps where `f` allows them, else central differences in extended precision; entries
    at a kink are left out and said so; tolerances follow the scale of the numbers.

    Args:
        f: any function of arrays: it is run on numbers, and traced only if `gradient` is None.
            Arrays may be torch tensors.  Also a pair `(forward, backward)` of functions, of which
            `backward(cotangent, *arguments)` returns a gradient for each argument, or a
            `torch.autograd.Function`.
        x: where to check: an array, or a tuple of all arguments.
        gradient: what is claimed: an array; a function of the same arguments; a tuple of either,
            one an argument.  None: the gradient of this library, or of torch for tensors.
        wrt: check the gradient by this argument alone.
        clues: what helps to name a mistake; see `chainrule.run.diagnosis.diagnose`.

    Raises:
        DataProblem: `f` fails at `x`, returns no real numbers, or not the same ones twice.

    >>> import chainrule as cr
    >>> x = np.array([1.0, 2.0])
    >>> bool(cr.check_gradient(lambda x: np.sum(x**2), x))
    True
    >>> cr.check_gradient(lambda x: np.sum(x**2), x, -2 * x).diagnoses["x"].explanations[0].kind
    'sign_flipped'
    """
    inputs = x if isinstance(x, tuple) else (x,)
    if isinstance(f, tuple) or hasattr(f, "apply"):
        return _of_pair(f if isinstance(f, tuple) else pair_of(f), inputs, clues)
    positions = _positions(inputs) if wrt is None else [wrt]
    claims = _claims(f, inputs, gradient, positions)
    names = parameter_names(f, len(inputs))
    found = {}
    for at, claimed in claims.items():
        told = {"x": array_of(inputs[at]), **clues}
        numerical = numerical_gradient(f, inputs, argument=at)
        diagnosis = diagnose_found(claimed, numerical, **told)
        if diagnosis.verdict == "wrong" and not diagnosis.explanations:
            told |= {"variants": known_mistakes(f, inputs, at)} if "variants" not in clues else {}
            told.setdefault("contributions", contributions(f, inputs, at))
            diagnosis = diagnose_found(claimed, numerical, **told)
        found[names[at]] = diagnosis
    return GradientReport(found)


def _of_pair(pair: Any, inputs: tuple[Any, ...], clues: Mapping[str, Any]) -> GradientReport:
    """What is found of a forward and a backward pass."""
    forward, backward = pair
    found = check_pair(forward, backward, *inputs, **clues)
    names = parameter_names(forward, len(inputs))
    told = {name: one for name, one in zip(names, found.inputs, strict=True) if one is not None}
    return GradientReport(told, tuple(remark.sentence for remark in found.remarks))


def _positions(inputs: Sequence[Any]) -> list[int]:
    """The arguments that a gradient can be taken by.

    Raises:
        DataProblem: there are none.
    """
    found = []
    for at, value in enumerate(inputs):
        is_number = isinstance(value, int | float | list | np.ndarray | np.floating)
        if is_tensor(value) or (is_number and np.asarray(value).dtype.kind in "fi"):
            found.append(at)
    real = [at for at in found if is_tensor(inputs[at]) or np.asarray(inputs[at]).dtype.kind == "f"]
    if not found:
        raise DataProblem("there is no array of real numbers among the arguments")
    return real or found


def _claims(
    f: Callable[..., Any], inputs: tuple[Any, ...], gradient: Any, positions: Sequence[int]
) -> dict[int, Any]:
    """The claimed gradient by each argument."""
    if gradient is None:
        return _own(f, inputs, positions)
    if callable(gradient):
        gradient = gradient(*inputs)
    if not isinstance(gradient, tuple):
        return {positions[0]: gradient}
    parts = [part(*inputs) if callable(part) else part for part in gradient]
    wanted = positions if len(parts) == len(positions) else range(len(inputs))
    if len(parts) != len(wanted):
        raise DataProblem(f"{len(parts)} gradients are given for {len(inputs)} arguments")
    return {at: part for at, part in zip(wanted, parts, strict=True) if part is not None}


def _own(
    f: Callable[..., Any], inputs: tuple[Any, ...], positions: Sequence[int]
) -> dict[int, Any]:
    """This library's derivative; torch's own where the arguments are tensors."""
    if any(is_tensor(value) for value in inputs):
        return _of_torch(f, inputs, positions)
    arrays = [
        np.asarray(value, float) if at in positions and not _is_float(value) else value
        for at, value in enumerate(inputs)
    ]
    is_number = np.ndim(f(*arrays)) == 0
    take = grad if is_number else jacobian
    return {at: np.asarray(take(f, at)(*arrays)) for at in positions}


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f"


def _of_torch(
    f: Callable[..., Any], inputs: tuple[Any, ...], positions: Sequence[int]
) -> dict[int, Any]:
    """What torch's backward pass makes of every entry of the result."""
    given = [
        value.detach().clone().requires_grad_(at in positions) if is_tensor(value) else value
        for at, value in enumerate(inputs)
    ]
    result = f(*given)
    rows: dict[int, list[Array]] = {at: [] for at in positions}
    for entry in result.reshape(-1):
        for at in positions:
            given[at].grad = None
        entry.backward(retain_graph=True)
        for at in positions:
            slope = given[at].grad
            rows[at].append(np.zeros(given[at].shape) if slope is None else array_of(slope))
    return {
        at: np.stack(found).reshape(tuple(result.shape) + tuple(given[at].shape))
        for at, found in rows.items()
    }


def check_jacobian(
    function: Callable[..., Any], name: str, node: Node, position: int, values: list[Array]
) -> None:
    """Compare a declared local Jacobian of `function` with differences.

    `node` is the operation on inputs of its own.  A large Jacobian is checked along random
    directions.

    Raises:
        DataProblem: it is off; with the report.
    """
    x, given = node.inputs[position], dict(zip(node.inputs, values, strict=True))
    title = f"the Jacobian of {name} by argument {position}"
    if node.size * x.size > MOST_ENTRIES:
        found = check(node, x, given)
        if not found.relative_error < LARGE:
            raise DataProblem(
                f"{title} is off by {found.relative_error:.2g}, relative to its entries"
            )
        return
    claimed = evaluate(multiplied_out(jacobian_map(node, x), node.dtype), given)
    diagnosis = diagnose_found(
        claimed, numerical_gradient(function, tuple(values), argument=position), x=values[position]
    )
    if diagnosis.verdict == "wrong":
        raise DataProblem("\n".join(lines(diagnosis, title)))
