"""Which examples each step takes: every epoch a permutation of its own, from the seed.

>>> batches(first=0, steps=4, examples=5, batch=2, seed=0).tolist()
[[3, 2], [1, 0], [3, 1], [2, 0]]
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.run.loop import Rows

__all__ = ["as_order", "batches", "check_rows", "checked_whole"]

KEYS = 1 << 14  # so many are drawn at once: of small data those of several epochs


def batches(first: int, steps: int, examples: int, batch: int, seed: int) -> Rows:
    """The rows of so many steps after the first `first` ones, (steps, batch).

    An epoch is `examples // batch` steps; the examples that are left over then are those at the
    end of its permutation.  The order depends on the seed and the epoch alone, so that it goes on
    wherever training went on, and is the same in every version of NumPy.
    """
    together = max(KEYS // examples, 1)
    found = []
    while steps:
        block, place = divmod(first, together * (examples // batch))
        taken = _drawn(block, together, examples, batch, seed)[place : place + steps]
        found.append(taken)
        first, steps = first + len(taken), steps - len(taken)
    return np.concatenate(found) if found else np.empty((0, batch), np.intp)


@lru_cache(maxsize=2)  # training goes on within an epoch, often after a few steps
def _drawn(block: int, epochs: int, examples: int, batch: int, seed: int) -> Rows:
    """The rows of every step of some epochs, each the order of random keys.

    Bit generators give the same bits for ever, their users may not.  The low bits of a key are
    replaced by the number of its example: so no two are equal, and sorting them is all there is.
    """
    keys = np.random.PCG64([seed, block]).random_raw(epochs * examples).reshape(epochs, examples)
    low = np.uint64((1 << (examples - 1).bit_length()) - 1)
    keys = (keys & ~low) | np.arange(examples, dtype=np.uint64)
    keys.sort(axis=1)
    rows = (keys[:, : examples // batch * batch] & low).astype(np.intp).reshape(-1, batch)
    rows.flags.writeable = False
    return rows


def as_order(order: Any, batch: int | None) -> Rows:
    """An order of the user's: for each step the rows that it takes.

    Raises:
        DataProblem: it is no table of whole numbers, or not as wide as a batch.
    """
    try:
        found = np.asarray(order)
    except ValueError:  # rows of different lengths
        found = np.empty(0)
    if found.ndim != 2 or found.dtype.kind not in "iu" or not found.shape[1]:
        raise DataProblem(
            "order is a table of whole numbers, (steps, batch): the rows that each step takes"
        )
    if batch is not None and found.shape[1] != batch:
        raise DataProblem(f"order takes {found.shape[1]} rows a step, and batch_size is {batch}")
    return found.astype(np.intp)


def check_rows(order: Rows, examples: int) -> None:
    """Raises `DataProblem` if the order names a row that there is not."""
    wrong = order[(order < 0) | (order >= examples)]
    if wrong.size:
        raise DataProblem(f"order names row {wrong[0]}; there are the rows 0 to {examples - 1}")


def checked_whole(what: str, value: Any, least: int) -> int:
    """A whole number from `least` on.

    Raises:
        DataProblem: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DataProblem(f"{what} is a whole number from {least} on, not {value!r}")
    return int(value)
