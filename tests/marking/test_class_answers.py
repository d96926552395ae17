"""The answers of a class, read student by student."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from tests.marking.a_class import HEADER, answers, students

from chainrule.errors import DataProblem, TooLarge
from chainrule.marking.classes import answers as classes_answers
from chainrule.marking.classes.answers import Answers, Row

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
