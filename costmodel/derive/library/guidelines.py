"""The ShuffleNet V2 guidelines G1, G2 and G4."""

from costmodel.derive.library import entry, network

_SOURCE = "Ma et al. 2018, arXiv:1807.11164, section 3"
_POINTWISE = network("h, w, c1, c2", "conv: {out: c2, kernel: 1}")
_GROUPED = network("h, w, c1, c2, g", "conv: {out: c2, kernel: 1, groups: g}")

entry(
    "G1",
    "at fixed mult-adds a 1x1 convolution moves least with equal input and output channels",
    _POINTWISE, minimize="mem_access", over=["c1", "c2"], given=["mult_adds=B"],
    conditions="each tensor moves once (infinite cache); stride 1",
    source=f"{_SOURCE}, G1",
    misstated="without fixing B it is false: fewer channels always move less; the published "
              "benchmark drifts by up to 5.5 % in B; and its blocks c1 -> c2 -> c1 always have "
              "equal ends, so that it is not 'mainly about modules'",
)  # fmt: skip
entry(
    "G1-kernel",
    "with a k x k kernel the floor is (2/k)*sqrt(B*h*w) + B/(h*w), still at equal channels",
    network("h, w, c1, c2, k", "conv: {out: c2, kernel: k, padding: same}"),
    minimize="mem_access", over=["c1", "c2"], given=["mult_adds=B"],
    conditions="stride 1, same padding", source=f"{_SOURCE}, G1 (there for k = 1 only)",
)  # fmt: skip
entry(
    "G1-grouped",
    "with g groups the floor is 2*sqrt(B*g*h*w) + B/(h*w), at equal channels",
    _GROUPED, minimize="mem_access", over=["c1", "c2"], given=["mult_adds=B"],
    source=f"{_SOURCE}, G1 and G2",
)  # fmt: skip
entry(
    "G1-grouped-kernel",
    "with g groups and a k x k kernel the floor is 2*sqrt(B*g*h*w)/k + B/(h*w)",
    network("h, w, c1, c2, k, g", "conv: {out: c2, kernel: k, padding: same, groups: g}"),
    minimize="mem_access", over=["c1", "c2"], given=["mult_adds=B"],
    source=f"{_SOURCE}, G1 and G2",
)  # fmt: skip
entry(
    "G1-strided",
    "with stride s the optimum is c2 = s^2 c1, not c1 = c2",
    network("h, w, c1, c2, s", "conv: {out: c2, kernel: 1, stride: s, padding: same}",
            "[1, c1, s*h, s*w]"),
    minimize="mem_access", over=["c1", "c2"], given=["mult_adds=B"],
    conditions="h, w are the output's; the input is s*h by s*w",
    source=f"{_SOURCE}, G1", misstated="the rule 'equal channel width' is wrong for a stride",
)  # fmt: skip
entry(
    "G1-bias",
    "a bias shifts the optimum slightly: its c2 elements count on the output side only",
    network("h, w, c1, c2", "conv: {out: c2, kernel: 1, bias: true}"),
    minimize="mem_access", over=["c1", "c2"], given=["mult_adds=B"], source=f"{_SOURCE}, G1",
)  # fmt: skip
entry(
    "G1-precision",
    "with a bytes an activation and b bytes a weight the floor is 2 a sqrt(B h w) + b B/(h w)",
    network("h, w, c1, c2, a, b", "conv: {out: c2, kernel: 1}"),
    minimize="a*(mem_access - params) + b*params", over=["c1", "c2"], given=["mult_adds=B"],
    conditions="the best channels do not depend on a and b", source=f"{_SOURCE}, G1",
)  # fmt: skip
entry(
    "G1-integers",
    "whole channels reach the floor only if B/(h w) is a square: 97 forces 1 and 97",
    network("c1, c2", "conv: {out: c2, kernel: 1}", "[1, c1, 7, 7]"),
    minimize="mem_access", over=["c1", "c2"], given=["mult_adds=4753"],
    conditions="a 7 x 7 map and 4753 = 49 * 97 mult-adds", source=f"{_SOURCE}, G1",
)  # fmt: skip
entry(
    "G1-unbounded",
    "without fixed mult-adds equal channels are not best: one channel on each side is",
    _POINTWISE, minimize="mem_access", over=["c1", "c2"], source=f"{_SOURCE}, G1",
    misstated="G1 quoted without 'at fixed mult-adds'",
)  # fmt: skip
entry(
    "G2",
    "at fixed mult-adds and input channels memory access rises with the number of groups",
    _GROUPED, minimize="mem_access", over=["c2"], given=["mult_adds=B"], monotone="g",
    conditions="c2 grows with g, so that B stays", source=f"{_SOURCE}, G2",
)  # fmt: skip
entry(
    "G2-optimum",
    "at fixed mult-adds and best channels memory access rises with groups, as sqrt(g)",
    _GROUPED, minimize="mem_access", over=["c1", "c2"], given=["mult_adds=B"], monotone="g",
    source=f"{_SOURCE}, G2 and table 2",
)  # fmt: skip
entry(
    "G2-fixed-channels",
    "is memory access rising with groups at fixed channels? No: it falls",
    _GROUPED, minimize="mem_access", monotone="g", source=f"{_SOURCE}, G2",
    misstated="'excessive group convolution increases MAC' is false without fixed mult-adds",
    expects="refuted",
)  # fmt: skip
entry(
    "G2-depthwise",
    "with as many groups as channels 2 c h w + k^2 c elements move for k^2 c h w mult-adds",
    network("h, w, c1, k", "conv: {out: c1, kernel: k, padding: same, groups: c1}"),
    compare="mem_access - mult_adds/(h*w) = 2*c1*h*w", source=f"{_SOURCE}, G2",
    conditions="its weights are mult-adds/(h w)",
)  # fmt: skip
_PIECES = network("h, w, c, d, n", "branches: {join: concat, whole: [{conv: {out: c, kernel: 1}}], "
                  "piece: [{slice: {start: 0, stop: d}}, {conv: {out: d, kernel: 1}}]}",
                  "[1, c, h, w]")  # fmt: skip
entry(
    "G3-width",
    "n fragments of the same mult-adds as one convolution have c/sqrt(n) channels each",
    _PIECES, minimize="params(piece/conv1)", over=["d"],
    given=["n*mult_adds(piece/conv1) = mult_adds(whole)"], source=f"{_SOURCE}, G3",
    grade="heuristic",
)  # fmt: skip
entry(
    "G3",
    "n fragments of the same mult-adds together move more the more they are",
    _PIECES, minimize="n*mem_access(piece/conv1)", over=["d"],
    given=["n*mult_adds(piece/conv1) = B"], monotone="n", source=f"{_SOURCE}, G3",
    grade="heuristic",
    conditions="the time that fragments lose to launches and synchronising is not derived here",
    misstated="fragmentation is a statement on time: mult-adds do not show it",
)  # fmt: skip
entry(
    "G4-relu",
    "a ReLU moves two elements for each it makes",
    network("c1, h, w", "relu"), compare="mem_access = 2*c1*h*w", source=f"{_SOURCE}, G4",
)  # fmt: skip
entry(
    "G4-add",
    "an addition of two tensors moves three elements for each it makes",
    network("c1, h, w", "branches: {join: add, a: [], b: []}"),
    compare="mem_access = 3*c1*h*w", source=f"{_SOURCE}, G4",
)  # fmt: skip
entry(
    "G4-bias",
    "adding a bias moves 2 + 1/(h w) elements for each it makes",
    network("c1, h, w", "biased", more="ops: {biased: {shape: [n_in, c_in, h_in, w_in], "
            "params: c_in, scalar_ops: c_in*h_in*w_in}}\n"),
    compare="mem_access/(c1*h*w) = 2 + 1/(h*w)", source=f"{_SOURCE}, G4",
)  # fmt: skip
_G4 = network("c1, h, w, k", "conv: {out: c1, kernel: k, padding: same, groups: c1}")
entry(
    "G4-depthwise",
    "a depthwise convolution moves 2/k^2 + 1/(h*w) elements for each multiply-add",
    _G4, compare="mem_access/mult_adds = 2/k**2 + 1/(h*w)", source=f"{_SOURCE}, G4",
)  # fmt: skip
entry(
    "G4-pointwise",
    "a 1x1 convolution moves 1/c1 + 1/c2 + 1/(h*w) elements for each multiply-add",
    _POINTWISE, compare="mem_access/mult_adds = 1/c1 + 1/c2 + 1/(h*w)", source=f"{_SOURCE}, G4",
)  # fmt: skip
entry(
    "channel-reuse",
    "of c channels 2^-j pass j ShuffleNet V2 units untouched",
    network("h, w, c, j", "repeat: {times: j, layers: [untouched]}\n"
            "conv: {name: probe, out: 1, kernel: 1}", "[1, c, h, w]",
            "ops: {untouched: {shape: [n_in, \"c_in*ratio(1, 2)\", h_in, w_in]}}\n"),
    repeats="j", closed="params(probe)", source="Ma et al. 2018, section 4",
    conditions="half the channels are worked on in each unit; c is a multiple of 2^j",
    misstated="the paper's ratio (1 - c')/c is 1 - c'/c",
)  # fmt: skip
