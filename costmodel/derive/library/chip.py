"""Traffic where the on-chip memory holds S elements only."""

from costmodel.derive.library import entry, network

_SOURCE = "Hong & Kung 1981; Irony, Toledo & Tiskin 2004; Loomis & Whitney 1949"
_LARGE = "tends to the paper's formula, each tensor once, as S grows"
entry("on-chip", "a 1x1 convolution moves at least sqrt(2/S) h w c1 c2 - 4 S, and each tensor once",
      network("h, w, c1, c2", "conv: {out: c2, kernel: 1}"), on_chip="S", source=_SOURCE,
      conditions=_LARGE)  # fmt: skip
entry("on-chip-kernel", "a 3x3 convolution 3 sqrt(2/S) h w c1 c2 - 4 S: each input serves 9 taps",
      network("h, w, c1, c2", "conv: {out: c2, kernel: 3}", "[1, c1, h + 2, w + 2]"),
      on_chip="S", source=_SOURCE, conditions=_LARGE)  # fmt: skip
entry("on-chip-grouped", "with g groups sqrt(2/S) h w c1 c2/g - 4 S: less work, less to move",
      network("h, w, c1, c2, g", "conv: {out: c2, kernel: 1, groups: g}"), on_chip="S",
      source=_SOURCE, conditions=_LARGE)  # fmt: skip
entry("on-chip-linear", "n images through a linear layer move sqrt(2/S) n a b - 4 S, and each once",
      network("n, a, b", "linear: {out: b, bias: false}", "[n, a]"), on_chip="S", source=_SOURCE,
      conditions=_LARGE)  # fmt: skip
