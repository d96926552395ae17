"""Small immutable records, cheap to define.

`dataclasses` writes and compiles source text for every class it decorates; with some
eighty small records that alone would take longer than importing NumPy.  A `Record` reads
its annotations instead, and type checkers see it as a frozen dataclass.

>>> class Point(Record):
...     x: float
...     y: float = 0.0
>>> Point(1.0)
Point(x=1.0, y=0.0)
>>> Point(1.0) == Point(1.0, 0.0), hash(Point(1.0)) == hash(Point(1.0, 0.0))
(True, True)
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(frozen_default=True, eq_default=True)
class Record:
    """Base of immutable values: fields are the annotations, defaults the class attributes.

    Equality and hash compare the type and the fields, in order.

    Raises:
        TypeError: a field is missing, given twice or unknown.
        AttributeError: somebody assigns to a field.
    """

    fields: ClassVar[tuple[str, ...]] = ()
    _values: ClassVar[Callable[[dict[str, Any]], tuple[Any, ...]]]  # the fields of an object's dict

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 (importing inspect is slow)
        added = [name for name, kind in own.items() if not str(kind).startswith("ClassVar")]
        cls.fields = cls.fields + tuple(name for name in added if name not in cls.fields)
        cls._values = _reader(cls.fields)

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = self.fields
        if len(values) == len(fields) and not named:  # the common case, fast
            self.__dict__.update(zip(fields, values))  # noqa: B905 (the lengths are equal)
            return
        cls, state = type(self), self.__dict__
        if len(values) > len(cls.fields):
            raise TypeError(f"{cls.__name__} takes {len(cls.fields)} fields, not {len(values)}")
        state.update(zip(cls.fields, values, strict=False))
        for name in cls.fields[len(values) :]:
            if name in named:
                state[name] = named.pop(name)
            elif not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} needs {name!r}")
            else:
                state[name] = getattr(cls, name)
        if named:
            raise TypeError(f"{cls.__name__} has no field {sorted(named)[0]!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def key(self) -> tuple[Any, ...]:
        """The field values, in order."""
        return type(self)._values(self.__dict__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(other) is type(self) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash((type(self), self.key()))

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.fields)
        return f"{type(self).__name__}({inner})"


def _reader(names: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """What takes the values of these names out of a dict, faster than a loop does."""
    if len(names) > 1:
        return itemgetter(*names)  # it is no function, so that it does not become a method
    return staticmethod(lambda state: tuple([state[name] for name in names]))
