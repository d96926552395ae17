"""Lengths with a name: polynomials that are equal only to themselves, whatever their stand-ins."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ShapeError, TooLarge
from chainrule.graph.node import constant, extent_of, size_of, variable
from chainrule.graph.sizes import Size, counted, named_sizes, smallest
from chainrule.notation.text import setting_text, show
from chainrule.ops.algebra import number
from chainrule.ops.broadcasting import Broadcast, broadcast, common_shape, literal, reshape
from chainrule.ops.contract import show_shape
from chainrule.ops.making import Extent
from chainrule.ops.reduction import mean
from chainrule.run.interpreter import evaluate

n, m, k = named_sizes("nmk").values()


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (n, "n"),
        (m * n, "n·m"),  # names in the order they were met
        (1 * n * 1 + 0, "n"),
        (n + m, "n + m"),
        (n + n, "2·n"),
        (2 * n * m - 1, "2·n·m - 1"),
        (1 - n, "-n + 1"),
        (-(n - m), "-n + m"),
        (n**3, "n·n·n"),
        ((n + m) * (n - m), "n·n - m·m"),
        (n * m // n, "m"),
        (6 * n // 2, "3·n"),
        ((n + m) // (n + m) + n, "n + 1"),
        ((n * n - m * m) // (n + m), "n - m"),
        (math.prod((n, 2, m)), "2·n·m"),
        (sum((n, 2, m)), "n + m + 2"),
        (size_of((n, m, 1)), "n·m"),
        (abs(n + 1), "n + 1"),
    ],
)
def test_what_a_size_comes_to(size: int, text: str) -> None:
    assert isinstance(size, Size)
    assert str(size) == repr(size) == f"{size}" == setting_text(size) == text


@pytest.mark.parametrize(
    ("number", "value"),
    [(n - n, 0), (n // n, 1), (n + 2 - n, 2), (0 * n, 0), (n**0, 1), (n * m % m, 0), (0 // n, 0)],
)
def test_a_size_may_come_to_a_number(number: int, value: int) -> None:
    assert type(number) is int
    assert number == value


@pytest.mark.parametrize("other", [0, 1, 11, m, n + 1, 2 * n, "n", None])
def test_a_size_equals_nothing_but_itself(other: object) -> None:
    assert n == named_sizes("n")["n"]
    assert n != other
    assert other != n
    assert n not in (other, 1)
    assert {n: 1}.get(other) is None  # type: ignore[call-overload]


def test_a_name_with_another_stand_in_is_another_size() -> None:
    assert named_sizes("ab")["b"] != named_sizes("b")["b"]


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: n // 2, "n is not known to be a multiple of 2."),
    (lambda: 1 // n, "1 is not known to be a multiple of n."),
    (lambda: n // m, "n is not known to be a multiple of m."),
    (lambda: n * m // (n + m), "n·m is not known to be a multiple of n + m."),
    (lambda: n % 2, "n is not known to be a multiple of 2."),
    (lambda: 3 % n, "3 is not known to be a multiple of n."),
    (lambda: divmod(n, 2), "n is not known to be a multiple of 2."),
    (lambda: 1 / n, "This takes n as a number, and it is known by name only."),
    (lambda: n / 2, "This takes n as a number, and it is known by name only."),
    (lambda: 2**n, "This takes n as a number, and it is known by name only."),
    (lambda: float(n), "This takes n as a number, and it is known by name only."),
    (lambda: counted(n + 1), "This takes n + 1 as a number, and it is known by name only."),
    (lambda: abs(n - 2), "This takes n - 2 as a number, and it is known by name only."),
    (lambda: smallest(n, m), "Whether n or m is smaller is not known."),
    (lambda: smallest(n, 3), "Whether 3 or n is smaller is not known."),
    (lambda: smallest(n * m, n + m), "Whether n + m or n·m is smaller is not known."),
]


@pytest.mark.parametrize(("act", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_depends_on_the_number_is_refused(act: Callable[[], object], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        act()
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("lengths", "least"),
    [
        ((n, n), n),
        ((n, 1), 1),
        ((n + 1, n), n),
        ((2 * n, n + n), 2 * n),
        ((n + m, m), m),
        ((4, 3), 3),
    ],
)
def test_the_smallest_where_it_is_known(lengths: tuple[int, ...], least: int) -> None:
    assert smallest(*lengths) == least


@pytest.mark.parametrize(
    "act",
    [
        lambda: math.prod(n + i * m + i for i in range(1, 30)),
        lambda: n**25,
        lambda: math.prod([n] * 25),
        lambda: math.prod([n, *[2] * 40]),
        lambda: sum(named_sizes(f"n{i}" for i in range(65)).values()),
    ],
)
def test_sizes_stay_short(act: Callable[[], object]) -> None:
    with pytest.raises(TooLarge):
        act()


def test_stand_ins_divide_no_length_that_is_written() -> None:
    sizes = named_sizes(["a", "b", "a"], taken=(11, 26, 1, 1_000_000))
    assert {name: int(size) for name, size in sizes.items()} == {"a": 17, "b": 19}


polynomials = st.recursive(
    st.sampled_from([n, m, k, 1, 2, 3]),
    lambda inner: st.builds(lambda a, b, s: a + b if s else a * b, inner, inner, st.booleans()),
    max_leaves=6,
)
numbers = st.fixed_dictionaries(dict.fromkeys("nmk", st.integers(1, 9)))


@given(polynomials, polynomials, numbers)
def test_arithmetic_is_that_of_the_numbers(a: int, b: int, at: dict[str, int]) -> None:
    def value(size: int) -> int:
        return size.at(at) if isinstance(size, Size) else size

    assert value(a + b) == value(a) + value(b)
    assert value(a - b) == value(a) - value(b)
    assert value(a * b) == value(a) * value(b)
    assert a * b // b == a
    assert int(a * b) == int(a) * int(b)
    assert (a == b) == (hash(a) == hash(b) and a - b == 0)


# Shapes and nodes.


def test_shapes_with_names() -> None:
    X = variable((n, m))
    assert show_shape(X.shape) == "(n × m)"
    assert repr(X) == "<input float64[n, m]>"
    assert (X.size, reshape(X, to=(m * n,)).shape) == (n * m, (n * m,))
    assert common_shape((n, 1), (m,)) == (n, m)
    assert common_shape((n,), (m,)) is None
    assert common_shape((n,), (11,)) is None  # not its stand-in
    assert extent_of((n, 3)) == 3
    assert Broadcast((n,))(constant(1.0)) is Broadcast((n,))(constant(1.0))
    assert Broadcast((n,))(constant(1.0)) is not Broadcast((11,))(constant(1.0))
    assert show(broadcast(constant(2.0), to=(n, m))) == "broadcast(2, to=[n, m])"
    with pytest.raises(ShapeError, match=r"\(n × m\) and \(n × n\) differ in size"):
        reshape(X, to=(n, n))
    with pytest.raises(ShapeError, match=r"\(n\) cannot be repeated to \(m\)"):
        broadcast(variable((n,)), to=(m,))


@pytest.mark.parametrize(
    ("size", "text"),
    [(n, "n"), (n * m, "n * m"), (2 * n + 1, "2 * n + 1"), (n - 1, "n - 1"), (1 - n, "-n + 1")],
)
def test_a_size_as_a_number_keeps_its_name(size: int, text: str) -> None:
    node = constant(size)
    assert (show(node), node.shape, literal(node)) == (text, (), None)
    assert node is constant(size)
    like = number(size, variable((m,), "float32"))
    assert (like.shape, like.dtype.name, literal(like)) == ((m,), "float32", None)


def test_a_mean_divides_by_the_name() -> None:
    X = variable((n, m))
    body = mean(X).operation.body(X)  # type: ignore[attr-defined]
    assert show(body, {X: "X"}.get) == "sum(X) / (n * m)"
    assert evaluate(Extent(n)()) == 11  # its stand-in
