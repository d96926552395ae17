"""What was compiled, kept on disk: an entry is read and running in about a millisecond.

The folder is the platform's for caches, or the one that CHAINRULE_CACHE names; set to nothing, it
turns the cache off.  Nothing that goes wrong with a folder is an error: code is compiled again.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache

import chainrule
from chainrule.graph.record import Record
from chainrule.run.native.loader import BadObject, Loaded, load
from chainrule.run.native.machine import compile_object
from chainrule.run.native.processor import Processor

__all__ = ["Cache", "code_for", "find_cache"]

VARIABLE = "CHAINRULE_CACHE"
MOST_BYTES = 1 << 28  # a net is 10 to 100 KB
LOOKS = 64  # at the whole folder, in the time in which so much is written that it is full
MAGIC = b"chainrule code 1"  # changes with the format, and with what llvmlite is told
ENDING = ".code"
UNFINISHED = ".part"
DECIDING = ("differentiate", "graph", "jacobians", "ops", "optimize", "rewrite", "run")  # rooms
HEAD = len(MAGIC) + 32


class Cache(Record):
    """A folder of compiled code, of `most_bytes` altogether.

    Any number of processes may share it: an entry is written aside and then renamed, which is
    seen whole or not at all.
    """

    folder: str
    most_bytes: int = MOST_BYTES

    def read(self, name: str) -> bytes | None:
        """What was stored; None if there is nothing, or something else than was stored."""
        path = self._path(name)
        try:
            if not _is_trusted(self.folder):
                return None
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)  # the least recently used go first
        head, code = content[:HEAD], content[HEAD:]
        return code if head == _head(code) else None

    def write(self, name: str, code: bytes) -> None:
        """Store, if that can be done; the least recently used make room."""
        aside = f"{self._path(name)}.{os.urandom(8).hex()}{UNFINISHED}"
        with suppress(OSError):
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            if not _is_trusted(self.folder):
                return
            try:
                with open(aside, "xb") as file:
                    file.write(_head(code) + code)
                os.replace(aside, self._path(name))
            except OSError:
                os.remove(aside)
            if _falls_to(LOOKS * (HEAD + len(code)), self.most_bytes):
                self._make_room()

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name + ENDING)

    def _make_room(self) -> None:
        """Remove the least recently used, down to three quarters, so that it is seldom done."""
        entries = sorted(self._entries(), reverse=True)
        total = sum(size for _, size, _ in entries)
        if total <= self.most_bytes:
            return
        while entries and total > self.most_bytes * 3 // 4:
            _, size, path = entries.pop()
            total -= size
            with suppress(OSError):
                os.remove(path)

    def _entries(self) -> Iterator[tuple[int, int, str]]:
        """Time of last use, size and path of each file of ours, the unfinished among them."""
        with os.scandir(self.folder) as files:
            for file in files:
                if file.name.endswith((ENDING, UNFINISHED)):
                    with suppress(OSError):
                        about = file.stat(follow_symlinks=False)
                        yield about.st_mtime_ns, about.st_size, file.path


def code_for(key: str, write_text: Callable[[], str], processor: Processor) -> Loaded:
    """The code for what `key` stands for: from the cache, or compiled of the text and stored.

    The key says everything that the text depends on, but for this library and the processor.

    Raises:
        NativeUnavailable: nothing is stored, and llvmlite cannot compile here.
    """
    store = find_cache()
    if store is None:
        return load(compile_object(write_text(), processor), processor)
    name = _name(key, processor)
    code = store.read(name)
    if code is not None:
        with suppress(BadObject):
            return load(code, processor)
    code = compile_object(write_text(), processor)
    store.write(name, code)
    return load(code, processor)


def find_cache() -> Cache | None:
    """The user's cache; None if it is turned off, or there is no place for it."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Cache(os.path.expanduser(named)) if named else None
    home = _users_folder()
    return Cache(os.path.join(home, "chainrule")) if home else None


def _users_folder() -> str:
    """The user's folder for caches; nothing if the user has no home."""
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA", "")
    if sys.platform == "darwin":
        conventional = os.path.expanduser("~/Library/Caches")
    else:
        conventional = os.environ.get("XDG_CACHE_HOME", "") or os.path.expanduser("~/.cache")
    return conventional if os.path.isabs(conventional) else ""


def _name(key: str, processor: Processor) -> str:
    """A name for the code that no other code has."""
    said = (key, repr(processor), platform.machine(), sys.platform, _compiler())
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


@cache
def _compiler() -> str:
    """This library's version, and when a file that says what code is made of a graph changed."""
    package = os.path.dirname(os.path.abspath(chainrule.__file__))
    newest = 0
    for room in DECIDING:
        for folder, _, files in os.walk(os.path.join(package, room)):
            for name in files:
                with suppress(OSError):
                    if name.endswith(".py"):
                        newest = max(newest, os.stat(os.path.join(folder, name)).st_mtime_ns)
    return f"{chainrule.__version__} {newest}"


def _head(code: bytes) -> bytes:
    """What stands before the code in its file, and fits no other code."""
    return MAGIC + hashlib.sha256(code).digest()


def _falls_to(share: int, whole: int) -> bool:
    """True by chance: looking at all of a folder may take longer than compiling did."""
    return int.from_bytes(os.urandom(4), "little") * whole < share << 32


def _is_trusted(folder: str) -> bool:
    """Whether only its owner, this user or the system's administrator, can put code there."""
    if sys.platform == "win32":
        return True
    about = os.stat(folder)
    return about.st_uid in (0, os.getuid()) and not about.st_mode & stat.S_IWOTH
