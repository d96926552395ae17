"""JAX and PyTorch are imported for `make peers` alone, which takes what is marked `peers`."""

from __future__ import annotations

from pathlib import Path

import pytest

PEERS = ("_jax", "_torch")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what needs a peer; `in_….py` holds no tests and is imported by those that do."""
    name = collection_path.stem
    is_wanted = config.getoption("markexpr") == "peers" and name.startswith("test_")
    return True if name.endswith(PEERS) and not is_wanted else None
