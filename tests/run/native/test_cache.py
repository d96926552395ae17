"""Compiled code on disk: found again, shared, never trusted blindly, never in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.run.native.sample import PROGRAM, call, expected, run_program, run_python

from chainrule.run.native.cache import MAGIC, Cache, code_for, find_cache
from chainrule.run.native.loader import Loaded
from chainrule.run.native.processor import BASELINE, GENERIC

GIVEN = np.array([0.5, -1.25, 7.75, 1e6], np.float32)
SMALL = """define void @entry(ptr %table, i64 %steps, i64 %thread) {
  %y = load ptr, ptr %table
  store i64 SAID, ptr %y
  ret void
}
"""

# A process that gets code for a key and runs it: arguments are the key and how often.
USE = """
import sys
from chainrule.run.native import cache, processor
from tests.run.native.test_cache import says, text_saying
for turn in range(int(sys.argv[2])):
    key = f"{sys.argv[1]} {turn}"
    assert says(cache.code_for(key, lambda: text_saying(turn), processor.GENERIC)) == turn
print("llvmlite" in sys.modules)
"""


def text_saying(number: int) -> str:
    """A program that writes this number."""
    return SMALL.replace("SAID", str(number))


def says(loaded: Loaded) -> int:
    """What number a program writes."""
    result = np.zeros(1, np.int64)
    call(loaded, result.ctypes.data)
    return int(result[0])


def never() -> str:
    raise AssertionError("the text is not needed: the code is stored")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own."""
    path = tmp_path / "cache"
    monkeypatch.setenv("CHAINRULE_CACHE", str(path))
    return path


def entries(folder: Path) -> list[str]:
    return sorted(one.suffix for one in folder.iterdir())


# Found again.


def test_code_is_compiled_once(folder: Path) -> None:
    for write_text in (lambda: PROGRAM, never):
        loaded = code_for("a program", write_text, BASELINE)
        np.testing.assert_array_equal(run_program(loaded, GIVEN, 3), expected(GIVEN, 3))
    assert entries(folder) == [".code"]


def test_another_process_needs_no_llvmlite(folder: Path) -> None:
    first, second = run_python(USE, "key", "3"), run_python(USE, "key", "3")
    assert (first.stdout, second.stdout) == ("True\n", "False\n"), first.stderr + second.stderr


def test_each_key_and_each_processor_has_code_of_its_own(folder: Path) -> None:
    wanted = [("a", BASELINE), ("b", BASELINE), ("a", GENERIC)]
    for number, (key, processor) in enumerate(wanted):
        assert says(code_for(key, partial(text_saying, number), processor)) == number
    for number, (key, processor) in enumerate(wanted):
        assert says(code_for(key, never, processor)) == number


# Where it is.


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="other conventions")
@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"CHAINRULE_CACHE": "/a/b", "XDG_CACHE_HOME": "/x"}, "/a/b"),
        ({"CHAINRULE_CACHE": "~/c"}, "/home/me/c"),
        ({"CHAINRULE_CACHE": ""}, None),
        ({"XDG_CACHE_HOME": "/x"}, "/x/chainrule"),
        ({"XDG_CACHE_HOME": "not/whole"}, None),
        ({"XDG_CACHE_HOME": ""}, "/home/me/.cache/chainrule"),
        ({}, "/home/me/.cache/chainrule"),
    ],
)
def test_the_folder_is_the_platforms_or_the_users(
    variables: dict[str, str], found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHAINRULE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    cache = find_cache()
    assert (cache and cache.folder) == found


def test_a_cache_that_is_turned_off_leaves_nothing(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = run_python(USE, "key", "1", CHAINRULE_CACHE="", **home)
    assert done.stdout == "True\n", done.stderr
    assert list(tmp_path.iterdir()) == []


# Damage.


@pytest.mark.parametrize("mask", [0xFF, 0x01])
def test_damaged_bytes_are_compiled_again_and_replaced(folder: Path, mask: int) -> None:
    code_for("key", lambda: text_saying(5), GENERIC)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= mask
        path.write_bytes(damaged)
        assert says(code_for("key", lambda: text_saying(5), GENERIC)) == 5
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "content",
    [b"", MAGIC, MAGIC + b"\0" * 32, b"chainrule code 0" + b"\0" * 100, b"\x7fELF" * 300],
    ids=["empty", "head", "no code", "another format", "an object"],
)
def test_something_else_in_its_place_is_replaced(folder: Path, content: bytes) -> None:
    code_for("key", lambda: text_saying(5), GENERIC)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(content)
    assert says(code_for("key", lambda: text_saying(5), GENERIC)) == 5
    assert path.read_bytes() == whole


def test_a_sound_file_with_unsound_code_is_replaced(folder: Path) -> None:
    code_for("key", lambda: text_saying(5), GENERIC)
    (path,) = folder.iterdir()
    cache = Cache(str(folder))
    code = cache.read(path.stem)
    assert code is not None
    cache.write(path.stem, code[:-1])
    assert says(code_for("key", lambda: text_saying(6), GENERIC)) == 6
    assert says(code_for("key", never, GENERIC)) == 6


# Folders that cannot be used.


# Starts Python again without the administrator's right to write where nobody may.
AS_EVERYBODY = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-W", "error", "-c", *sys.argv[1:]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="rights of another kind")
def test_a_folder_that_cannot_be_written_is_read(folder: Path) -> None:
    assert run_python(USE, "key", "2").stdout == "True\n"
    stored = sorted(folder.iterdir())
    folder.chmod(0o500)
    try:
        for key, compiles in (("key", "False"), ("other", "True")):
            done = run_python(AS_EVERYBODY, USE, key, "2")
            assert (done.stdout, done.stderr) == (f"{compiles}\n", "")
    finally:
        folder.chmod(0o700)
    assert sorted(folder.iterdir()) == stored


@pytest.mark.parametrize("below", ["", "sub/folder"])
def test_a_file_in_the_place_of_the_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "cache").write_text("mine")
    done = run_python(USE, "key", "2", CHAINRULE_CACHE=str(tmp_path / "cache" / below))
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert (tmp_path / "cache").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="rights of another kind")
def test_a_folder_that_everybody_can_write_is_left_alone(folder: Path) -> None:
    code_for("key", lambda: text_saying(5), GENERIC)
    folder.chmod(0o777)
    assert says(code_for("key", lambda: text_saying(6), GENERIC)) == 6
    code_for("other", lambda: text_saying(7), GENERIC)
    assert entries(folder) == [".code"]
    folder.chmod(0o700)
    assert says(code_for("key", never, GENERIC)) == 5


NO_ROOM = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, getattr(signal, sys.argv[3]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
"""
unix = pytest.mark.skipif(sys.platform == "win32", reason="no such limit")


@unix
def test_a_full_disk_is_no_problem(folder: Path) -> None:
    done = run_python(NO_ROOM + USE, "key", "2", "SIG_IGN")
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert entries(folder) == []


@unix
def test_a_process_killed_while_it_writes_leaves_no_half_code(folder: Path) -> None:
    done = run_python(NO_ROOM + USE, "key", "2", "SIG_DFL")
    assert done.returncode == -signal.SIGXFSZ
    assert entries(folder) == [".part"]
    after = run_python(USE, "key", "2")
    assert (after.stdout, after.stderr) == ("True\n", "")
    assert entries(folder) == [".code", ".code", ".part"]
    Cache(str(folder), most_bytes=0).write("name", b"")
    assert entries(folder) == []  # what is left behind goes as everything does


# Many at once.


# Imports what is slow to import, and goes on when three processes have come so far.
MEET = """
import os, sys, time
import llvmlite.binding
from chainrule.run.native import cache
meeting = sys.argv.pop()
open(os.path.join(meeting, str(os.getpid())), "x").close()
while len(os.listdir(meeting)) < 3:
    time.sleep(0.001)
"""


def together(program: str, *arguments: str) -> list[subprocess.CompletedProcess]:
    """Three processes that do the same at the same time."""
    with tempfile.TemporaryDirectory() as meeting, ThreadPoolExecutor(3) as pool:
        command = (MEET + program, *arguments, meeting)
        return [*pool.map(lambda _: run_python(*command), range(3))]


def test_processes_share_a_folder(folder: Path) -> None:
    for done in together(USE, "key", "30"):
        assert (done.stdout, done.stderr) == ("True\n", "")
    assert entries(folder) == [".code"] * 30
    assert run_python(USE, "key", "30").stdout == "False\n"


CROWDED = """
import sys
from chainrule.run.native.cache import Cache
cache = Cache(sys.argv[1], most_bytes=20_000)
for turn in range(300):
    cache.write(f"{turn % 40}", f"{turn % 40}".encode() * 500)
    other = f"{turn * 7 % 40}"
    assert cache.read(other) in (None, other.encode() * 500)
print("done")
"""


def test_processes_make_room_in_one_folder(tmp_path: Path) -> None:
    for done in together(CROWDED, str(tmp_path)):
        assert (done.stdout, done.stderr) == ("done\n", "")
    assert 0 < sum(one.stat().st_size for one in tmp_path.iterdir()) <= 20_000


# Bounded.


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path), most_bytes=10_000)
    for number in range(8):
        cache.write(str(number), bytes(1000))
        os.utime(tmp_path / f"{number}.code", (number, number))
    assert cache.read("0") == bytes(1000)  # now it is the last that was used
    cache.write("large", bytes(3000))
    assert {one.stem for one in tmp_path.iterdir()} == {"0", "5", "6", "7", "large"}


def test_little_more_than_its_bytes_is_kept_of_small_entries(tmp_path: Path) -> None:
    """Not every small entry is a reason to look at all others."""
    cache = Cache(str(tmp_path), most_bytes=200_000)
    for number in range(1_500):
        cache.write(str(number), bytes(450))
    assert 100_000 < sum(one.stat().st_size for one in tmp_path.iterdir()) < 250_000


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_bytes(bytes(50_000))
    cache = Cache(str(tmp_path), most_bytes=1_000)
    for number in range(5):
        cache.write(str(number), bytes(400))
    assert (tmp_path / "thesis.txt").exists()
    assert 0 < len(entries(tmp_path)) <= 3
