"""A Markdown file that holds a problem and its solution, each in fenced blocks of its own."""

from __future__ import annotations

import re

from chainrule.errors import DataProblem

__all__ = ["fenced"]

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*")


def fenced(text: str) -> tuple[str, str]:
    """The problem and the solution: what stands in ```chain and in ```solution blocks.

    Several blocks of a kind are one text.  All other lines are blank, so that each line keeps its
    number.

    >>> problem, solution = fenced("A step.\\n```chain\\nx = 2\\n```\\n```solution\\ny = 3\\n```")
    >>> problem.split(), solution.splitlines()[5]
    (['x', '=', '2'], 'y = 3')

    Raises:
        DataProblem: there is no block of one of the kinds.
    """
    found: dict[str, list[str]] = {"chain": [], "solution": []}
    seen: set[str] = set()
    mark = kind = ""
    for line in text.split("\n"):
        fence = FENCE.fullmatch(line.rstrip())
        inside = ""
        if not mark and fence:
            mark, kind = fence[1], fence[2].lower()
            seen.add(kind)
        elif fence and fence[1].startswith(mark) and not fence[2]:
            mark = kind = ""
        else:
            inside = line
        for name, lines in found.items():
            lines.append(inside if name == kind else "")
    for name in found:
        if name not in seen:
            raise DataProblem(f"The file has no block that begins with ```{name}.")
    return "\n".join(found["chain"]), "\n".join(found["solution"])
