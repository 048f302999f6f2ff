"""Name -> object, filled by decorators, loaded from a package on first use."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from costmodel.errors import UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """What the modules of one package registered.

    A new module in the package is a new entry; there is no list to update.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind, self._package = kind, package
        self._entries: dict[str, T] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """A decorator that files its object under *name*; a second one is a bug of ours."""

        def add(entry: T) -> T:
            if name in self._entries:
                raise RuntimeError(f"{self.kind} {name!r} registered twice: {entry!r}")
            self._entries[name] = entry
            return entry

        return add

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            self._load_namesake(name)
        if name not in self._entries:
            self._load()
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self) from None

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        self._load()
        return len(self._entries)

    def _load_namesake(self, name: str) -> None:
        """Load only the module called like the entry, if there is one and it has it."""
        package = importlib.import_module(self._package)
        module = name.replace("-", "_")
        if self._loaded or not module.isidentifier():
            return
        if any(os.path.isfile(os.path.join(f, f"{module}.py")) for f in package.__path__):
            importlib.import_module(f"{self._package}.{module}")

    def _load(self) -> None:
        if self._loaded:
            return
        package = importlib.import_module(self._package)
        for folder in package.__path__:
            for file in sorted(os.listdir(folder)):
                is_package = os.path.isfile(os.path.join(folder, file, "__init__.py"))
                if is_package or (file.endswith(".py") and file != "__init__.py"):
                    importlib.import_module(f"{self._package}.{file.removesuffix('.py')}")
        self._loaded = True
