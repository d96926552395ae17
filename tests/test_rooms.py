"""The rooms of the house: one may import only from those above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import chainrule

ROOMS = (
    "graph",
    "jacobians",
    "ops",
    "notation",
    "differentiate",
    "rewrite",
    "optimize",
    "paper",
    "trace",
    "run",
    "functions",
    "train",
    "explain",
    "marking",
    "export",
    "cli",
)
PACKAGE = Path(chainrule.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)
LANGUAGES = PACKAGE / "explain" / "language"
CATALOGUES = set(LANGUAGES.glob("[a-z][a-z].py"))  # sentences, one file a language: looked up


def rooms_imported(path: Path) -> set[str]:
    """The rooms that a file imports from, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names if name.startswith("chainrule.")]
        found |= {part[1] for part in parts if part[1] in ROOMS}
    return found


def test_every_folder_is_a_room() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert folders == set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rooms_above_it(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    below = set(ROOMS[ROOMS.index(room) + 1 :])
    assert not rooms_imported(path) & below


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path not in CATALOGUES],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_file_fits_in_one_reading(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450
