"""Compound scaling, width multipliers, and rewards, as exponents and exchange rates."""

from costmodel.derive.library import entry, network, side_by_side

_COMPOUND = "Tan & Le 2019, arXiv:1905.11946, section 3.3"
_DENSE = network("h, w, a, c, o", "conv: {out: a*o, kernel: 3, padding: same}", "[1, a*c, h, w]")
_DEEP = network("d, a, r, c, h", "repeat: {times: d, layers: [{conv: {out: a*c, kernel: 3, "
                "padding: same}}]}", "[1, a*c, r*h, r*h]")  # fmt: skip
entry("compound-scaling", "FLOPs are proportional to d a^2 r^2 in depth, width and resolution",
      _DEEP, repeats="d", closed="mult_adds", source=_COMPOUND,
      conditions="equal dense layers, whole channels and sizes; stem and head do not scale with d",
      misstated="'doubling width quadruples' adds three times the cost, not four")  # fmt: skip
entry("compound-step", "1.2 * 1.1^2 * 1.15^2 is 1.92027, 4 % below the 2 that is claimed", _DEEP,
      at={"d": 10, "a": 10, "r": 100}, beside={"scaled": {"d": 12, "a": 11, "r": 115}},
      compare="100000*mult_adds(scaled) = 192027*mult_adds", source=_COMPOUND, grade="asymptotic",
      misstated="2^phi: 25 % less at phi = 7; B7's released depth, width and resolution give 97.8 "
                "times B0 where 3.1 * 2^2 * (600/224)^2 = 89")  # fmt: skip
entry("compound-width", "width has elasticity 2 for a dense convolution, exactly", _DENSE,
      elasticity="a", of="mult_adds", source=_COMPOUND,
      conditions="both channel counts scaled, whole channels")  # fmt: skip
entry("compound-resolution", "height has elasticity 1 (with width: resolution has 2)", _DENSE,
      elasticity="h", of="mult_adds", source=_COMPOUND,
      conditions="'same' padding and whole sizes; the weights do not change")  # fmt: skip
_MB = network("h, w, a, e, k", """conv: {out: e*a, kernel: 1}
    conv: {out: e*a, kernel: k, padding: same, groups: e*a}
    conv: {out: a, kernel: 1}""", "[1, a, h, w]")  # fmt: skip
entry("compound-width-mbconv", "an MBConv's elasticity in width is (4 a + k^2)/(2 a + k^2) < 2",
      _MB, elasticity="a", of="mult_adds", grade="asymptotic", source=_COMPOUND,
      conditions="tends to 2 as the width a grows",
      misstated="FLOPs ~ width^2 holds for dense convolutions only")  # fmt: skip
_BOTH = """split: {{parts: 2, names: [plain, rest]}}
    branches: {{join: concat, rest: [], plain: [{plain}]}}
    branches: {{join: concat, from: input, other: [], double: [{double}]}}"""
_LAYERS = "{{conv: {{out: e*{a}, kernel: 1}}}}, {{conv: {{out: e*{a}, kernel: k, padding: same, " \
          "groups: e*{a}}}}}, {{conv: {{out: {a}, kernel: 1}}}}"  # fmt: skip
entry("compound-width-doubled",
      "doubling an MBConv's width multiplies by (8 a + 2 k^2)/(2 a + k^2)",
      network("h, w, a, e, k", _BOTH.format(plain=_LAYERS.format(a="a"),
                                            double=_LAYERS.format(a="2*a")), "[1, 2*a, h, w]"),
      compare="mult_adds(double)*(2*a + k**2) = mult_adds(plain)*(8*a + 2*k**2)",
      source=_COMPOUND, grade="asymptotic",
      conditions="3.56 at a = 16 and k = 3, 3.97 at a = 320; 4 for dense layers")  # fmt: skip
_MOBILENET = "Howard et al. 2017, arXiv:1704.04861, section 3.2"
_SEPARABLE = network("h, w, M, N, D, a", """conv: {out: a*M, kernel: D, padding: same, groups: a*M}
    conv: {out: a*N, kernel: 1}""", "[1, a*M, h, w]")  # fmt: skip
entry("width-multiplier", "the width multiplier's exponent in a separable layer is below 2",
      _SEPARABLE, elasticity="a", of="mult_adds", grade="asymptotic", source=_MOBILENET,
      conditions="1 for the depthwise part, 2 for the pointwise part",
      misstated="'reduced by alpha^2' is asymptotic")  # fmt: skip
entry("resolution-multiplier", "the resolution multiplier acts by its square, on mult-adds only",
      network("h, M, N, D, a", """conv: {out: M, kernel: D, padding: same, groups: M}
          conv: {out: N, kernel: 1}""", "[1, M, a*h, a*h]"),
      elasticity="a", of="mult_adds", source=_MOBILENET,
      conditions="exact where a*h is whole; the weights do not change")  # fmt: skip

_REWARD = "Tan & Le 2021, arXiv:2104.00298, section 3.2"
_WIDER = side_by_side("c, o", "[1, c]", plain="{linear: {out: o, bias: false}}",
                      double="{linear: {out: 2*o, bias: false}}")  # fmt: skip
entry("efficientnetv2-reward", "the reward's elasticity in width is 2 (-0.07 - 0.05) = -0.24",
      _DENSE, elasticity="a", of="mult_adds**(-7/100)*params**(-5/100)", grade="heuristic",
      source=_REWARD, conditions="step time proportional to mult-adds; accuracy held")  # fmt: skip
entry("efficientnetv2-step-time", "doubling the step time leaves 2^-0.07 of the reward: 4.7 % less",
      _WIDER, compare="mult_adds(double)**(-7/100) <= x*mult_adds(plain)**(-7/100)", when="x",
      grade="heuristic", source=_REWARD,
      conditions="x is what is left; twice the mult-adds taken for twice the time")  # fmt: skip
entry("efficientnetv2-params", "doubling the parameters leaves 2^-0.05 of the reward: 3.4 % less",
      _WIDER, compare="params(double)**(-5/100) <= x*params(plain)**(-5/100)", when="x",
      grade="heuristic", source=_REWARD, conditions="x is what is left")  # fmt: skip
entry("efficientnetv2-exchange", "twice the mult-adds must gain a factor 2^0.07 in accuracy",
      _WIDER, compare="A1*mult_adds(plain)**(-7/100) <= A2*mult_adds(double)**(-7/100)",
      when="A2", grade="heuristic", source=_REWARD,
      conditions="A1 and A2 are the accuracies; 2^0.07 is 1.0497")  # fmt: skip
