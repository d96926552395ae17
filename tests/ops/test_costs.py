"""What operations say they take: of every row a sensible number, of the dear ones about the time.

`check_cost` refuses by these numbers what would exhaust the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from tests.ops.cases import CASES
from tests.ops.row import Row

from chainrule.differentiate.scan import scan
from chainrule.errors import TooLarge
from chainrule.graph.node import Node, Shape, size_of, topological, variable
from chainrule.ops import activation, cumulative, determinant, factorization, singular, solving
from chainrule.ops.contract import Operation, body_cost, lower_nodes
from chainrule.ops.convolution import conv2d, conv2d_transposed
from chainrule.ops.linear import einsum, matmul
from chainrule.ops.pooling import max_pool2d
from chainrule.ops.random_bits import random_uniform
from chainrule.ops.sorting import argsort, sort
from chainrule.ops.statistics import median
from chainrule.ops.tensor_products import matrix_power
from chainrule.ops.trigonometric import sinc
from chainrule.run.interpreter import Plan, check_cost

MOST = 1 << 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name} {case[1]}")
def test_a_cost_is_two_sensible_numbers(case: tuple[Row, tuple[Shape, ...]]) -> None:
    row, shapes = case
    output = row.build(*row.inputs(shapes))
    for node in topological([output], lower_nodes):
        if isinstance(node.operation, Operation):
            below = [lower.shape for lower in node.inputs]
            held, products = node.operation.cost(*below)
            entries = node.size + sum(map(size_of, below))
            assert type(held) is int
            assert type(products) is int
            assert 0 <= held <= 20_000
            assert 0 <= products <= 100_000
            assert products > 0 or entries == 0


DEAR: dict[str, tuple[Callable[..., Node], tuple[Shape, ...]]] = {
    "matmul": (matmul, ((900, 900), (900, 900))),
    "einsum of three": (
        lambda a, b, c: einsum(a, b, c, terms=("ij", "jk", "ki"), result=""),
        ((700, 700),) * 3,
    ),
    "solve": (solving.solve, ((700, 700), (700, 700))),
    "inverse": (solving.inverse, ((700, 700),)),
    "inverse of many": (solving.inverse, ((100_000, 2, 2),)),
    "det": (determinant.det, ((900, 900),)),
    "cofactors": (determinant.cofactors, ((300, 300),)),
    "cofactors along directions": (determinant.cofactors, ((2, 2),) * 7),
    "cholesky": (lambda a: factorization.cholesky(matmul(a, a)), ((700, 700),)),
    "qr": (lambda a: factorization.qr(a)[1], ((500, 500),)),
    "eigvalsh": (factorization.eigvalsh, ((400, 400),)),
    "eigvecsh": (factorization.eigvecsh, ((400, 400),)),
    "svdvals": (singular.svdvals, ((350, 350),)),
    "svdvals of many": (singular.svdvals, ((100_000, 2, 2),)),
    "svd_u of a wide one": (lambda a: singular.svd(a)[0], ((10, 90_000),)),
    "pinv": (singular.pinv, ((350, 350),)),
    "matrix_power": (lambda a: matrix_power(a, 1000), ((300, 300),)),
    "sort": (sort, ((900_000,),)),
    "argsort": (argsort, ((900, 1000),)),
    "median": (median, ((900_000,),)),
    "recurrence": (lambda x: cumulative.recurrence(x, x), ((300_000,),)),
    "random_uniform": (lambda x: x + random_uniform(1, shape=(900_000,)), ((900_000,),)),
    "sinc": (lambda x: sinc(x, order=16), ((900_000,),)),
    "conv2d": (conv2d, ((4, 8, 100, 100), (8, 8, 5, 5))),
    "conv2d_transposed": (conv2d_transposed, ((1, 1, 1, 1), (1, 1, 300, 300))),
    "max_pool2d": (lambda x: max_pool2d(x, size=5, stride=1), ((700, 700),)),
    "scan": (
        lambda x: scan(lambda c, part: ([activation.tanh(c[0] + part[0])], []), [x[0]], [x])[0][0],
        ((30_000, 3),),
    ),
}


@pytest.mark.soak  # a limit on time, like those of the hostile files
@pytest.mark.parametrize("name", DEAR)
def test_a_dear_operation_takes_no_longer_than_its_cost(name: str) -> None:
    """At most three times what so many nanoseconds are, on a machine that may be busy."""
    build, shapes = DEAR[name]
    inputs = [variable(shape) for shape in shapes]
    output = build(*inputs)
    _, products = body_cost(output)
    random = np.random.default_rng(0)
    values = [random.uniform(0.1, 1, shape) for shape in shapes]
    values = [v + 1000 * np.eye(v.shape[-1]) if _is_square(v.shape) else v for v in values]
    plan = Plan([output], inputs)
    assert min(_seconds(lambda: plan(*values)) for _ in range(3)) < 3e-9 * products + 0.02
    assert products < 1_000_000_000


def _is_square(shape: Shape) -> bool:
    return len(shape) > 1 and shape[-1] == shape[-2]


def _seconds(act: Callable[[], object]) -> float:
    begin = time.process_time()
    act()
    return time.process_time() - begin


def test_the_cost_of_a_composite_is_that_of_its_body() -> None:
    a = variable((500, 500))
    check_cost([matrix_power(a, 2)], MOST, 2 * 500**3)
    with pytest.raises(TooLarge, match="multiplications"):
        check_cost([matrix_power(a, 1000)], MOST, 2 * 500**3)


def test_the_cost_of_a_loop_is_that_of_all_its_steps() -> None:
    def last(length: int) -> Node:
        w, x = variable((100, 100)), variable((length, 100))
        return scan(lambda c, parts: ([w @ c[0] + parts[0]], []), [x[0]], [x])[0][0]

    _, few = body_cost(last(10))
    _, many = body_cost(last(1000))
    assert few > 10 * 100**2
    assert 80 * few < many < 120 * few


def test_the_cost_of_an_empty_array_counts_its_other_axes() -> None:
    x = variable((1000, 0))
    with pytest.raises(TooLarge, match="values"):
        check_cost([activation.tanh(x)], 999, MOST)
