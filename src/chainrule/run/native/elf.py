"""ELF object files for x86-64, read with distrust: nothing outside of the file is ever reached.

Source: System V Application Binary Interface, ch. 4 (object files), and its AMD64 supplement.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from chainrule.graph.record import Record

__all__ = [
    "REFERENCE",
    "BadObject",
    "Foreign",
    "Section",
    "SectionFlag",
    "SectionKind",
    "Symbol",
    "content_of",
    "records_of",
    "sections_of",
    "symbols_of",
]

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
REFERENCE = struct.Struct("<QQq")  # offset, symbol and kind, addend

MAGIC = b"\x7fELF\x02\x01\x01"  # 64 bits, little-endian, version 1
RELOCATABLE, X86_64 = 1, 62
ELSEWHERE, RESERVED = 0, 0xFF00  # section numbers of symbols that lie in none


class BadObject(Exception):
    """An object file that contradicts itself: damaged, or cut short."""


class Foreign(Exception):
    """An object file of another format, or with what is not understood here."""


class SectionKind:
    """What a section holds; ZEROS take no room in the file."""

    BITS, SYMBOLS, WITH_ADDENDS, ZEROS, WITHOUT = 1, 2, 4, 8, 9
    REFERENCES = (WITH_ADDENDS, WITHOUT)


class SectionFlag:
    """What a section is for."""

    WRITABLE, LOADED, OF_THREAD = 1, 2, 1024


class Section(Record):
    """A row of the table of sections."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry: int

    @property
    def is_loaded(self) -> bool:
        """Whether it is part of the running code; tables for debuggers and unwinding are not."""
        is_content = self.kind in (SectionKind.BITS, SectionKind.ZEROS)
        return is_content and bool(self.flags & SectionFlag.LOADED)


class Symbol(Record):
    """A name for a place in a section, or for a function of the C library."""

    name: str
    section: int
    value: int

    @property
    def is_elsewhere(self) -> bool:
        return self.section == ELSEWHERE


def sections_of(code: bytes) -> list[Section]:
    """The table of sections; what they hold lies within the file.

    Raises:
        BadObject: it does not.
        Foreign: this is no relocatable object for x86-64.
    """
    if not code.startswith(MAGIC):
        raise Foreign("no ELF of 64 bits")
    if len(code) < HEADER.size:
        raise BadObject("The object is cut short")
    _, kind, machine, _, _, _, table, _, _, _, _, row, count, _ = HEADER.unpack_from(code)
    if (kind, machine, row) != (RELOCATABLE, X86_64, SECTION.size):
        raise Foreign("no relocatable object for x86-64")
    end = table + count * SECTION.size
    if end > len(code):
        raise BadObject("The table of sections lies outside of the object")
    sections = [Section(*fields) for fields in SECTION.iter_unpack(code[table:end])]
    for one in sections:
        if one.kind != SectionKind.ZEROS and one.offset + one.size > len(code):
            raise BadObject("A section lies outside of the object")
    return sections


def symbols_of(code: bytes, sections: list[Section]) -> list[Symbol]:
    """The names, in the order of their numbers.

    Raises:
        BadObject: there are none, or one stands for a place outside of its section.
    """
    table = next((one for one in sections if one.kind == SectionKind.SYMBOLS), None)
    if table is None or table.link >= len(sections):
        raise BadObject("The object has no names")
    strings = content_of(code, sections[table.link])
    symbols = []
    for start, _, _, section, value, _ in records_of(SYMBOL, table, code):
        if section < RESERVED and (section >= len(sections) or value > sections[section].size):
            raise BadObject("A name stands for a place outside of its section")
        name = strings[start : max(strings.find(b"\0", start), start)]
        symbols.append(Symbol(name.decode("latin-1"), section, value))
    return symbols


def content_of(code: bytes, section: Section) -> bytes:
    """What the file holds of a section."""
    if section.kind == SectionKind.ZEROS:
        return b""
    return code[section.offset : section.offset + section.size]


def records_of(record: struct.Struct, table: Section, code: bytes) -> Iterator[tuple[int, ...]]:
    """The rows of a section that is a table.

    Raises:
        BadObject: it does not end with a row.
    """
    if table.size % record.size or table.kind == SectionKind.ZEROS:
        raise BadObject("A table ends within a row")
    return record.iter_unpack(content_of(code, table))
