"""docs/functions.md: every example gives what is shown."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "functions.md"


def test_every_example_gives_what_is_shown() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert (found.failed, found.attempted > 25) == (0, True)
