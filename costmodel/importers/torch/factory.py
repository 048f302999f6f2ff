"""``package.module:factory``: the module that a Python function makes.

Reaching the function imports its package, and calling it runs its code: with all rights of the
user, unlike the reading of a spec or of an ONNX file.  So nothing here happens unless it is
asked for by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from costmodel.errors import CostModelError
from costmodel.importers.torch.trace import TorchError, quiet, reason_of

PATTERN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def is_factory(name: str) -> bool:
    """Whether *name* is written as package.module:factory.

    >>> is_factory("torchvision.models:resnet50"), is_factory("shufflenet_v2:x1_0")
    (True, True)
    """
    return PATTERN.fullmatch(name) is not None


def module_from(factory: str, *, run_python: bool) -> Any:
    """What the *factory* makes, called without arguments; its parameters take no memory if it can.

    Raises CostModelError, before anything is imported, unless *run_python* allows it.
    """
    if not is_factory(factory):
        raise CostModelError(f"{factory!r} is no factory", hint="write package.module:function")
    if not run_python:
        raise CostModelError(
            f"{factory} is Python: to import it runs its code, with all your rights",
            hint="--run-python allows it",
        )
    return _built(factory, _found(factory))


def _found(factory: str) -> Callable[[], Any]:
    place, _, path = factory.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as python -m does: modules beside the user
    try:
        with quiet():
            found: Any = import_module(place)
            for part in path.split("."):
                found = getattr(found, part)
    except (Exception, SystemExit) as error:  # whatever the imported code raises
        raise TorchError(f"cannot import {factory}: {reason_of(error)}") from error
    return found if callable(found) else lambda: found


def _built(factory: str, make: Callable[[], Any]) -> Any:
    """The module, on the meta device; code that needs real numbers while it builds gets them."""
    import torch

    if isinstance(make, torch.nn.Module):
        return make
    try:
        with quiet():
            try:
                with torch.device("meta"):
                    return make()
            except Exception:  # the values of tensors were asked for, or the arguments are wrong
                return make()
    except (Exception, SystemExit) as error:
        raise TorchError(
            f"{factory}() raises {reason_of(error)}",
            hint="a function without arguments that returns a torch.nn.Module",
        ) from error
