"""Frozen records, cheap to define.

Standard dataclasses and named tuples generate and compile code for each class, which for all
the records of a run costs more than analysing a network.  Here one constructor serves all.
"""

from __future__ import annotations

from inspect import get_annotations
from typing import Any, ClassVar, Self, dataclass_transform


class _Required:
    """Stands where a field has no default."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()


@dataclass_transform(frozen_default=True)
class Record:
    """An immutable value whose annotated class attributes are its fields, in order.

    >>> class Size(Record):
    ...     height: int
    ...     width: int = 1
    >>> Size(3), Size(height=3)._replace(width=2)
    (Size(height=3, width=1), Size(height=3, width=2))
    """

    fields: ClassVar[dict[str, Any]] = {}  # name -> default, or REQUIRED
    notes: ClassVar[dict[str, str]] = {}  # name -> annotation, as written

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        noted = get_annotations(cls).items()
        own = {n: str(note) for n, note in noted if "ClassVar" not in str(note)}
        cls.notes = {**cls.notes, **own}
        cls.fields = {**cls.fields, **{n: cls.__dict__.get(n, REQUIRED) for n in own}}

    def __init__(self, *values: Any, **named: Any) -> None:
        fields, mine = self.fields, self.__dict__
        if values:
            if len(values) > len(fields):
                raise TypeError(f"{self._label()} has {len(fields)} fields, {len(values)} given")
            mine.update(zip(fields, values, strict=False))
        for name, default in fields.items():
            if name not in mine:
                value = named.pop(name, default)
                if value is REQUIRED:
                    raise TypeError(f"{self._label()} needs {name}")
                mine[name] = value
        if named:
            raise TypeError(f"{self._label()} has no field {', '.join(named)} left to set")

    def _label(self) -> str:
        return type(self).__name__

    def _replace(self, **changes: Any) -> Self:
        """The same record with some fields changed."""
        return type(self)(**{**self.__dict__, **changes})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({values})"
