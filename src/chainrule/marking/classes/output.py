"""The report on a class: appended to in blocks, and gone on with where it was left.

Beside REPORT stands REPORT.state, a few numbers: what the report is of, how many students are
complete in it and where they end.  What lies after that is dropped and marked again.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

from chainrule.errors import DataProblem

__all__ = ["Output"]

FORMAT = 1


class Output:
    """A report file for the answers with this fingerprint; `students` are complete in it.

    Raises:
        DataProblem: the file cannot be written, or holds something else.
    """

    def __init__(self, path: str, fingerprint: str, header: str) -> None:
        self.path = path
        self.state_path = f"{path}.state"
        self.fingerprint = fingerprint
        self.students = 0
        self.size = 0
        self.counts: Counter[str] = Counter()
        self._header = header
        try:
            self._resume()
            self._file = open(path, "r+b" if os.path.exists(path) else "xb")  # noqa: SIM115
        except OSError as problem:
            reason = os.strerror(problem.errno or 0)
            raise DataProblem(f"{path}: cannot be written: {reason}.") from None

    def append(self, text: str, students: int, counts: Mapping[str, int]) -> None:
        """Add the rows of some students."""
        data = (text if self.size else self._header + text).encode("utf-8", "backslashreplace")
        self._file.seek(self.size)
        self._file.write(data)
        self._file.truncate()
        self._file.flush()
        self.size += len(data)
        self.students += students
        self.counts.update(counts)
        self._save()

    def close(self) -> None:
        """Let the file go; nothing after the last complete student stays in it."""
        self._file.close()

    def _resume(self) -> None:
        """Find out what is there already."""
        try:
            with open(self.state_path, encoding="utf-8") as file:
                state: dict[str, Any] = json.load(file)
            self._restore(state)
        except FileNotFoundError:
            if os.path.exists(self.path) and os.stat(self.path).st_size:
                raise DataProblem(
                    f"{self.path} exists already, and is not the beginning of this report. "
                    "Remove it, or name another --output."
                ) from None
            self._save()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataProblem(
                f"{self.state_path} cannot be understood. To begin anew, remove it and {self.path}."
            ) from None

    def _restore(self, state: dict[str, Any]) -> None:
        if state["fingerprint"] != self.fingerprint:
            raise DataProblem(
                f"{self.path} was begun with another problem, other answers or other options. "
                f"To begin anew, remove it and {self.state_path}; or name another --output."
            )
        if not os.path.exists(self.path):
            return  # somebody removed the report: it is made anew
        if os.stat(self.path).st_size < state["bytes"]:
            raise DataProblem(
                f"{self.path} is shorter than it was left. "
                f"To begin anew, remove it and {self.state_path}."
            )
        self.students, self.size = int(state["students"]), int(state["bytes"])
        self.counts.update(state["counts"])

    def _save(self) -> None:
        """In one step, so that an interruption leaves the old state or the new one."""
        state = {
            "format": FORMAT,
            "fingerprint": self.fingerprint,
            "students": self.students,
            "bytes": self.size,
            "counts": dict(self.counts),
        }
        with open(f"{self.state_path}.new", "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.replace(f"{self.state_path}.new", self.state_path)
