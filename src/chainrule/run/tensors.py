"""Arrays and whatever the user's function takes in their place: numbers, lists, torch tensors.

Torch is never imported here: a tensor's own type leads to the module that made it.

>>> array_of([1, 2]).tolist(), like(array_of(2.0), 1.0), is_tensor(1.0)
([1, 2], np.float64(2.0), False)
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Array

__all__ = ["array_of", "cast", "is_tensor", "like"]


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of torch."""
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


def array_of(value: Any, what: str = "the value") -> Array:
    """A copy as a NumPy array.

    Raises:
        DataProblem: it holds no numbers, or rows of different lengths.
    """
    if value is None:
        raise DataProblem(f"{what} is None: is a 'return' missing?")
    if is_tensor(value):
        return np.array(value.detach().cpu().resolve_conj().resolve_neg().numpy())
    try:
        array = np.array(value)
    except ValueError as error:  # rows of different lengths
        raise DataProblem(f"{what} is no array: {error}") from error
    if array.dtype.kind not in "biufc":
        found = type(value).__name__
        raise DataProblem(f"{what} is no array of numbers: {found} of type {array.dtype}")
    return array


def like(array: Array, template: Any) -> Any:
    """A copy of the array in the manner of the template: a tensor, a number or an array.

    Raises:
        TypeError: torch has no such precision.
    """
    if is_tensor(template):
        torch = sys.modules["torch"]
        return torch.from_numpy(np.array(array)).to(template.device)
    if isinstance(template, int | float | np.generic):
        return array[()]
    return np.array(array)


def cast(value: Any, dtype: np.dtype[Any] | None = None) -> Any:
    """A copy of an array or tensor; in the precision `dtype`, if given, where it holds fractions.

    Anything else that a function may take, a number or a text, stays as it is.
    """
    if not (isinstance(value, np.ndarray) or is_tensor(value)):
        return value
    array = np.array(value) if isinstance(value, np.ndarray) else array_of(value)
    fractions = dtype is not None and array.dtype.kind == "f"
    return like(array.astype(dtype) if fractions else array, value)
