"""The Python interface: a network, its values, its costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from costmodel.arith import Dim
from costmodel.errors import BindingError, UnknownNameError
from costmodel.graph import Graph, Layer, build
from costmodel.importers import Wishes
from costmodel.render import Report, render, to_html_fragment, to_latex
from costmodel.spec.bind import Binding
from costmodel.spec.document import parse_spec
from costmodel.spec.syntax import Spec
from costmodel.table import Table
from costmodel.table.many import arrays_in, totals_of
from costmodel.table.public import PublicTotals, exact, to_public
from costmodel.table.report import DEFAULT_COLUMNS, Caption, report
from costmodel.version import __version__
from costmodel.zoo import find

if TYPE_CHECKING:
    import pandas

    from costmodel.derive import Bound


class Network:
    """A spec with values for its names; immutable, every method gives a new one.

    >>> import costmodel as cm
    >>> net = cm.loads('''
    ... model: two_layers
    ... symbols: {n: 1, h: 8, w: {default: h}}
    ... input: [n, 3, h, w]
    ... layers: [{conv: {out: 4, kernel: 3, padding: 1}}, relu]
    ... ''')
    >>> net.totals.mult_adds  # 3*4*3*3 weights at 8*8 positions
    6912
    >>> net.free("h").totals.mult_adds
    108*h**2
    """

    def __init__(
        self,
        spec: Spec,
        name: str | None = None,
        *,
        at: Mapping[str, Dim] | None = None,
        variant: str | None = None,
        implied: str | None = None,
        free: Iterable[str] = (),
    ) -> None:
        self.spec, self.name = spec, name or spec.model
        self.values: dict[str, Dim] = dict(at or {})
        self.variant, self._implied = variant, implied
        self.symbols_kept = tuple(free)

    def _copy(self, **changes: Any) -> Network:
        now = {"at": self.values, "variant": self.variant, "implied": self._implied,
               "free": self.symbols_kept}  # fmt: skip
        return Network(self.spec, self.name, **{**now, **changes})

    def at(self, **values: Dim) -> Network:
        """The network with these symbols and params bound; None frees one again.

        Arrays of integers bind many configurations at once, of which there are ``totals``.
        """
        given = {k: exact(v) for k, v in values.items() if v is not None}
        bound = {**self.values, **given}
        freed = [k for k, v in values.items() if v is None]
        kept = [k for k in self.symbols_kept if k not in values]
        return self._copy(
            at={k: v for k, v in bound.items() if k not in freed}, free=(*kept, *freed)
        )

    def free(self, *names: str) -> Network:
        """The network with these symbols left free; without names, every declared symbol."""
        return self.at(**dict.fromkeys(names or self.spec.symbols))

    def as_variant(self, name: str) -> Network:
        """The named variant of the network's document."""
        if self._implied is not None:
            raise BindingError(f"{self.name} is a variant of {self.spec.model} already")
        return self._copy(variant=name)

    def to_torch(self) -> Any:
        """A ``torch.nn.Module`` of these layers, with random weights."""
        from costmodel.exporters.torch import to_torch

        return to_torch(self.graph, self.name)

    def to_onnx(self, weights: str = "random", seed: int = 0) -> Any:
        """An ``onnx.ModelProto`` of these layers; *weights* are random or, not to run it, none."""
        from costmodel.exporters.onnx import to_onnx

        return to_onnx(self.graph, self.name, weights, seed)

    def __getitem__(self, name: str) -> Any:
        """The value of a symbol or param: an int, or a SymPy expression where it is free."""
        binding = Binding(self.spec, self.values, self.variant or self._implied, self.symbols_kept)
        if name not in binding:
            raise UnknownNameError("symbol or param", name, binding)
        return to_public(binding[name])

    @cached_property
    def graph(self) -> Graph:
        """The wired layers."""
        if arrays := arrays_in(self.values):
            names = ", ".join(arrays)
            raise BindingError(f"{names}: of many configurations at once there are totals only",
                               hint="net.totals, or one value each")  # fmt: skip
        return build(self.spec, self.values, self.variant or self._implied, self.symbols_kept)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every executed operator, in order."""
        return self.graph.layers

    @cached_property
    def totals(self) -> PublicTotals:
        """Every quantity of the whole network under the default profile."""
        if arrays_in(self.values):
            variant = self.variant or self._implied
            return PublicTotals(totals_of(self.spec, self.values, variant))
        return self.table().totals

    def table(
        self,
        by: str = "stage",
        *,
        profile: str = "paper",
        mode: str = "inference",
        columns: Sequence[str] = DEFAULT_COLUMNS,
        sort: str | None = None,
        top: int | None = None,
    ) -> CostTable:
        """The costs, grouped by stage, block, layer or op."""
        view: dict[str, Any] = {"by": by, "columns": columns, "sort": sort, "top": top}
        if {column.lstrip("+") for column in columns} & {"gap", "exact_mult_adds"}:
            from costmodel.derive.columns import FURTHER

            view["further"] = FURTHER
        caption = Caption(self.name, self.variant, __version__)
        return CostTable(Table(self.graph, profile, mode), caption, view)

    def bound(
        self,
        minimize: str | None = None,
        over: str | Sequence[str] = (),
        given: str | Sequence[str] = (),
        repeats: str | None = None,
        closed: str | None = None,
        **question: Any,
    ) -> Bound:
        """A bound derived with its proof; *question* is what ``derive.bound`` takes further.

        Symbols in *over* are set free.  Where the symbol *repeats* is a number of repetitions,
        the answer rests on inductions over it; *closed* then asks for a quantity's closed form.
        """
        if repeats is not None:
            from costmodel.derive.induction import repeated

            asked = {"minimize": minimize, "over": over, "given": given, **question}
            told = {key: value for key, value in asked.items() if value}
            return repeated(self.spec, repeats, closed, at=self.values, **told)
        from costmodel.derive import bound, listed

        freed = self.free(*listed(over)) if over else self
        return bound(freed, minimize, over, given, **question)

    def explain(
        self, layer: str, quantity: str | None = None, claimed: str | None = None
    ) -> Report:
        """What each term of a layer's cost stands for; with *claimed*, the slip that gives it."""
        from costmodel.derive.explain import explain

        return explain(self, layer, quantity, claimed).report()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        values = "".join(f", {k}={v}" for k, v in self.values.items())
        return f"<Network {self.name}{':' + self.variant if self.variant else ''}{values}>"


class CostTable:
    """A cost table that notebooks, data frames and text all show."""

    def __init__(self, table: Table, caption: Caption, view: Mapping[str, Any]) -> None:
        self._table, self._caption, self._view = table, caption, view

    @cached_property
    def report(self) -> Report:
        """The table as blocks and as data."""
        return report(self._table, self._caption, **self._view)

    @cached_property
    def totals(self) -> PublicTotals:
        """Every quantity of the whole network."""
        return PublicTotals(self._table.totals)

    def to_frame(self) -> pandas.DataFrame:
        """One row a layer, exact values; shapes as tuples, closed forms as SymPy expressions."""
        import pandas

        from costmodel.table.groups import grouped
        from costmodel.table.report import LAYER_KEYS

        entries = self._table.entries
        stages = {e.layer: group.name for group in grouped(entries, "stage") for e in group.entries}
        rows = [
            {
                "path": entry.layer.path,
                "stage": stages[entry.layer],
                "op": entry.layer.op.kind,
                "input": entry.layer.xs[0],
                "output": entry.layer.y,
                **{key: to_public(getattr(entry, key)) for key in (*LAYER_KEYS, "buffers")},
            }
            for entry in entries
        ]
        return pandas.DataFrame(rows).set_index("path")

    def timed(self, device: str) -> Report:
        """A roofline model of the time on *device*: each layer's, and what binds it."""
        from costmodel.guidelines import devices, timing

        return timing.report(self._table, devices.device(device), self._caption.model)

    def render(self, format: str = "table", *, width: int = 100, raw: bool = False) -> str:
        """The table as text in one of the formats of ``costmodel list formats``."""
        return render(self.report, format, width=width, raw=raw)

    def __str__(self) -> str:
        return self.render()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return to_html_fragment(self.report)

    def _repr_latex_(self) -> str:
        return to_latex(self.report)


def load(model: str, variant: str | None = None, wishes: Wishes | None = None) -> Network:
    """The network that *model* names: a path to a spec, a shipped network, or NAME:VARIANT.

    What is no spec, such as an ONNX file, is imported; *wishes* say how.
    """
    found = find(model, wishes or Wishes())
    if variant is not None and (found.implied or found.variant):
        raise BindingError(f"{model} is a variant already")
    return Network(found.spec, found.name, variant=variant or found.variant, implied=found.implied)


def from_torch(
    module: Any, shape: Any = (1, 3, 224, 224), unknown_as: str | None = None
) -> Network:
    """The network that a PyTorch *module* computes, found by ``torch.export`` without its data.

    *shape* is the input's, several inputs' in a list, or theirs by name; ``("n", 3, "h=224",
    "w=224")`` names extents, and the usual ones of images have names anyway.
    """
    from costmodel.importers.torch import from_module

    return Network(from_module(module, shape, unknown_as), type(module).__name__)


def loads(text: str) -> Network:
    """The network that the YAML *text* describes."""
    return Network(parse_spec(text))
