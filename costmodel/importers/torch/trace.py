"""A module -> the graph that ``torch.export`` makes of it, without memory, data or side effects.

What is traced is a copy of the module's structure whose parameters are fake tensors: extents and
types without elements.  The module itself, its parameters and its mode are left as they are.
"""

from __future__ import annotations

import copy
import logging
import os
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any, NamedTuple, TypeAlias

from costmodel.errors import CostModelError
from costmodel.importers.torch.example import Example

PATIENCE = 60.0  # seconds of processor time that leaving sizes open may take
NEEDS = "needs torch 2.6 or newer"


class TorchError(CostModelError, ValueError):
    """A module cannot be traced."""


Axes: TypeAlias = list[set[int]]  # of each input, those whose extents are left open


class Traced(NamedTuple):
    """An exported program, and what had to be fixed so that it could be exported."""

    program: Any
    notes: tuple[str, ...]


class _TooSlowError(Exception):
    """Torch's reasoning about open sizes takes longer than anyone waits."""


def traced(module: Any, examples: Sequence[Example]) -> Traced:
    """*module* exported with the named extents of *examples* open, as far as torch allows.

    Raises TorchError, with torch's reason, if it cannot be exported at all.
    """
    last: Exception
    with quiet():
        stand_in, mode = _faked(module)
        wide = [{i for i, s in enumerate(e.symbols) if s} for e in examples]
        batch = [{i for i, s in enumerate(e.symbols) if s == "n"} for e in examples]
        waiting, reason = [wide, batch, [set[int]() for _ in examples]], ""
        while waiting:
            open_axes = waiting.pop(0)
            try:
                arguments = _arguments(examples, open_axes, mode)
                program = _exported(stand_in, arguments, open_axes, mode.shape_env)
            except _TooSlowError:
                reason = (
                    f"torch.export takes over {PATIENCE:.0f} s to leave them open; "
                    "for other sizes import again"
                )
            except TorchError:
                raise
            except Exception as error:  # whatever the module's own code raises
                reason, last = reason_of(error), error
                if _depends_on_data(error):
                    break
            else:
                if not (closed := _closed_at_two(program, examples, open_axes)):
                    return Traced(program, _fixed(examples, open_axes, reason))
                waiting.insert(0, closed)
            waiting = [axes for axes in waiting if axes != open_axes]
    raise TorchError(
        f"{type(module).__name__} cannot be exported: {reason}", hint=_hint(last)
    ) from last


def _closed_at_two(program: Any, examples: Sequence[Example], open_axes: Axes) -> Axes:
    """The axes still open, if torch has fixed one that was traced with 2 in the place of 1."""
    names = program.graph_signature.user_inputs
    found = {n.name: n.meta["val"].shape for n in program.graph.nodes if n.name in names}
    closed = [
        {i for i in axes if e.extents[i] < 2 and str(found[name][i]).isdigit()}
        for e, axes, name in zip(examples, open_axes, names, strict=True)
    ]
    if not any(closed):
        return []
    return [axes - gone for axes, gone in zip(open_axes, closed, strict=True)]


def _fixed(examples: Sequence[Example], open_axes: Axes, reason: str) -> tuple[str, ...]:
    fixed = {
        f"{e.symbols[i]} at {extent}": None
        for e, axes in zip(examples, open_axes, strict=True)
        for i, extent in enumerate(e.extents)
        if e.symbols[i] and i not in axes
    }
    why = reason or "the module's code allows no other"
    return (f"fixed {', '.join(fixed)}: {why}",) if fixed else ()


def _exported(
    module: Any, arguments: dict[str, Any] | tuple[Any, ...], open_axes: Axes, sizes: Any
) -> Any:
    import torch

    shapes = [dict.fromkeys(axes, torch.export.Dim.AUTO) for axes in open_axes]
    limit = PATIENCE if any(open_axes) else float("inf")
    with torch.no_grad(), _patience(limit, sizes):
        if isinstance(arguments, tuple):
            return torch.export.export(
                module, arguments, dynamic_shapes=tuple(shapes), strict=False
            )  # fmt: skip
        named = dict(zip(arguments, shapes, strict=True))
        return torch.export.export(module, (), arguments, dynamic_shapes=named, strict=False)


# -- the copy --------------------------------------------------------------------------------


def _faked(module: Any) -> tuple[Any, Any]:
    """A copy of *module* in evaluation mode whose tensors are fake, and the mode they live in."""
    try:
        import torch
        from torch._subclasses.fake_tensor import FakeTensorMode
        from torch.fx.experimental.symbolic_shapes import ShapeEnv
    except ImportError as error:
        raise TorchError(f"importing a PyTorch module {NEEDS}: {error}") from None
    if not isinstance(module, torch.nn.Module):
        raise TorchError(f"this is no torch.nn.Module but of type {type(module).__name__}")
    mode = FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True)
    try:
        return copy.deepcopy(module, _stand_ins(module, mode)).eval(), mode
    except Exception as error:  # it holds a lock, a generator, an open file
        raise TorchError(f"{type(module).__name__} cannot be copied: {reason_of(error)}") from None


def _arguments(
    examples: Sequence[Example], open_axes: Axes, mode: Any
) -> dict[str, Any] | tuple[Any, ...]:
    """What forward() is called with: torch takes an extent of 1 for fixed, so open ones are 2."""
    import torch

    made: list[Any] = []
    for e, axes in zip(examples, open_axes, strict=True):
        dtype = getattr(torch, e.dtype, None)
        if not isinstance(dtype, torch.dtype):
            raise TorchError(f"{e.dtype!r} is no data type", hint="float32, int64, ...")
        extents = [max(x, 2) if i in axes else x for i, x in enumerate(e.extents)]
        with mode:
            made.append(torch.empty(extents, dtype=dtype, device="cpu"))
    names = [e.name for e in examples]
    return dict(zip(names, made, strict=True)) if names[0] else tuple(made)


def _stand_ins(module: Any, mode: Any) -> dict[int, Any]:
    """What takes the place of each tensor in a copy, by the tensor's id: a fake one.

    Plain attributes on the processor stay what they are: code may ask for their values.
    """
    import torch

    found: dict[int, Any] = {}

    def fake(tensor: Any) -> Any:
        with mode:
            made = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
        learned = isinstance(tensor, torch.nn.Parameter)
        return torch.nn.Parameter(made, requires_grad=tensor.requires_grad) if learned else made

    for part in module.modules():
        for tensor in (*part._parameters.values(), *part._buffers.values()):
            if tensor is not None and id(tensor) not in found:
                found[id(tensor)] = fake(tensor)
        for value in vars(part).values():
            items = list(value.values()) if isinstance(value, Mapping) else value
            for held in items if isinstance(items, (list, tuple)) else [items]:
                if isinstance(held, torch.Tensor) and id(held) not in found:
                    found[id(held)] = held if held.device.type == "cpu" else fake(held)
    return found


# -- around the export -----------------------------------------------------------------------


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings, no log lines, no prints: torch speaks of its own insides."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def _patience(seconds: float, sizes: Any) -> Iterator[None]:
    """Raise _TooSlowError after *seconds* of processor time.

    It is raised at the next operator called, or when *sizes*, which holds what torch knows of the
    open ones, is next asked about one: a single operator may ask for minutes.
    """
    from torch.overrides import TorchFunctionMode

    end, simplify = time.process_time() + seconds, sizes.simplify

    def hurried(*args: Any, **kwargs: Any) -> Any:
        check()
        return simplify(*args, **kwargs)

    def check() -> None:
        if time.process_time() > end:
            raise _TooSlowError

    class Deadline(TorchFunctionMode):  # type: ignore[misc,unused-ignore]
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            check()
            return function(*args, **(kwargs or {}))

    sizes.simplify = hurried
    try:
        with Deadline():
            yield
    finally:
        del sizes.simplify


def reason_of(error: BaseException) -> str:
    """The first line of *error*, and where in the user's code it was raised."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not is_torch(f.filename)]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text[:300]}{place}"


def is_torch(path: str) -> bool:
    """Whether a file is torch's, or of what torch and this program stand on."""
    path = path.replace("\\", "/")
    inner = any(f"/{name}/" in path for name in ("torch", "costmodel", "sympy"))
    standard = path.startswith(os.path.dirname(os.__file__)) and "site-packages" not in path
    return path.startswith("<") or inner or standard


def _depends_on_data(error: BaseException) -> bool:
    text = f"{type(error).__name__} {error}"
    return any(word in text for word in ("data-dependent", "DataDependent", "Unbacked"))


def _hint(error: BaseException) -> str:
    if _depends_on_data(error):
        return "control flow depends on the values of tensors, so the cost is no closed form"
    if isinstance(error, (TypeError, RuntimeError)):
        return "does the shape fit forward()? several inputs: a list of shapes, or a dict of them"
    return ""
