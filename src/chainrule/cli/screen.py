"""Lines to standard output; on a terminal with headings in bold."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

__all__ = ["show_lines"]


def show_lines(lines: Iterable[str]) -> None:
    """Print lines; rich is loaded only if somebody is looking."""
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        _show_styled(lines)
    else:
        for line in lines:
            print(line)


def _show_styled(lines: Iterable[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        is_heading = bool(line) and not line[0].isspace() and len(line) < 60 and "=" not in line
        console.print(Text(line, style="bold" if is_heading else ""))
