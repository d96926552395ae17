"""A whole class: answers read student by student, reports that can be gone on with."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chainrule.errors import DataProblem, TooLarge
from chainrule.graph.source import Source
from chainrule.marking.classes import answers as classes_answers
from chainrule.marking.classes.answers import Answers, Row, Student
from chainrule.marking.classes.marking import Task, mark_class, output_of
from chainrule.marking.classes.output import Output
from chainrule.marking.classes.rows import csv_rows, inert, json_line, marked
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


# Reading.

H4 = Row("1", "h", "4")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param("A,1,h,4\nB,1,h,4\n", {"A": [H4], "B": [H4]}, id="plain"),
        pytest.param("A,1,h,4", {"A": [H4]}, id="no line feed at the end"),
        pytest.param("A,1,h,4\r\n\r\n,,,\r\nB,1,h,4\r\n", {"A": [H4], "B": [H4]}, id="blank lines"),
        pytest.param(" A , 1 ,h , 4 \n", {"A": [H4]}, id="spaces around"),
        pytest.param('"A","1","h","4"\n', {"A": [H4]}, id="quotes"),
        pytest.param('A,1,h,"[4, 1]"\n', {"A": [Row("1", "h", "[4, 1]")]}, id="quoted commas"),
        pytest.param("A,1,h,[4, 1]\n", {"A": [Row("1", "h", "[4, 1]")]}, id="bare commas"),
        pytest.param('A,1,h,"[4,\n1]"\n', {"A": [Row("1", "h", "[4,\n1]")]}, id="a quoted break"),
        pytest.param("A,1,h,0.50\n", {"A": [Row("1", "h", "0.50")]}, id="values stay text"),
        pytest.param("A,1,h,a = b = 1\n", {"A": [Row("1", "h", "a = b = 1")]}, id="a chain"),
        pytest.param(
            "A,1,h,4\nB,1,h,4\nA,2,S,1\n",
            {"A": [H4, Row("2", "S", "1")], "B": [H4]},
            id="a student turns up again",
        ),
        pytest.param(
            "A,10,c,1\nA,9,b,1\nA,x,e,1\nA,1,a,1\nA,2b,f,1\nA,9,d,1\n",
            {
                "A": [
                    Row(line, target, "1")
                    for line, target in [
                        ("1", "a"),
                        ("9", "b"),
                        ("9", "d"),
                        ("10", "c"),
                        ("x", "e"),
                        ("2b", "f"),
                    ]
                ]
            },
            id="in the order of whole numbers, others last",
        ),
        pytest.param("", {}, id="nobody"),
        # what is no proper row says so, and harms no other
        pytest.param(
            "A,1\nB,1,h,4\n",
            {"A": [Row("", "", "A,1", ("broken-row", 2))], "B": [H4]},
            id="columns missing",
        ),
        pytest.param(
            'A,1,h,"4\nB,1,h,4\n', {"A": [H4], "B": [H4]}, id="a quotation mark without its end"
        ),
        pytest.param(
            'A,1,h,"4\n' + "B,1,h,4\n" * 60 + 'C,1,h,"4"\n',
            {"A": [H4], "B": [H4] * 60, "C": [H4]},
            id="a quotation mark that would take many rows",
        ),
        pytest.param(
            f"A,1,h,{'4' * 200_000}\nB,1,h,4\n",
            {"A": [Row("", "", "", ("long-row", 100_000))], "B": [H4]},
            id="a long row",
        ),
        pytest.param(
            'A,1,h,"' + ("4, " * 10_000 + "\n") * 20 + '"\nB,1,h,4\n',
            None,
            id="a long quoted field",
        ),
        pytest.param(
            "A,1,h,4\n" * 1001 + "B,1,h,4\n",
            {"A": [Row("", "", "", ("too-many-rows", 1000))], "B": [H4]},
            id="too many rows",
        ),
        pytest.param(
            f"A,1,h,{'4' * 90_000}\n" * 3 + "B,1,h,4\n",
            {"A": [Row("", "", "", ("too-many-rows", 1000))], "B": [H4]},
            id="too much text",
        ),
        pytest.param(
            b"Jos\xe9,1,h,4\nJos\xe8,1,h,4\n",
            {r"Jos\xe9": [H4], r"Jos\xe8": [H4]},
            id="not UTF-8",
        ),
        pytest.param("A\0,1,h\0,4\n", {"A\0": [Row("1", "h\0", "4")]}, id="NUL"),
        pytest.param("A,1,h,4\rB,1,h,4\n", {"A": [Row("1", "h", "4 B,1,h,4")]}, id="a bare CR"),
    ],
)
def test_rows_of_students(
    data: str | bytes, found: dict[str, list[Row]] | None, tmp_path: Path
) -> None:
    read = students(
        tmp_path, HEADER.encode() + (data if isinstance(data, bytes) else data.encode())
    )
    if found is not None:
        assert read == found
    assert read.get("B", [H4])[-1] == H4


@pytest.mark.parametrize(
    "header",
    [
        "value,target,line,student",
        "Student, LINE ,Target,Value",
        '\ufeff"student",line,target,value',
    ],
)
def test_columns_by_their_names(header: str, tmp_path: Path) -> None:
    names = [name.strip('\ufeff "').strip().lower() for name in header.split(",")]
    row = ",".join({"student": "A", "line": "1", "target": "h", "value": "4"}[one] for one in names)
    assert students(tmp_path, f"{header}\n{row}\n") == {"A": [H4]}


def test_other_columns_are_let_be(tmp_path: Path) -> None:
    data = "id,student,line,target,value,points\n7,A,1,h,4,3\n8,A,2,S,[4, 1],3\n"
    broken = Row("", "", "8,A,2,S,[4, 1],3", ("broken-row", 7))
    found = students(tmp_path, data)
    assert found == {"A": [H4, broken]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"missing: student, line, target, value; found: nothing\."),
        (b"\n\n\n", r"missing: student, line, target, value; found: nothing\."),
        (b"A,1,h,4\n", r"missing: student, line, target, value; found: a, 1, h, 4\."),
        (b"student,line,target\n", r"missing: value; found: student, line, target\."),
        (b"student;line;target;value\n", r"\(CSV with commas, UTF-8\)"),
        ("student,line,target,value\n".encode("utf-16"), r"\(CSV with commas, UTF-8\)"),
        (b"\x7fELF\x02\x01\x01\0\0", r"the first line must name the columns"),
        (b"x" * 300_000, r"missing: student"),
    ],
)
def test_a_file_without_its_columns_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match=message) as caught:
        answers(tmp_path, data)
    assert len(str(caught.value)) < 1000


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match=r"nowhere\.csv: cannot be read: No such file"):
        Answers(str(tmp_path / "nowhere.csv"))
    with pytest.raises(DataProblem, match="cannot be read: Is a directory"):
        Answers(str(tmp_path))


def test_too_many_students_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes_answers, "MOST_STUDENTS", 3)
    with closing(answers(tmp_path, HEADER + "A,1,h,4\nB,1,h,4\nC,1,h,4\nA,2,h,4\n")) as read:
        assert len(read) == 3
    with pytest.raises(TooLarge, match="at most 3 students"):
        answers(tmp_path, HEADER + "A,1,h,4\nB,1,h,4\nC,1,h,4\nD,1,h,4\n")


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
