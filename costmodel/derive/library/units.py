"""Building blocks of the published networks, one against the other."""

from costmodel.derive.library import entry, network, side_by_side


def _line(text: str) -> str:
    return " ".join(text.split())


_RESNEXT = "Xie et al. 2017, arXiv:1611.05431, section 4"
_BOTTLENECKS = network("h, w, c, m, g", _line("""branches: {join: add,
    resnet: [{conv: {out: m, kernel: 1}}, {conv: {out: m, kernel: 3, padding: same}},
             {conv: {out: c, kernel: 1}}],
    resnext: [{conv: {out: m, kernel: 1}}, {conv: {out: m, kernel: 3, padding: same, groups: g}},
              {conv: {out: c, kernel: 1}}],
    shufflenet: [{conv: {out: m, kernel: 1, groups: g}},
                 {conv: {out: m, kernel: 3, padding: same, groups: m}},
                 {conv: {out: c, kernel: 1, groups: g}}]}"""), "[1, c, h, w]")  # fmt: skip
_SHUFFLENET = "Zhang et al. 2018, arXiv:1707.01083, section 3.2"
entry("resnet-unit", "a ResNet bottleneck costs h w (2 c m + 9 m^2)", _BOTTLENECKS,
      compare="mult_adds(resnet) = h*w*(2*c*m + 9*m**2)", source=_SHUFFLENET)  # fmt: skip
entry("resnext-unit", "a ResNeXt unit costs h w (2 c m + 9 m^2/g)", _BOTTLENECKS,
      compare="mult_adds(resnext) = h*w*(2*c*m + 9*m**2/g)", source=_SHUFFLENET)  # fmt: skip
entry("shufflenet-unit", "a ShuffleNet unit costs h w (2 c m/g + 9 m)", _BOTTLENECKS,
      compare="mult_adds(shufflenet) = h*w*(2*c*m/g + 9*m)", source=_SHUFFLENET,
      conditions="stride 1, equal input and output width",
      misstated="'s x has s^2 the complexity' is asymptotic: 0.273, 2.13, 3.81 for 0.5, 1.5, 2",
      )  # fmt: skip
entry("shufflenet-unit-strided",
      "a strided ShuffleNet unit costs h w (4 m c/g + 9 m + m (o - c)/g)",
      network("h, w, c, m, o, g", """conv: {out: m, kernel: 1, groups: g}
          conv: {out: m, kernel: 3, stride: 2, padding: same, groups: m}
          conv: {out: o - c, kernel: 1, groups: g}""", "[1, c, 2*h, 2*w]"),
      compare="mult_adds = h*w*(4*m*c/g + 9*m + m*(o - c)/g)", source=_SHUFFLENET,
      conditions="h, w are the output's; the pooled input is joined, so o - c channels are made",
      )  # fmt: skip
entry("shufflenet-below-resnext", "with g >= 1 and g <= m a ShuffleNet unit never costs more",
      _BOTTLENECKS, compare="mult_adds(shufflenet) <= mult_adds(resnext)", when="c",
      source=_SHUFFLENET)  # fmt: skip
_CARDINALITY = network("h, w, C, d", _line("""branches: {join: add,
    reference: [{conv: {out: 64, kernel: 1}}, {conv: {out: 64, kernel: 3, padding: same}},
                {conv: {out: 256, kernel: 1}}],
    cardinal: [{conv: {out: C*d, kernel: 1}}, {conv: {out: C*d, kernel: 3, padding: same,
                groups: C}}, {conv: {out: 256, kernel: 1}}]}"""), "[1, 256, h, w]")  # fmt: skip
entry("resnext-complexity", "C paths of width d hold C (256 d + 9 d^2 + 256 d) weights",
      _CARDINALITY, compare="params(cardinal) = C*(256*d + 9*d**2 + 256*d)", source=_RESNEXT,
      )  # fmt: skip
entry("resnext-equal-complexity", "d of equal complexity solves C (512 d + 9 d^2) = 69,632",
      _CARDINALITY, minimize="params(cardinal)", over=["d"],
      given=["params(cardinal) = params(reference)"], grade="asymptotic", source=_RESNEXT,
      conditions="exact as an equation; 64, 39.95, 23.93, 13.70, 7.51, 3.97 for C = 1 ... 32",
      misstated="the rounded widths 40, 24, 14, 4 are up to 2.6 % above",
      )  # fmt: skip
entry("resnext-forms", "C separate paths hold the weights of one grouped bottleneck",
      side_by_side("h, w, a, C, d", "[1, a, h, w]",
                   path="""{conv: {out: d, kernel: 1}}, {conv: {out: d, kernel: 3, padding: same}},
                           {conv: {out: a, kernel: 1}}""",
                   grouped="""{conv: {out: C*d, kernel: 1}}, {conv: {out: C*d, kernel: 3,
                              padding: same, groups: C}}, {conv: {out: a, kernel: 1}}"""),
      compare="C*params(path) = params(grouped)", source=_RESNEXT)  # fmt: skip
_ESP = network("h, w, M, d, K, q", _line("""branches: {join: concat,
    standard: [{conv: {out: K*d, kernel: q, padding: same}}],
    reduce: [{conv: {out: d, kernel: 1}}], pyramid: [{conv: {out: d, kernel: 1}},
    {conv: {out: K*d, kernel: q, padding: same}}]}"""), "[1, M, h, w]")  # fmt: skip
entry("esp", "an ESP unit holds M d + K n^2 d^2 weights, n^2 M K/(M + n^2 N) fewer than dense",
      _ESP, compare="params(standard)*(M + q**2*K*d) = q**2*M*K*(params(reduce) + K*q**2*d**2)",
      source="Mehta et al. 2018, arXiv:1803.06815, equation 1",
      conditions="N = K d; n is written q here",
      misstated="a document says K kernels in the reduce step; there are d = N/K of them",
      )  # fmt: skip
_HFF = "Mehta et al. 2018, arXiv:1803.06815"
entry("esp-released", "the released unit of 64 channels holds 7680 weights, the formula says 8192",
      network("h, w", _line("""branches: {join: concat,
          wide: [{conv: {out: 12, kernel: 1}}, {conv: {out: 16, kernel: 3, padding: same}},
                 {slice: {start: 0, stop: 16}}],
          others: [{conv: {name: reduce, out: 12, kernel: 1}}, {conv: {out: 12, kernel: 3,
                    padding: same}}]}"""), "[1, 64, h, w]"),
      compare="params(wide) + 4*params(others/conv1) = 7680", source=_HFF,
      conditions="K = 5 does not divide 64: branches of 12 channels, the first of 64 - 4*12 = 16",
      )  # fmt: skip
entry("esp-field",
      "an n x n kernel dilated by D spans (n - 1) D + 1 rows: of h + (n - 1) D it leaves h",
      network("h, w, n, D", "conv: {out: 1, kernel: n, dilation: D}",
              "[1, 1, h + (n - 1)*D, w + (n - 1)*D]"),
      compare="activations = h*w", source=_HFF,
      conditions="D = 2^(K - 1) in the largest of K branches: 17 x 17 for n = 3, K = 4",
      misstated="'increased by [2^(K-1)]^2' is asymptotic: (17/3)^2 = 32 where it says 64",
      )  # fmt: skip
entry("eesp", "an EESP unit holds M d/g + (n^2 + d) d K weights",
      network("h, w, M, d, K, q, g", _line("""branches: {join: concat,
          standard: [{conv: {out: d, kernel: 1}}, {conv: {out: K*d, kernel: q, padding: same}}],
          reduce: [{conv: {out: d, kernel: 1, groups: g}}],
          depthwise: [{conv: {out: K*d, kernel: q, padding: same, groups: M}}],
          mix: [{conv: {out: d, kernel: 1}}, {conv: {out: K*d, kernel: 1}}]}"""),
          "[1, M, h, w]"),
      compare="params(reduce) + params(depthwise) + params(mix/conv2) = M*d/g + (q**2 + d)*d*K",
      source="Mehta et al. 2019, arXiv:1811.11431, section 3",
      conditions="stride 1; K depthwise convolutions on d channels have K d q^2 weights",
      )  # fmt: skip
_EESPNET = "Mehta et al. 2019, arXiv:1811.11431, section 3"
entry("eesp-pointwise", "K pointwise convolutions d -> d are one of K d -> K d with K groups",
      side_by_side("h, w, d, K", "[1, K*d, h, w]", one="{slice: {start: 0, stop: d}}, "
                   "{conv: {out: d, kernel: 1}}",
                   grouped="{conv: {out: K*d, kernel: 1, groups: K}}"),
      compare="K*params(one) = params(grouped)", source=_EESPNET)  # fmt: skip
_PARTS = side_by_side("h, w, d, K, q", "[1, K*d, h, w]",
    reduce="{conv: {out: d, kernel: 1, groups: K}}",
    branches="{conv: {out: K*d, kernel: q, padding: same, groups: K*d}}",
    mix="{conv: {out: K*d, kernel: 1, groups: K}}",
    standard="{conv: {out: d, kernel: 1}}",
    pyramid="{slice: {start: 0, stop: d}}, "
            "{conv: {out: K*d, kernel: q, padding: same}}")  # fmt: skip
_ALL = "(params(reduce) + params(branches) + params(mix))"
entry("eesp-reduction",
      "EESP holds ((1 + K) d + n^2 K)/(K (1 + n^2) d) of an ESP's weights", _PARTS,
      compare=f"(params(standard) + params(pyramid))*((1 + K)*d + q**2*K) = "
              f"{_ALL}*K*(1 + q**2)*d", source=_EESPNET,
      conditions="g = K, M = K d, stride 1; n is written q; 7.14 times fewer for n = 3, K = 4 and "
                 "d = 60",
      )  # fmt: skip
entry("eesp-limit",
      "EESP holds never more than K (1 + n^2)/(1 + K) times fewer weights than ESP",
      _PARTS,
      compare=f"(1 + K)*(params(standard) + params(pyramid)) < K*(1 + q**2)*{_ALL}",
      source=_EESPNET, conditions="8 for n = 3, K = 4, approached as d grows")  # fmt: skip
_GHOST = network("h, w, c, s, m, k, d", _line("""branches: {join: concat,
    dense: [{conv: {out: s*m, kernel: k, padding: same}}],
    ghost: [{conv: {name: primary, out: m, kernel: k, padding: same}},
            {conv: {name: cheap, out: (s - 1)*m, kernel: d, padding: same, groups: m}}]}"""),
    "[1, c, h, w]")  # fmt: skip
_GHOSTNET = "Han et al. 2020, arXiv:1911.11907, equations 4 and 5"
entry("ghost-speed", "r_s = s c k^2/(c k^2 + (s - 1) d^2)", _GHOST,
      compare="mult_adds(dense)*(c*k**2 + (s - 1)*d**2) = mult_adds(ghost)*s*c*k**2",
      source=_GHOSTNET, conditions="stride 1, no bias, s divides the output width",
      misstated="'about s' needs d near k, s << c: for k = 1, d = 3, s = 2 it is c/(c/2 + 4.5)",
      )  # fmt: skip
entry("ghost-equal-kernels", "with d = k, r_s = s c/(s + c - 1): about s for s much below c",
      network("h, w, c, s, m, k", _line("""branches: {join: concat,
          dense: [{conv: {out: s*m, kernel: k, padding: same}}],
          ghost: [{conv: {name: primary, out: m, kernel: k, padding: same}},
          {conv: {name: cheap, out: (s - 1)*m, kernel: k, padding: same, groups: m}}]}"""),
          "[1, c, h, w]"),
      compare="mult_adds(dense)*(s + c - 1) = mult_adds(ghost)*s*c", source=_GHOSTNET)  # fmt: skip
entry("ghost-compression", "r_c equals r_s exactly", _GHOST,
      compare="params(dense)*mult_adds(ghost) = params(ghost)*mult_adds(dense)", source=_GHOSTNET,
      )  # fmt: skip
entry("ghost-saves", "a ghost module saves exactly if d^2 < c k^2 (s > 1)",
      network("h, w, c, s, m, k, d", _line("""branches: {join: concat,
          dense: [{conv: {out: s*m + m, kernel: k, padding: same}}],
          ghost: [{conv: {out: m, kernel: k, padding: same}},
                  {conv: {out: s*m, kernel: d, padding: same, groups: m}}]}"""), "[1, c, h, w]"),
      compare="mult_adds(ghost) < mult_adds(dense)", when="c", source=_GHOSTNET,
      conditions="s + 1 is the paper's s here, so that it exceeds 1",
      misstated="with k = 1 and d = 3 it costs more for c < 9",
      )  # fmt: skip
_MBCONV = network("h, w, c, e, k, o", _line("""branches: {join: add,
    mbconv: [{conv: {out: e*c, kernel: 1}}, {conv: {out: e*c, kernel: k, padding: same,
             groups: e*c}}, {conv: {out: o, kernel: 1}}],
    fused: [{conv: {out: e*c, kernel: k, padding: same}}, {conv: {out: o, kernel: 1}}]}"""),
    "[1, c, h, w]")  # fmt: skip
entry("fused-mbconv", "Fused-MBConv holds (k^2 c + o)/(c + k^2 + o) of an MBConv's weights",
      _MBCONV, compare="params(fused)*(c + k**2 + o) = params(mbconv)*(k**2*c + o)",
      source="Tan & Le 2021, arXiv:2104.00298", conditions="no squeeze-excite, stride 1",
      )  # fmt: skip
entry("fused-mbconv-costs", "fused is cheaper exactly if (k^2 - 1) c < k^2",
      _MBCONV, compare="mult_adds(fused) < mult_adds(mbconv)", when="c",
      source="Tan & Le 2021, arXiv:2104.00298",
      conditions="so for k > 1 and c > 1 never: it buys intensity, not mult-adds",
      )  # fmt: skip
entry("fused-mbconv-traffic",
      "Fused-MBConv reads and writes the expanded map once less: 2 e c h w elements",
      _MBCONV, compare="(mem_access(mbconv) - params(mbconv)) - (mem_access(fused) - params(fused))"
      " = 2*e*c*h*w", source="Tan & Le 2021, arXiv:2104.00298",
      conditions="h w (c + 4 e c + o) against h w (c + 2 e c + o) elements of maps: fused saves "
                 "two passes over the expanded map")  # fmt: skip
entry("mobilenet-v2", "an inverted residual costs h w c t (c + k^2 + o)",
      network("h, w, c, t, k, o", """conv: {out: t*c, kernel: 1}
          conv: {out: t*c, kernel: k, padding: same, groups: t*c}
          conv: {out: o, kernel: 1}""", "[1, c, h, w]"),
      compare="mult_adds = h*w*c*t*(c + k**2 + o)",
      source="Sandler et al. 2018, arXiv:1801.04381, section 3.3",
      conditions="stride 1; at t = 1 the reference code has no expansion",
      )  # fmt: skip
entry("mobilenet-v2-strided", "a strided inverted residual costs h w c t (4 c + k^2 + o)",
      network("h, w, c, t, k, o", """conv: {out: t*c, kernel: 1}
          conv: {out: t*c, kernel: k, stride: 2, padding: same, groups: t*c}
          conv: {out: o, kernel: 1}""", "[1, c, 2*h, 2*w]"),
      compare="mult_adds = h*w*c*t*(4*c + k**2 + o)", conditions="h, w are the output's",
      source="Sandler et al. 2018, arXiv:1801.04381, section 3.3")  # fmt: skip
entry("mobilenet-v2-memory", "unsplit, an inverted residual keeps 2 t c h w elements at its peak",
      network("h, w, c, t, k", """conv: {out: t*c, kernel: 1}
          conv: {out: t*c, kernel: k, padding: same, groups: t*c}
          conv: {out: c, kernel: 1}""", "[1, c, h, w]"),
      compare="peak_memory = 2*t*c*h*w", grade="heuristic",
      source="Sandler et al. 2018, section 5.1", conditions="the expanded map before and after its "
      "depthwise layer; worked off in t parts the buffer is input, output and one part",
      )  # fmt: skip
_DFC = "Tang et al. 2022, arXiv:2211.12905, equations 2 to 4"
entry("dfc", "decoupling attention over h w positions divides its cost by h w/(h + w)",
      network("h, w", """linear: {name: rows, out: w, bias: false}
          transpose: {}
          linear: {name: columns, out: h, bias: false}
          flatten: {}
          linear: {name: full, out: h*w, bias: false}""", "[1, h, w]"),
      compare="mult_adds(full)*(h + w) = (mult_adds(rows) + mult_adds(columns))*h*w", source=_DFC,
      conditions="one channel; half the side for a square map: 28 at 56",
      misstated="a document stops at the O(H^2 W^2) form")  # fmt: skip
entry("dfc-kernels", "attention by 1 x a and b x 1 kernels costs (a + b) h w for each channel",
      network("h, w, c, a, b", """conv: {out: c, kernel: [1, a], padding: same, groups: c}
          conv: {out: c, kernel: [b, 1], padding: same, groups: c}""", "[1, c, h, w]"),
      compare="mult_adds = (a + b)*h*w*c", source=_DFC,
      conditions="the released code: 1 x 5 and 5 x 1 at half the resolution, and a 1 x 1 "
                 "convolution that costs half the ghost module's own")  # fmt: skip
