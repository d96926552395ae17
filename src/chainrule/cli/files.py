"""Texts from files and to files."""

from __future__ import annotations

import os
import sys

from chainrule.errors import DataProblem
from chainrule.graph.source import Source

__all__ = ["read_source", "write_bytes", "write_text"]

MOST_BYTES = 16_000_000


def read_source(path: str) -> Source:
    """The text of a file, or of standard input for `-`.

    Raises:
        DataProblem: there is no such file, it is too large, or it is not UTF-8 text.
    """
    try:
        if path == "-":
            if sys.stdin is None:
                raise DataProblem("-: standard input is closed.")
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
            path = "<stdin>"
        else:
            with open(path, "rb") as file:
                data = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise DataProblem(f"{path}: cannot be read: {os.strerror(problem.errno or 0)}.") from None
    if len(data) > MOST_BYTES:
        raise DataProblem(f"{path}: the file has more than {MOST_BYTES:,} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise DataProblem(
            f"{path}:{line}: this is not UTF-8 text (byte {data[problem.start]:#04x} "
            f"at position {problem.start})."
        ) from None
    return Source(text, path)


def write_text(path: str, text: str) -> None:
    """Put a text into a file.

    Raises:
        DataProblem: the file cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str, data: bytes) -> None:
    """Put bytes into a file.

    Raises:
        DataProblem: the file cannot be written.
    """
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as problem:
        reason = os.strerror(problem.errno or 0)
        raise DataProblem(f"{path}: cannot be written: {reason}.") from None
