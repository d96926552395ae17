"""The commands as real processes: output, exit codes, streams, terminals, locales."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

import chainrule

ROOT = Path(__file__).parents[2]
LECTURE = "examples/000-C.chain"
BATCH = "examples/002-A.chain"
MODULE = [sys.executable, "-m", "chainrule.cli.main"]
SCRIPT = Path(sys.executable).with_name("chainrule")
COMMANDS = [MODULE, *([[str(SCRIPT)]] if SCRIPT.exists() else [])]  # the second once installed
PLAIN = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}


def run(
    *arguments: str,
    text: bytes = b"",
    command: Sequence[str] = MODULE,
    environment: Mapping[str, str] = os.environ,
) -> subprocess.CompletedProcess[str]:
    """A command in the project's folder; `text` is its standard input."""
    done = subprocess.run(
        [*command, *arguments],
        input=text,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    )


def printed(*arguments: str, environment: Mapping[str, str] = os.environ) -> str:
    """What a command prints that succeeds and has nothing to complain about."""
    done = run(*arguments, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def explained(text: str, *arguments: str) -> str:
    """What explain prints of a text that is in order."""
    done = run("explain", "-", *arguments, text=text.encode())
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def titles(found: str) -> list[str]:
    """What is explained, in order."""
    return re.findall(r"^(\S.*)\n=+$", found, re.MULTILINE)


def complaint(*arguments: str, text: bytes = b"") -> str:
    """What a command says that fails: on standard error alone, without a traceback."""
    done = run(*arguments, text=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("\n")
    return done.stderr


# The two commands.


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: Path(command[-1]).name)
def test_solve_prints_values_answers_and_remarks(command: list[str]) -> None:
    done = run("solve", "examples/003-2b.chain", command=command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Answers\n"
        "  D(F)(1, 2) = [2 2; 3 16]   (2 × 2)\n"
        "  F(1, 2) = [5 19]   (2 entries)\n"
        "Remarks\n"
        "  Numerator layout: rows are outputs, columns are inputs; "
        "arrays are flattened row by row.\n"
    )


def test_solve_prints_everything_in_the_file() -> None:
    found = printed("solve", BATCH).splitlines()
    for line in (
        "  α = 0.1",
        "  L = sum((ŷ - Y)^2) / 3 = 15.6286",
        "  ∂L/∂ŷ = [1.73944; 2.61479; 3.3129]   (3 × 1)",
        "  b3 := b3 - α * ∂L/∂b3",
        "    old      [1]",
        "    gradient [7.66713]",
        "    new      [0.233287]",
        "  new(L) = 3.70795",
    ):
        assert line in found
    headings = [line for line in found if not line.startswith(" ")]
    assert headings == ["Given", "Values", "Answers", "Updates", "Remarks"]


def test_solve_in_json() -> None:
    found = json.loads(printed("solve", LECTURE, "--json"))
    assert found["format"] == 1
    assert found["derivatives"]["dl/dW1"]["shape"] == [2, 2]
    assert abs(found["values"]["l"]["value"] / 22.000000000278947 - 1) < 1e-12


def test_explain_explains_what_the_file_asks() -> None:
    found = printed("explain", "examples/003-2d.chain")
    questions = ["L ŷ", "ŷ v", "ŷ a", "a z", "a W", "L v", "L a", "L W", "L x"]
    assert titles(found) == ["∂{}/∂{}".format(*names.split()) for names in questions]
    assert "Answer" not in found


@pytest.mark.parametrize(
    ("arguments", "heading"),
    [
        (["--wrt", "W1"], ["∂l/∂W1"]),
        (["--of", "S", "--wrt", "W0"], ["∂S/∂W0"]),
        (["--of", "O"], ["∂O/∂W1", "∂O/∂L"]),
    ],
)
def test_explain_explains_what_is_named(arguments: list[str], heading: list[str]) -> None:
    assert titles(printed("explain", LECTURE, *arguments)) == heading


CHAIN = "x = 2\ny = x^3\nz = y^2\n"
SHARES = "x = [1, 2]\nO = 2 * x\nS = softmax(O)\n"
DIRECT = "a = 2\ny = a^2\nz = y * a\n"
MAP = "F(x, y) = [x^2 + y, x * y]\nf(t) = t^3\n"


@pytest.mark.parametrize(
    ("text", "asked", "answers"),
    [
        # names, expressions, entries, parts
        (CHAIN + "dz/dx", ["∂z/∂x"], []),
        (CHAIN + "∂(2*y)/∂x", ["∂(2*y)/∂x"], []),
        (CHAIN + "d(z + x)/dx", ["d(z + x)/dx"], []),
        (SHARES + "∂S[0]/∂O", ["∂S[0]/∂O"], []),
        (SHARES + "dS[0]/dO[1]", ["∂S[0]/∂O"], ["dS[0]/dO[1] = -0.104994"]),
        (SHARES + "(dS/dO)[0, 1]", ["∂S/∂O"], ["(dS/dO)[0, 1] = -0.104994"]),
        (SHARES + "dS/dx[1:]", ["∂S/∂x"], ["dS/dx[1:] = [-0.209987; 0.209987]"]),
        # derivatives of derivatives
        (CHAIN + "∂(∂y/∂x)/∂x", ["∂y/∂x", "∂(∂y/∂x)/∂x"], []),
        (CHAIN + "g = dy/dx\ndg/dx", ["∂y/∂x", "∂g/∂x"], []),
        # products, multiples, sums
        (CHAIN + "∂z/∂y · ∂y/∂x", ["∂z/∂y", "∂y/∂x"], ["∂z/∂y · ∂y/∂x = 192"]),
        (CHAIN + "0.1 * dz/dx", ["∂z/∂x"], ["0.1 * dz/dx = 19.2"]),
        (CHAIN + "dz/dx + dy/dx", ["∂z/∂x", "∂y/∂x"], ["dz/dx + dy/dx = 204"]),
        # in definitions and updates
        (CHAIN + "g = dz/dx", ["∂z/∂x"], []),
        (CHAIN + "g = 0.1 * dz/dx + dy/dx", ["∂z/∂x", "∂y/∂x"], []),
        (CHAIN + "x := x - 0.1 * dz/dx", ["∂z/∂x"], []),
        # direct and through others
        (DIRECT + "dz/da", ["dz/da"], []),
        (DIRECT + "∂z/∂a\n∂z/∂y", ["dz/da", "∂z/∂y"], []),
        # functions at points
        (MAP + "D(F)(1, 2)", ["∂F/∂(x, y) at (x, y) = [1, 2]"], []),
        (MAP + "D(D(f))(2)", ["∂D(f)/∂t at t = 2"], []),
        (
            MAP + "D(f)(1)\nD(f)(2)\n3 * D(f)(1)",
            ["∂f/∂t at t = 1", "∂f/∂t at t = 2"],
            ["3 * D(f)(1) = 9"],
        ),
        # once each
        (CHAIN + "dz/dx\ny^2\n2 * dz/dx", ["∂z/∂x"], ["2 * dz/dx = 384"]),
        (CHAIN + "g = dz/dx\nx := x - 0.1 * g\ndz/dx", ["∂z/∂x"], []),
    ],
)
def test_explain_explains_every_derivative(text: str, asked: list[str], answers: list[str]) -> None:
    found = explained(text)
    assert titles(found) == asked
    assert re.findall(r"^Answer\n  (.*)$", found, re.MULTILINE) == answers
    assert found.count("Verified by") == len(asked)


def test_explain_of_a_name_leaves_the_others_out() -> None:
    text = CHAIN + "dz/dx\n∂z/∂y · ∂y/∂x\ng = dy/dx"
    assert titles(explained(text)) == ["∂z/∂x", "∂z/∂y", "∂y/∂x"]
    assert titles(explained(text, "--of", "y")) == ["∂y/∂x"]
    assert titles(explained(text, "--of", "z")) == ["∂z/∂x", "∂z/∂y"]


def test_a_written_point_is_explained_once() -> None:
    found = explained(MAP + "D(F)(1, 2)\nD(F)(1, 2) @ [1, 1]\nD(F)(1, 2)[0]")
    assert titles(found) == ["∂F/∂(x, y) at (x, y) = [1, 2]"]
    assert found.count("Answer\n") == 2


def test_at_most_fifty_are_explained_at_once() -> None:
    points = [f"D(f)({number})" for number in range(51)]
    assert len(titles(explained("\n".join(["f(t) = t^3", *points[1:]])))) == 50
    assert complaint("explain", "-", text="\n".join(["f(t) = t^3", *points]).encode()) == (
        "The file asks for 51 derivatives, and at most 50 are explained at once; "
        "name one with --wrt.\n"
    )


def test_explain_in_json() -> None:
    found = json.loads(printed("explain", LECTURE, "--wrt", "W1", "--json"))
    (one,) = found["derivatives"].values()
    exact = np.array([[4, -4], [1, -1]]) / (1 + np.exp(-22))  # S₀ is not quite 1
    np.testing.assert_allclose(one["value"], exact, rtol=1e-15)
    assert found["steps"][-1]["chain"] == "∂l/∂W1 = ∂l/∂S · ∂S/∂O · ∂O/∂W1"


def test_explain_takes_the_last_number_where_nothing_is_asked() -> None:
    done = run("explain", "-", "--wrt", "x", text=b"x = 3\ny = x^2\nz = 2 * y\nw = [z, y]")
    assert done.stdout.startswith("∂z/∂x\n")


# Help.


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: Path(command[-1]).name)
def test_the_version(command: list[str]) -> None:
    done = run("--version", command=command)
    assert (done.returncode, done.stdout) == (0, f"chainrule {chainrule.__version__}\n")


@pytest.mark.parametrize("arguments", [["--help"], ["solve", "--help"], ["explain", "-h"]])
def test_help_shows_examples_that_work(arguments: list[str]) -> None:
    help_text = printed(*arguments)
    assert help_text.startswith("usage: chainrule")
    examples = re.findall(r"^  chainrule (.*?)(?:  +.*|)$", help_text, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        options = example.removesuffix(" | python -m json.tool").split()
        assert printed(*options)


def test_help_names_every_command_and_option() -> None:
    assert {"solve", "explain", "--version"} <= set(printed("--help").split())
    assert {"--json", "--digits"} <= set(printed("solve", "--help").split())
    assert {"--json", "--digits", "--wrt", "--of"} <= set(printed("explain", "--help").split())


# Mistakes on the command line.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "chainrule: the following arguments are required: COMMAND. See chainrule --help."),
        (["sovle", LECTURE], "chainrule: argument COMMAND: invalid choice: 'sovle'"),
        (["solve"], "chainrule solve: the following arguments are required: FILE."),
        (["solve", LECTURE, "--jsn"], "chainrule: unrecognized arguments: --jsn."),
        (["solve", LECTURE, "--∂"], "chainrule: unrecognized arguments: --∂."),
        (["solve", LECTURE, "--digits", "x"], "chainrule solve: argument --digits: invalid int"),
        (["solve", LECTURE, "--digits", "0"], "--digits takes a number from 1 to 17, not 0."),
        (["solve", LECTURE, "--digits", "18"], "--digits takes a number from 1 to 17, not 18."),
        (["solve", LECTURE, "--digits", "-1", "--json"], "--digits takes a number from 1 to 17"),
        (["explain", LECTURE, "--digits", "99"], "--digits takes a number from 1 to 17, not 99."),
        (["explain", LECTURE, "--wrt"], "chainrule explain: argument --wrt: expected one argument"),
        (["solve", "a.chain", "b.chain"], "chainrule: unrecognized arguments: b.chain."),
        (["solve", "nowhere.chain"], "nowhere.chain: cannot be read: No such file or directory."),
        (["explain", "nowhere.chain"], "nowhere.chain: cannot be read: No such file or directory."),
        (["solve", "examples"], "examples: cannot be read: Is a directory."),
        (["solve", ""], ": cannot be read: No such file or directory."),
        (
            ["explain", LECTURE, "--wrt", "w1"],
            f"'w1' is not defined in {LECTURE}. Did you mean 'W1'?",
        ),
        (
            ["explain", LECTURE, "--of", "lable"],
            f"'lable' is not defined in {LECTURE}. Did you mean 'label'?",
        ),
        (["explain", LECTURE, "--wrt", "qqqq"], f"'qqqq' is not defined in {LECTURE}."),
        (["explain", LECTURE, "--of", "I"], "The file asks for no derivative of I; add --wrt NAME"),
    ],
)
def test_a_mistake_is_answered(arguments: list[str], message: str) -> None:
    assert complaint(*arguments).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"x = 1\ny = x^2\n", "The file asks for no derivative; name one: --of l --wrt W."),
        (b"", "The file asks for no derivative; name one: --of l --wrt W."),
    ],
)
def test_a_file_without_questions_has_nothing_to_explain(text: bytes, message: str) -> None:
    assert complaint("explain", "-", text=text) == message + "\n"


def test_no_number_to_differentiate() -> None:
    text = b"x = [1, 2]\ny = x^2\ndy/dx"
    assert complaint("explain", "-", "--wrt", "x", text=text).startswith(
        "The file defines no single number to differentiate; name one with --of."
    )


# What files hold.


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 3\ny = x^2\ndy/dx\n", id="plain"),
        pytest.param("x = 3\ny = x^2\ndy/dx", id="no line feed at the end"),
        pytest.param("x = 3\r\ny = x^2\r\ndy/dx\r\n", id="CRLF"),
        pytest.param("\ufeffx = 3\ny = x^2\ndy/dx\n", id="BOM"),
        pytest.param("\ufeffx = 3\r\ny = x^2\r\ndy/dx", id="BOM and CRLF"),
        pytest.param("# ∂ ŷ ℓ\n\n\nx = 3   # three\n\ny = x^2\n\tdy/dx\n", id="remarks"),
    ],
)
def test_a_text_is_read_from_a_file_or_from_standard_input(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ŷ 1.chain"
    path.write_bytes(text.encode())
    found = printed("solve", str(path))
    assert "  dy/dx = 6\n" in found
    done = run("solve", "-", text=text.encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, found, "")


def test_an_empty_file_has_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "empty.chain"
    path.touch()
    assert printed("solve", str(path)) == ""
    found = json.loads(printed("solve", str(path), "--json"))
    assert (found["format"], found["values"], found["steps"]) == (1, {}, [])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = 1\ny = \xff\n", ":2: this is not UTF-8 text (byte 0xff at position 10)."),
        ("x = 1\ny = x".encode("utf-16"), ":1: this is not UTF-8 text (byte 0xff at position 0)."),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", ":1:1: The character U+007F cannot be read."),
        (b"x = 1\x00\n", ":1:6: The character U+0000 cannot be read."),
        (b"x = 1\ny = z\n", ":2:5: 'z' is not defined."),
        (b"import os\n", ":1:1: 'import' is Python."),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(
    data: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.chain"
    path.write_bytes(data)
    for command in ("solve", "explain"):
        assert complaint(command, str(path)).startswith(f"{path}{message}")
        assert complaint(command, "-", text=data).startswith(f"<stdin>{message}")


def test_an_error_points_at_its_place() -> None:
    text = "I = [2, 1]\nW1 = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nO = I @ W1\n"
    assert complaint("solve", "-", text=text.encode()).splitlines() == [
        "<stdin>:3:7: I is (2) and W1 is (3 × 3): @ needs the last size of the left, 2, "
        "to equal the first size of the right, 3.",
        "    O = I @ W1",
        "          ^",
    ]


# Digits.


@pytest.mark.parametrize(
    ("digits", "l", "s"),
    [
        ("1", "2e1", "3e-10"),
        ("6", "22", "2.78947e-10"),
        ("12", "22.0000000003", "2.78946809209e-10"),
        ("14", "22.000000000279", "2.7894680920908e-10"),
    ],
)
def test_as_many_digits_as_asked_for(digits: str, l: str, s: str) -> None:  # noqa: E741
    found = printed("solve", LECTURE, "--digits", digits)
    assert f"  l = cross_entropy(S, label) = {l}\n" in found
    assert f", {s}]\n" in found


def test_explain_puts_as_many_digits_into_formulas() -> None:
    found = printed("explain", LECTURE, "--of", "l", "--wrt", "S", "--digits", "12")
    assert "cross_entropy([0.999999999721, 2.78946809209e-10], [0, 1])" in found
    assert "    = [0 -3584912847.13]\n" in found


# Streams.


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.chain"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*MODULE, "solve", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    with pipe.open("wb"):  # waits until the command has opened the file, which waits for us
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out, said) == (130, b"", b"interrupted\n")


@pytest.mark.parametrize(
    "arguments",
    [["solve", BATCH], ["solve", BATCH, "--json"], ["explain", BATCH], ["explain", "--help"]],
)
@pytest.mark.parametrize("reader", ["head -n 1", "true"])
def test_a_reader_that_goes_away_is_no_mistake(arguments: list[str], reader: str) -> None:
    command = shlex.join([*MODULE, *arguments])
    script = f"set -o pipefail; {command} | {reader} > {os.devnull}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, timeout=60)
    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        ("<&-", 2, "-: standard input is closed.\n"),
        (f"< {LECTURE} >&-", 0, ""),
        (
            f"< {LECTURE} > /dev/full",
            2,
            "The output cannot be written: No space left on device.\n",
        ),
    ],
)
def test_streams_that_are_closed_or_full(streams: str, code: int, said: str) -> None:
    for form in ("", "--json"):
        script = f"{shlex.join(MODULE)} solve - {form} {streams}"
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, timeout=60)
        assert (done.returncode, done.stderr.decode()) == (code, said)


# Terminals and locales.


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a command shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*MODULE, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**PLAIN, "COLUMNS": "40", **environment},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # the other end has gone
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode("utf-8").replace("\r\n", "\n")


@pytest.mark.parametrize("arguments", [["solve", BATCH], ["explain", LECTURE, "--wrt", "W0"]])
def test_a_terminal_shows_the_same_text_in_bold_headings(arguments: list[str]) -> None:
    shown = on_a_terminal(*arguments, TERM="xterm-256color")
    assert "\x1b[1m" in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == printed(*arguments)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["solve", BATCH], {"TERM": "xterm-256color", "NO_COLOR": "1"}),
        (["explain", LECTURE, "--wrt", "W0"], {"TERM": "xterm-256color", "NO_COLOR": "1"}),
        (["solve", BATCH], {"TERM": "dumb"}),
        (["solve", BATCH, "--json"], {"TERM": "xterm-256color"}),
    ],
)
def test_nothing_is_styled_where_that_is_not_wanted(
    arguments: list[str], environment: dict[str, str]
) -> None:
    assert on_a_terminal(*arguments, **environment) == printed(*arguments)


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
    ],
    ids=str,
)
def test_formulas_are_utf_8_whatever_the_locale(environment: dict[str, str]) -> None:
    for arguments in (
        ["explain", LECTURE, "--wrt", "W0"],
        ["solve", BATCH],
        ["solve", BATCH, "--json"],
    ):
        assert printed(*arguments, environment=environment) == printed(*arguments)
    done = run("solve", "-", text="ŷ = σ(x)".encode(), environment=environment)
    assert done.stderr.splitlines()[1] == "    ŷ = σ(x)"


# What is loaded.


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["solve", LECTURE], set()),
        (["explain", LECTURE], set()),
        (["solve", LECTURE, "--json"], {"json"}),
    ],
)
def test_only_what_is_needed_is_loaded(arguments: list[str], loaded: set[str]) -> None:
    script = (
        "import sys; from chainrule.cli.main import main; "
        f"main({arguments!r}); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = {name.partition(".")[0] for name in done.stderr.split()}
    assert "numpy" in modules
    assert modules & {"rich", "json", "hypothesis", "pytest"} == loaded


def test_rich_is_loaded_for_a_terminal_alone() -> None:
    shown = on_a_terminal("solve", LECTURE, TERM="xterm", PYTHONVERBOSE="1")
    assert "import 'rich.console'" in shown
