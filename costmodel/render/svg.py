"""Charts as inline SVG in the colours of the text around them."""

from __future__ import annotations

from collections.abc import Callable

from costmodel.render import Chart
from costmodel.render.numbers import portions, spell_column
from costmodel.render.words import cells, shorten

LETTER, LINE = 8, 22  # what one character cell and one line of text take
ROOM, HEIGHT, MARGIN = 420, 160, 12
LONGEST_LABEL = 30
SUBPIXELS = 10


def picture(chart: Chart, escaped: Callable[[str], str], *, raw: bool = False) -> str:
    """The chart in a figure, its caption below."""
    draw = _line if chart.form == "line" else _bars
    width, height, parts = draw(chart, escaped, raw)
    title = escaped(chart.caption or "chart")
    caption = f"<figcaption>{escaped(chart.caption)}</figcaption>" if chart.caption else ""
    return "\n".join(
        [
            "<figure>",
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" font-size="13" '
            f'font-family="sans-serif" fill="currentColor"><title>{title}</title>',
            *parts,
            "</svg>",
            caption,
            "</figure>",
        ]
    )


def _bars(chart: Chart, escaped: Callable[[str], str], raw: bool) -> tuple[int, int, list[str]]:
    labels = [shorten(label, LONGEST_LABEL) for label in chart.labels]
    numbers = spell_column(chart.kind, chart.values, raw=raw)
    left = LETTER * max(map(cells, labels), default=0) + MARGIN
    right = LETTER * max(map(cells, numbers), default=0) + MARGIN
    parts = []
    lengths = portions(chart.values, ROOM * SUBPIXELS)
    for at, (label, number, length) in enumerate(zip(labels, numbers, lengths, strict=True)):
        y, reach = at * LINE, length / SUBPIXELS
        parts += [
            _label(left - 6, y + 15, escaped(label), "end"),
            f'<rect x="{left}" y="{y + 3}" width="{reach:g}" height="{LINE - 6}" '
            'fill="#4682dc" fill-opacity=".7"/>',
            _label(left + reach + 6, y + 15, escaped(number), "start"),
        ]
    return left + ROOM + right, LINE * max(1, len(labels)), parts


def _line(chart: Chart, escaped: Callable[[str], str], raw: bool) -> tuple[int, int, list[str]]:
    """A line over evenly spaced labels, from zero; its ends and its top are labelled."""
    numbers = spell_column(chart.kind, chart.values, raw=raw)
    heights = portions(chart.values, HEIGHT * SUBPIXELS)
    left = LETTER * max(map(cells, numbers), default=0) + MARGIN
    step = ROOM / max(1, len(heights) - 1)
    floor = HEIGHT + MARGIN
    points = [(left + at * step, floor - height / SUBPIXELS) for at, height in enumerate(heights)]
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    parts = [
        f'<path d="M{left} {MARGIN}V{floor}H{left + ROOM}" fill="none" stroke="currentColor" '
        'stroke-opacity=".4"/>',
        f'<polyline points="{path}" fill="none" stroke="#4682dc" stroke-width="2"/>',
    ]
    for (x, y), label, number in zip(points, chart.labels, numbers, strict=True):
        tip = f"<title>{escaped(label)}: {escaped(number)}</title>"
        parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="#4682dc">{tip}</circle>')
    if points:
        top = max(range(len(heights)), key=heights.__getitem__)
        parts.append(_label(left - 6, points[top][1] + 4, escaped(numbers[top]), "end"))
        few = cells("  ".join(chart.labels)) * LETTER < ROOM
        for at in range(len(points)) if few else sorted({0, len(points) - 1}):
            label = escaped(shorten(chart.labels[at], LONGEST_LABEL))
            anchor = "middle" if few else "end" if at else "start"
            parts.append(_label(points[at][0], floor + 18, label, anchor))
    return left + ROOM + 2 * MARGIN, floor + LINE + 4, parts


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>'
