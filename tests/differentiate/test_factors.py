"""The chain between named quantities: links, forks, the cap on paths."""

from __future__ import annotations

import numpy as np

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.factors import MOST_PATHS, Factor, Fork, factors
from chainrule.differentiate.jacobian import jacobian
from chainrule.graph.node import Node, constant, fresh, variable
from chainrule.ops.activation import relu
from chainrule.ops.elementary import exp, sin
from chainrule.ops.linear import matmul
from chainrule.ops.losses import CrossEntropy
from chainrule.ops.normalizing import Softmax
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import evaluate_all


def name(node: Node) -> Node:
    """A node of its own for an expression, as a definition makes it."""
    return fresh(node.operation, *node.inputs)


def test_a_straight_chain() -> None:
    i, w0, w1, t = variable((2,)), variable((2, 2)), variable((2, 2)), variable((2,))
    h = name(matmul(i, w0))
    l = name(relu(h))  # noqa: E741
    o = name(matmul(l, w1))
    s = fresh(Softmax(), o)
    loss = fresh(CrossEntropy(), s, t)
    named = frozenset({i, w0, w1, t, h, l, o, s, loss})
    links = factors(loss, w0, named)
    assert [(link.of, link.wrt) for link in links] == [(loss, s), (s, o), (o, l), (l, h), (h, w0)]
    assert all(isinstance(link, Factor) for link in links)
    numbers = ([2, 1], [[1, -2], [2, 5]], [[1, 1], [-1, 0.5]], [1, 0])
    given = {node: np.array(value) for node, value in zip((i, w0, w1, t), numbers, strict=True)}
    *entries, total = evaluate_all(
        [*[multiplied_out(link.map) for link in links], multiplied_out(jacobian(loss, w0))], given
    )
    product = entries[0]
    for entry in entries[1:]:
        product = np.tensordot(product, entry, axes=min(product.ndim, 1))
    np.testing.assert_allclose(product, total, rtol=1e-9)


def test_a_fork_is_a_sum_over_its_paths() -> None:
    x = variable((2,))
    a = name(sin(x))
    b, c = name(exp(a)), name(a**2)
    y = name(b * c)
    links = factors(y, x, frozenset({x, a, b, c, y}))
    assert [type(link) for link in links] == [Fork, Factor]
    fork = links[0]
    assert isinstance(fork, Fork)
    assert fork.count == 2
    assert [tuple(step.of for step in path) for path in fork.paths] == [(y, b), (y, c)]
    given = {x: [0.3, 0.7]}
    whole, *parts = evaluate_all(
        [multiplied_out(fork.map)]
        + [multiplied_out(path[0].map) @ multiplied_out(path[1].map) for path in fork.paths],
        given,
    )
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-12)


def test_an_edge_beside_a_path_is_a_path_too() -> None:
    x = variable(())
    a = name(sin(x))
    y = name(a * x)
    (fork,) = factors(y, x, frozenset({x, a, y}))
    assert isinstance(fork, Fork)
    assert [len(path) for path in fork.paths] == [2, 1]


def test_paths_stand_in_the_order_of_the_operands() -> None:
    x = variable(())
    a, b, c = name(sin(x)), name(exp(x)), name(x**2)
    named = frozenset({x, a, b, c})
    for formula, order in [
        (a + b + c, [a, b, c]),
        (c * (b - a), [c, b, a]),
        (b / x + a, [b, x, a]),
        (sin(c) * exp(b) + c, [c, b]),  # where it stands first
        (exp(sin(b * a)) ** c, [b, a, c]),
    ]:
        y = name(formula)
        (fork,) = factors(y, x, named | {y})
        assert isinstance(fork, Fork)
        assert [path[0].wrt for path in fork.paths] == order


def test_an_order_of_thousands_of_operands_is_found_at_once() -> None:
    x = variable(())
    terms = [name(number * x) for number in range(2, 3001)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    y = name(total)
    (fork,) = factors(y, x, frozenset({x, y, *terms}))
    assert isinstance(fork, Fork)
    assert fork.count == 2999
    assert [path[0].wrt for path in fork.paths] == terms[:MOST_PATHS]


def test_many_paths_are_counted_and_not_listed() -> None:
    x = variable(())
    a, b = name(sin(x)), name(exp(x))
    named = {x, a, b}
    for _ in range(50):
        a, b = name(a + b), name(a * b)
        named |= {a, b}
    y = name(a + b)
    (fork,) = factors(y, x, frozenset(named | {y}))
    assert isinstance(fork, Fork)
    assert len(fork.paths) == MOST_PATHS
    assert fork.count == 2**51
    assert fork.map.matrix_shape == (1, 1)


def test_unnamed_paths_between_two_names_are_one_factor() -> None:
    x = variable((2,))
    y = name(sin(x) * exp(x))
    (link,) = factors(y, x, frozenset({x, y}))
    assert isinstance(link, Factor)


def test_no_dependence_and_itself_have_no_links() -> None:
    x, z = variable(()), variable(())
    y = sin(x)
    named = frozenset({x, y, z})
    assert factors(y, z, named) == ()
    assert factors(y, y, named) == ()
    assert factors(y, constant(1.0), named) == ()


def test_constants_and_side_branches_are_left_out() -> None:
    x, w = variable((2,)), variable((2,))
    side = name(exp(w))
    y = name(x * side)
    total = name(sum_(y))
    links = factors(total, x, frozenset({x, w, side, y, total}))
    assert [(link.of, link.wrt) for link in links] == [(total, y), (y, x)]


def test_a_long_ladder_of_names() -> None:
    x = a = b = variable(())
    named = {x}
    for _ in range(2000):
        a, b = name(a + b), name(sin(b))
        named |= {a, b}
    links = factors(a, x, frozenset(named))
    assert len(links) == 1
