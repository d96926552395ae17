"""What stands in for a module, an object, a class while a function is traced.

Each looks at a name when it is first read: `of(value, read, name)` then says what takes the place
of the value, and `read` is how it is found again at later calls.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from chainrule.errors import GradientWarning
from chainrule.graph.callers import SITE, is_library, warn_user
from chainrule.trace.remembered import Getter

__all__ = [
    "ClassStandIn",
    "ModuleStandIn",
    "ObjectStandIn",
    "Space",
    "attribute_of",
    "is_users_object",
    "item_of",
    "module_is_users",
    "written_to",
]

Of = Callable[[Any, Getter, str], Any]
MISSING = object()
# Special methods that make or look into an object, which a stand-in does in its own way.
OWN = (
    "__new__ __init__ __del__ __getattribute__ __getattr__ __setattr__ __delattr__ __copy__ "
    "__deepcopy__ __reduce__ __reduce_ex__ __getstate__ __setstate__"
)


def item_of(read: Getter, key: Any) -> Getter:
    """How a part of a container is found again."""
    return lambda: read()[key]


def attribute_of(read: Getter, name: str) -> Getter:
    """How an attribute is found again."""
    return lambda: getattr(read(), name)


def module_is_users(module: ModuleType) -> bool:
    """Whether a module is the user's own: not installed, nor Python's."""
    path = getattr(module, "__file__", None)
    if path is None:
        return module.__name__ == "__main__"
    path = os.path.abspath(path)
    return not is_library(path) and not any(name in path for name in SITE)


def is_users_object(value: Any) -> bool:
    """Whether a class is the user's, or an object of such a class, which may hold arrays."""
    if _is_namespace(value):
        return True
    if isinstance(value, BuiltinFunctionType | FunctionType | ModuleType | BaseException):
        return False
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ == "builtins":
        return False
    module = sys.modules.get(kind.__module__)
    return module is None or module_is_users(module)


def _is_namespace(value: Any) -> bool:
    """Whether it is one of the library's objects that hold what users put there."""
    parser = sys.modules.get("argparse")  # only who has loaded it can have a namespace of it
    return isinstance(value, SimpleNamespace) or (
        parser is not None and isinstance(value, parser.Namespace)
    )


class Space(dict[str, Any]):
    """A function's globals, each looked at when it is first read: Python calls `__missing__`."""

    def __init__(self, original: dict[str, Any], of: Of) -> None:
        super().__init__({key: original[key] for key in original if key.startswith("__")})
        self["__warningregistry__"] = original.setdefault("__warningregistry__", {})
        self._original = original
        self._of = of
        self._found = dict(self)

    def __missing__(self, name: str) -> Any:
        original = self._original
        made = self._of(original[name], item_of(lambda: original, name), name)
        self._found[name] = self[name] = made
        return made

    def get_now(self, name: str) -> None:
        """Look at a name now, if there is one."""
        if name in self._original:
            self[name]

    def write_back(self, kinds: tuple[type, ...]) -> None:
        """Values of these kinds that the function assigned to globals are the user's."""
        for name, value in self.items():
            if value is not self._found.get(name, MISSING) and isinstance(value, kinds):
                self._original[name] = value


class ModuleStandIn(ModuleType):
    """A module of the user's, whose names are looked at when they are read."""

    def __init__(self, module: ModuleType, space: Space) -> None:
        super().__init__(module.__name__, module.__doc__)
        vars(self).update(_module=module, _space=space)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._space[name]
        except KeyError:
            return getattr(self._module, name)


class ClassStandIn:
    """A class that holds arrays of its own, read as `Settings.W`."""

    def __init__(self, kind: type, read: Getter, name: str, of: Of) -> None:
        self._kind = kind
        self._read = read
        self._of = of
        self.__name__ = name
        self.__doc__ = kind.__doc__

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._kind, name)
        if isinstance(value, MethodType) and value.__self__ is self._kind:  # a class method
            route = attribute_of(attribute_of(self._read, name), "__func__")
            return MethodType(self._of(value.__func__, route, name), self)
        found = self._of(value, attribute_of(self._read, name), f"{self.__name__}.{name}")
        vars(self)[name] = found
        return found

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        return self._kind(*arguments, **settings)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self._kind)

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self._kind)

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (self._kind,)


class ObjectStandIn:
    """An object of the user's, whose attributes are looked at when they are read.

    Its class is made for it, with the special methods of the user's class.  What the function
    assigns to attributes is kept here.
    """

    __slots__ = ("_name", "_of", "_read", "_seen", "_value", "_written")

    @staticmethod
    def of(value: Any, read: Getter, name: str, substitution: Any) -> ObjectStandIn:
        """What stands in for an object."""
        kind = type(value)
        special = {
            key: substitution.of(function, attribute_of(lambda: type(read()), key), key)
            for each in reversed(kind.__mro__[:-1])
            for key, function in vars(each).items()
            if isinstance(function, FunctionType)
            and key.startswith("__")
            and key not in OWN.split()
        }
        if hasattr(kind, "__dataclass_fields__"):
            special["__dataclass_fields__"] = kind.__dataclass_fields__
        made = type(kind.__name__, (ObjectStandIn,), special)
        return _filled(made, value, read, name, substitution.of, {})

    def __getattribute__(self, key: str) -> Any:
        value, read, name, of, seen, written = _parts(self)
        if key in written:
            return written[key]
        if key in seen:
            return seen[key]
        if key == "__class__":
            return type(value)
        if key == "__dict__":
            return {each: getattr(self, each) for each in (*vars(value), *written)}
        bound = _bound(self, key)
        if bound is not MISSING:
            return bound
        found = getattr(value, key, MISSING)
        if found is MISSING:
            of(False, lambda: hasattr(read(), key), key)  # it may be there one day
            raise AttributeError(f"{type(value).__name__!r} object has no attribute {key!r}")
        seen[key] = made = of(found, attribute_of(read, key), f"{name}.{key}")
        return made

    def __setattr__(self, key: str, new: Any) -> None:
        value, read, _, of, _, written = _parts(self)
        declared = _declared(type(value), key)
        if isinstance(declared, property) and declared.fset is not None:
            of(declared.fset, lambda: getattr(type(read()), key).fset, key)(self, new)
        else:
            written[key] = new
            if not isinstance(new, bool | int | float | str | None):  # those are written back
                warn_user(
                    f"the attribute {key} is assigned while the function is traced, which is done "
                    "once for a signature: the object keeps its value. Return the new one instead",
                    GradientWarning,
                )

    def __copy__(self) -> ObjectStandIn:
        value, read, name, of, seen, written = _parts(self)
        made = _filled(object.__getattribute__(self, "__class__"), value, read, name, of, seen)
        object.__getattribute__(made, "_written").update(written)
        return made

    def __deepcopy__(self, memo: Any) -> ObjectStandIn:
        return self.__copy__()


def written_to(stand_in: ObjectStandIn) -> dict[str, Any]:
    """What the function assigned to an object's attributes."""
    found: dict[str, Any] = object.__getattribute__(stand_in, "_written")
    return found


PARTS = ("_value", "_read", "_name", "_of", "_seen", "_written")


def _parts(stand_in: ObjectStandIn) -> Any:
    return [object.__getattribute__(stand_in, part) for part in PARTS]


def _filled(
    kind: type, value: Any, read: Getter, name: str, of: Of, seen: Mapping[str, Any]
) -> ObjectStandIn:
    made: ObjectStandIn = object.__new__(kind)
    for part, content in zip(PARTS, (value, read, name, of, dict(seen), {}), strict=True):
        object.__setattr__(made, part, content)
    return made


def _bound(stand_in: Any, key: str) -> Any:
    """A method or property of the class, for the stand-in; MISSING if it is neither."""
    value, read, _, of, seen, _ = _parts(stand_in)
    route: Getter = lambda: _declared(type(read()), key)  # noqa: E731
    declared = _declared(type(value), key)
    if isinstance(declared, property) and declared.fget is not None:
        return of(declared.fget, attribute_of(route, "fget"), key)(stand_in)
    if key in getattr(value, "__dict__", ()):
        return MISSING
    if isinstance(declared, FunctionType):
        return MethodType(of(declared, route, key), stand_in)
    if isinstance(declared, cached_property):
        seen[key] = of(declared.func, attribute_of(route, "func"), key)(stand_in)
        return seen[key]
    return MISSING


def _declared(kind: type, key: str) -> Any:
    """What a class, or one that it is derived from, has under a name."""
    return next((vars(one)[key] for one in kind.__mro__ if key in vars(one)), MISSING)
