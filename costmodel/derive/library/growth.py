"""What repetition does: closed forms of networks of any depth, each proved by induction."""

from costmodel.derive.library import entry, network, side_by_side

_DENSENET = "Huang et al. 2017, arXiv:1608.06993"
_LAYER = """repeat: {times: m, layers: [{branches: {join: concat, old: [],
    new: [{conv: {out: 4*k, kernel: 1}}, {conv: {out: k, kernel: 3, padding: same}}]}}]}"""
_BLOCK = network("h, w, c, k, m", " ".join(_LAYER.split()), "[1, c, h, w]")
entry("densenet-channels", "after m layers a dense block has c + k m channels",
      network("h, w, c, k, m", " ".join(_LAYER.split()) +
              "\nconv: {name: probe, out: 1, kernel: 1}", "[1, c, h, w]"),
      repeats="m", closed="params(probe)",
      conditions="so layer l sees c + k (l - 1); a 1x1 convolution to one channel counts them",
      source=f"{_DENSENET}, section 3")  # fmt: skip
entry("densenet-connections", "L layers have L (L + 1)/2 connections",
      network("h, w, L", "repeat: {times: L, layers: [{branches: {join: concat, old: [], "
              "new: [{conv: {out: 1, kernel: 1}}]}}]}", "[1, 1, h, w]"),
      repeats="L", closed="params", source=_DENSENET,
      conditions="one weight for each connection where every map is one channel")  # fmt: skip
entry("densenet-layer", "a bottleneck layer holds 4 k c + 36 k^2 weights",
      network("h, w, c, k", """conv: {out: 4*k, kernel: 1}
          conv: {out: k, kernel: 3, padding: same}""", "[1, c, h, w]"),
      compare="params = 4*k*c + 36*k**2", source=_DENSENET)  # fmt: skip
entry("densenet-block", "m bottleneck layers hold m (4 k c + 36 k^2) + 2 k^2 m (m - 1) weights",
      _BLOCK, repeats="m", compare="params = m*(4*k*c + 36*k**2) + 2*k**2*m*(m - 1)",
      source=_DENSENET)  # fmt: skip
entry("densenet-memory", "naive concatenation keeps m c + k m (m + 1)/2 channels, O(m^2 k)",
      network("h, w, c, k, m", "repeat: {times: m, layers: [{branches: {join: concat, old: [], "
              "new: [made]}}]}", "[1, c, h, w]",
              "ops: {made: {shape: [n_in, k, h_in, w_in], reads: 0, writes: 0}}\n"),
      repeats="m", closed="mem_access/(2*h*w)", grade="asymptotic",
      source="Pleiss et al. 2017, arXiv:1707.06990",
      conditions="what the m concatenations alone write, and read as often; with shared buffers "
                 "O(m k) stays")  # fmt: skip

_CSP = "Wang et al. 2020, arXiv:1911.11929, equation 4"
_DENSE = """{repeat: {times: m, layers: [{branches: {join: concat, old: [],
    new: [{conv: {out: d, kernel: 1}}]}}]}}"""
_STAGE = side_by_side("c, d, m", "[1, 2*c, 1, 1]", plain=_DENSE, partial=f"""
    {{split: {{parts: 2, names: [past, through]}}}},
    {{branches: {{join: concat, past: [], through: [{_DENSE}]}}}}""")  # fmt: skip
_PLAIN, _PARTIAL = (f"(params({arm})/d + activations({arm}))" for arm in ("plain", "partial"))
entry("csp-dense",
      "on 2 c channels a dense block moves 2 c m + (m^2 + m) d/2 in and out of its layers",
      _STAGE, repeats="m", closed=_PLAIN, source=_CSP,
      conditions="channels in: weights/d of a 1x1 convolution; channels out: its activations",
      )  # fmt: skip
entry("csp", "half the channels past the block leave c m + (m^2 + m) d/2: c m fewer", _STAGE,
      repeats="m", compare=f"{_PLAIN} - {_PARTIAL} = c*m", source=_CSP,
      misstated="the released files use two 1x1 convolutions on all channels, not a slice",
      )  # fmt: skip
entry("csp-ratio",
      "half the channels past the block save 2 c/(4 c + (m + 1) d) of the whole",
      _STAGE, repeats="m",
      compare=f"({_PLAIN} - {_PARTIAL})*(4*c + (m + 1)*d) = {_PLAIN}*2*c", source=_CSP)  # fmt: skip
entry("csp-saving", "passing half the channels by always saves less than half", _STAGE, repeats="m",
      compare=f"2*({_PLAIN} - {_PARTIAL}) < {_PLAIN}", source=_CSP,
      misstated="'half' needs (m + 1) d << c: PeleeNet's stages save 17, 31, 32 and 41 %",
      )  # fmt: skip
entry("csp-part", "b channels past the block save b m, whatever share they are",
      side_by_side("b, c, d, m", "[1, b + c, 1, 1]", plain=_DENSE, partial=f"""
          {{split: {{sizes: [b, c], names: [past, through]}}}},
          {{branches: {{join: concat, past: [], through: [{_DENSE}]}}}}"""),
      repeats="m", compare=f"{_PLAIN} - {_PARTIAL} = b*m", source=_CSP)  # fmt: skip

_FRACTAL = "Larsson et al. 2017, arXiv:1605.07648, section 2"
_CONV = "conv: {out: F, kernel: k, padding: same"
_FRACTALS = f"""model: question
symbols: {{h: {{}}, w: {{}}, c: {{}}, k: {{}}, F: {{}}, C: {{}}}}
input: [1, c, h, w]
blocks:
  fractal:
    args: [columns]
    layers:
      - {_CONV}, when: columns == 1}}
      - branches:
          when: columns > 1
          join: mean
          deep: [{{fractal: {{columns: columns - 1}}}}, {{fractal: {{columns: columns - 1}}}}]
          short: [{{{_CONV}}}}}]
layers: [{{fractal: {{columns: C}}}}]
"""
entry("fractalnet-depth", "a fractal of C columns is 2^(C - 1) convolutions deep", _FRACTALS,
      repeats="C", closed="depth", source=_FRACTAL,
      conditions="each column more puts two fractals one after the other")  # fmt: skip
entry("fractalnet-convolutions",
      "a fractal of C columns holds 2^C - 1 convolutions", _FRACTALS, repeats="C",
      closed="activations/(F*h*w)", source=_FRACTAL,
      conditions="each makes F h w elements")  # fmt: skip
entry("fractalnet-weights", "a fractal has C k^2 c F + (2^C - 1 - C) k^2 F^2 weights", _FRACTALS,
      repeats="C", closed="params", source=_FRACTAL,
      conditions="c channels come in, F go on; the C convolutions that see the input have c",
      )  # fmt: skip

_DEPTH = "Huang et al. 2016, arXiv:1603.09382, section 3"
_BLOCKS = "repeat: {times: m, index: l, layers: [{branches: {join: add, skip: [], " \
          'body: [{counted: {kept: "1 - (1 - p)*ratio(l + 1, L)"}}]}}]}'  # fmt: skip
_COUNTED = """params: {{p: {{default: 0.5, real: true}}}}
ops: {{counted: {{args: [kept], shape: [n_in, c_in, h_in, w_in], mult_adds: {0}}}}}
"""
_SURVIVAL = network("h, w, c, L, m", _BLOCKS, "[1, c, h, w]", _COUNTED.format("kept"))
_VARIANCE = network("h, w, c, L, m", _BLOCKS, "[1, c, h, w]", _COUNTED.format("kept*(1 - kept)"))
entry("stochastic-depth", "the expected depth of L blocks is L - (1 - p) (L + 1)/2", _SURVIVAL,
      repeats="m", free=["p"], given=["m = L"], over=["m"],
      compare="mult_adds = L - (1 - p)*(L + 1)/2", source=_DEPTH,
      conditions="block l of L is kept with probability 1 - (1 - p) l/L and counted with it",
      )  # fmt: skip
entry("stochastic-depth-half",
      "with p = 1/2 the expected depth is (3 L - 1)/4", _SURVIVAL, repeats="m",
      given=["m = L"], over=["m"], compare="mult_adds = (3*L - 1)/4", source=_DEPTH,
      misstated="'25 % faster' holds for blocks alone: stem, classifier and strided blocks differ",
      )  # fmt: skip
entry("stochastic-depth-variance",
      "with p = 1/2 the variance of the depth is (L + 1) (4 L - 1)/(24 L), about L/6",
      _VARIANCE,
      repeats="m", given=["m = L"], over=["m"], compare="mult_adds = (L + 1)*(4*L - 1)/(24*L)",
      source=_DEPTH, conditions="the sum of p (1 - p) over the blocks, which are independent; 9.12 "
      "at L = 54")  # fmt: skip
entry("stochastic-depth-networks", "L blocks that may be left out are 2^L networks",
      network("h, w, c, L", "repeat: {times: L, layers: [{branches: {join: add, skip: [], "
              "body: [{conv: {out: c, kernel: 3, padding: same}}]}}]}", "[1, c, h, w]"),
      repeats="L", closed="paths", source=_DEPTH)  # fmt: skip
entry("stacked-3x3-deep", "n 3x3 convolutions never have more weights than one of (2 n + 1)^2",
      side_by_side("h, w, c, n", "[1, c, h, w]",
                   one="{conv: {out: c, kernel: 2*n + 1, padding: n}}",
                   many="{repeat: {times: n, layers: [{conv: {out: c, kernel: 3, padding: 1}}]}}"),
      repeats="n", compare="params(many) <= params(one)",
      source="Simonyan & Zisserman 2015, arXiv:1409.1556, section 2.3",
      conditions="9 n against (2 n + 1)^2, equal only at n = 1")  # fmt: skip
entry("stacked-3x3-field", "n 3x3 convolutions see 2 n + 1 rows: unpadded, they leave 2 n fewer",
      network("h, w, n", "repeat: {times: n, layers: [{unpadded: {}}]}\n"
              "conv: {out: 1, kernel: 1}", "[1, 1, h, w]",
              "ops: {unpadded: {shape: [n_in, c_in, h_in - 2, w_in]}}\n"),
      repeats="n", closed="activations/w", source="Simonyan & Zisserman 2015, section 2.3",
      )  # fmt: skip
entry("highway", "a highway layer of n units holds 2 (n^2 + n) weights",
      side_by_side("n0", "[1, n0]", carry="{linear: {out: n0}}", gate="{linear: {out: n0}}"),
      compare="params = 2*(n0**2 + n0)", source="Srivastava et al. 2015, arXiv:1505.00387",
      conditions="so 50 units (5100) match a plain layer of 71 (5112)")  # fmt: skip
