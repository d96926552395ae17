"""What a peer hands to the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Session"]


class Session(NamedTuple):
    """A net that is being trained, or a derivative that can be asked for again and again.

    `run(n)` does n more steps and returns when they are done.  `results()` are the weights, or
    the derivative's arrays.  `restart()` goes back to the first weights.
    """

    run: Callable[[int], object]
    results: Callable[[], list[np.ndarray[Any, Any]]]
    restart: Callable[[], object]
