"""Object files as code that can be called, placed by hand: without llvmlite, in half a millisecond.

LLVM's code for x86-64 needs few things of a loader: its sections side by side, references between
them, and some functions of the C library.  Other machines' formats LLVM loads itself.

Source: System V Application Binary Interface, AMD64 supplement, ch. 4.4 (relocation).
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from chainrule.graph.record import Record
from chainrule.run.native.elf import (
    REFERENCE,
    BadObject,
    Foreign,
    Section,
    SectionFlag,
    SectionKind,
    Symbol,
    content_of,
    records_of,
    sections_of,
    symbols_of,
)
from chainrule.run.native.machine import NativeUnavailable, load_with_llvm
from chainrule.run.native.processor import Processor

__all__ = ["BadObject", "Foreign", "Loaded", "load", "place"]

MOST_BYTES = 1 << 28

# Kinds of reference.
ABSOLUTE_64, RELATIVE_32, CALL_32 = 1, 2, 4
THROUGH_TABLE = (9, 41, 42)

# What LLVM calls for what a processor lacks, or for a function that the text does not write out.
OF_NUMBERS = (
    *("acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "exp", "exp2", "floor", "fma"),
    *("fmod", "log", "log10", "log2", "nearbyint", "pow", "rint", "round", "roundeven", "sin"),
    *("sinh", "tan", "tanh", "trunc"),
)
C_LIBRARY = frozenset(
    ("memcpy", "memmove", "memset", *OF_NUMBERS, *(f"{name}f" for name in OF_NUMBERS))
)

# A door to a function that may lie further than 2 GiB away: a jump to the address that follows it.
DOOR = struct.Struct("<6s2xQ")
JUMP = b"\xff\x25\x02\x00\x00\x00"
ADDRESS_IN_DOOR = 8


class Loaded:
    """Code in memory, for as long as this object lives."""

    def __init__(self, find: Callable[[str], int | None], memory: Any) -> None:
        self._find = find
        self._memory = memory

    def address(self, name: str) -> int:
        """Where a function begins.

        Raises:
            BadObject: there is none of this name.
        """
        found = self._find(name)
        if not found:
            raise BadObject(f"The object has no function {name!r}")
        return found


def load(code: bytes, processor: Processor) -> Loaded:
    """The code of an object file, ready to be called.

    Raises:
        BadObject: the file is damaged.
        NativeUnavailable: the code cannot run here; the message says why.
    """
    try:
        return place(code)
    except Foreign:
        engine = load_with_llvm(code, processor)
        return Loaded(engine.get_function_address, engine)


def place(code: bytes) -> Loaded:
    """The code of an ELF object for x86-64, placed in memory of its own.

    Raises:
        BadObject: something in it lies outside of it.
        Foreign: it is something else, or has references of another kind than LLVM's for x86-64.
        NativeUnavailable: it calls what is not known here, or this system lets nobody make code.
    """
    sections = sections_of(code)
    symbols = symbols_of(code, sections)
    image = Image(_layout(sections, len(symbols)), symbols)
    for number, offset in image.layout.offsets.items():
        content = content_of(code, sections[number])
        image.memory[offset : offset + len(content)] = content
    for one in sections:
        if one.info in image.layout.offsets and one.kind in SectionKind.REFERENCES:
            image.connect(one, sections[one.info].size, code)
    image.make_executable()
    return Loaded(image.functions().get, image.memory)


class Layout(Record):
    """Where the sections go: what is only read, the doors, then on pages of its own the rest."""

    offsets: dict[int, int]
    doors: int
    border: int
    size: int


class Image:
    """Sections in memory, being connected."""

    def __init__(self, layout: Layout, symbols: list[Symbol]) -> None:
        self.layout = layout
        self.symbols = symbols
        kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        self.memory = mmap.mmap(-1, layout.size, flags=kind)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))

    def connect(self, references: Section, size: int, code: bytes) -> None:
        """Write into a section of this size where the others lie."""
        if references.kind != SectionKind.WITH_ADDENDS:
            raise Foreign("references without addends")
        start = self.layout.offsets[references.info]
        for offset, info, addend in records_of(REFERENCE, references, code):
            kind, number = info & 0xFFFFFFFF, info >> 32
            width = 8 if kind == ABSOLUTE_64 else 4
            if offset + width > size or number >= len(self.symbols):
                raise BadObject("A reference lies outside of its section")
            target = self._referred(kind, number) + addend
            self._write(target, start + offset, is_absolute=kind == ABSOLUTE_64)

    def _write(self, target: int, at: int, is_absolute: bool) -> None:
        """An address, or how far it is from here."""
        if is_absolute:
            struct.pack_into("<Q", self.memory, at, target % 2**64)
            return
        distance = target - (self.base + at)
        if not -(2**31) <= distance < 2**31:
            raise Foreign("a reference over more than 2 GiB")
        struct.pack_into("<i", self.memory, at, distance)

    def _referred(self, kind: int, number: int) -> int:
        """The address that a kind of reference to a symbol means."""
        if kind in THROUGH_TABLE:
            return self._door(number) + ADDRESS_IN_DOOR
        if kind == CALL_32 and self.symbols[number].is_elsewhere:
            return self._door(number)
        if kind in (ABSOLUTE_64, RELATIVE_32, CALL_32):
            return self._address(number)
        raise Foreign(f"a reference of kind {kind}")

    def _address(self, number: int) -> int:
        symbol = self.symbols[number]
        if symbol.is_elsewhere:
            return _of_c_library(symbol.name)
        if symbol.section not in self.layout.offsets:
            raise Foreign(f"{symbol.name!r} lies in no section that is loaded")
        return self.base + self.layout.offsets[symbol.section] + symbol.value

    def _door(self, number: int) -> int:
        """The address of a jump to a symbol, which ends with the symbol's own address."""
        at = self.layout.doors + number * DOOR.size
        DOOR.pack_into(self.memory, at, JUMP, self._address(number))
        return self.base + at

    def make_executable(self) -> None:
        """What is only read may now run, and no longer be written."""
        protect = _c_library().mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        if protect(self.base, self.layout.border, mmap.PROT_READ | mmap.PROT_EXEC):
            raise NativeUnavailable("This system does not let programs make code.")

    def functions(self) -> dict[str, int]:
        """The addresses of all that has a name."""
        return {
            one.name: self._address(number)
            for number, one in enumerate(self.symbols)
            if one.name and one.section in self.layout.offsets
        }


@cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None)


@cache
def _of_c_library(name: str) -> int:
    """The address of a function of the C library."""
    function = getattr(_c_library(), name, None) if name in C_LIBRARY else None
    if function is None:
        raise NativeUnavailable(f"The compiled code calls {name!r}, which is not known here.")
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _layout(sections: list[Section], symbols: int) -> Layout:
    loaded = [number for number, one in enumerate(sections) if one.is_loaded]
    written = [n for n in loaded if sections[n].flags & SectionFlag.WRITABLE]
    offsets: dict[int, int] = {}
    end = _put([n for n in loaded if n not in written], 0, sections, offsets)
    doors = _rounded(end, DOOR.size)
    border = _rounded(doors + symbols * DOOR.size + 1, mmap.PAGESIZE)
    size = _put(written, border, sections, offsets)
    return Layout(offsets, doors, border, size)


def _put(numbers: list[int], start: int, sections: list[Section], offsets: dict[int, int]) -> int:
    """Sections one after the other, into `offsets`; where they end."""
    for number in numbers:
        one = sections[number]
        alignment = max(one.alignment, 1)
        if one.flags & SectionFlag.OF_THREAD or mmap.PAGESIZE % alignment:
            raise Foreign("a section with wishes of its own")
        offsets[number] = _rounded(start, alignment)
        start = offsets[number] + one.size
        if start > MOST_BYTES:
            raise BadObject("The object is larger than any that is made here")
    return start


def _rounded(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
