"""What a text may ask for, so that nothing a user sends can hang or exhaust the machine.

The lexer has its own limits on length, tokens and nesting, which hold before anything is built.
All of them are listed in docs/paper-language.md.
"""

from __future__ import annotations

__all__ = [
    "LONGEST_NAME",
    "MOST_AXES",
    "MOST_CALLS",
    "MOST_ENTRIES",
    "MOST_NODES",
    "MOST_SIZES",
    "MOST_STATEMENTS",
]

MOST_STATEMENTS = 10_000
LONGEST_NAME = 1_000  # of what is defined; it is repeated wherever the name is printed
MOST_NODES = 40_000  # a text can unfold to far more nodes than it has characters
MOST_CALLS = 20  # functions calling functions, deep
MOST_ENTRIES = 1_000_000  # of one array
MOST_AXES = 12  # of one array; a derivative has those of both its parts
MOST_SIZES = 100  # names of lengths that are not known
