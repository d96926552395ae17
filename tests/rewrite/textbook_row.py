"""One row of the table of textbook derivatives, and what rows are made with."""

from __future__ import annotations

from chainrule.graph.record import Record

__all__ = ["FORMS", "SIZES", "SQUARE", "TALL", "WIDE", "Row", "cookbook", "program"]

SIZES = {"n": 3, "m": 4, "d": 2, "k": 3, "N": 5}  # for the comparison in numbers


class Row(Record):
    """∂f/∂wrt of the last definition in `program`, in the form that `source` prints.

    `expected` is the derivative; of a program with shared adjoints, or several names in `wrt`
    (with a space between them), a line `name = form` for each.
    """

    source: str
    program: str
    wrt: str
    expected: str

    def __repr__(self) -> str:
        return f"{self.source}: {self.program.splitlines()[-1]} by {self.wrt}"


SQUARE = "A, B, C, D, X : R^(n x n); a, b, c, x, y : R^n"
WIDE = "A : R^(d x n); X : R^(n x m); B : R^(m x d); a : R^n; b : R^m; c : R^m"
TALL = "X : R^(m x d); A, C : R^(m x m); B, G : R^(d x d); b, c : R^d; a : R^m"
FORMS = "A : R^(m x n); B : R^(n x n); W : R^(m x m); x, a, s : R^n; y, b, u : R^m"


def program(*lines: str) -> str:
    """Lines as one text; those of a line with semicolons are several."""
    return "\n".join(part.strip() for line in lines for part in line.split(";"))


def cookbook(
    equation: str, declared: str, formula: str, wrt: str, expected: str, *facts: str
) -> Row:
    """A row of the Matrix Cookbook, for a formula in one line."""
    text = program(declared, *facts, f"f = {formula}")
    return Row(f"Matrix Cookbook {equation}", text, wrt, expected)
