"""Which tensors are kept in memory, and which are computed wherever they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.graph.record import Record
from chainrule.run.native.lengths import length_of
from chainrule.run.native.tensors import (
    Each,
    Filled,
    Given,
    Join,
    Opaque,
    Pick,
    Reduce,
    Scatter,
    Tensor,
    View,
    row_major,
)
from chainrule.run.native.views import composed

__all__ = [
    *("LARGEST", "Sides", "in_order", "kept", "made_of", "place_of", "sides_of"),
    "takes_long",
]

CHEAP = frozenset(
    (
        *("add", "subtract", "multiply", "negative", "maximum", "minimum", "absolute", "cast"),
        *("where", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
        *("logical_not", "logical_and", "logical_or"),
    )
)
LONGEST_CHAIN = 48  # functions within each other in one expression
WORTH_A_NUMBER = 200  # instructions; fewer are done again wherever a single number is read
LARGEST = 500  # instructions, about: LLVM's time for a function grows faster than its length
ALWAYS = (Given, Filled, Reduce, Join, Scatter, Opaque)


class Sides(Record):
    """A sum of products, by what each axis of the products is for.

    `batch` axes are of both operands and of the result, `rows` of the left one, `columns` of the
    right one, `inner` axes are summed over.  `columns` has the result's last axis.
    """

    left: Tensor
    right: Tensor
    shape: tuple[int, ...]
    batch: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    inner: tuple[int, ...]


def in_order(outputs: Iterable[Tensor]) -> list[Tensor]:
    """Everything that the outputs are made of, inputs first; without recursion."""
    order: list[Tensor] = []
    seen: set[Tensor] = set()
    for output in outputs:
        stack = [(output, False)]
        while stack:
            tensor, done = stack.pop()
            if done:
                order.append(tensor)
            elif tensor not in seen:
                seen.add(tensor)
                stack.append((tensor, True))
                stack.extend((one, False) for one in reversed(tensor.inputs))
    return order


def sides_of(tensor: Tensor) -> Sides | None:
    """How a sum of products of two arrays is one of matrices; None if it is none."""
    kind = tensor.kind
    if not isinstance(kind, Reduce) or kind.function != "sum" or tensor.dtype.kind != "f":
        return None
    (product,) = tensor.inputs
    if not isinstance(product.kind, Each) or product.kind.function != "multiply":
        return None
    left, right = product.inputs
    own = row_major(product.shape)
    found = [place_of(one, product.shape, 0, own) for one in (left, right)]
    axes: dict[str, list[int]] = {"batch": [], "rows": [], "columns": [], "inner": []}
    for axis, length in enumerate(product.shape):
        of_left, of_right = (bool(strides[axis]) and length > 1 for _, _, strides in found)
        if axis in kind.axes:
            if length > 1 and not (of_left and of_right):
                return None
            axes["inner"].append(axis)
        elif of_left == of_right:
            axes["batch"].append(axis)
        else:
            axes["rows" if of_left else "columns"].append(axis)
    if not axes["rows"] or not axes["columns"] or not axes["inner"]:
        return None
    if max(axes["rows"]) > max(axes["columns"]):
        axes["rows"], axes["columns"] = axes["columns"], axes["rows"]
        left, right = right, left
    return Sides(left, right, product.shape, *[tuple(axes[one]) for one in axes])


def place_of(
    tensor: Tensor, shape: tuple[int, ...], offset: int, strides: tuple[int, ...]
) -> tuple[Tensor, int, tuple[int, ...]]:
    """The array below all views that lead there by strides, and the places in it."""
    while isinstance(tensor.kind, View):
        kind = tensor.kind
        through = composed(tensor.shape, kind.offset, kind.strides, shape, offset, strides)
        if through is None:
            break
        tensor, (offset, strides) = tensor.inputs[0], through
    return tensor, offset, strides


def kept(order: Sequence[Tensor], outputs: Sequence[Tensor]) -> set[Tensor]:
    """The tensors that are in memory: what is given, summed, arranged, or read again.

    `order` is all that the outputs are made of, inputs first.
    """
    found = {one for one in order if isinstance(one.kind, ALWAYS)} | set(outputs)
    for tensor in order:
        found.update(_operands(tensor))
    readers = _readers(order, outputs)
    for tensor in order:  # those below first, so that it is known what is at hand
        is_read_again = isinstance(tensor.kind, Each | Pick) and readers[tensor] > 1
        if is_read_again and _is_worth_keeping(tensor, found):
            found.add(tensor)
    _cut(order, found)
    found.update(_spread(order, found))
    return found


def _spread(order: Sequence[Tensor], found: set[Tensor]) -> list[Tensor]:
    """What takes long and is read again and again, as a number for each row is by all its row."""
    views = [one for one in order if isinstance(one.kind, View)]
    bases = [one.inputs[0] for one in views if one.size > one.inputs[0].size > 1]
    return [one for one in dict.fromkeys(bases) if one not in found and takes_long(one, found)]


def _cut(order: Sequence[Tensor], found: set[Tensor]) -> None:
    """Of what would be a long chain of functions, or a large expression, a part is kept."""
    depths: dict[Tensor, int] = {}
    lengths: dict[Tensor, int] = {}
    for tensor in order:
        if tensor in found:
            continue
        inside = [one for one in tensor.inputs if one not in found]
        depth = max([depths[one] for one in inside], default=0)
        length = _own_length(tensor) + sum([lengths[one] for one in inside])
        if isinstance(tensor.kind, Each | Pick):
            depth += 1
            if depth >= LONGEST_CHAIN or length > LARGEST:
                found.add(tensor)
        depths[tensor], lengths[tensor] = depth, length


def _own_length(tensor: Tensor) -> int:
    return length_of(tensor.kind.function) if isinstance(tensor.kind, Each) else 0


def takes_long(tensor: Tensor, memory: set[Tensor]) -> bool:
    """Whether exponentials, logarithms … make a tensor of what is in memory."""
    return isinstance(tensor.kind, Each) and made_of(tensor, memory)[1] >= length_of("exp")


def made_of(tensor: Tensor, memory: set[Tensor]) -> tuple[set[Tensor], int]:
    """What is in memory of what a tensor is made of, and how many instructions it takes, about."""
    below: set[Tensor] = set()
    passed: set[Tensor] = set()
    length, waiting = _own_length(tensor), list(tensor.inputs)
    while waiting:
        one = waiting.pop()
        if one in memory:
            below.add(one)
        elif one not in passed:
            passed.add(one)
            length += _own_length(one)
            waiting += one.inputs
    return below, length


def _operands(tensor: Tensor) -> list[Tensor]:
    """What a kernel reads by strides, not by computing it."""
    if isinstance(tensor.kind, Opaque):
        return list(tensor.inputs)
    if isinstance(tensor.kind, Pick):
        return [_below(tensor.inputs[0])]
    sides = sides_of(tensor)
    if sides is None:
        return []
    own = row_major(sides.shape)
    return [place_of(one, sides.shape, 0, own)[0] for one in (sides.left, sides.right)]


def _below(tensor: Tensor) -> Tensor:
    return place_of(tensor, tensor.shape, 0, row_major(tensor.shape))[0]


def _readers(order: Sequence[Tensor], outputs: Sequence[Tensor]) -> dict[Tensor, int]:
    """How many arrays are computed from each; a view reads as often as it is read itself."""
    readers = dict.fromkeys(order, 0)
    for output in outputs:
        readers[output] += 1
    for tensor in reversed(order):
        times = readers[tensor] if isinstance(tensor.kind, View) else 1
        for one in dict.fromkeys(tensor.inputs):
            readers[one] += times
    return readers


def _is_worth_keeping(tensor: Tensor, found: set[Tensor]) -> bool:
    if not tensor.shape:
        return made_of(tensor, found)[1] > WORTH_A_NUMBER
    return not _is_cheap(tensor, found)


def _is_cheap(tensor: Tensor, found: set[Tensor]) -> bool:
    """Whether computing it again is no more work than reading it."""
    if not isinstance(tensor.kind, Each) or tensor.kind.function not in CHEAP:
        return False
    return all(_below(one) in found or not _below(one).inputs for one in tensor.inputs)
