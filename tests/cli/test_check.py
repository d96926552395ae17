"""`chainrule check` as a real process: output, exit codes, files, classes; its page in docs."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.cli.running import MODULE, ROOT, complaint, interruptible, on_a_terminal, printed, run

PROBLEM = "examples/000-C.chain"
SOLUTION = "examples/000-C.corrected.solution"
ANSWERS = "examples/000-C.answers.csv"
RIGHT = b"h = [4, 1]\nL = [4, 1]\n"
WRONG = b"h = [4, 1]\nL = [-4, 1]\n"


# One solution.


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (RIGHT, 0),
        (WRONG, 1),
        (b"h = [4, 1]\nq = +\n", 0),  # unreadable is not wrong
        (b"", 2),
        (b"# nothing\n", 2),
        (b"h = \xff\n", 2),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"], ["--to", "md"], ["--to", "html"]], ids=str)
def test_the_exit_code_says_whether_something_is_wrong(
    text: bytes, code: int, form: list[str]
) -> None:
    done = run("check", PROBLEM, "-", *form, text=text)
    assert done.returncode == code
    assert bool(done.stdout) == (code < 2)
    assert bool(done.stderr) == (code == 2)


def test_a_report() -> None:
    done = run("check", PROBLEM, "-", text=WRONG)
    assert done.stdout.splitlines()[:3] == [
        "✓ 1  h = [4, 1]",
        "✗ 2  L = [-4, 1]",
        "     [0] -4 should be 4; difference -8.",
    ]
    assert done.stdout.endswith("First wrong line: 2\n")


def test_the_example_is_right() -> None:
    assert printed("check", PROBLEM, SOLUTION).endswith("No line is wrong.\n")


def test_a_report_in_json() -> None:
    found = json.loads(run("check", PROBLEM, "-", "--json", text=WRONG).stdout)
    assert found["format"] == 1
    assert [claim["verdict"] for claim in found["claims"]] == ["exact", "wrong"]
    assert found["claims"][1]["claimed"] == [-4, 1]
    assert found["summary"]["first_wrong_line"] == 2


def test_a_report_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert printed("check", PROBLEM, SOLUTION, "--to", "html", "--output", str(path)) == ""
    assert path.read_text("utf-8") == printed("check", PROBLEM, SOLUTION, "--to", "html")


def test_a_report_in_korean() -> None:
    done = run("check", PROBLEM, "-", "--lang", "ko", text=WRONG)
    assert done.stdout.endswith("처음으로 틀린 줄: 2\n")


def test_true_values_only_when_they_are_asked_for() -> None:
    text = b"S = [0.9, 0.1]\ndl/dO = [0.9, -0.9]\n"
    assert "True value" not in run("check", PROBLEM, "-", text=text).stdout
    revealed = run("check", PROBLEM, "-", "--reveal", text=text).stdout
    assert "True value: [1, 2.78947e-10]." in revealed
    assert "True value: [1, -1]." in revealed


def test_a_markdown_file_with_both(tmp_path: Path) -> None:
    path = tmp_path / "both.md"
    path.write_text(
        "# Exercise\n\n```chain\nx = 3\ny = x^2\ndy/dx\n```\n\n```solution\ny = 9\ndy/dx = 5\n```\n"
    )
    done = run("check", str(path))
    assert done.returncode == 1
    assert "✗ 11  dy/dx = 5" in done.stdout  # lines are those of the file
    assert run("check", "-", text=path.read_bytes()).stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "chainrule check: the following arguments are required: PROBLEM."),
        (["check", "nowhere.chain", SOLUTION], "nowhere.chain: cannot be read: No such file"),
        (["check", PROBLEM], f"{PROBLEM}: The file has no block that begins with ```chain."),
        (["check", PROBLEM, "nowhere.txt"], "nowhere.txt: cannot be read: No such file"),
        (["check", "-", "-"], "Only one of the problem and the solution can be standard input."),
        (["check", PROBLEM, SOLUTION, "--lang", "tlh"], "There are no messages in 'tlh'"),
        (["check", PROBLEM, SOLUTION, "--to", "pdf"], "chainrule check: argument --to: invalid"),
        (
            ["check", PROBLEM, SOLUTION, "--json", "--to", "md"],
            "chainrule check: argument --to: not",
        ),
        (["check", PROBLEM, SOLUTION, "--jobs", "2"], "--json-lines and --jobs are for a whole"),
        (["check", PROBLEM, SOLUTION, "--json-lines"], "--json-lines and --jobs are for a whole"),
        (["check", PROBLEM, SOLUTION, "--output", "/nowhere/x"], "/nowhere/x: cannot be written"),
        (["check", PROBLEM, "--class", ANSWERS], "A class needs a file for its report: --output"),
        (["check", PROBLEM, SOLUTION, "--class", ANSWERS, "--output", "r"], "--class takes"),
        (["check", PROBLEM, "--class", ANSWERS, "--output", "r", "--jobs", "0"], "--jobs takes"),
        (["check", PROBLEM, "--class", "nowhere", "--output", "r"], "nowhere: cannot be read"),
        (["check", PROBLEM, "--class", PROBLEM, "--output", "r"], f"{PROBLEM}:1: the first line"),
        (["check", PROBLEM, "--class", ANSWERS, "--output", ANSWERS], f"{ANSWERS} exists already"),
        (["check", PROBLEM, "--class", ANSWERS, "--output", "/nowhere/r"], "/nowhere/r: cannot be"),
    ],
)
def test_a_mistake_is_answered(arguments: list[str], message: str) -> None:
    assert complaint(*arguments).startswith(message)
    assert not (ROOT / "r.state").exists()


def test_a_problem_that_cannot_be_read_is_said_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bad.chain"
    path.write_text("x = 1\ny = z\n")
    assert complaint("check", str(path), "-", text=b"y = 1").startswith(f"{path}:2:5: 'z' is not")
    report = str(tmp_path / "r.csv")
    found = complaint("check", str(path), "--class", ANSWERS, "--output", report)
    assert found.startswith(f"{path}:2:5: 'z' is not")


def test_help_shows_examples_that_work(tmp_path: Path) -> None:
    text = printed("check", "--help")
    examples = re.findall(r"^  chainrule (.*?)(?:  +.*|)$", text, re.MULTILINE)
    assert len(examples) == 4
    for example in examples:
        output = str(tmp_path / str(len(list(tmp_path.iterdir()))))
        done = run(*re.sub(r"(?<=--output )\S+", output, example).split())
        assert done.returncode in (0, 1)
        assert done.stdout or Path(output).read_text("utf-8")


# A terminal.


def test_marks_are_coloured_on_a_terminal() -> None:
    shown = on_a_terminal("check", PROBLEM, SOLUTION, TERM="xterm-256color", COLUMNS="96")
    assert "\x1b[32m✓\x1b[0m 1  h" in shown or re.search(r"\x1b\[32m✓\x1b\[0m +\d+  h", shown)
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == printed("check", PROBLEM, SOLUTION)


def test_colour_is_not_forced_on_anybody() -> None:
    plain = printed("check", PROBLEM, SOLUTION)
    shown = on_a_terminal("check", PROBLEM, SOLUTION, TERM="xterm", NO_COLOR="1", COLUMNS="96")
    assert shown == plain
    assert on_a_terminal("check", PROBLEM, SOLUTION, TERM="dumb", COLUMNS="96") == plain


def test_a_narrow_terminal_gets_narrow_lines() -> None:
    shown = on_a_terminal("check", PROBLEM, SOLUTION, TERM="dumb", COLUMNS="40")
    assert all(len(line) <= 40 for line in shown.splitlines() if " " in line.strip())


def test_only_what_is_needed_is_loaded() -> None:
    script = (
        "import sys; from chainrule.cli.main import main; "
        f"main(['check', {PROBLEM!r}, {SOLUTION!r}]); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = {name.partition(".")[0] for name in done.stderr.split()}
    assert not modules & {"rich", "json", "csv", "multiprocessing", "hypothesis", "html"}


# A class.


def test_a_class(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    found = printed("check", PROBLEM, "--class", ANSWERS, "--output", str(path))
    assert found.startswith("Students: 3; without a wrong line: ")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student"] for row in rows} == {"Ada", "Blaise", "연우"}
    assert "wrong" in {row["verdict"] for row in rows}  # and the exit code is 0 all the same


def test_a_class_in_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    printed("check", PROBLEM, "--class", ANSWERS, "--output", str(path), "--json-lines")
    students = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [one["student"] for one in students] == ["Ada", "Blaise", "연우"]
    assert {one["report"]["format"] for one in students} == {1}


def test_the_same_command_again_says_what_was_done(tmp_path: Path) -> None:
    arguments = ["check", PROBLEM, "--class", ANSWERS, "--output", str(tmp_path / "report.csv")]
    first = printed(*arguments)
    again = run(*arguments)
    assert (again.returncode, again.stdout) == (0, first)
    assert again.stderr.endswith("report.csv: 3 of 3 students were done already.\n")


LARGE = "student,line,target,value\n" + "".join(
    f's{number},1,h,"[4, 1]"\ns{number},2,L,"[4, {number % 3}]"\n' for number in range(1000)
)


def students_done(report: Path) -> int:
    """How many students are kept for the same command to go on after; replaced in one step."""
    state = report.with_name(f"{report.name}.state")
    return int(json.loads(state.read_text("utf-8"))["students"]) if state.exists() else 0


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The report on the large class."""
    folder = tmp_path_factory.mktemp("whole")
    answers, report = folder / "a.csv", folder / "report.csv"
    answers.write_text(LARGE)
    printed("check", PROBLEM, "--class", str(answers), "--jobs", "1", "--output", str(report))
    return report.read_bytes()


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=lambda one: one.name)
def test_an_interrupted_class_is_gone_on_with(
    jobs: str, how: signal.Signals, tmp_path: Path, uninterrupted: bytes
) -> None:
    answers, report = tmp_path / "a.csv", tmp_path / "report.csv"
    answers.write_text(LARGE)
    arguments = ["check", PROBLEM, "--class", str(answers), "--jobs", jobs, "--output"]
    with interruptible():
        process = subprocess.Popen(
            [*MODULE, *arguments, str(report)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
    while not students_done(report):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    out, said = process.communicate(timeout=60)
    assert out == b""
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert re.search(rb"of 1,000 students are done; the same command goes on", said)
        assert said.endswith(b"interrupted\n")
        assert b"Traceback" not in said
    again = run(*arguments, str(report))
    assert again.returncode == 0
    assert re.search(r"report\.csv: [\d,]+ of 1,000 students were done already\.", again.stderr)
    assert report.read_bytes() == uninterrupted


def test_a_bar_is_shown_on_a_terminal_alone(tmp_path: Path) -> None:
    arguments = ["check", PROBLEM, "--class", ANSWERS, "--output"]
    assert "3/3" in on_a_terminal(*arguments, str(tmp_path / "1"), TERM="xterm", COLUMNS="80")
    assert "3/3" not in printed(*arguments, str(tmp_path / "2"))


# The pages in docs: `python -m tests.cli.test_check` writes what they show anew.

CONSOLE = re.compile(
    r"(?<=```console\n)\$ chainrule (?P<command>[^\n]*)\n(?P<output>.*?)(?=```)", re.S
)
PAGES = [ROOT / "docs" / name for name in ("checking.md", "json.md")]


def consoles() -> list[tuple[str, str]]:
    """The commands on the pages, and what is shown of their output."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    return [
        (found["command"], found["output"]) for text in texts for found in CONSOLE.finditer(text)
    ]


def shown(command: str) -> str:
    """What a command prints, wherever its report goes."""
    with TemporaryDirectory() as folder:
        done = run(*command.replace("report.csv", f"{folder}/report.csv").split())
    assert done.returncode in (0, 1)
    return done.stdout


@pytest.mark.parametrize(("command", "output"), consoles())
def test_every_command_on_the_pages_prints_what_is_shown(command: str, output: str) -> None:
    assert shown(command) == output


def test_the_pages_have_commands() -> None:
    assert len(consoles()) >= 4


if __name__ == "__main__":
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        anew = CONSOLE.sub(lambda one: f"$ chainrule {one[1]}\n{shown(one[1])}", text)
        page.write_text(anew, encoding="utf-8")
