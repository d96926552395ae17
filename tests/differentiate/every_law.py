"""The laws of operations, by name, for rows that are not in the table of `chainrule.ops`.

One law is left out: that what is printed parses back.  What is found by differentiating (a loop
with its body, an operation applied row by row) holds a graph or an operation, which have no text.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.ops import test_laws as laws

EVERY_LAW: dict[str, Callable[[laws.Case], None]] = {
    "value": laws.test_value_is_the_formulas,
    "modes": laws.test_reverse_and_forward_agree,
    "dense": laws.test_dense_is_stacked_adjoints_and_applies,
    "batches of one axis": lambda case: laws.test_leading_axes_are_a_batch(case, (2,)),
    "batches of two axes": lambda case: laws.test_leading_axes_are_a_batch(case, (3, 2)),
    "first order": laws.test_first_order_against_differences,
    "second order": laws.test_second_order_against_differences,
    "float32": lambda case: laws.test_precision_is_kept(case, "float32"),
    "float64": lambda case: laws.test_precision_is_kept(case, "float64"),
    "forms": laws.test_jacobians_agree_however_they_are_written,
}
