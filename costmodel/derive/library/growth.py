"""What depth, width and repetition do: closed forms of sums, exponents of scaling."""

from costmodel.derive.library import entry, network

_DENSENET = "Huang et al. 2017, arXiv:1608.06993"
entry("densenet-channels", "layer l of a dense block sees k0 + k (l - 1) channels",
      closed="k0 + k*(l - 1)", variable="l", start="k0", after="last + k", first=1,
      source=f"{_DENSENET}, section 3")  # fmt: skip
entry("densenet-connections", "L layers have L (L + 1)/2 connections",
      closed="L*(L + 1)/2", variable="L", start="0", after="last + L", source=_DENSENET,
      )  # fmt: skip
entry("densenet-layer", "a bottleneck layer holds 4 k c + 36 k^2 weights",
      network("h, w, c, k", """conv: {out: 4*k, kernel: 1}
          conv: {out: k, kernel: 3, padding: same}""", "[1, c, h, w]"),
      compare="params = 4*k*c + 36*k**2", source=_DENSENET)  # fmt: skip
entry("densenet-memory", "naive concatenation keeps m k0 + k m (m + 1)/2 channels, O(m^2 k)",
      closed="m*k0 + k*m*(m + 1)/2", variable="m", start="0", after="last + k0 + k*m",
      grade="asymptotic", source="Pleiss et al. 2017, arXiv:1707.06990")  # fmt: skip
_FRACTAL = "Larsson et al. 2017, arXiv:1605.07648, section 2"
_FRACTAL_SPEC = """model: question
symbols: {c: {}, h: {}, w: {}}
input: [1, c, h, w]
blocks:
  fractal:
    args: [columns]
    layers:
      - conv: {out: c, kernel: 3, padding: same, when: columns == 1}
      - branches:
          when: columns > 1
          join: mean
          deep: [{fractal: {columns: columns - 1}}, {fractal: {columns: columns - 1}}]
          short: [{conv: {out: c, kernel: 3, padding: same}}]
layers: [{fractal: {columns: 4}}]
"""
entry("fractalnet-depth", "a fractal of C columns is 2^(C-1) convolutions deep: 8 for C = 4",
      _FRACTAL_SPEC, compare="depth = 2**3", source=_FRACTAL,
      conditions="each column more puts two fractals one after the other")  # fmt: skip
entry("fractalnet-convolutions", "and holds 2^C - 1 convolutions: 15 for C = 4", _FRACTAL_SPEC,
      compare="params = (2**4 - 1)*9*c**2", source=_FRACTAL,
      conditions="n convolutions become 2 n + 1 with each column")  # fmt: skip
_DEPTH = "Huang et al. 2016, arXiv:1603.09382, section 3"
entry("stochastic-depth", "expected depth L - (1 - p) (L + 1)/2: sums of 1 - l (1 - p)/L",
      closed="m - q*m*(m + 1)/(2*L)", variable="m", start="0", after="last + 1 - q*m/L",
      conditions="q = 1 - p_L; at m = L it is L - q (L + 1)/2, at p_L = 1/2 (3 L - 1)/4",
      source=_DEPTH)  # fmt: skip
entry("stochastic-depth-half", "at p_L = 1/2 the expected depth is (3 L - 1)/4",
      network("L", "relu", "[1, L, 1, 1]"), compare="L - (L + 1)/4 = (3*L - 1)/4", source=_DEPTH,
      misstated="'25 % faster' leaves out stem, classifier and the strided blocks")  # fmt: skip
entry("highway", "a highway layer of n units holds 2 (n^2 + n) weights",
      network("n0", "branches: {join: add, carry: [{linear: {out: n0}}], "
              "gate: [{linear: {out: n0}}]}", "[1, n0]"),
      compare="params = 2*(n0**2 + n0)", source="Srivastava et al. 2015, arXiv:1505.00387",
      )  # fmt: skip

_COMPOUND = "Tan & Le 2019, arXiv:1905.11946, section 3.3"
_DENSE = network("h, w, a, c, o", "conv: {out: a*o, kernel: 3, padding: same}", "[1, a*c, h, w]")
entry("compound-width", "width has elasticity 2 for a dense convolution, exactly", _DENSE,
      elasticity="a", of="mult_adds", source=_COMPOUND,
      conditions="both channel counts scaled, whole channels",
      misstated="'doubling quadruples' adds three times the cost, not four")  # fmt: skip
entry("compound-resolution", "height has elasticity 1 (with width: resolution has 2)", _DENSE,
      elasticity="h", of="mult_adds", source=_COMPOUND)  # fmt: skip
_MB = network("h, w, a, e", """conv: {out: e*a, kernel: 1}
    conv: {out: e*a, kernel: 3, padding: same, groups: e*a}
    conv: {out: a, kernel: 1}""", "[1, a, h, w]")  # fmt: skip
entry("compound-width-mbconv", "an MBConv's elasticity in width is (4 a + 9)/(2 a + 9), below 2",
      _MB, elasticity="a", of="mult_adds", grade="asymptotic", source=_COMPOUND,
      conditions="tends to 2 as the width a grows",
      misstated="FLOPs ~ width^2 holds for dense convolutions only")  # fmt: skip
entry("compound-step", "1.2 * 1.1^2 * 1.15^2 is 1.92, 4 % below the 2 that is claimed",
      network("c", "relu", "[1, c, 1, 1]"),
      compare="120*110**2*115**2 < 2*100**5", grade="asymptotic", source=_COMPOUND,
      misstated="2^phi: 25 % less at phi = 7")  # fmt: skip
_FBNET = "Wu et al. 2019, arXiv:1812.03443"
entry("fbnet-space", "9 choices in 22 layers are 9^22 = 9.85e20 networks",
      network("c", "relu", "[1, c, 1, 1]"), compare="9**22 = 984770902183611232881/1",
      source=f"{_FBNET}, section 3.1", misstated="six layers have no identity: 4.9e20",
      )  # fmt: skip
entry("fbnet-latency", "latency as a sum over layers: one term each time one is added",
      closed="t*m", variable="m", start="0", after="last + t", grade="heuristic",
      source=f"{_FBNET}, equation 2",
      conditions="additive: serial devices only; for layers of unequal time the same by parts",
      )  # fmt: skip
entry("fbnetv2-masking", "k channel options without sharing cost k (k + 1)/2 channel passes",
      closed="k*(k + 1)/2", variable="k", start="0", after="last + k",
      conditions="with shared weights and masks one pass of k channels is left",
      source="Wan et al. 2020, arXiv:2004.05565, section 3")  # fmt: skip
_REWARD = "Tan & Le 2021, arXiv:2104.00298, section 3.2"
entry("efficientnetv2-step-time", "doubling the step time costs 4.7 % of the reward",
      network("c", "relu", "[1, c, 1, 1]"), compare="2**(-7/100) <= 953/1000", grade="heuristic",
      source=_REWARD)  # fmt: skip
entry("efficientnetv2-params", "doubling the parameters costs 3.4 % of the reward",
      network("c", "relu", "[1, c, 1, 1]"), compare="2**(-5/100) <= 966/1000", grade="heuristic",
      source=_REWARD)  # fmt: skip
