"""What a compiled function may be called with: arrays however they lie in memory, and what not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.run.native.comparing import assert_close

import chainrule as cr
from chainrule.errors import ChainruleError, DataProblem, DomainProblem, ShapeError

Function = Callable[..., Any]
Array = np.ndarray[Any, Any]


def elementwise(x: Any) -> Any:
    return np.tanh(x) * x + 1


def over_rows(x: Any) -> Any:
    return np.sum(np.exp(x - np.max(x, axis=-1, keepdims=True)), axis=-1)


def over_columns(x: Any) -> Any:
    return np.mean(x, axis=0), x.T


def product(x: Any) -> Any:
    return x @ x.T


def by_numpy(x: Any) -> Any:
    return np.sort(x) * 2, np.sum(x)


def at_places(x: Any) -> Any:
    return x[np.argmax(x, axis=0)] + 1


FUNCTIONS = (elementwise, over_rows, over_columns, product, by_numpy, at_places)


def unaligned(x: Array) -> Array:
    """The same numbers, beginning one byte after where they should."""
    memory = b"-" + x.tobytes()
    return np.frombuffer(memory, np.uint8)[1:].view(x.dtype).reshape(x.shape)


def read_only(x: Array) -> Array:
    found = x.copy()
    found.flags.writeable = False
    return found


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "row by row": np.ascontiguousarray,
    "column by column": np.asfortranarray,
    "every other column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "one row again and again": lambda x: np.broadcast_to(x[0], x.shape),
    "within a larger array": lambda x: np.pad(x, 3)[3:-3, 3:-3],
    "unaligned": unaligned,
    "read-only": read_only,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(7, 5), (40, 33), (1, 1)], ids=str)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_arrays_however_they_lie(function: Function, shape: tuple[int, int], dtype: str) -> None:
    random = np.random.default_rng(1)
    compiled = cr.compile(function)
    for name, laid in LAYOUTS.items():
        given = laid(random.normal(size=shape).astype(dtype))
        before = given.copy()
        agree(compiled(given), function(given))
        assert np.array_equal(given, before), name


def agree(found: Any, wanted: Any) -> None:
    """The same numbers, of parts and of wholes."""
    if isinstance(wanted, tuple):
        for one, other in zip(found, wanted, strict=True):
            agree(one, other)
    else:
        assert_close(found, wanted)


def test_a_file_that_is_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(600.0).reshape(20, 30))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    agree(cr.compile(over_rows)(mapped), over_rows(np.array(mapped)))


def test_bytes_in_the_other_order() -> None:
    given = np.linspace(0, 1, 40).reshape(8, 5)
    swapped = given.astype(given.dtype.newbyteorder())
    assert_close(cr.compile(elementwise)(swapped), elementwise(given))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)], ids=str)
@pytest.mark.parametrize("function", [elementwise, product], ids=lambda one: one.__name__)
def test_arrays_without_entries(function: Function, shape: tuple[int, int]) -> None:
    given = np.empty(shape)
    agree(cr.compile(function)(given), function(given))
    slope = cr.grad(lambda x: np.sum(function(x)))
    agree(cr.compile(slope)(given), slope(given))


@pytest.mark.parametrize("number", [0.5, np.float32(0.5), np.array(0.5), np.array(0.5, np.float32)])
def test_one_number(number: Any) -> None:
    slope = cr.grad(lambda x: np.sin(x) * x)
    found, wanted = cr.compile(slope)(number), slope(number)
    assert type(found) is type(wanted)
    assert_close(found, wanted)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64"])
def test_whole_numbers_and_truth_values(dtype: str) -> None:
    given = np.array([[1, 0, 3], [2, 0, 1]]).astype(dtype)

    def function(x: Any) -> Any:
        return np.sum(x, axis=0), np.max(x), x > 0, np.where(x, 2.5, 1), x.T, np.exp(x)

    agree(cr.compile(function)(given), cr.compile(function)._inner(given))


def test_results_are_the_callers() -> None:
    """No result is written to by a later call, or shares memory with an argument or another."""
    compiled = cr.compile(lambda x: (x, x, x.T, np.exp(x), np.ones(3), np.ones(3)))
    given = np.arange(6.0).reshape(2, 3)
    first = compiled(given)
    kept = [one.copy() for one in first]
    second = compiled(given + 1)
    arrays = [given, *first, *second]
    for at, one in enumerate(arrays):
        assert one.flags.writeable
        assert not any(np.shares_memory(one, other) for other in arrays[:at])
    assert all(np.array_equal(one, was) for one, was in zip(first, kept, strict=True))


def test_containers_of_arrays_are_not_taken_for_the_arrays() -> None:
    def function(one: Any, other: Any) -> Any:
        return {"sum": one[0] + one[1]} if isinstance(other, str) else one * other

    compiled, a, b = cr.compile(function), np.ones(3), np.full(3, 5.0)
    assert compiled([a, b], "a list")["sum"].tolist() == [6.0] * 3
    assert compiled(a, b).tolist() == [5.0] * 3
    assert compiled([a, b], "a list")["sum"].tolist() == [6.0] * 3


def test_what_is_closed_over_may_change() -> None:
    weights = np.ones(3)
    compiled = cr.compile(lambda x: x * weights)
    assert compiled(np.ones(3)).tolist() == [1.0] * 3
    weights[:] = 4.0
    assert compiled(np.ones(3)).tolist() == [4.0] * 3


# Many threads.


def test_threads_call_one_function_with_different_arrays() -> None:
    """While it is compiled for one signature after the other, nobody gets another's result."""

    def function(x: Any) -> Any:
        return (x + 1,) if x.ndim == 1 else {"twice": 2 * x}

    compiled = cr.compile(function)

    def work(number: int) -> None:
        for turn in range(60):
            size = 1 + (number + turn) % 9
            vector, matrix = np.full(size, float(number)), np.full((size, 2), float(number))
            assert compiled(vector)[0].tolist() == [number + 1.0] * size
            assert compiled(matrix)["twice"].tolist() == [[2.0 * number] * 2] * size

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


@pytest.mark.parametrize("function", [by_numpy, at_places, product], ids=lambda one: one.__name__)
def test_threads_share_no_working_memory(function: Function) -> None:
    compiled = cr.compile(function)

    def work(number: int) -> None:
        given = np.random.default_rng(number).normal(size=(40, 30))
        wanted = function(given)
        for _ in range(50):
            agree(compiled(given), wanted)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


# What is refused is refused as the interpreter does.


def chosen(x: Any, places: Any) -> Any:
    return np.sum(np.take(x, places) ** 2)


REFUSED: dict[str, tuple[Function, tuple[Any, ...], type[ChainruleError]]] = {
    "shapes that do not fit": (lambda A, x: A @ x, (np.ones((3, 4)), np.ones(5)), ShapeError),
    "complex numbers": (elementwise, (np.ones(3) * 1j,), DataProblem),
    "objects": (elementwise, (np.array([None, 1]),), DataProblem),
    "a place outside": (chosen, (np.ones(5), np.array([1, 5])), DomainProblem),
    "a place before": (chosen, (np.ones(5), np.array([1, -6])), DomainProblem),
    "a place outside of many": (chosen, (np.ones(500), np.arange(1, 501)), DomainProblem),
    "a slope at a place outside": (
        cr.grad(chosen), (np.ones(500), np.arange(1, 501)), DomainProblem
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    function, arguments, kind = REFUSED[name]
    compiled = cr.compile(function)
    with pytest.raises(kind) as wanted:
        compiled._inner(*arguments)
    for _ in range(2):
        with pytest.raises(kind) as found:
            compiled(*arguments)
        assert str(found.value) == str(wanted.value)


def test_a_wrong_place_spoils_nothing() -> None:
    compiled, x = cr.compile(chosen), np.arange(5.0)
    assert compiled(x, np.array([1, 2])) == 5.0
    with pytest.raises(DomainProblem):
        compiled(x, np.array([1, 7]))
    assert compiled(x, np.array([1, 3])) == 10.0
