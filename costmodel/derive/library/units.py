"""Building blocks of the published networks, one against the other."""

from costmodel.derive.library import entry, network


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
entry("mobilenet-v2", "an inverted residual costs h w c t (c + k^2 + o)",
      network("h, w, c, t, k, o", """conv: {out: t*c, kernel: 1}
          conv: {out: t*c, kernel: k, padding: same, groups: t*c}
          conv: {out: o, kernel: 1}""", "[1, c, h, w]"),
      compare="mult_adds = h*w*c*t*(c + k**2 + o)",
      source="Sandler et al. 2018, arXiv:1801.04381, section 3.3",
      conditions="stride 1; at t = 1 the reference code has no expansion",
      )  # fmt: skip
entry("dfc", "decoupling attention over h w positions divides its cost by h w/(h + w)",
      network("h, w", _line("""branches: {join: concat,
          full: [{conv: {out: 1, kernel: 1}}, {flatten: {}}, {linear: {out: h*w, bias: false}}],
          flat: [{flatten: {}}]}"""), "[1, 1, h, w]"),
      compare="mult_adds(full/linear1)*(h + w) = (h**2*w + h*w**2)*h*w",
      source="Tang et al. 2022, arXiv:2211.12905, equations 2 to 4",
      misstated="a document stops at the O(H^2 W^2) form",
      )  # fmt: skip
entry("csp", "half the channels past a dense block: (c m + (m^2 + m) d)/2, saving c m/2",
      network("c, m, d", "relu", "[1, c, 1, 1]"),
      compare="(2*c*m + (m**2 + m)*d)/2 - (c*m + (m**2 + m)*d)/2 = c*m/2",
      source="Wang et al. 2020, arXiv:1911.11929, equation 4",
      misstated="'half' needs (m + 1) d << c: real stages save 17 to 41 %",
      )  # fmt: skip
entry("csp-saving", "the saving c/(2 c + (m + 1) d) is always below one half",
      network("c, m, d", "relu", "[1, c, 1, 1]"),
      compare="2*c < 2*c + (m + 1)*d", source="Wang et al. 2020, arXiv:1911.11929",
      )  # fmt: skip
