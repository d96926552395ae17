"""The true numbers of the worked lectures, as `truth/*.txt` holds them.

One file a problem, transcribed from its exact solution (30 digits where it has no end).  Each
entry is an expression of the paper language and its value: a number, a vector in brackets, or a
matrix whose rows stand indented below.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["EXAMPLES", "PROBLEMS", "example", "same_numbers", "truth_of"]

Numbers = npt.NDArray[np.float64]

TRUTH = Path(__file__).parent / "truth"
EXAMPLES = Path(__file__).parents[2] / "examples"
PROBLEMS = sorted(path.stem for path in TRUTH.glob("*.txt"))
RELATIVE = 1e-12


def example(problem: str) -> str:
    """The text of the example in its own conventions."""
    return (EXAMPLES / f"{problem}.chain").read_text(encoding="utf-8")


def truth_of(problem: str) -> dict[str, Numbers]:
    """What each expression is worth.

    >>> truth_of("003-2c")["D(F∘G)(2)"].tolist()
    [[12.0], [131.0]]
    """
    found: dict[str, Numbers] = {}
    for line in (TRUTH / f"{problem}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith(" "):
            name, rows = found.popitem()
            found[name] = np.array([*rows.tolist(), _row(line)])
            continue
        name, _, value = line.rpartition(" =")
        if not value:
            found[name] = np.array([])
        elif value.startswith(" ["):
            found[name] = _row(value[2:-1])
        else:
            found[name] = np.array(float(value))
    return found


def _row(text: str) -> Numbers:
    return np.array([float(word) for word in text.split()])


def same_numbers(found: npt.ArrayLike, wanted: npt.ArrayLike, what: str) -> None:
    """Fail unless the shapes are equal, zeros exactly zero, the rest right to 1e-12 of itself."""
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    assert found.shape == wanted.shape, what
    np.testing.assert_allclose(found, wanted, rtol=RELATIVE, atol=0, err_msg=what)
