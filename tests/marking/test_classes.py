"""A whole class: rows of the report, and reports that can be gone on with."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.marking.a_class import HEADER, MARKER, PROBLEM, answers, report

from chainrule.errors import DataProblem
from chainrule.graph.source import Source
from chainrule.marking.classes.answers import Row, Student
from chainrule.marking.classes.marking import Task, mark_class, output_of
from chainrule.marking.classes.output import Output
from chainrule.marking.classes.rows import csv_rows, inert, json_line, marked

# Marking.


def test_one_row_for_each_claim(tmp_path: Path) -> None:
    data = HEADER + 'A,1,y,0.25\nA,2,z,3*0.25 = 0.75\nA,3,dz/dx,-3\nB,1,v,"[4, 6]"\n'
    found = report(tmp_path, data)
    keys = "student line target value verdict expected carried mistakes message"
    assert list(found[0]) == keys.split()
    assert [(row["student"], row["line"], row["target"], row["value"]) for row in found] == [
        ("A", "1", "y", "0.25"),
        ("A", "2", "z", "3*0.25"),
        ("A", "2", "z", "0.75"),
        ("A", "3", "dz/dx", "-3"),
        ("B", "1", "v", "[4, 6]"),
    ]
    assert [row["verdict"] for row in found] == ["exact", "exact", "exact", "wrong", "exact"]
    assert [row["expected"] for row in found] == ["0.25", "0.75", "0.75", "3", "[4, 6]"]
    assert "sign" in found[3]["mistakes"].split()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,y,", "Nothing is answered."),
        ("1,,", "Nothing is answered."),
        ("1,y", "This row has 3 of the 4 columns."),
        ("1,# y,0.25", "There is no claim in this row."),
    ],
)
def test_what_is_no_answer_is_unreadable(row: str, problem: str, tmp_path: Path) -> None:
    first, second = report(tmp_path, f"{HEADER}A,{row}\nB,1,y,0.25\n")
    assert (first["student"], first["verdict"], first["message"]) == ("A", "unreadable", problem)
    assert (second["student"], second["verdict"]) == ("B", "exact")


@pytest.mark.parametrize(
    "value",
    [
        "[" * 5000,
        "(" * 20000 + "1" + ")" * 20000,
        "1e999999999",
        "9^9^9^9^9",
        "__import__('os').system('true')",
        "0.25\ny = 7",
        "\0",
        "{where} %s",
        "'; DROP TABLE students; --",
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace"),
        "x" * 90_000,
        "=1+1",
        "[[0.25",
        "zeros(1000000000)",
    ],
    ids=lambda value: value[:12],
)
def test_one_broken_answer_never_stops_the_rest(value: str, tmp_path: Path) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(
        [["A", "1", "y", value], ["A", "2", "z", "0.75"], ["B", "1", "y", "0.25"]]
    )
    found = report(tmp_path, HEADER + out.getvalue())
    assert found[0]["verdict"] in ("unreadable", "wrong")
    assert found[-2]["verdict"] == "exact"  # the next row of the same student
    assert (found[-1]["student"], found[-1]["verdict"]) == ("B", "exact")


def test_a_row_is_one_line_whatever_breaks_it_has() -> None:
    rows = (Row("5", "v", "[4,\r\n\n6]"), Row("6", "y", "0.25"))
    found = marked(MARKER, Student("A", rows)).report
    assert [(claim.line, claim.verdict) for claim in found.claims] == [(5, "exact"), (6, "exact")]


def test_lines_are_those_of_the_rows() -> None:
    rows = (Row("10", "y", "0.5"), Row("20", "z", "1.5"))
    found = marked(MARKER, Student("A", rows))
    assert [claim.line for claim in found.report.claims] == [10, 20]
    assert [claim.verdict for claim in found.report.claims] == ["wrong", "follow-through"]
    assert "line 10" in csv_rows(found)
    assert json.loads(json_line(found))["report"]["summary"]["first_wrong_line"] == 10


def test_json_lines() -> None:
    found = json.loads(json_line(marked(MARKER, Student("김", (Row("1", "y", "0.25"),)))))
    assert list(found) == ["student", "report"]
    assert found["student"] == "김"
    assert found["report"]["claims"][0]["verdict"] == "exact"


def test_messages_in_korean(tmp_path: Path) -> None:
    (row,) = report(tmp_path, HEADER + "A,1,y,\n", language="ko")
    assert row["message"] == "답을 쓰지 않았습니다."


# Formulas that a spreadsheet would run.


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'�=1"),
        ("\r=1", "'\n=1"),
        ("\n=1", "'\n=1"),
        ("＝1+1", "'＝1+1"),
        ("-[1, 2]", "'-[1, 2]"),
        ("-", "'-"),
        ("-1\n=2", "'-1\n=2"),
        ("-0.5", "-0.5"),
        ("+3", "+3"),
        ("-.5e-3", "-.5e-3"),
        ("0.5", "0.5"),
        ("h = [1, -1]", "h = [1, -1]"),
        ("\x1b[2J", "�[2J"),
        ("", ""),
    ],
)
def test_a_cell_that_begins_like_a_formula_is_text(text: str, written: str) -> None:
    assert inert(text) == written


def test_hostile_cells_are_harmless_in_the_report(tmp_path: Path) -> None:
    data = HEADER + "=cmd|' /C calc'!A0,=1,@y,=HYPERLINK(1)\n+A,-x,+y,-[1]\n"
    for row in report(tmp_path, data):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


# Going on.

CLASS = HEADER + "".join(
    f"s{number},{line},{target},{value}\n"
    for number in range(50)
    for line, target, value in ((1, "y", 0.25), (2, "z", 0.75 if number % 3 else 0.9))
)


def whole_report(folder: Path) -> bytes:
    """The report on the class, made in one go."""
    folder.mkdir()
    report(folder, CLASS)
    return (folder / "report.csv").read_bytes()


def test_processes_make_no_difference(tmp_path: Path) -> None:
    report(tmp_path, CLASS, jobs=2)
    assert (tmp_path / "report.csv").read_bytes() == whole_report(tmp_path / "one")


def test_the_order_of_rows_makes_no_difference(tmp_path: Path) -> None:
    first, *rows = CLASS.splitlines(keepends=True)
    by_line = sorted(rows, key=lambda row: row.split(",")[1])
    report(tmp_path, first + "".join(by_line))
    assert (tmp_path / "report.csv").read_bytes() == whole_report(tmp_path / "one")


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("tail", [b"", b"s99,1,y,0.2", b"s99,1,y,0.25,exact,0.25,,,\n"])
def test_an_interrupted_report_is_gone_on_with(after: int, tail: bytes, tmp_path: Path) -> None:
    expected = whole_report(tmp_path / "one")
    path = tmp_path / "report.csv"
    task = Task(PROBLEM)

    class Stopped(Exception):
        pass

    blocks = 0

    def stop(students: int) -> None:
        nonlocal blocks
        blocks += 1
        if blocks == after:
            raise Stopped

    with closing(answers(tmp_path, CLASS)) as read:
        with closing(output_of(str(path), task, read)) as output:
            if after:
                with pytest.raises(Stopped):
                    mark_class(task, read, output, 1, stop)
        assert output.students == 16 * after
        with path.open("ab") as file:  # what was written when the power went
            file.write(tail)
        with closing(output_of(str(path), task, read)) as resumed:
            assert resumed.students == 16 * after
            mark_class(task, read, resumed, 1)
    assert path.read_bytes() == expected
    assert resumed.students == 50
    assert resumed.counts["wrong"] == 17


def test_a_report_that_is_complete_is_left_as_it_is(tmp_path: Path) -> None:
    report(tmp_path, CLASS)
    path = tmp_path / "report.csv"
    before = path.read_bytes()
    report(tmp_path, CLASS)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": Source(PROBLEM.text + "\n")},
        {"language": "ko"},
        {"is_json": True},
        {"answers": CLASS + "t,1,y,1\n"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_report_of_something_else_is_not_gone_on_with(
    changes: dict[str, object], tmp_path: Path
) -> None:
    report(tmp_path, CLASS)
    given = {"problem": PROBLEM, "answers": CLASS, **changes}
    read = answers(tmp_path, str(given.pop("answers")))
    with (
        closing(read),
        pytest.raises(DataProblem, match=r"was begun with another problem, other answers or"),
    ):
        output_of(str(tmp_path / "report.csv"), Task(**given), read)  # type: ignore[arg-type]


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("my marks")
    with pytest.raises(DataProblem, match=r"report\.csv exists already"):
        Output(str(path), "f", "")
    assert path.read_text() == "my marks"


@pytest.mark.parametrize("state", ["", "{", "[]", "{}", '{"fingerprint": "f"}', "null"])
def test_a_state_that_cannot_be_understood(state: str, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    (tmp_path / "report.csv.state").write_text(state)
    path.write_text("…")
    with pytest.raises(DataProblem, match="cannot be understood"):
        Output(str(path), "f", "")


def test_a_report_that_was_cut_is_refused_and_one_that_was_removed_made_anew(
    tmp_path: Path,
) -> None:
    report(tmp_path, CLASS)
    path = tmp_path / "report.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    with pytest.raises(DataProblem, match="is shorter than it was left"):
        report(tmp_path, CLASS)
    path.unlink()
    report(tmp_path, CLASS)
    assert path.read_bytes() == whole


def test_a_class_without_students_has_a_report(tmp_path: Path) -> None:
    assert report(tmp_path, HEADER) == []
    assert (tmp_path / "report.csv").read_text().startswith("student,line,target,value,verdict")


# Memory.

PEAK = """
import resource, sys
from contextlib import closing
from chainrule.graph.source import Source
from chainrule.marking.classes.marking import Task, mark_class, output_of
from chainrule.marking.classes.answers import Answers

task = Task(Source(sys.argv[1]))
with closing(Answers(sys.argv[2])) as answers:
    with closing(output_of(sys.argv[3], task, answers)) as output:
        mark_class(task, answers, output, 1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def megabytes(folder: Path, name: str) -> float:
    """The most memory that marking this file takes."""
    command = [sys.executable, "-c", PEAK, PROBLEM.text, str(folder / name), str(folder / "r.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for path in folder.glob("r.csv*"):
        path.unlink()
    return float(done.stdout)


@pytest.mark.soak
def test_memory_does_not_grow_with_the_class(tmp_path: Path) -> None:
    for name, students in (("small.csv", 100), ("large.csv", 5000)):
        rows = "".join(f"s{one},1,y,0.25\ns{one},2,z,0.75\n" for one in range(students))
        (tmp_path / name).write_text(HEADER + rows)
    with (tmp_path / "line.csv").open("w") as file:
        file.write(HEADER + "A,1,y,")
        for _ in range(300):
            file.write("9" * 1_000_000)
        file.write("\nB,1,y,0.25\n")
    small = megabytes(tmp_path, "small.csv")
    assert megabytes(tmp_path, "large.csv") < small + 15
    assert megabytes(tmp_path, "line.csv") < small + 15
