"""What to write instead of what cannot be traced."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["ARRAY", "CLOSED", "INDEX", "IN_PLACE", "NUMBER", "TRUTH", "in_place", "untraced"]

UNKNOWN = "the numbers of an array are not known while a function is traced"
TRUTH = (
    f"`if`, `while`, `and`, `or` and `not` ask whether an array is true, and {UNKNOWN}: "
    "choose between two values with np.where(condition, a, b)"
)
NUMBER = (
    f"float(…), int(…), math.…, a[index] = x and SciPy need numbers, and {UNKNOWN}: "
    "leave the array as it is and use NumPy's function (np.exp for math.exp), set an entry with "
    "a = cr.numpy.set(a, index, x), or declare an operation of your own with cr.custom"
)
INDEX = (
    f"a position, a length or a count of Python's has to be a plain whole number, and {UNKNOWN}: "
    "take it from a shape, or hand it to the function as a Python int"
)
ARRAY = (
    "np.array(…), np.asarray(…) and SciPy need numbers, and "
    f"{UNKNOWN}: leave out np.asarray(x), which is an array already; join traced values with "
    "cr.numpy.array([…]) or np.stack([…]); take entries at traced positions with "
    "cr.numpy.take(a, positions, axis=0)"
)
CLOSED = (
    "this array belongs to a call that is over: a traced function has to return its results, "
    "not to store them elsewhere"
)
IN_PLACE = "arrays are not changed in place while a function is traced: "

# By name, as SciPy may not be installed: what its functions are called here.
HERE = {
    "expit": "cr.numpy.sigmoid",
    "erf": "cr.numpy.erf",
    "logsumexp": "cr.numpy.logsumexp",
    "softmax": "cr.numpy.softmax",
    "log_softmax": "cr.numpy.log_softmax",
    "xlogy": "cr.numpy.xlogy",
    "log_expit": "-cr.numpy.softplus(-x)",
    "logit": "np.log(p / (1 - p))",
}


def in_place(written: str, instead: str) -> str:
    """Why `written` is refused, and what to write instead."""
    return f"{written}: {IN_PLACE}write {instead}"


def untraced(function: Any) -> str:
    """What to do about a function that has no derivative here."""
    module = getattr(function, "__module__", None) or "numpy"
    name = getattr(function, "__name__", str(function))
    if name in HERE and not hasattr(np, name):
        return f"{name} of SciPy is not traced: write {HERE[name]}"
    full = f"{module.removesuffix('._core').removesuffix('._multiarray_umath')}.{name}"
    return (
        f"{full} cannot be traced: write it with NumPy functions that can, or declare it with its "
        "Jacobian by cr.custom"
    )
