"""Explanations as text: its looks, that it keeps to the width, and what a terminal gets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.formulas import explanations
from tests.explain.sample import SAMPLE, expression, numbers, partial

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.printers import printed
from chainrule.explain.printers.boxes import cells
from chainrule.explain.printers.terminal import PIPE_WIDTH, terminal_lines, text_lines
from chainrule.notation.formula import Number

AS_TEXT = """\
∂l/∂O
=====

Conventions
  Numerator layout: rows are outputs, columns are inputs.
  Arrays are flattened row by row.

Forward pass
  h = I @ W0 = [2 1] @ ⎡1 -2⎤ = [4 1]
                       ⎣2  5⎦

  S = softmax(O) ≈ [1  2.789×10⁻¹⁰]
  big = X @ W ≈ an array of 64 × 784 from -3.1 to 2.9, norm 17.3: 0.25, -1.5, 2/3, …
"""
CHAIN_AS_TEXT = """\
  ∂L/∂h  (2 × 2)  ReLU: ReLU passes what is positive and stops the rest.
    = diag([h0>0], [h1>0]) = diag(1, 1)

    ∂l/∂h = ⎡ 6⎤   Forward pass
            ⎣-2⎦"""


def test_what_an_explanation_looks_like() -> None:
    text = printed(SAMPLE, "text")
    assert text.startswith(AS_TEXT)
    assert text.endswith(CHAIN_AS_TEXT)
    assert str(SAMPLE) == repr(SAMPLE) == text


def test_words_that_do_not_fit_go_on_below() -> None:
    sentence = Sentence("one two three four five six seven eight nine")
    step = Step("quantity", what=partial("S", "O"), why=sentence, shape=(2, 2))
    short = Explanation(
        expression("x"), "chain", (Step("part", Sentence("forward"), steps=(step,)),)
    )
    assert list(text_lines(short, 30)) == [
        "x",
        "=",
        "",
        "Forward pass",
        "  ∂S/∂O  (2 × 2)  one two",
        "    three four five six seven",
        "    eight nine",
    ]


def styles(explanation: Explanation, text: str) -> list[str]:
    """The styles in which a text is shown."""
    return [style for line in terminal_lines(explanation) for one, style in line if text in one]


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("∂l/∂O", "title"),
        ("=====", "title"),
        ("Forward pass", "heading"),
        ("softmax:", "rule"),
        ("Raising", "why"),
        ("(2 × 2)", "shape"),
        ("≈", "about"),
        ("Arrays", "remark"),
        ("diag(1, 1)", ""),
    ],
)
def test_every_kind_of_text_has_its_style(text: str, style: str) -> None:
    assert style in styles(SAMPLE, text)


def test_a_sign_in_a_sentence_is_no_result() -> None:
    remark = Step("remark", remarks=(Sentence("a ≈ b"),))
    assert styles(Explanation(expression("x"), "chain", (remark,)), "≈") == ["remark"]


STRANGE = "\x1b[31mred\x1b[0m\rover\u202ewritten\x07"


def test_what_a_user_wrote_cannot_steer_the_terminal() -> None:
    step = Step("quantity", what=expression(STRANGE), sides=(Equal(expression(STRANGE)),),
                rule=Sentence(STRANGE), remarks=(Sentence(STRANGE),))  # fmt: skip
    text = printed(Explanation(expression(STRANGE), "chain", (step,)), "text")
    assert "�[31mred�[0m�over�written�" in text
    assert not set(text) & set("\x1b\r\x07\u202e")


def test_steps_below_each_other() -> None:
    """One-line steps stand close together; what is taller has room around it."""
    low = Step("quantity", what=expression("a"), sides=(Equal(Number("1")),))
    tall = Step("quantity", what=expression("b"), sides=(Equal(numbers("1", "2")),))
    steps = (low, low, tall, low)
    part = Step("part", Sentence("forward"), steps=steps)
    assert list(text_lines(Explanation(expression("x"), "chain", (part,))))[3:] == [
        "Forward pass",
        "  a = 1",
        "  a = 1",
        "",
        "  b = ⎡1⎤",
        "      ⎣2⎦",
        "",
        "  a = 1",
    ]


def test_an_equation_goes_on_in_the_steps_that_belong_to_it() -> None:
    """Without a left side of their own: the rule stands beside the new form, its reason below."""
    reason = Sentence("What is kept is multiplied by 1, all else by 0.")
    masked = Step(
        "quantity",
        rule=Sentence("mask as a factor"),
        why=reason,
        sides=(Equal(expression("dL * (h > 0)")),),
    )
    again = Step(
        "quantity",
        rule=Sentence("a rule with a name that is too long to stand beside its equation"),
        sides=(Equal(expression("(h > 0) * dL")),),
    )
    first = Step(
        "quantity",
        what=expression("dh"),
        sides=(Equal(expression("where(h > 0, dL, 0)")),),
        steps=(masked, again),
    )
    assert list(text_lines(Explanation(expression("x"), "closed", (first,)), 60))[3:] == [
        "dh = where(h > 0, dL, 0)",
        "   = dL * (h > 0)   mask as a factor",
        "     What is kept is multiplied by 1, all else by 0.",
        "   = (h > 0) * dL",
        "     a rule with a name that is too long to stand beside its",
        "       equation",
    ]


def test_korean_sentences_keep_to_the_width() -> None:
    korean = Explanation(SAMPLE.title, SAMPLE.view, SAMPLE.steps, "ko")
    lines = list(text_lines(korean, 44))
    assert "순전파" in lines
    assert 40 < max(map(cells, lines)) <= 44


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="{}"), min_size=1, max_size=60)


@given(explanations(WORDS), st.integers(40, 120))
def test_the_lines_of_any_explanation(explanation: Explanation, width: int) -> None:
    lines = list(text_lines(explanation, width))
    assert max(map(cells, lines)) <= width
    assert all(line == line.rstrip() and "\n" not in line for line in lines)
    check_that_a_pipe_gets_the_same_words_as_a_terminal(explanation)


def check_that_a_pipe_gets_the_same_words_as_a_terminal(explanation: Explanation) -> None:
    styled = ["".join(text for text, _ in line) for line in terminal_lines(explanation)]
    assert [line.rstrip() for line in styled] == list(text_lines(explanation))


@given(explanations(st.from_regex(r"[a-zé]{1,9}( [a-zé]{1,9}){0,20}", fullmatch=True)))
def test_every_sentence_is_there(explanation: Explanation) -> None:
    read = " ".join(" ".join(text_lines(explanation)).split())
    for step in explanation.walk():
        said = [*step.remarks, *filter(None, [step.title, step.why])]
        assert all(sentence.code in read for sentence in said)


# The command's side: a pipe, a terminal, and one without colours

SHOW = """
import sys
from chainrule.explain.printers.terminal import show
from tests.explain.sample import SAMPLE
show(SAMPLE)
print("rich" in sys.modules)
"""


def environment(**more: str) -> dict[str, str]:
    usual = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")
    }
    return {**usual, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TERM": "xterm", **more}


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_a_pipe_gets_plain_text_and_needs_no_library(locale: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SHOW],
        capture_output=True,
        env=environment(LC_ALL=locale, COLUMNS="40"),
        timeout=60,
        check=True,
    )
    wanted = [*text_lines(SAMPLE, PIPE_WIDTH), "False"]
    assert ran.stdout.decode("utf-8").splitlines() == wanted


def on_a_terminal(columns: int, **more: str) -> list[str]:
    """The lines that a terminal of so many columns is given."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    running = subprocess.Popen(
        [sys.executable, "-c", SHOW], stdin=theirs, stdout=theirs, env=environment(**more)
    )
    os.close(theirs)
    written = b"".join(_read(ours))
    os.close(ours)
    assert running.wait(timeout=60) == 0
    return written.decode("utf-8").splitlines()


def _read(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(descriptor, 4096)
        except OSError:  # what Linux says when the other end is closed
            return
        if not part:
            return
        yield part


def test_a_terminal_gets_styles_and_its_own_width() -> None:
    lines = on_a_terminal(60)
    assert "\x1b[1mForward pass\x1b[0m" in lines
    assert any("\x1b[33m≈\x1b[0m" in line for line in lines)
    unstyled = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines[:-1]]
    assert unstyled == list(text_lines(SAMPLE, 60))


def test_no_color_is_respected() -> None:
    lines = on_a_terminal(60, NO_COLOR="1")
    assert lines[:-1] == list(text_lines(SAMPLE, 60))
