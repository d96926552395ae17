"""Written code as JSON, format 1."""

from __future__ import annotations

from typing import Any

from chainrule.export.numpy_source import NumpyCode

__all__ = ["code_json"]


def code_json(code: NumpyCode) -> dict[str, Any]:
    """The object that `chainrule code --json` prints."""
    return {
        "format": 1,
        "language": "numpy",
        "source": code.source,
        "functions": list(code.functions),
        "verified": {
            "method": f"executed on {code.verified.numbers}, compared with the interpreter",
            "relative_error": code.verified.relative_error,
        },
    }
