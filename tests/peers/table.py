"""All rows."""

from __future__ import annotations

from tests.peers import functions, layers
from tests.peers.row import Row

ROWS: tuple[Row, ...] = (
    *functions.ELEMENTWISE,
    *functions.SPECIAL,
    *functions.LOSSES,
    *functions.REDUCTIONS,
    *functions.LINES,
    *functions.NORMS,
    *functions.PRODUCTS,
    *functions.LINEAR_ALGEBRA,
    *layers.SHAPING,
    *layers.INDEXING,
    *layers.LAYERS,
)
