"""Running a user's own Python function: `module.py:function`, with its arguments from a file."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from inspect import Parameter, signature
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, DataProblem, NameProblem
from chainrule.explain.traced import paper_of
from chainrule.functions.staging import Staged
from chainrule.graph.source import Source
from chainrule.paper.program import Paper
from chainrule.paper.suggest import did_you_mean
from chainrule.trace.tracer import called

__all__ = ["load_function"]

SEPARATOR = ".py:"


def load_function(target: str, data: str | None) -> Paper:
    """The program that `module.py:function` is, with the arguments in an .npz file.

    Runs the module, and the function: the user's own code.

    Raises:
        DataProblem: a file cannot be read, the arguments do not fit, or the code fails.
        NameProblem: the module has no such function.
    """
    at = target.index(SEPARATOR) + len(SEPARATOR) - 1
    path, name = target[:at], target[at + 1 :]
    function = _function(path, name)
    arguments = _arguments(function, name, _arrays(data))
    try:
        staged = Staged(function, called)
        program, values = staged.program([], arguments)
    except ChainruleError:
        raise
    except Exception as problem:
        raise _failed(problem, f"{name} fails") from None
    return paper_of(program.trace, values, name, Source("".join(linecache.getlines(path)), path))


def _function(path: str, name: str) -> Callable[..., Any]:
    if not os.path.isfile(path):
        raise DataProblem(f"{path}: there is no such file.")
    spec = spec_from_file_location(os.path.basename(path).removesuffix(".py"), path)
    assert spec is not None, "a path that ends in .py has a loader"
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))  # it may import its neighbours
    try:
        spec.loader.exec_module(module)
    except ChainruleError:
        raise
    except Exception as problem:
        raise _failed(problem, f"{path} cannot be run") from None
    found = getattr(module, name, None)
    if not callable(found):
        own = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
        raise NameProblem(f"{path} has no function {name!r}.{did_you_mean(name, own)}")
    return found  # type: ignore[no-any-return]


def _failed(problem: Exception, what: str) -> DataProblem:
    """The user's own error, with the last line of theirs that it came from."""
    frames = traceback.extract_tb(problem.__traceback__)
    library = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    own = [frame for frame in frames if not frame.filename.startswith((library, "<frozen"))]
    where = f"{own[-1].filename}:{own[-1].lineno}: " if own else ""
    line = f"\n    {own[-1].line}" if own and own[-1].line else ""
    if isinstance(problem, SyntaxError) and problem.filename:
        where = f"{problem.filename}:{problem.lineno}: "
        line = f"\n    {(problem.text or '').strip()}"
    return DataProblem(f"{where}{what}: {type(problem).__name__}: {problem}{line}")


def _arrays(path: str | None) -> dict[str, Any]:
    """The arrays of an .npz file; a number as a number, and `params.W` as an entry of `params`."""
    if path is None:
        return {}
    try:
        file = np.load(path, allow_pickle=False)
        flat = {name: file[name] for name in getattr(file, "files", ())}
    except (OSError, ValueError, EOFError) as problem:
        raise DataProblem(f"{path}: cannot be read as an .npz file: {problem}") from None
    if isinstance(file, np.ndarray):
        raise DataProblem(
            f"{path} holds one array without a name; np.savez(path, x=…, W=…) names them"
        )
    file.close()
    found: dict[str, Any] = {}
    for name, array in flat.items():
        *outer, last = name.split(".")
        space = found
        for part in outer:
            space = space.setdefault(part, {})
        space[last] = array.item() if array.ndim == 0 else array
    return found


def _arguments(function: Callable[..., Any], name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name.

    Raises:
        DataProblem: one is missing, or has no parameter.
    """
    parameters = signature(function).parameters
    if any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values()):
        return dict(found)
    given = ", ".join(found) or "none"
    for parameter in parameters.values():
        if parameter.name not in found and parameter.default is Parameter.empty:
            raise DataProblem(
                f"{name} needs the argument {parameter.name}, and the arguments given are: "
                f"{given}; write them with np.savez('data.npz', {parameter.name}=…) and add "
                "--args data.npz"
            )
    unknown = [one for one in found if one not in parameters]
    if unknown:
        raise DataProblem(
            f"{name} has no parameter {unknown[0]}; its parameters are {', '.join(parameters)}"
        )
    return dict(found)
