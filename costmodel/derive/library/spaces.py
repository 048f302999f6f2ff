"""Search spaces: how many networks they hold, what they cost to train and to look up."""

from costmodel.derive.library import entry, network, side_by_side

_FBNET = "Wu et al. 2019, arXiv:1812.03443"
_KINDS = {"e1_k3": (1, 3, 1), "e1_k3_g2": (1, 3, 2), "e3_k3": (3, 3, 1), "e6_k3": (6, 3, 1),
          "e1_k5": (1, 5, 1), "e1_k5_g2": (1, 5, 2), "e3_k5": (3, 5, 1),
          "e6_k5": (6, 5, 1)}  # fmt: skip
_ARMS = ", ".join(
    f"{name}: [{{conv: {{out: {e}*c, kernel: 1, groups: {g}}}}}, {{conv: {{out: {e}*c, "
    f"kernel: {k}, padding: same, groups: {e}*c}}}}, {{conv: {{out: c, kernel: 1, groups: {g}}}}}]"
    for name, (e, k, g) in _KINDS.items()
)
_SUPERNET = network("h, w, c, m", "repeat: {times: m, layers: [{branches: {join: add, "
                    f"{_ARMS}, skip: []}}}}]}}", "[1, c, h, w]")  # fmt: skip
entry("fbnet-space", "9 choices in each of m layers are 9^m networks: at m = 22 some 9.85e20",
      _SUPERNET, repeats="m", closed="paths", source=f"{_FBNET}, section 3.1",
      conditions="a network is a way through the supernet",
      misstated="six layers change shape and have no identity: 9^16 8^6 = 4.9e20")  # fmt: skip
entry("fbnet-space-shapes",
      "with six layers that have no identity 8^6 9^m networks are left: m = 16",
      network("h, w, c, m", "repeat: {times: m, layers: [{branches: {join: add, "
              f"{_ARMS}, skip: []}}}}]}}\nrepeat: {{times: 6, layers: [{{branches: {{join: add, "
              f"{_ARMS}}}}}]}}", "[1, c, h, w]"),
      repeats="m", closed="paths", source=f"{_FBNET}, section 3.1")  # fmt: skip
entry("fbnet-latency", "latency is a sum of table entries, linear in the masks of the candidates",
      network("h, w, c, m, t1, t2, t3, p1, p2, p3", "repeat: {times: m, layers: [{branches: "
              "{join: add, one: [{timed: {t: t1, p: p1}}], two: [{timed: {t: t2, p: p2}}], "
              "three: [{timed: {t: t3, p: p3}}]}}]}", "[1, c, h, w]",
              "ops: {timed: {args: [t, p], shape: [n_in, c_in, h_in, w_in], mult_adds: p*t}}\n"),
      repeats="m", compare="mult_adds = m*(p1*t1 + p2*t2 + p3*t3)", grade="heuristic",
      source=f"{_FBNET}, equations 2 and 5",
      conditions="serial devices: fusion and parallel branches break it; the operators' times "
                 "stand in the place of mult-adds",
      misstated="log(LAT^beta) is beta log LAT, so beta only scales; below one unit of time the "
                "logarithm is negative")  # fmt: skip
_FBNETV2 = "Wan et al. 2020, arXiv:2004.05565, section 3"
_OPTIONS = """blocks:
  options:
    args: [i]
    layers:
      - conv: {out: 1, kernel: 1, when: i == 1}
      - branches:
          when: i > 1
          join: concat
          widest: [{conv: {out: i, kernel: 1}}]
          others: [{options: {i: i - 1}}]
"""
_MASKED = side_by_side("h, w, c, k", "[1, c, h, w]", _OPTIONS, separate="{options: {i: k}}",
                       shared="{conv: {out: k, kernel: 1}}")  # fmt: skip
entry("fbnetv2-separate", "k channel options of 1 to k channels cost k (k + 1)/2 channel passes",
      _MASKED, repeats="k", compare="mult_adds(separate) = h*w*c*k*(k + 1)/2", source=_FBNETV2,
      )  # fmt: skip
entry("fbnetv2-masking", "shared weights and masks leave one pass: (k + 1)/2 times fewer", _MASKED,
      repeats="k", compare="2*mult_adds(separate) = (k + 1)*mult_adds(shared)", source=_FBNETV2,
      conditions="padding option i to k channels is masking the last k - i: exact; sharing the "
                 "weights of all options is an approximation; the mask is a k-vector")  # fmt: skip
entry("fbnetv2-weights",
      "shared weights are (k + 1)/2 times fewer than those of k options", _MASKED, repeats="k",
      compare="2*params(separate) = (k + 1)*params(shared)", source=_FBNETV2)  # fmt: skip
