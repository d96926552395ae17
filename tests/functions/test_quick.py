"""Compiled functions called again: arguments as before go the short way, others are looked up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.run.native.comparing import assert_close

import chainrule as cr
from chainrule.errors import DomainProblem
from chainrule.functions.quick import UNLIKE
from chainrule.trace.trees import flatten

A, B = np.arange(6.0).reshape(2, 3), np.linspace(-1, 1, 6).reshape(2, 3)
SINGLE = A.astype(np.float32)


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass
class Layer:
    W: Any
    b: Any


class Own(np.ndarray[Any, Any]):
    """An array with a name of its own."""


def everything(*arguments: Any) -> Any:
    """The squares of all arrays, and the arrays themselves in the containers they came in."""
    return [leaf * leaf for leaf in flatten(arguments)[0]], arguments


# What a function is called with first; what goes the same way then; and what does not.
CALLS: dict[str, tuple[tuple[Any, ...], list[tuple[Any, ...]], list[tuple[Any, ...]]]] = {
    "arrays": (
        (A, B),
        [(B, A), (A, A), (A + 1, np.ascontiguousarray(B))],
        [(A,), (A, B, A), (A, B.T), (A, SINGLE), (A, A.astype(int)), (A, np.asfortranarray(B)),
         (A, B[:, ::-1]), (A, [B]), ([A, B],), (A, 2.0), (A, B.astype(">f8"))],
    ),
    "a dict": (
        ({"W": A, "b": B},),
        [({"W": B, "b": A},)],
        [({"b": B, "W": A},), ({"W": A},), ({"W": A, "b": B, "c": A},), ({"W": A, "c": B},),
         (OrderedDict(W=A, b=B),), ([A, B],), (A, B), ({"W": A, "b": [B]},)],
    ),
    "a list": (([A, B],), [([B, A],)], [((A, B),), ([A],), ([A, B, A],), (A, B), ([A, [B]],)]),
    "a tuple": (((A, B),), [((B, A),)], [([A, B],), (Pair(A, B),), (A, B), ((A, B, A),)]),
    "a named tuple": ((Pair(A, B),), [(Pair(B, A),)], [((A, B),), ([A, B],)]),
    "a dataclass": ((Layer(A, B),), [(Layer(B, A),)], [(Layer(A, [B]),), ((A, B),)]),
    "layers": (
        ([(A, B), {"W": A}], B),
        [([(B, B), {"W": B}], A)],
        [([(A, B), {"W": A}, A], B), ([(A, B), [A]], B), ([(A,), {"W": A}], B),
         ([(A, B), {"W": A}], [B])],
    ),
    "none": ((None, A), [(None, B)], [(A, None), (A, A), (A,)]),
    "a number": (
        (A, 0.5), [(A, 2.5), (B, np.inf)], [(A, np.float64(0.5)), (A, np.ones(3)), (A, B)]),
    "a number in single precision": ((SINGLE, 0.1), [(2 * SINGLE, 1e3)], [(A, 0.1)]),
    "one of NumPy's numbers": ((A, np.float64(0.5)), [(B, np.float64(3))], [(A, np.float32(0.5))]),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS)
def test_arguments_as_before_and_others(case: Any) -> None:
    first, alike, unlike = case
    compiled = cr.compile(everything)
    agree(compiled(*first), everything(*first))
    way = compiled._quick
    assert way is not None
    for arguments in (first, *alike):
        agree(way(arguments), everything(*arguments))
    for arguments in unlike:
        assert way(arguments) is UNLIKE
        agree(compiled(*arguments), everything(*arguments))
    agree(compiled(*first), everything(*first))


def agree(found: Any, wanted: Any) -> None:
    """The same numbers in the same containers."""
    leaves, structure = flatten(found)
    others, expected = flatten(wanted)
    assert structure == expected
    for one, other in zip(leaves, others, strict=True):
        assert_close(one, np.asarray(other, np.result_type(one)))


@pytest.mark.parametrize(
    "arguments",
    [(A, 3), (A, "mean"), (A, True), ([A, slice(1)],)],
    ids=["a whole number", "a text", "a truth value", "a slice"],
)
def test_settings_are_looked_up(arguments: tuple[Any, ...]) -> None:
    compiled = cr.compile(lambda *given: np.sum(flatten(given)[0][0]))
    compiled(*arguments)
    assert compiled._quick is None


def test_by_name_and_by_place() -> None:
    compiled = cr.compile(lambda x, scale=2.0: x * scale)
    for _ in range(2):
        assert np.array_equal(compiled(A), 2 * A)
        assert np.array_equal(compiled(A, scale=3.0), 3 * A)
        assert np.array_equal(compiled(A, 4.0), 4 * A)


def test_two_signatures_in_turn() -> None:
    compiled = cr.compile(everything)
    for _ in range(3):
        agree(compiled(A, B), everything(A, B))
        agree(compiled([A], SINGLE), everything([A], SINGLE))


def test_results_of_each_call_are_the_callers() -> None:
    compiled = cr.compile(lambda x: (x, x + 1, np.ones(3)))
    first = [compiled(A) for _ in range(3)][-1]
    kept = [one.copy() for one in first]
    for one in compiled(A):
        one[...] = 7.0
    assert all(map(np.array_equal, first, kept))
    assert A[0, 0] == 0.0


def test_within_another_function_it_is_traced() -> None:
    """The array that it reads is the outer function's, which reads it again at every call."""
    weights = np.ones(3)
    inner = cr.compile(lambda x: x * weights)
    inner(np.ones(3))
    outer = cr.grad(lambda x: np.sum(x * inner(np.full(3, 2.0))))
    assert outer(np.ones(3)).tolist() == [2.0] * 3
    weights = np.full(3, 5.0)
    assert outer(np.ones(3)).tolist() == [10.0] * 3


def test_a_place_outside_is_said_in_words() -> None:
    compiled = cr.compile(lambda table, at: table[at])
    assert compiled(A[0], np.array([1])).tolist() == [1.0]
    for _ in range(2):
        with pytest.raises(DomainProblem, match="3"):
            compiled(A[0], np.array([3]))
    assert compiled(A[0], np.array([2])).tolist() == [2.0]


def test_what_is_gone_is_said_as_python_says_it() -> None:
    parts = {"W": np.ones(3)}
    compiled: Callable[..., Any] = cr.compile(lambda x: x * parts["W"])
    for _ in range(2):
        assert compiled(np.ones(3)).tolist() == [1.0] * 3
    del parts["W"]
    with pytest.raises(KeyError):
        compiled(np.ones(3))
