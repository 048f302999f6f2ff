import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.render import (
    Chart,
    Column,
    Formula,
    Grid,
    Heading,
    Report,
    Text,
    render,
    to_html_fragment,
)

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Collects text by tag and refuses tags that do not nest."""

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.texts, self.attributes = [], [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs)
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data.strip()))

    def text(self, tag):
        return [text for owner, text in self.texts if owner == tag]


def html(*blocks, **style):
    return Reader(render(Report(blocks), "html", **style))


def test_a_page_has_a_title_a_charset_and_nothing_to_fetch(costs):
    source = render(costs, "html")
    page = Reader(source)

    assert source.startswith("<!DOCTYPE html>\n")
    assert page.text("title") == ["tiny   input 1×3×224×223   profile: paper"]
    assert ("meta", {"charset": "utf-8"}) in page.attributes
    assert not {"script", "link", "img", "iframe"} & {*page.tags}
    assert not re.search(r"(?:src|href|url)\s*[=(]", source)


def test_the_table_says_what_is_a_heading_and_what_is_a_total(costs):
    source = render(costs, "html")
    body = source[source.index("<tbody>") : source.index("</tbody>")]
    foot = source[source.index("<tfoot>") : source.index("</tfoot>")]

    assert '<th scope="row">stem</th>' in body
    assert '<th scope="row">total</th>' in foot
    assert '<th scope="col" class="n">mult-adds</th>' in source
    assert "<caption>tiny, profile paper</caption>" in source


def test_the_exact_number_stands_behind_the_rounded_one(costs):
    assert '<td class="n" title="118013952">118.0 M</td>' in render(costs, "html")
    assert '<td class="n">118013952</td>' in render(costs, "html", raw=True)


def test_percentages_have_a_bar_as_long_as_their_share(costs):
    assert '<td class="n share" style="--share:15.0%">15.0</td>' in render(costs, "html")


AWKWARD = ['<script>alert("1")</script>', "a & b", "\"quoted\" 'too'", "</td></table>", "a|b_c",
           "畳み込み", "🚀", "a<!-- b", "]]>", "&amp;"]  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_every_text_is_shown_as_it_is(name):
    grid = Grid([Column("n", name)], [[name]], caption=name)
    page = html(Heading(name), Text(name), Formula(name, 1, name), grid,
                Chart([name], [1], name), Chart([name, "b"], [1, 2], form="line"))  # fmt: skip

    assert "script" not in page.tags
    for tag in ("title", "h1", "p", "th", "caption", "figcaption", "text"):
        assert any(name in text for text in page.text(tag)), tag


def test_line_breaks_in_names_are_spelled_out_and_kept_in_text():
    page = html(Grid([Column("n", "n")], [["a\nb\x00"]]), Text("one\ntwo"))

    assert "a\\nb\\x00" in page.text("th")
    assert page.text("p") == ["one", "two"]
    assert page.tags.count("br") == 1


def test_formulas_are_code():
    c = symbol("c")

    page = html(Formula("params", 3 * c**2), Grid([Column("n", "n", "count")], [[5 * c]]))

    assert page.text("code") == ["3*c**2", "5*c"]


def test_bars_are_as_long_as_their_numbers_are_large():
    page = html(Chart(["a", "b"], [1000, 250]))
    widths = [float(a["width"]) for tag, a in page.attributes if tag == "rect"]

    assert widths[0] == 4 * widths[1]
    assert page.text("text") == ["a", "1.000 k", "b", "250"]


def test_a_line_goes_through_a_point_for_each_number():
    page = html(Chart(["96", "128", "160"], [0, 5, 10], form="line"))
    points = next(a["points"] for tag, a in page.attributes if tag == "polyline").split()
    xs, ys = zip(*(map(float, point.split(",")) for point in points), strict=True)

    assert xs[1] - xs[0] == xs[2] - xs[1] > 0
    assert ys[0] - ys[1] == ys[1] - ys[2] > 0
    assert page.text("title")[1:] == ["chart", "96: 0", "128: 5", "160: 10"]


def test_everything_nests(everything):
    Reader(render(everything, "html"))


def test_a_fragment_is_one_element_that_brings_its_style(costs):
    source = to_html_fragment(costs)

    assert source.startswith('<div class="costmodel">\n<style>')
    assert source.endswith("</div>")
    assert Reader(source).tags.count("table") == 1
    assert "<html" not in source


def test_no_rule_of_a_fragment_reaches_outside_it(costs):
    style = re.search(r"<style>(.*?)</style>", to_html_fragment(costs), re.DOTALL).group(1)

    for selectors in re.findall(r"^(\S[^{]*)\{", style, re.MULTILINE):
        assert all(one.strip().startswith(".costmodel") for one in selectors.split(","))


@given(st.text(), st.floats(-1e9, 1e9), st.integers())
def test_no_text_and_no_number_breaks_the_nesting(name, share, count):
    columns = [Column("n", name), Column("p", "%", "percent"), Column("c", "c", "count")]

    html(Heading(name), Text(name, "note"), Grid(columns, [[name, share, count]], name),
         Chart([name, "b"], [count, 1], name), Chart([name], [count], name, "line"))  # fmt: skip
