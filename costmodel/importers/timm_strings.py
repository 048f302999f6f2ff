"""timm's block strings, ``ir_r2_k3_s2_e6_c24_se0.25`` -> a spec with a table of stages.

A line is a stage: a string or several, in quotes and brackets or not, as in timm's own lists.
``key=value`` sets what stands around the blocks: see SETTINGS.  The network is timm's
EfficientNet: stem, blocks, head, mean, classifier; padding is kernel // 2.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from costmodel.errors import LimitError, Mark, Source, SpecError, nearest
from costmodel.importers import Wishes, has_line, reads
from costmodel.importers.flat import PLAIN, read_source
from costmodel.importers.fold import FIRST
from costmodel.spec.document import parse_spec
from costmodel.spec.syntax import Spec, Stages

SETTINGS = {"stem": "32", "head": "1280", "least_head": "0", "width": "1", "depth": "1",
            "act": "swish", "size": "224", "classes": "1000", "fix_ends": "0"}  # fmt: skip
NUMBER = re.compile(r"[0-9]{1,5}(\.[0-9]{1,6})?")  # what a setting is, but for act
WORDS = {"re": "relu", "r6": "relu6", "hs": "h_swish", "sw": "swish", "mi": "mish"}
NEEDS = {"ir": "rksec", "er": "rksec", "ds": "rksc", "dsa": "rksc", "cn": "rksc"}
MAY = {"se": Fraction(0), "e": Fraction(1), "a": Fraction(1), "p": Fraction(1)}
SPATIAL = "conv: {out: mid, kernel: kernel, stride: stride, padding: kernel // 2}"
DEPTHWISE = SPATIAL.replace("}", ", groups: mid}")
PROJECT = ["batch_norm", "ACT", "excite_ACT: {part: part, when: part > 0}",
           "conv: {out: out, kernel: finish, padding: finish // 2}"]  # fmt: skip
BODIES = {  # the layers of a block up to its last norm; ACT stands for its activation
    "ir": ["conv: {out: mid, kernel: start, padding: start // 2}", "batch_norm", "ACT", DEPTHWISE,
           *PROJECT],
    "ds": [DEPTHWISE, *PROJECT], "er": [SPATIAL, *PROJECT], "cn": [SPATIAL.replace("mid", "out")],
}  # fmt: skip
ARGS = "{out: , kernel: , stride: 1, expand: 1, part: 0, start: 1, finish: 1, skip: 1}"
EXCITE = """  excite_ACT:
    args: [part]
    let: {c: c_in}
    layers:
      - global_avg_pool
      - conv: {out: "max(1, floor(c * part + ratio(1, 2)))", kernel: 1, bias: true}
      - ACT
      - conv: {out: c, kernel: 1, bias: true}
      - sigmoid: {name: gate}
      - multiply: {from: [input, gate]}"""


class Row:
    """One block string, its options read."""

    def __init__(self, text: str, mark: Mark, act: str) -> None:
        self.mark, self.act = mark, act
        self.kind = text.partition("_")[0]
        if self.kind not in NEEDS:
            raise SpecError(f"unknown block {self.kind[:40]!r}", mark, nearest(self.kind, NEEDS))
        self.skip = self.kind not in ("cn", "dsa")
        self.given: dict[str, Fraction] = {}
        for option in re.finditer("[^_]+", text[len(self.kind) :]):
            self._read(option[0], mark.shifted(len(self.kind) + option.start()))
        if missing := sorted({*NEEDS[self.kind]} - {*self.given}):
            raise SpecError(f"{self.kind} needs {', '.join(missing)}", mark)
        self.given = {**MAY, **self.given, **({} if self.kind in ("ir", "er") else {"e": MAY["e"]})}

    def _read(self, option: str, mark: Mark) -> None:
        found = re.fullmatch(r"([a-z]+)([0-9]{1,6}(?:\.[0-9]{1,6})?)", option)
        if option in ("skip", "noskip"):
            self.skip = option == "skip" if self.kind == "cn" else self.skip and option == "skip"
        elif option[:1] == "n" and option[1:] in WORDS:
            self.act = WORDS[option[1:]]
        elif found is None or found[1] not in {*MAY, *NEEDS["ir"]}:
            known = "r k s e c se a p with a number, noskip, nre nr6 nhs nsw nmi"
            raise SpecError(f"there is no option {option[:40]!r} here", mark, known)
        else:
            self.given[found[1]] = value = Fraction(found[2])
            real = found[1] in ("e", "se")
            if (value <= 0 and found[1] != "se") or (value.denominator > 1 and not real):
                raise SpecError(f"{found[1]} cannot be {found[2]}", mark)

    def cells(self, name: str, times: int, first: bool) -> list[object]:
        """Its row in the table of stages; only the first block of a stage has a stride."""
        given = self.given
        part = given["se"] / given["e"]  # of the expanded channels: the ratio is that of the input
        return [
            name, f"{self.kind}_{self.act}", times, f'"round_to({given["c"]} * width, 8)"',
            given["k"], given["s"] if first else 1, *(
                f'"ratio({ratio.numerator}, {ratio.denominator})"' for ratio in (given["e"], part)
            ), given["a"], given["p"], int(self.skip),
        ]  # fmt: skip


@reads("timm_strings", has_line(r"^[ \t'\"\[]*(ir|er|dsa?|cn)(_[a-z]+[0-9.]*){3,}"))
def load_timm_strings(path: str, wishes: Wishes = PLAIN) -> Spec:
    """The network in the file of block strings at *path*; SpecError at its line and column."""
    text, rows = _written(path)
    spec = parse_spec(text, f"{path} as a spec")
    (table,) = [item for item in spec.body if isinstance(item, Stages)]
    placed = tuple(
        line._replace(mark=row.mark, first=(line.first[0], row.mark), rest=(line.rest[0], row.mark))
        for line, row in zip(table.rows, rows, strict=True))  # fmt: skip
    body = [item if item is not table else table._replace(rows=placed) for item in spec.body]
    return spec._replace(path=path, body=tuple(body))


def timm_strings_yaml(path: str) -> str:
    """The same network as the text of a spec."""
    return _written(path)[0]


def _written(path: str) -> tuple[str, list[Row]]:
    stages, settings = _read(read_source(path))
    table, rows = [], []
    for i, stage in enumerate(stages):
        fixed = i in (0, len(stages) - 1) and settings["fix_ends"] != "0"
        depth = 1.0 if fixed else float(settings["depth"])
        counts = scaled([int(row.given["r"]) for row in stage], depth)
        for j, (row, times) in enumerate(zip(stage, counts, strict=True)):
            name = f"stage{i}_{j}" if len(stage) > 1 else f"stage{i}"
            table.append(f"        - [{', '.join(map(str, row.cells(name, times, j == 0)))}]")
            rows.append(row)
    return _document(path, settings, rows, table), rows


def scaled(repeats: Sequence[int], depth: float) -> list[int]:
    """The repetitions of a stage's blocks at a *depth*: timm's rule, in its own floats.

    The whole stage is scaled and rounded up, then dealt out from the last block to the first.

    >>> scaled([1, 3], 1.4)  # 5.6 -> 6, of which the last takes 3/4 of six, rounded to even
    [2, 4]
    """
    left, target = sum(repeats), ceil(sum(repeats) * depth)
    found: list[int] = []
    for count in reversed(repeats):
        found.append(max(1, round(count / left * target)))
        left, target = left - count, target - found[-1]
    return found[::-1]


def _read(source: Source) -> tuple[list[list[Row]], dict[str, str]]:
    settings, lines = dict(SETTINGS), []
    for number, line in enumerate(source.text.split("\n"), 1):
        found = []
        for word in re.finditer(r"[^\s,'\"\[\]]+", line.split("#", 1)[0]):
            mark = Mark(source, number, word.start() + 1)
            key, equals, value = word[0].partition("=")
            if not equals:
                found.append((word[0], mark))
            elif key not in settings:
                raise SpecError(f"unknown setting {key[:40]!r}", mark, nearest(key, settings))
            elif value not in WORDS.values() if key == "act" else not NUMBER.fullmatch(value):
                raise SpecError(f"{key} cannot be {value[:40]!r}", mark)
            else:
                settings[key] = value
        lines += [found] if found else []
    stages = [[Row(text, mark, settings["act"]) for text, mark in line] for line in lines]
    total = sum(int(row.given["r"]) for stage in stages for row in stage)
    if not stages or total > 1_000:
        raise LimitError(f"{source.path} has {total:,} blocks; 1 to 1,000 are read")
    return stages, settings


def _document(path: str, settings: dict[str, str], rows: list[Row], table: list[str]) -> str:
    act = settings["act"]
    stem, head = settings["stem"], settings["head"]
    if settings["fix_ends"] == "0":
        stem = f"round_to({stem} * width, 8)"
        head = f"max(round_to({head} * width, 8), {settings['least_head']})"
    word = re.sub(r"[^A-Za-z0-9]+", "_", os.path.splitext(os.path.basename(path))[0]).strip("_")
    lines = [
        FIRST, f"model: {word if word[:1].isalpha() else f'm_{word}'}",
        "about: \"Imported from timm's block strings.\"",
        f"symbols: {{n: 1, h: {settings['size']}, w: {{default: h}}}}",
        f"params: {{width: {{default: {settings['width']}, real: true}}}}",
        "input: [n, 3, h, w]", "blocks:",
        *(EXCITE.replace("ACT", name) for name in sorted({row.act for row in rows})),
    ]  # fmt: skip
    for kind, name in sorted({(row.kind, row.act) for row in rows}):
        base = kind.removesuffix("a")
        layers = [*BODIES[base], "batch_norm", *(["ACT"] if kind in ("dsa", "cn") else [])]
        layers[-1] += ": {name: end}"
        layers.append("add: {from: [input, end], when: skip == 1 and stride == 1 and c == out}")
        lines += [
            f"  {kind}_{name}:", f"    args: {ARGS}",
            '    let: {c: c_in, mid: "c_in if expand == 1 else round_to(c_in * expand, 8)"}',
            "    layers:", *(f"      - {layer.replace('ACT', name)}" for layer in layers),
        ]  # fmt: skip
    around = [f"conv: {{name: conv_stem, out: \"{stem}\", kernel: 3, stride: 2, padding: 1}}",
              "batch_norm", act, "stages:"]  # fmt: skip
    columns = "name, block, repeat, out, kernel, step, expand, part, start, finish, skip"
    after = [f'conv: {{name: conv_head, out: "{head}", kernel: 1}}', "batch_norm", act]
    after = [*after * (settings["head"] != "0"), "global_avg_pool", "flatten"]
    after.append(f"linear: {{name: classifier, out: {settings['classes']}}}")
    lines += ["layers:", *(f"  - {layer}" for layer in around),
              f"      columns: [{columns}]", "      first: {stride: step}", "      rows:", *table,
              *(f"  - {layer}" for layer in after)]  # fmt: skip
    return "\n".join(lines) + "\n"
