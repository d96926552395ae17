"""Dropout: entries are left out at random while training.

Source: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting,
JMLR 15, 2014; kept entries are scaled up, so that nothing changes where nothing is dropped.

>>> from chainrule.graph.node import constant
>>> from chainrule.run.interpreter import evaluate
>>> evaluate(dropout(constant([1.0, 2.0, 3.0, 4.0]), rate=0.5, key=7)).tolist()
[2.0, 4.0, 6.0, 0.0]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Node, Shape
from chainrule.ops.broadcasting import as_numbers
from chainrule.ops.choice import Where
from chainrule.ops.contract import Composite, paper_function
from chainrule.ops.making import zeros
from chainrule.ops.random_bits import RandomMask, as_key, checked_rate

__all__ = ["dropout"]


class Dropout(Composite):
    """0 with probability `rate` in each entry, else x / (1 − rate)."""

    name = "dropout"
    arity = 2
    derivatives = ("1/(1 − rate) where the entry is kept, else 0", "0")
    sentence = "A dropped entry has no effect; a kept one is multiplied by 1/(1 − rate)."
    rate: float

    def shape(self, *shapes: Shape) -> Shape:
        RandomMask(shapes[0], self.rate).shape(shapes[1])
        return shapes[0]

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return dtypes[0]

    def body(self, *inputs: Node) -> Node:
        x, key = inputs
        kept = RandomMask(x.shape, self.rate)(key)
        return Where()(kept, x / (1 - self.rate), zeros(x.shape, x.dtype))


@paper_function()
def dropout(
    x: Node, key_node: Node | None = None, *, rate: float, key: Node | int | None = None
) -> Node:
    """x with each entry dropped with probability `rate`, the others divided by 1 − rate.

    What is dropped depends on the key alone.  A key is a whole number that is written, `key=7`,
    or a node (as second argument), such as an input that changes at each call.

    Raises:
        DataProblem: there is no key, there are two, or it is not a whole number.
        DomainProblem: the rate is not a probability below 1.
    """
    given = [one for one in (key_node, key) if one is not None]
    if len(given) != 1:
        raise DataProblem("dropout needs one key, such as key=7: what is dropped depends on it")
    return Dropout(checked_rate(rate))(*as_numbers((x,)), as_key(given[0]))
