"""What the tests of classes need: answers in a file, students, rows of the report."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from pathlib import Path

from chainrule.graph.source import Source
from chainrule.marking.classes.answers import Answers, Row
from chainrule.marking.classes.marking import Task, mark_class, output_of
from chainrule.marking.marker import Marker

HEADER = "student,line,target,value\n"
PROBLEM = Source("x = 0.5\ny = x^2\nz = 3 * y\nW = [[1, 2], [3, 4]]\nv = [1, 1] @ W\ndz/dx", "p")
MARKER = Marker(PROBLEM)


def answers(folder: Path, data: str | bytes) -> Answers:
    """A file with these answers."""
    path = folder / "answers.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Answers(str(path))


def students(folder: Path, data: str | bytes) -> dict[str, list[Row]]:
    """Every student's rows."""
    with closing(answers(folder, data)) as read:
        return {student.name: list(student.rows) for student in read.students()}


def report(
    folder: Path, data: str | bytes, jobs: int = 1, language: str = "en"
) -> list[dict[str, str]]:
    """The rows of the report on these answers."""
    path = folder / "report.csv"
    task = Task(PROBLEM, language)
    read = answers(folder, data)
    with closing(read), closing(output_of(str(path), task, read)) as output:
        mark_class(task, read, output, jobs)
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
