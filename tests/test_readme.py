"""README.md and CONTRIBUTING.md: what they show is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.ops.row import ONE, Row
from tests.rewrite.proofs import PROOFS, Proof

from chainrule.explain.solution import Solution, solve
from chainrule.graph.declaration import Declaration
from chainrule.graph.facts import Fact
from chainrule.graph.node import variable
from chainrule.graph.source import Source
from chainrule.jacobians.kinds import Diagonal
from chainrule.ops.choice import absolute
from chainrule.ops.contract import PAPER, Elementwise, paper_operation
from chainrule.ops.transposition import Transpose, transpose
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import rule_book
from chainrule.run.gradient_check import check
from chainrule.run.interpreter import evaluate

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def blocks(page: str, language: str = "") -> list[str]:
    """The fenced blocks in one language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def printed(*arguments: str) -> tuple[str, str]:
    """What the command prints, and what it complains about."""
    command = [sys.executable, "-m", "chainrule.cli.main", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, timeout=60)
    return done.stdout, done.stderr


def solved(text: str) -> Solution:
    return solve(elaborate(parse(Source(text))))


# README.md


def test_every_block_is_held_to_something() -> None:
    """Commands of make, what commands and Python print, an error; five programs."""
    make, derivation, korean, report, closed, code, curve, error, *shown, again = blocks(README)
    assert make.startswith("make demo ")
    assert derivation.startswith("∂l/∂W1\n")
    assert report.startswith("✓  3  h = [4, 1]\n")
    assert closed.startswith("  Closed form\n")
    assert korean.startswith("  ∂L/∂W3  (2 × 1)  행렬곱")
    assert code.startswith("    # backward\n")
    assert error.startswith("network.chain:")
    assert curve.startswith("L\n  after   0 steps  15.6286\n")
    assert [text.partition(" ")[0] for text in shown] == ["[[0.31849],", "loss"]
    assert again.startswith("make test ")
    assert len(blocks(README, "chain")) == 3
    assert len(blocks(README, "python")) == 2
    assert README.count("```") == 2 * 16


def test_the_derivation_is_what_explain_prints() -> None:
    (command,) = re.findall(r"with `chainrule (explain .*? --wrt W1)`", README)
    assert printed(*command.split()) == (blocks(README)[1], "")


def test_the_picture_is_what_draw_draws(tmp_path: Path) -> None:
    (command,) = re.findall(r"`chainrule (draw .*? --output) graph.svg`", README)
    assert printed(*command.split(), str(tmp_path / "graph.svg")) == ("", "")
    drawn = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    (shown,) = re.findall(r"!\[[^]]*\]\((.*?)\)", README)
    assert (ROOT / shown).read_text(encoding="utf-8") == drawn


def test_the_report_is_what_check_prints() -> None:
    (command,) = re.findall(r"this is\n`chainrule (check .*?)`", README)
    assert printed(*command.split()) == (blocks(README)[3], "")


@pytest.mark.parametrize(
    ("command", "at"),
    [
        ("explain .*? --lang ko", 2),
        ("explain .*? --view closed --wrt W0,W1", 4),
        ("code .*?", 5),
        ("train .*? --steps 300", 6),
    ],
)
def test_what_is_shown_of_a_longer_output_is_in_it(command: str, at: int) -> None:
    (found,) = re.findall(rf"`chainrule ({command})`[^`]*:\n\n```", README)
    said, complaint = printed(*found.split())
    assert blocks(README)[at] in said
    assert complaint == ""


def test_a_problem_without_numbers_has_the_answer_beside_it() -> None:
    text = blocks(README, "chain")[1]
    (answer,) = solved(text).symbolic.answers
    assert answer.closed == text.rpartition("# ")[2].strip()


def test_the_closed_form_of_the_loss_is_what_is_said(tmp_path: Path) -> None:
    code, _ = blocks(README, "python")
    (call, form) = re.findall(r"`(cr\.closed_form\(.*?\))` is `(.*?)`", README)[0]
    (tmp_path / "demo.py").write_text(f"{code}\nprint({call})\n", encoding="utf-8")
    command = [sys.executable, str(tmp_path / "demo.py")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == form


def test_the_other_commands_work_as_they_stand() -> None:
    commands = re.findall(r"`chainrule ((?:solve|explain) examples/[^`]*)`", README)
    assert len(commands) == 5
    for command in commands:
        said, complaint = printed(*command.split())
        assert said
        assert complaint == ""


def test_the_error_is_what_solve_says(tmp_path: Path) -> None:
    shown = blocks(README)[7]
    given = "I = [2, 1]\nW1 = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nO = I @ W1\n"
    (tmp_path / "network.chain").write_text(given, encoding="utf-8")
    said, complaint = printed("solve", str(tmp_path / "network.chain"))
    assert (said, complaint.removeprefix(f"{tmp_path}/")) == ("", shown)


def test_the_programs_stand_in_the_examples_and_are_solved() -> None:
    whole, _, step = blocks(README, "chain")
    lecture = (ROOT / "examples" / "000-C.chain").read_text(encoding="utf-8")
    for line in whole.splitlines():
        assert line in lecture.splitlines()
    (answer,) = solved(whole).answers
    assert (answer.text, answer.value.shape) == ("dl/dW1", (2, 2))
    batch = (ROOT / "examples" / "002-A.chain").read_text(encoding="utf-8")
    for line in step.splitlines():
        assert line in batch.splitlines()
    assert len(solved(batch).changes) == 6


def test_the_losses_before_and_after_the_step() -> None:
    before, after = re.findall(r"`L = ... = (\S+)` before and `new\(L\) = (\S+)` after", README)[0]
    said, _ = printed("solve", "examples/002-A.chain")
    assert re.search(rf"^  L = .* = {re.escape(before)}$", said, re.MULTILINE)
    assert f"  new(L) = {after}\n" in said


@pytest.mark.parametrize(("program", "output"), [(0, 8), (1, 9)], ids=["derived", "trained"])
def test_the_python_prints_what_is_shown(program: int, output: int, tmp_path: Path) -> None:
    (tmp_path / "demo.py").write_text(blocks(README, "python")[program], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "demo.py")],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == blocks(README)[output]


def test_there_are_as_many_problems_as_it_says() -> None:
    assert "**Twenty-two worked problems**" in README
    assert len(list((ROOT / "examples").glob("*.chain"))) == 22


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_every_link_and_make_target_exists(page: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", page)
    targets = re.findall(r"(?:^|`)make (\w+)", page, re.MULTILINE)
    assert len(links) + len(targets) > 4
    for link in links:
        assert (ROOT / link).exists(), link
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


# CONTRIBUTING.md


def test_the_operation_of_ten_lines_is_an_operation() -> None:
    code, row, *_ = blocks(CONTRIBUTING, "python")
    assert "softsign" not in PAPER
    words: dict[str, Any] = {
        "Elementwise": Elementwise,
        "Diagonal": Diagonal,
        "absolute": absolute,
        "paper_operation": paper_operation,
    }
    exec(code, words)
    try:
        softsign = words["softsign"]
        x = variable((3,))
        points = np.array([-2.0, 1.0, 0.5])
        wanted = points / (1 + np.abs(points))
        assert evaluate(softsign(x), {x: points}).tolist() == wanted.tolist()
        found = check(softsign(x), x, {x: points})
        assert found.skipped == 0
        assert found.relative_error < 1e-9
        (answer,) = solved("x = [0, 1, 2]\ny = sum(softsign(x))\ndy/dx").answers
        np.testing.assert_allclose(answer.value, [1, 1 / 4, 1 / 9], rtol=1e-15)
        words |= {"Row": Row, "ONE": ONE, "np": np}
        assert eval(row.strip().removesuffix(","), words).name == "softsign"
    finally:
        PAPER.pop("softsign", None)


def test_ten_lines_are_ten_lines() -> None:
    code, row, *_ = blocks(CONTRIBUTING, "python")
    statements = [line for line in code.splitlines() if line.strip() and '"""' not in line]
    assert len(statements) == 10
    assert len(row.splitlines()) == 1


def test_the_rule_is_a_rule_and_its_proof_stands_in_the_table() -> None:
    *_, code, proof = blocks(CONTRIBUTING, "python")
    words: dict[str, Any] = {"BOOK": rule_book("contributed"), "Transpose": Transpose, "Fact": Fact}
    exec(code, words)
    (rule,) = words["BOOK"].rules
    matrix = variable((3, 3))
    known = Knowledge([Declaration(matrix, Fact.SYMMETRIC, "here")])
    assert rule.rewrite(transpose(matrix), known) is matrix
    assert rule.rewrite(transpose(matrix), Knowledge()) is None
    assert eval(proof.rstrip().rstrip(","), {"Proof": Proof}) in PROOFS
