"""The answers of a class: a CSV file, read student by student however large it is.

The file is gone through once to see where each student's rows are (a few numbers for each
student); then the rows of one student at a time are read.  What is no proper row becomes a
row that says so: it harms neither the rows after it nor the other students.
"""

from __future__ import annotations

import csv
import hashlib
import os
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import BinaryIO

from chainrule.errors import ChainruleError, DataProblem, TooLarge
from chainrule.graph.record import Record

__all__ = ["COLUMNS", "Answers", "Row", "Student"]

COLUMNS = ("student", "line", "target", "value")
MOST_LINE = 100_000  # bytes of one line; the csv module's own limit of a field is above it
MOST_JOINED = 50  # lines of one row: a quotation mark that is never closed ends there
MOST_NAME = 200  # characters of a student's name
MOST_STUDENTS = 200_000
MOST_BLOCKS = 2_000_000
MOST_ROWS = 1000  # of one student
MOST_TEXT = 200_000  # characters of one student


class Row(Record):
    """What a student wrote for one target; `problem` is a code in `messages` and its details."""

    line: str
    target: str
    value: str
    problem: tuple[str, int] | None = None


class Student(Record):
    """A student's rows, in the order of their lines."""

    name: str
    rows: tuple[Row, ...]


class _Line(Record):
    """A line of the file and where it begins; cut if it is too long."""

    offset: int
    text: str
    is_cut: bool


class _Fields(Record):
    """A record of the file and where it begins."""

    offset: int
    cells: tuple[str, ...]
    is_cut: bool


class Answers:
    """A CSV file with the columns student, line, target and value, in any order.

    A student's rows need not stand together.  Bytes that are not UTF-8 are kept as `\\xe9`.

    Raises:
        DataProblem: the file cannot be read, or lacks a column.
        TooLarge: there are more students, or changes of student, than can be kept in mind.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._file = open(path, "rb")  # noqa: SIM115 (open as long as this is)
        except OSError as problem:
            raise _unread(path, problem) from None
        try:
            if not self._file.seekable():
                raise DataProblem(f"{path}: a class is read from a file, not from a stream.")
            self.digest = hashlib.file_digest(self._file, "blake2b").hexdigest()
            self._columns, self._width, start = self._header()
            self._places = self._index(start)
        except OSError as problem:
            self.close()
            raise _unread(path, problem) from None
        except ChainruleError:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._places)

    def students(self, skip: int = 0) -> Iterator[Student]:
        """One student after the other, in the order in which they first occur."""
        for name, places in islice(self._places.items(), skip, None):
            yield Student(name, self._rows(name, places))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _header(self) -> tuple[tuple[int, ...], int, int]:
        """Where the columns are, how many there are, and where the rows begin."""
        self._file.seek(0)
        if self._file.read(3) != BOM_UTF8:
            self._file.seek(0)
        records = _records(self._file)
        first = next(records, None)
        names = [name.strip().lower() for name in first.cells] if first is not None else []
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            found = ", ".join(names)[:200].replace("\0", "�") or "nothing"
            raise DataProblem(
                f"{self.path}:1: the first line must name the columns {', '.join(COLUMNS)} "
                f"(CSV with commas, UTF-8); missing: {', '.join(missing)}; found: {found}."
            )
        second = next(records, None)
        start = os.fstat(self._file.fileno()).st_size if second is None else second.offset
        return tuple(names.index(name) for name in COLUMNS), len(names), start

    def _index(self, start: int) -> dict[str, list[int]]:
        """For each student where the blocks of rows begin."""
        places: dict[str, list[int]] = {}
        blocks, last = 0, None
        self._file.seek(start)
        for record in _records(self._file):
            name = self._name(record)
            if name == last:
                continue
            last = name
            blocks += 1
            if (name not in places and len(places) == MOST_STUDENTS) or blocks > MOST_BLOCKS:
                raise TooLarge(
                    f"{self.path}: a class has at most {MOST_STUDENTS:,} students, and "
                    f"{MOST_BLOCKS:,} changes from one to another; split the file."
                )
            places.setdefault(name, []).append(record.offset)
        return places

    def _rows(self, name: str, places: list[int]) -> tuple[Row, ...]:
        rows: list[Row] = []
        size = 0
        for place in places:
            self._file.seek(place)
            for record in takewhile(lambda one: self._name(one) == name, _records(self._file)):
                rows.append(self._row(record))
                size += len(rows[-1].target) + len(rows[-1].value)
                if len(rows) > MOST_ROWS or size > MOST_TEXT:
                    return (Row("", "", "", ("too-many-rows", MOST_ROWS)),)
        return tuple(sorted(rows, key=_order))

    def _name(self, record: _Fields) -> str:
        at = self._columns[0]
        return record.cells[at].strip()[:MOST_NAME] if at < len(record.cells) else ""

    def _row(self, record: _Fields) -> Row:
        if record.is_cut:
            return Row("", "", "", ("long-row", MOST_LINE))
        fields = record.cells
        _, line, target, value = self._columns
        if len(fields) > self._width and value == self._width - 1:
            # [4, 1] without quotation marks: its commas are the value's own
            fields = (*fields[:value], ",".join(fields[value:]))
        if len(fields) <= max(self._columns) or len(fields) > self._width:
            return Row("", "", ",".join(fields), ("broken-row", len(fields)))
        return Row(fields[line].strip(), fields[target].strip(), fields[value].strip())


def _unread(path: str, problem: OSError) -> DataProblem:
    return DataProblem(f"{path}: cannot be read: {os.strerror(problem.errno or 0)}.")


def _order(row: Row) -> tuple[bool, int]:
    """Whole numbers by size; other lines after them, as they stand."""
    is_whole = row.line.isascii() and row.line.isdigit() and len(row.line) < 10
    return not is_whole, int(row.line) if is_whole else 0


def _records(file: BinaryIO) -> Iterator[_Fields]:
    """CSV records from where the file stands; of a line that is too long only the beginning.

    Blank lines are left out.
    """
    lines = _Lines(file)
    while (first := lines.take()) is not None:
        is_open = first.text.count('"') % 2 and not first.is_cut
        joined = _joined(first, lines) if is_open else [first.text]
        fields = next(csv.reader(joined), [])
        if any(fields):
            yield _Fields(first.offset, tuple(fields), first.is_cut)


def _joined(first: _Line, lines: _Lines) -> list[str]:
    """The line with those that its quoted field goes on in; alone, if the field never ends."""
    taken = [first]
    quotes, size = first.text.count('"'), len(first.text)
    while quotes % 2 and len(taken) < MOST_JOINED and size <= MOST_LINE:
        following = lines.take()
        if following is None:
            break
        taken.append(following)
        quotes += following.text.count('"')
        size += len(following.text)
    parts = [line.text for line in taken]
    is_one = quotes % 2 == 0 and size <= MOST_LINE and not any(line.is_cut for line in taken)
    if is_one and len(list(csv.reader(parts))) == 1:
        return parts
    lines.give_back(taken[1:])
    return [first.text]


class _Lines:
    """The lines of a file, one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = file.tell()
        self._waiting: deque[_Line] = deque()

    def take(self) -> _Line | None:
        """The next line; None at the end."""
        if self._waiting:
            return self._waiting.popleft()
        offset = self._offset
        data = self._file.readline(MOST_LINE)
        if not data:
            return None
        self._offset += len(data)
        if len(data) < MOST_LINE or data.endswith(b"\n"):
            return _Line(offset, _text(data), False)
        rest = data
        while rest and not rest.endswith(b"\n"):
            rest = self._file.readline(MOST_LINE)
            self._offset += len(rest)
        return _Line(offset, _text(data[:MOST_NAME]), True)

    def give_back(self, lines: list[_Line]) -> None:
        """Lines to be taken again, in their order."""
        self._waiting.extendleft(reversed(lines))


def _text(data: bytes) -> str:
    """A line as text; a carriage return within it would end the csv module's row."""
    text = data.decode("utf-8", "backslashreplace").rstrip("\r\n")
    return text.replace("\r", " ") + "\n"
