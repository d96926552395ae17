"""The commands as real processes: what they print, their help, digits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.cli.running import (
    BATCH,
    COMMANDS,
    LECTURE,
    answers,
    complaint,
    explained,
    printed,
    run,
    titles,
)

import chainrule

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
    ("text", "asked", "answered"),
    [
        # names, expressions, entries, parts
        (CHAIN + "dz/dx", ["∂z/∂x"], []),
        (CHAIN + "∂(2*y)/∂x", ["∂(2*y)/∂x"], []),
        (CHAIN + "d(z + x)/dx", ["d(z + x)/dx"], []),
        (SHARES + "∂S[0]/∂O", ["∂S[0]/∂O"], []),
        (SHARES + "dS[0]/dO[1]", ["∂S[0]/∂O"], ["dS[0]/dO[1] ≈ -0.105"]),
        (SHARES + "(dS/dO)[0, 1]", ["∂S/∂O"], ["(dS/dO)[0, 1] ≈ -0.105"]),
        (SHARES + "dS/dx[1:]", ["∂S/∂x"], ["dS/dx[1:] ≈ ⎡-0.21⎤"]),
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
        (MAP + "D(F)(1, 2)", ["∂F/∂(x, y) at (x, y) = [1 2]"], ["D(F)(1, 2) = ⎡2 1⎤"]),
        (MAP + "D(D(f))(2)", ["∂D(f)/∂t at t = 2"], ["D(D(f))(2) = 12"]),
        (
            MAP + "D(f)(1)\nD(f)(2)\n3 * D(f)(1)",
            ["∂f/∂t at t = 1", "∂f/∂t at t = 2"],
            ["D(f)(1) = 3", "D(f)(2) = 12", "3 * D(f)(1) = 9"],
        ),
        # once each
        (CHAIN + "dz/dx\ny^2\n2 * dz/dx", ["∂z/∂x"], ["y^2 = 64", "2 * dz/dx = 384"]),
        (CHAIN + "g = dz/dx\nx := x - 0.1 * g\ndz/dx", ["∂z/∂x"], []),
    ],
)
def test_explain_explains_every_derivative(
    text: str, asked: list[str], answered: list[str]
) -> None:
    found = explained(text)
    assert titles(found) == asked
    assert [re.sub(r" {3}\(.*", "", line) for line in answers(found)] == answered
    assert found.count("Verified by") == len(asked)


def test_explain_of_a_name_leaves_the_others_out() -> None:
    text = CHAIN + "dz/dx\n∂z/∂y · ∂y/∂x\ng = dy/dx"
    assert titles(explained(text)) == ["∂z/∂x", "∂z/∂y", "∂y/∂x"]
    assert titles(explained(text, "--of", "y")) == ["∂y/∂x"]
    assert titles(explained(text, "--of", "z")) == ["∂z/∂x", "∂z/∂y"]


def test_a_written_point_is_explained_once() -> None:
    found = explained(MAP + "D(F)(1, 2)\nD(F)(1, 2) @ [1, 1]\nD(F)(1, 2)[0]")
    assert titles(found) == ["∂F/∂(x, y) at (x, y) = [1 2]"]
    assert len(answers(found)) == 3


def test_at_most_fifty_are_explained_at_once() -> None:
    points = [f"D(f)({number})" for number in range(51)]
    assert len(titles(explained("\n".join(["f(t) = t^3", *points[1:]])))) == 50
    assert complaint("explain", "-", text="\n".join(["f(t) = t^3", *points]).encode()) == (
        "51 derivatives are asked for, and at most 50 are explained at once; "
        "name fewer with --wrt.\n"
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
def test_help_shows_examples_that_work(arguments: list[str], tmp_path: Path) -> None:
    help_text = printed(*arguments)
    assert help_text.startswith("usage: chainrule")
    examples = re.findall(r"^  chainrule (.*?)(?:  +.*|)$", help_text, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        options = example.removesuffix(" | python -m json.tool").split()
        if "--output" in options:
            file = tmp_path / options.pop()
            assert printed(*options, str(file)) == ""
            assert file.stat().st_size > 0
        else:
            assert printed(*options)


def test_help_names_every_command_and_option() -> None:
    assert {"solve", "explain", "--version"} <= set(printed("--help").split())
    assert {"--json", "--digits"} <= set(printed("solve", "--help").split())
    assert {"--json", "--digits", "--wrt", "--of"} <= set(printed("explain", "--help").split())


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
    assert "cross_entropy([0.999999999721  2.78946809209×10⁻¹⁰], [0 1])" in found
    assert " ≈ [0  -3584912847.13]\n" in found
