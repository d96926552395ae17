"""Object files in memory: placed by us as LLVM would, and never trusted."""

from __future__ import annotations

import gc
import platform
import random
import struct
import sys

import numpy as np
import pytest
from tests.run.native.sample import (
    COUNT,
    PROGRAM,
    call,
    expected,
    kinds,
    run_program,
    run_python,
    squares_and_sum,
)

from chainrule.run.native.loader import BadObject, Foreign, Loaded, load, place
from chainrule.run.native.machine import NativeUnavailable, compile_object, load_with_llvm
from chainrule.run.native.processor import BASELINE, Processor

IS_OURS = sys.platform == "linux" and platform.machine() == "x86_64"
ours = pytest.mark.skipif(not IS_OURS, reason="objects of another format")
by_kind = pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
GIVEN = np.array([0.5, -1.25, 7.75, 1e6, *range(96)], np.float32)


def with_llvm(code: bytes, processor: Processor) -> Loaded:
    engine = load_with_llvm(code, processor)
    return Loaded(engine.get_function_address, engine)


@by_kind
@pytest.mark.parametrize("steps", [0, 1, 3, 100])
def test_a_loaded_program_runs(processor: Processor, steps: int) -> None:
    loaded = load(compile_object(PROGRAM, processor), processor)
    for calls in range(3):
        np.testing.assert_array_equal(
            run_program(loaded, GIVEN, steps), expected(GIVEN, steps, calls)
        )


@ours
@by_kind
def test_our_loader_and_llvms_agree(processor: Processor) -> None:
    code = compile_object(PROGRAM, processor)
    mine, theirs = place(code), with_llvm(code, processor)
    for steps in (0, 2, 50):
        mine_says, they_say = (run_program(one, GIVEN, steps) for one in (mine, theirs))
        assert mine_says.tobytes() == they_say.tobytes()


@by_kind
def test_every_kind_of_processor_computes_the_same(processor: Processor) -> None:
    loaded = load(compile_object(squares_and_sum(processor), processor), processor)
    x = np.arange(-30, COUNT - 30).astype(np.float32)  # whole numbers: no rounding at all
    y, total = np.zeros_like(x), np.zeros((), np.float32)
    call(loaded, x.ctypes.data, y.ctypes.data, total.ctypes.data)
    np.testing.assert_array_equal(y, x * x + 1)
    assert total == x.sum()


@ours
def test_each_load_has_data_of_its_own() -> None:
    code = compile_object(PROGRAM, kinds()[0])
    first, second = place(code), place(code)
    run_program(first, GIVEN, 1)
    np.testing.assert_array_equal(run_program(second, GIVEN, 1), expected(GIVEN, 1))


def test_an_unknown_name_is_an_error() -> None:
    loaded = load(compile_object(PROGRAM, kinds()[0]), kinds()[0])
    with pytest.raises(BadObject, match="'exit'"):
        loaded.address("exit")


@ours
def test_code_calls_no_function_that_is_not_known() -> None:
    text = "declare void @system(ptr)\ndefine void @entry(ptr %x) {\n"
    text += "call void @system(ptr %x)\nret void\n}"
    with pytest.raises(NativeUnavailable, match="'system'"):
        load(compile_object(text, BASELINE), BASELINE)


@ours
def test_a_word_of_other_formats_goes_to_llvm() -> None:
    for other in (b"", b"MZ", b"\xcf\xfa\xed\xfe" * 20, b"\x7fELF\x01\x01\x01" + b"\0" * 60):
        with pytest.raises(Foreign):
            place(other)


def mappings_at(address: int) -> list[str]:
    """How the system lets the memory at an address be used: "r-xp" and such."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        rows = [line.split() for line in file]
    spans = [([int(end, 16) for end in row[0].split("-")], row[1]) for row in rows]
    return [rights for (start, end), rights in spans if start <= address < end]


@ours
def test_code_cannot_be_written_and_goes_with_its_owner() -> None:
    loaded = place(compile_object(PROGRAM, kinds()[0]))
    address = loaded.address("entry")
    assert mappings_at(address) == ["r-xp"]
    run_program(loaded, GIVEN, 1)
    del loaded
    gc.collect()
    assert mappings_at(address) == []


REFUSED = """
import ctypes, sys
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0):
    print("no such wish")
    sys.exit()
from chainrule.run.native import loader, machine, processor
from tests.run.native.sample import PROGRAM
try:
    loader.load(machine.compile_object(PROGRAM, processor.BASELINE), processor.BASELINE)
except machine.NativeUnavailable as problem:
    print(problem)
"""


@ours
def test_a_system_that_forbids_new_code_is_unavailable() -> None:
    done = run_python(REFUSED)
    if "no such wish" in done.stdout:
        pytest.skip("Linux before 6.3 does not refuse")
    assert done.stdout == "This system does not let programs make code.\n", done.stderr


# Damage.


def survives(damaged: bytes) -> bool:
    """Whether a file is placed; what is refused is refused with one of our errors."""
    try:
        place(damaged)
    except (BadObject, Foreign, NativeUnavailable):
        return False
    return True


@pytest.fixture(scope="module")
def code() -> bytes:
    return compile_object(PROGRAM, BASELINE)


@ours
def test_a_file_cut_short_is_refused(code: bytes) -> None:
    assert survives(code)
    assert not any(survives(code[:size]) for size in range(0, len(code), 7))


@ours
def test_damaged_bytes_do_no_harm(code: bytes) -> None:
    refused = 0
    for position in range(0, len(code), 7):
        for mask in (0xFF, 0x80, 0x01):
            damaged = bytearray(code)
            damaged[position] ^= mask
            refused += not survives(bytes(damaged))
    assert refused > 100


@ours
def test_random_tables_do_no_harm(code: bytes) -> None:
    dice = random.Random(7)
    table = struct.unpack_from("<Q", code, 40)[0]
    words = range(table, len(code) - 8, 4)
    values = (0, 1, 7, 8, 2**16, 2**28, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
    for _ in range(3000):
        damaged = bytearray(code)
        for _ in range(dice.randint(1, 4)):
            struct.pack_into("<Q", damaged, dice.choice(words), dice.choice(values))
        survives(bytes(damaged))
