"""Native code called with arrays: what is given, what comes back, and by many at once."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.errors import DataProblem, ShapeError
from chainrule.run.native.calling import Caller, Spec, address_of, aligned, entry_point
from chainrule.run.native.loader import Loaded, load
from chainrule.run.native.machine import compile_object
from chainrule.run.native.processor import GENERIC
from chainrule.run.native.ssa import Module, Value

TYPES = {"float": np.float32, "double": np.float64}


def compiled(text: str) -> Loaded:
    return load(compile_object(text, GENERIC), GENERIC)


def sums_and_products(scalar: str, shape: tuple[int, ...]) -> Caller:
    """a + b and a·b of two arrays."""
    module = Module()
    entry = module.function("entry", [("ptr", "table"), ("i64", "steps"), ("i64", "thread")])
    a, b, total, product = (
        entry.load("ptr", entry.parameters[0], Value(str(at), "i64")) for at in range(4)
    )

    def body(i: Value) -> None:
        left, right = entry.load(scalar, a, i), entry.load(scalar, b, i)
        entry.store(entry.add(left, right), total, i)
        entry.store(entry.mul(left, right), product, i)

    if np.prod(shape):
        entry.loop(int(np.prod(shape)), body)
    entry.finish()
    spec = Spec(shape, np.dtype(TYPES[scalar]))
    return Caller(compiled(module.text()), "entry", [spec, spec], [spec, spec])


def numbers(shape: tuple[int, ...], kind: Any = np.float64) -> np.ndarray:
    return np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(kind)


@pytest.mark.parametrize("scalar", TYPES)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (2, 3, 4), (0,), (3, 0)])
def test_arrays_go_in_and_new_arrays_come_out(scalar: str, shape: tuple[int, ...]) -> None:
    caller = sums_and_products(scalar, shape)
    a = numbers(shape, TYPES[scalar])
    for b in (a, a + 1):
        total, product = caller(a, b)
        np.testing.assert_array_equal(total, a + b, strict=True)
        np.testing.assert_array_equal(product, a * b, strict=True)


def test_results_are_the_callers_own() -> None:
    caller, a = sums_and_products("double", (4,)), numbers((4,))
    first = caller(a, a)
    second = caller(a, a + 1)
    np.testing.assert_array_equal(first[0], 2 * a)
    assert not any(np.shares_memory(one, other) for one in first for other in (*second, a))


def misaligned(a: np.ndarray) -> np.ndarray:
    moved = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    moved[...] = a
    assert not moved.flags.aligned
    return moved


def read_only(a: np.ndarray) -> np.ndarray:
    found = a.copy()
    found.flags.writeable = False
    return found


class Own(np.ndarray):
    """An array with a name of its own."""


LYING: dict[str, Callable[[Any], Any]] = {
    "by columns": np.asfortranarray,
    "every second": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "misaligned": misaligned,
    "of another byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "read only": read_only,
    "of a class of its own": lambda a: a.view(Own),
    "lists": lambda a: a.tolist(),
    "single precision": lambda a: a.astype(np.float32),
    "whole numbers": lambda a: a.astype(np.int32),
    "stretched": lambda a: np.broadcast_to(a, (2, *a.shape))[0],
}


@pytest.mark.parametrize("change", LYING.values(), ids=list(LYING))
def test_inputs_may_lie_in_memory_in_any_way(change: Callable[[Any], Any]) -> None:
    caller, a = sums_and_products("double", (3, 5)), numbers((3, 5))
    for arguments in ((change(a), a), (a, change(a)), (change(a), change(a))):
        total, product = caller(*arguments)
        assert type(total) is np.ndarray
        np.testing.assert_array_equal(total, a + a, strict=True)
        np.testing.assert_array_equal(product, a * a, strict=True)


def test_an_attempt_takes_only_what_is_expected() -> None:
    caller, a = sums_and_products("double", (3, 5)), numbers((3, 5))
    assert caller.attempt(a, a) is not None
    assert caller.attempt(read_only(a), a) is not None  # nothing has to be copied
    others = [change(a) for name, change in LYING.items() if name not in ("read only", "stretched")]
    assert [caller.attempt(a, one) for one in others] == [None] * len(others)
    assert caller.attempt(a) is None
    assert caller.attempt(a, a[:2]) is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([np.zeros((3, 5))], DataProblem, "2 arrays are expected, not 1"),
        ([np.zeros((3, 5))] * 3, DataProblem, "2 arrays are expected, not 3"),
        ([np.zeros((3, 5)), np.zeros((5, 3))], ShapeError, r"Input 2 has shape \(5, 3\).*\(3, 5\)"),
        ([1.0, np.zeros((3, 5))], ShapeError, r"Input 1 has shape \(\)"),
        ([[[1], [1, 2]], np.zeros((3, 5))], DataProblem, "Input 1 is no array of numbers"),
        ([np.zeros((3, 5)), "x"], DataProblem, "Input 2 is no array of numbers"),
        ([np.zeros((3, 5)), None], ShapeError, "Input 2"),
        ([np.zeros((3, 5), complex), np.zeros((3, 5))], DataProblem, "complex128; expected float6"),
        ([np.zeros((3, 5)), np.full((3, 5), "1")], DataProblem, "Input 2 is of <U1"),
        ([np.zeros((3, 5)), np.zeros((3, 5), object)], DataProblem, "object; expected float64"),
    ],
)
def test_other_inputs_are_errors(arguments: list[Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        sums_and_products("double", (3, 5))(*arguments)


def test_nothing_is_lost_silently() -> None:
    with pytest.raises(DataProblem, match="Input 1 is of float64; expected float32"):
        sums_and_products("float", (2,))(np.zeros(2), np.zeros(2, np.float32))


# Addresses and tables.


def test_addresses_are_what_numpy_says() -> None:
    base = np.zeros((4, 6))
    for array in (base, base[1:, 2:], base.T, base[::-1], np.array(1.5)):
        assert address_of(array) == array.ctypes.data


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_working_memory_begins_at_a_cache_line(size: int) -> None:
    memory = aligned(size)
    assert memory.nbytes == size
    assert address_of(memory) % 64 == 0


SHOW_TABLE = """define void @entry(ptr %table, i64 %steps, i64 %thread) {
  %place = getelementptr ptr, ptr %table, i64 1
  %y = load ptr, ptr %place
  %table_part = load <3 x i64>, ptr %table, align 8
  store <3 x i64> %table_part, ptr %y, align 8
  %at = getelementptr i64, ptr %y, i64 3
  store i64 %steps, ptr %at
  %last = getelementptr i64, ptr %y, i64 4
  store i64 %thread, ptr %last
  ret void
}
"""


@pytest.mark.parametrize("is_long", [False, True])
def test_the_table_holds_inputs_outputs_and_working_memory(is_long: bool) -> None:
    whole = np.dtype(np.int64)
    caller = Caller(
        compiled(SHOW_TABLE), "entry", [Spec((2,), whole)], [Spec((5,), whole)], 100, is_long
    )
    x = np.zeros(2, np.int64)
    (y,) = caller(x)
    assert y[:2].tolist() == [x.ctypes.data, y.ctypes.data]
    assert y[2] % 64 == 0
    assert y[3:].tolist() == [1, 0]
    assert caller(x)[0][2] == y[2]  # the working memory is used again


# Threads.

# Fills its working memory with its input, waits, and writes what it finds there then.
REMEMBER = """define void @entry(ptr %table, i64 %steps, i64 %thread) {
start:
  %outputs = getelementptr ptr, ptr %table, i64 1
  %workings = getelementptr ptr, ptr %table, i64 2
  %x = load ptr, ptr %table
  %y = load ptr, ptr %outputs
  %working = load ptr, ptr %workings
  %given = load i64, ptr %x
  store volatile i64 %given, ptr %working
  br label %wait
wait:
  %turn = phi i64 [0, %start], [%next, %wait]
  %next = add i64 %turn, 1
  %found = load volatile i64, ptr %working
  %more = icmp ult i64 %next, 100000
  br i1 %more, label %wait, label %done
done:
  store i64 %found, ptr %y
  ret void
}
"""


@pytest.mark.parametrize("is_long", [False, True])
def test_threads_have_working_memory_of_their_own(is_long: bool) -> None:
    one = Spec((1,), np.dtype(np.int64))
    caller = Caller(compiled(REMEMBER), "entry", [one], [one], 8, is_long)
    wrong: list[int] = []

    def use(number: int) -> None:
        for turn in range(40):
            given = np.array([number * 1000 + turn])
            if caller(given)[0][0] != given[0]:
                wrong.append(number)

    together = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert wrong == []


# Waits until its input becomes another number than 0.
AWAIT = """define void @entry(ptr %table, i64 %steps, i64 %thread) {
start:
  %x = load ptr, ptr %table
  br label %wait
wait:
  %found = load volatile i64, ptr %x
  %more = icmp eq i64 %found, 0
  br i1 %more, label %wait, label %done
done:
  ret void
}
"""


def test_others_run_during_a_long_call() -> None:
    caller = Caller(compiled(AWAIT), "entry", [Spec((1,), np.dtype(np.int64))], [], 0, is_long=True)
    signal = np.zeros(1, np.int64)
    waiting = threading.Thread(target=caller, args=(signal,), daemon=True)
    waiting.start()
    signal[0] = 1
    waiting.join(timeout=60)
    assert not waiting.is_alive()


def test_the_code_lives_as_long_as_its_caller() -> None:
    caller = sums_and_products("double", (2,))  # nobody else keeps what was loaded
    junk = [compiled(SHOW_TABLE) for _ in range(20)]
    assert caller(numbers((2,)), numbers((2,)))[0].tolist() == [2.0, 4.0]
    assert len(junk) == 20


def test_an_entry_point_takes_a_table_as_bytes() -> None:
    loaded = compiled(SHOW_TABLE)
    result = np.zeros(5, np.int64)
    entry = entry_point(loaded, "entry", is_long=False)
    table = np.array([7, address_of(result), 9]).tobytes()
    entry(table, ctypes.c_int64(2**40), ctypes.c_int64(3))
    assert result.tolist() == [7, result.ctypes.data, 9, 2**40, 3]
