"""The pages in docs/: every example gives what is shown, every rule is listed.

`python tests/test_docs.py` writes the list of rules and the outputs in docs/explaining.md and
docs/training.md anew.
"""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.rewrite.rules import LAYOUT, READING

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CLOSED = DOCS / "closed-forms.md"
EXPLAINING = DOCS / "explaining.md"
TRAINING = DOCS / "training.md"
CONSOLE = re.compile(r"```console\n\$ chainrule ([^\n]*)\n(.*?)```", re.DOTALL)
START, END = "<!-- rules: written by tests/test_docs.py -->", "<!-- end of rules -->"


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("functions.md", 26),
        ("closed-forms.md", 20),
        ("explaining.md", 5),
        ("training.md", 16),
        ("compiling.md", 18),
    ],
)
def test_every_example_gives_what_is_shown(name: str, at_least: int) -> None:
    flags = doctest.ELLIPSIS
    found = doctest.testfile(str(DOCS / name), module_relative=False, optionflags=flags)
    assert (found.failed, found.attempted >= at_least) == (0, True)


def consoles(file: Path) -> list[tuple[list[str], str]]:
    """The commands on a page, and what is shown of their output."""
    blocks = CONSOLE.findall(file.read_text(encoding="utf-8"))
    return [(command.split(), output) for command, output in blocks]


def printed(command: list[str]) -> str:
    """What a command prints."""
    run = [sys.executable, "-m", "chainrule", *command]
    done = subprocess.run(run, capture_output=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0
    return done.stdout.decode("utf-8")


@pytest.mark.parametrize(("command", "output"), consoles(CLOSED))
def test_every_command_prints_what_is_shown(command: list[str], output: str) -> None:
    assert output in printed(command)


@pytest.mark.parametrize(("command", "output"), [*consoles(EXPLAINING), *consoles(TRAINING)])
def test_every_command_prints_just_what_is_shown(command: list[str], output: str) -> None:
    assert output == printed(command)


def page() -> str:
    return CLOSED.read_text(encoding="utf-8")


def list_of_rules() -> str:
    """Every rule with its sentence, by subject."""
    lines: list[str] = []
    for subject in dict.fromkeys(rule.subject for rule in (*READING, *LAYOUT)):
        lines += ["", f"**{subject}**", ""]
        rules = [rule for rule in (*READING, *LAYOUT) if rule.subject == subject]
        lines += [f"- *{rule.name}*: {rule.sentence}" for rule in rules]
    return "\n".join([*lines, "", ""])


def test_every_rule_is_listed() -> None:
    assert page().split(START)[1].split(END)[0] == list_of_rules()


def with_outputs(text: str) -> str:
    """A page with the outputs of its commands as they are now."""

    def block(found: re.Match[str]) -> str:
        return f"```console\n$ chainrule {found[1]}\n{printed(found[1].split())}```"

    return CONSOLE.sub(block, text)


if __name__ == "__main__":
    for written in (EXPLAINING, TRAINING):
        written.write_text(with_outputs(written.read_text("utf-8")), "utf-8")
    before, rest = page().split(START)
    CLOSED.write_text(f"{before}{START}{list_of_rules()}{END}{rest.split(END)[1]}", "utf-8")
