"""The user's own frames on the call stack: whose line a warning or an error is about."""

from __future__ import annotations

import os
import sys
import warnings
from functools import cache
from types import FrameType

import numpy as np

__all__ = ["is_library", "is_users", "users_frame", "warn_user"]

SITE = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))
STANDARD = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
LIBRARIES = tuple(os.path.dirname(os.path.abspath(path)) + os.sep for path in (
    os.path.dirname(__file__), np.__file__,
))  # fmt: skip


@cache
def is_library(path: str) -> bool:
    """Whether a file is ours, NumPy's, SciPy's or Python's own."""
    if path.startswith(LIBRARIES) or path.startswith("<frozen"):
        return True
    site = next((path.index(name) + len(name) for name in SITE if name in path), None)
    return path.startswith(STANDARD) if site is None else path[site:].startswith("scipy" + os.sep)


def is_users(frame: FrameType) -> bool:
    """Whether a frame runs code that is the user's."""
    return not is_library(frame.f_code.co_filename)


def users_frame() -> FrameType | None:
    """The innermost frame that is the user's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_users(frame):
        frame = frame.f_back
    return frame


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn about the user's own line, however deep in the library it is noticed."""
    frame = users_frame()
    if frame is None:
        warnings.warn(message, category, stacklevel=2)
        return
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__", "unknown"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
