"""Convolutions replaced by several cheaper ones."""

from costmodel.derive.library import entry, network, side_by_side

_SEPARABLE = network(
    "h, w, M, N, D",
    """branches: {join: add, dense: [{conv: {out: N, kernel: D, padding: same}}],
       separable: [{conv: {out: M, kernel: D, padding: same, groups: M}},
       {conv: {out: N, kernel: 1}}]}
    """.replace("\n", " "),
    "[1, M, h, w]",
)
_MOBILENET = "Howard et al. 2017, arXiv:1704.04861, section 3.1"
entry(
    "depthwise-separable", "depthwise and pointwise cost 1/N + 1/D^2 of the dense convolution",
    _SEPARABLE, compare="mult_adds(separable)/mult_adds(dense) = 1/N + 1/D**2", source=_MOBILENET,
    conditions="without bias; the same ratio holds for the weights",
    misstated="a document gives a dense 3x3, 16 -> 32 convolution 4068 weights; it has 4608",
)  # fmt: skip
entry(
    "depthwise-separable-weights",
    "a depthwise separable layer holds 1/N + 1/D^2 of the dense weights",
    _SEPARABLE, compare="params(separable)/params(dense) = 1/N + 1/D**2", source=_MOBILENET,
)  # fmt: skip
entry(
    "depthwise-separable-saves", "a depthwise separable layer saves exactly if N > D^2/(D^2 - 1)",
    _SEPARABLE, compare="mult_adds(separable) < mult_adds(dense)", when="N", source=_MOBILENET,
    conditions="never for N = 1 or D = 1", misstated="'always cheaper'",
)  # fmt: skip
entry(
    "depthwise-separable-bias",
    "with biases (D^2 M + M + M N + N)/(D^2 M N + N) of the dense weights are left",
    side_by_side("h, w, M, N, D", "[1, M, h, w]",
                 dense="{conv: {out: N, kernel: D, padding: same, bias: true}}",
                 separable="""{conv: {out: M, kernel: D, padding: same, groups: M, bias: true}},
                 {conv: {out: N, kernel: 1, bias: true}}"""),
    compare="params(separable)*(D**2*M*N + N) = params(dense)*(D**2*M + M + M*N + N)",
    source=_MOBILENET,
)  # fmt: skip
entry(
    "depthwise-separable-eightfold", "3x3 layers save eightfold from 72 output channels on",
    side_by_side("h, w, M, N", "[1, M, h, w]", dense="{conv: {out: N, kernel: 3, padding: same}}",
                 separable="""{conv: {out: M, kernel: 3, padding: same, groups: M}},
                 {conv: {out: N, kernel: 1}}"""),
    compare="8*mult_adds(separable) <= mult_adds(dense)", when="N", source=_MOBILENET,
    misstated="'8 to 9 times': less than 8 below 72 channels, never 9",
)  # fmt: skip
entry(
    "grouped", "g groups divide weights and mult-adds by g",
    network("h, w, c1, c2, k, g", """branches: {join: add, dense: [{conv: {out: c2, kernel: k,
        padding: same}}], grouped: [{conv: {out: c2, kernel: k, padding: same, groups: g}}]}
        """.replace("\n", " ")),
    compare="params(grouped)*g = params(dense)", conditions="without bias; g divides c1 and c2",
    source="Krizhevsky et al. 2012; Xie et al. 2017, arXiv:1611.05431",
)  # fmt: skip
_VGG = "Simonyan & Zisserman 2015, arXiv:1409.1556, section 2.3"
entry(
    "stacked-3x3", "two 3x3 convolutions have 18/25 of the weights of one 5x5",
    network("h, w, c", """branches: {join: add, one: [{conv: {out: c, kernel: 5, padding: same}}],
        two: [{conv: {out: c, kernel: 3, padding: same}},
        {conv: {out: c, kernel: 3, padding: same}}]}
        """.replace("\n", " "), "[1, c, h, w]"),
    compare="25*params(two) = 18*params(one)", source=_VGG,
    conditions="equal widths, stride 1, no bias; the function classes differ",
)  # fmt: skip
entry(
    "stacked-3x3-three", "three 3x3 convolutions have 27/49 of the weights of one 7x7",
    network("h, w, c", """branches: {join: add, one: [{conv: {out: c, kernel: 7, padding: same}}],
        three: [{conv: {out: c, kernel: 3, padding: same}},
        {conv: {out: c, kernel: 3, padding: same}},
        {conv: {out: c, kernel: 3, padding: same}}]}""".replace("\n", " "), "[1, c, h, w]"),
    compare="49*params(three) = 27*params(one)", source=_VGG,
)  # fmt: skip
entry(
    "stacked-3x3-bias", "with biases three 3x3 hold 27 c^2 + 3 c weights, one 7x7 49 c^2 + c",
    side_by_side("h, w, c", "[1, c, h, w]",
                 one="{conv: {out: c, kernel: 7, padding: same, bias: true}}",
                 three=", ".join(["{conv: {out: c, kernel: 3, padding: same, bias: true}}"] * 3)),
    compare="params(three)*(49*c**2 + c) = params(one)*(27*c**2 + 3*c)", source=_VGG,
)  # fmt: skip
entry(
    "stacked-2x2", "two 2x2 convolutions have 8/9 of the weights of one 3x3: only 11 % fewer",
    side_by_side("h, w, c", "[1, c, h, w]", one="{conv: {out: c, kernel: 3, padding: same}}",
                 two=", ".join(["{conv: {out: c, kernel: 2, padding: same}}"] * 2)),
    compare="9*params(two) = 8*params(one)", source="Szegedy et al. 2016, section 3.2",
)  # fmt: skip
entry(
    "stacked-3x3-saves", "with a middle width m two 3x3 beat one 5x5 iff m < 25 a b/(9 (a + b))",
    network("h, w, a, b, m", """branches: {join: add, one: [{conv: {out: b, kernel: 5,
        padding: same}}], two: [{conv: {out: m, kernel: 3, padding: same}},
        {conv: {out: b, kernel: 3, padding: same}}]}""".replace("\n", " "), "[1, a, h, w]"),
    compare="params(two) < params(one)", when="m", source="Szegedy et al. 2016, arXiv:1512.00567",
)  # fmt: skip
entry(
    "5x5-against-3x3", "a 5x5 convolution costs 25/9 of a 3x3",
    network("h, w, a, b", """branches: {join: add, five: [{conv: {out: b, kernel: 5,
        padding: same}}], three: [{conv: {out: b, kernel: 3, padding: same}}]}
        """.replace("\n", " "), "[1, a, h, w]"),
    compare="9*mult_adds(five) = 25*mult_adds(three)", source="Szegedy et al. 2016, section 3.1",
)  # fmt: skip
entry(
    "asymmetric", "1xk then kx1 cost 2/k of one kxk",
    network("h, w, c, k", """branches: {join: add, square: [{conv: {out: c, kernel: k,
        padding: same}}], asymmetric: [{conv: {out: c, kernel: [1, k], padding: same}},
        {conv: {out: c, kernel: [k, 1], padding: same}}]}""".replace("\n", " "), "[1, c, h, w]"),
    compare="k*mult_adds(asymmetric) = 2*mult_adds(square)", conditions="equal middle width",
    source="Szegedy et al. 2016, section 3.2",
)  # fmt: skip
entry(
    "inception-reduction", "a 1x1 reduction to r before a 5x5 saves iff r < 25 c f/(c + 25 f)",
    network("h, w, c, f, r", """branches: {join: add, direct: [{conv: {out: f, kernel: 5,
        padding: same}}], reduced: [{conv: {out: r, kernel: 1}},
        {conv: {out: f, kernel: 5, padding: same}}]}""".replace("\n", " "), "[1, c, h, w]"),
    compare="mult_adds(reduced) < mult_adds(direct)", when="r",
    conditions="module 3a: 15,872 mult-adds a position in the place of 153,600",
    source="Szegedy et al. 2015, arXiv:1409.4842",
)  # fmt: skip
entry(
    "grid-reduction", "pooling before a convolution costs a quarter of pooling after it",
    network("h, w, k", """branches: {join: add, after: [{conv: {out: 2*k, kernel: 1}},
        {max_pool: {kernel: 2, stride: 2}}], before: [{max_pool: {kernel: 2, stride: 2}},
        {conv: {out: 2*k, kernel: 1}}]}""".replace("\n", " "), "[1, k, 2*h, 2*w]"),
    compare="mult_adds(after) = 4*mult_adds(before)", source="Szegedy et al. 2016, section 5",
    misstated="the paper says 'reduced by a quarter'; it is reduced to a quarter",
)  # fmt: skip
entry(
    "low-rank", "W = U V of rank k saves iff k < H D/(H + D)",
    network("H, D, k", """branches: {join: add, full: [{linear: {out: H, bias: false}}],
        low: [{linear: {out: k, bias: false}}, {linear: {out: H, bias: false}}]}
        """.replace("\n", " "), "[1, D]"),
    compare="params(low) < params(full)", when="k", source="Ba & Caruana 2014, SNN-MIMIC",
)  # fmt: skip
entry(
    "weights-and-positions", "at one resolution every weight serves h w positions",
    network("h, w, a, b, c, k", """conv: {out: b, kernel: k, padding: same}
        conv: {out: c, kernel: 1}""", "[1, a, h, w]"),
    compare="mult_adds = params*h*w", source="checks published tables: GoogLeNet's rows 4c, 4d and "
    "5b are 2 to 8 % off", conditions="convolutions without bias, padded to keep the size",
)  # fmt: skip
entry(
    "hint-regressor", "a k x k regressor holds k^2/(n^2 m^2) of a full one's weights",
    side_by_side("a, b, m, k", "[1, a, m + k - 1, m + k - 1]",
                 convolution="{conv: {out: b, kernel: k}}",
                 full="{flatten: {}}, {linear: {out: b*m*m, bias: false}}, "
                      "{reshape: {shape: [1, b, m, m]}}"),
    compare="params(full)*k**2 = params(convolution)*(m + k - 1)**2*m**2",
    source="Romero et al. 2015, arXiv:1412.6550, section 2.2",
    conditions="n = m + k - 1: the guided map is n x n, the hint's m x m",
)  # fmt: skip
