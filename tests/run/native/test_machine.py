"""Text to machine code; and what is said where that cannot be."""

from __future__ import annotations

import pytest
from tests.run.native.sample import PROGRAM, kinds, run_python

from chainrule.run.native.machine import BadText, assembly_of, compile_object
from chainrule.run.native.processor import Processor

# `None` in this place is Python's own way to say that a module is not to be had.
WITHOUT_LLVMLITE = "import sys; sys.modules['llvmlite'] = None\n"
COMPILE_TWICE = """
import warnings
from chainrule.run.native import machine
from chainrule.run.native.processor import detect
warnings.simplefilter("always")
for turn in range(2):
    try:
        machine.compile_object("define void @entry() { ret void }", detect())
    except machine.NativeUnavailable as problem:
        machine.say_unavailable(problem)
"""


@pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
def test_the_same_text_is_the_same_code(processor: Processor) -> None:
    assert compile_object(PROGRAM, processor) == compile_object(PROGRAM, processor)


def test_what_people_read_is_what_is_compiled() -> None:
    processor = kinds()[-1]
    assert "entry:" in assembly_of(PROGRAM, processor)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("define void @entry() {\n  %a = fadd float 1.0, i32\n  ret void\n}", "%a = fadd float"),
        ("define void @entry() {\n  ret i32 0\n}", "ret i32 0"),
        (
            "define float @entry(float %x) {\n  br label %b\nb:\n  %y = fadd float %x, %z\n"
            "  br label %c\nc:\n  %z = fadd float %x, %x\n  ret float %y\n}",
            "%y = fadd float %x, %z",
        ),
    ],
    ids=["not a number", "another type", "used before it is made"],
)
def test_a_mistake_in_the_text_is_shown_with_its_line(text: str, line: str) -> None:
    with pytest.raises(BadText, match=line.replace("+", r"\+")):
        compile_object(text, kinds()[0])


def test_a_missing_llvmlite_is_said_once() -> None:
    done = run_python(WITHOUT_LLVMLITE + COMPILE_TWICE)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("NativeWarning") == 1
    assert "Native code needs llvmlite" in done.stderr
    assert "The NumPy interpreter runs instead" in done.stderr


def test_the_library_starts_without_llvmlite() -> None:
    done = run_python("import sys, chainrule.run.native.machine; print('llvmlite' in sys.modules)")
    assert done.stdout == "False\n", done.stderr
