"""Every example in every view, as text: what is printed is what is kept in `golden/`.

`PYTHONPATH=src:. python -m tests.explain.test_golden` writes the files anew; a review of the
difference shows what a change did to the derivations. A name or two, `… test_golden 002-A`, is
enough to write these anew: PROBLEM, or PROBLEM.VIEW.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.explain.example_views import PAIRS, explained_or_refused

from chainrule.explain.explanation import Explanation
from chainrule.explain.printers.boxes import cells
from chainrule.explain.printers.terminal import PIPE_WIDTH

GOLDEN = Path(__file__).parent / "golden"
AGAIN = "PYTHONPATH=src:. python -m tests.explain.test_golden"


def golden(problem: str, view: str) -> Path:
    return GOLDEN / f"{problem}.{view}.txt"


def printed(problem: str, view: str) -> str:
    """What the command prints: the explanation, or why there is none."""
    found = explained_or_refused(problem, view)
    return (found.to("text") if isinstance(found, Explanation) else str(found)) + "\n"


@pytest.mark.parametrize(("problem", "view"), PAIRS)
def test_what_is_printed_is_what_was_reviewed(problem: str, view: str) -> None:
    path = golden(problem, view)
    if not path.exists():
        pytest.fail(f"golden/{path.name} is missing; {AGAIN} {problem}.{view} writes it.")
    differences = compared(path.read_text(encoding="utf-8"), printed(problem, view), path.name)
    if differences:
        pytest.fail(f"{AGAIN} {problem}.{view} writes what is printed now:\n{differences}", False)


def compared(kept: str, now: str, name: str) -> str:
    """The lines that differ, with their neighbours."""
    both = (kept.splitlines(), now.splitlines())
    return "\n".join(difflib.unified_diff(*both, f"golden/{name}", "printed now", lineterm=""))


def test_there_is_no_file_for_what_is_no_longer_explained() -> None:
    wanted = {golden(problem, view) for problem, view in PAIRS}
    assert set(GOLDEN.glob("*.txt")) - wanted == set()


@pytest.mark.parametrize(("problem", "view"), PAIRS)
def test_no_line_is_longer_than_the_page(problem: str, view: str) -> None:
    found = explained_or_refused(problem, view)
    if not isinstance(found, Explanation):
        pytest.skip("the view refuses the example, in a line of its own")
    assert max(map(cells, found.to("text").splitlines())) <= PIPE_WIDTH


def write(names: Sequence[str]) -> None:
    """The files of these problems or pairs, without a name all; what has no example is removed."""
    GOLDEN.mkdir(exist_ok=True)
    wanted = {golden(problem, view) for problem, view in PAIRS}
    for path in set(GOLDEN.glob("*.txt")) - wanted:
        path.unlink()
    for problem, view in PAIRS:
        if not names or problem in names or f"{problem}.{view}" in names:
            golden(problem, view).write_text(printed(problem, view), encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1:])
