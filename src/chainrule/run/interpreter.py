"""The NumPy interpreter: a graph laid out once as a list of steps, then run as often as wanted.

>>> import numpy as np
>>> from chainrule.graph.node import variable
>>> from chainrule.ops.activation import sigmoid
>>> x = variable((2,))
>>> plan = Plan([sigmoid(x), 2 * x], [x])
>>> [value.tolist() for value in plan(np.array([0.0, 1.0]))]
[[0.5, 0.7310585786300049], [0.0, 2.0]]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import DataProblem, TooLarge
from chainrule.graph.node import (
    Array,
    Computation,
    Constant,
    Input,
    Kernels,
    Node,
    extent_of,
    topological,
)
from chainrule.ops.contract import Operation, show_shape
from chainrule.ops.naming import Same
from chainrule.run import kernels
from chainrule.run.fusion import stand_in

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Plan", "evaluate", "evaluate_all"]

SMALL = 1 << 6  # an array of so few numbers is not worth letting go
MOST_FOLDED = 1 << 16  # a larger constant is computed anew in each run, and let go after it
Step = tuple[Computation, tuple[int, ...], int, tuple[int, ...]]


class Plan:
    """The steps that compute `outputs` from `inputs`; constants are computed when it is made.

    A large value is let go after its last use.

    Raises:
        DataProblem: an output depends on an input that is not among `inputs`.
    """

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node] = ()) -> None:
        replaced: dict[Node, Node] = {}

        def below(node: Node) -> Iterable[Node]:
            if node in given:
                return ()
            is_same = isinstance(node.operation, Same)
            other = node.inputs[0] if is_same else stand_in(node, given)
            if other is None:
                return node.inputs
            replaced[node] = other
            return (other,)

        given = {node: slot for slot, node in enumerate(inputs)}
        order = topological(outputs, below)
        self.inputs = tuple(inputs)
        self._slots: list[Any] = [None] * len(inputs)
        self._steps: list[Step] = []
        place = dict(given)
        for node in order:
            if node in replaced:
                place[node] = place[replaced[node]]
            elif node not in place:
                self._add(node, place)
        self._outputs = [place[node] for node in outputs]
        large = {place[node] for node in order if node.size > SMALL}
        self._steps = _with_last_uses(self._steps, large - set(self._outputs), self._slots)
        self._run_steps = [
            (operation.evaluate, _taking(sources), target, finished)
            for operation, sources, target, finished in self._steps
        ]

    def _add(self, node: Node, place: dict[Node, int]) -> None:
        if isinstance(node.operation, Input):
            raise DataProblem("the value of an input is missing")
        sources = tuple([place[lower] for lower in node.inputs])
        place[node] = len(self._slots)
        values = [self._slots[slot] for slot in sources]
        known = all(value is not None for value in values)
        is_made_up = not sources and not isinstance(node.operation, Constant)
        if known and not is_made_up and node.size <= MOST_FOLDED:
            with np.errstate(all="ignore"):
                self._slots.append(node.operation.evaluate(kernels, *values))
        else:
            self._slots.append(None)
            self._steps.append((node.operation, sources, place[node], ()))

    def __call__(self, *values: npt.ArrayLike) -> list[Array]:
        """The outputs' values, as arrays; shapes and types are the caller's promise.

        An output may share memory with an input or a constant: copy it before writing to it.

        Raises:
            DataProblem: there are fewer or more values than inputs.
        """
        if len(values) != len(self.inputs):
            raise DataProblem(f"{len(self.inputs)} values are expected, not {len(values)}")
        return [np.asarray(value) for value in self.run(values)]

    def run(self, values: Sequence[Any], k: Kernels = kernels) -> list[Any]:
        """The outputs' values as they come: a single number may be a NumPy scalar.

        `k` is an array namespace with the functions of `chainrule.run.kernels`.
        """
        slots = self._slots.copy()
        slots[: len(values)] = values
        with np.errstate(all="ignore"):
            for evaluate, inputs_among, target, finished in self._run_steps:
                slots[target] = evaluate(k, *inputs_among(slots))
                for at in finished:
                    slots[at] = None
        return [slots[at] for at in self._outputs]


def _taking(sources: tuple[int, ...]) -> Callable[[list[Any]], Sequence[Any]]:
    """What takes the values at these places out of a list, faster than a loop does."""
    if len(sources) > 1:
        return itemgetter(*sources)
    first = sources[0] if sources else 0
    return itemgetter(slice(first, first + len(sources)))  # one, or none


def _with_last_uses(steps: list[Step], large: set[int], slots: list[Any]) -> list[Step]:
    """Each step with the large slots that nobody reads after it."""
    seen: set[int] = set()
    result: list[Step] = []
    for operation, sources, target, _ in reversed(steps):
        unread = large.intersection(sources) - seen
        last = [at for at in unread if slots[at] is None]
        seen.update(unread)
        result.append((operation, sources, target, tuple(last)))
    return result[::-1]


def evaluate_all(outputs: Sequence[Node], values: Mapping[Node, npt.ArrayLike]) -> list[Array]:
    """The outputs' values, given the inputs' values.

    Raises:
        DataProblem: a value is missing or has another shape than its input.
    """
    for node, value in values.items():
        if np.shape(value) != node.shape:
            raise DataProblem(f"an input of shape {node.shape} was given {np.shape(value)}")
    inputs = list(values)
    arrays = [np.asarray(value, node.dtype) for node, value in values.items()]
    return Plan(outputs, inputs)(*arrays)


def evaluate(output: Node, values: Mapping[Node, npt.ArrayLike] | None = None) -> Array:
    """One output's value; see `evaluate_all`."""
    return evaluate_all([output], values or {})[0]


def check_cost(outputs: Iterable[Node], most_entries: int, most_work: int) -> None:
    """Refuse to run what would exhaust the machine, before anything is run.

    Raises:
        TooLarge: one value, all values together, or the work is over the limit.
    """
    entries = work = 0
    for node in topological(
        outputs, lambda n: (s,) if (s := stand_in(n)) is not None else n.inputs
    ):
        held, products = _cost(node)
        entries += extent_of(node.shape) + held
        work += products
        if entries > most_entries:
            raise TooLarge(f"the values take more than {most_entries:,} numbers in all")
        if work > most_work:
            raise TooLarge(f"running takes more than {most_work:,} multiplications")


def too_large(outputs: Iterable[Node]) -> TooLarge:
    """What is said where a value does not fit into memory."""
    node = max(topological(outputs), key=_bytes)
    return TooLarge(
        f"there is not enough memory: of all values that of shape {show_shape(node.shape)} is the "
        f"largest, and takes {_bytes(node) / 1e9:,.3g} GB"
    )


def _bytes(node: Node) -> int:
    return node.size * node.dtype.itemsize


def _cost(node: Node) -> tuple[int, int]:
    """Numbers held on the way, and products taken; nothing for what is merely given."""
    if not isinstance(node.operation, Operation):
        return 0, node.size
    return node.operation.cost(*[lower.shape for lower in node.inputs])
