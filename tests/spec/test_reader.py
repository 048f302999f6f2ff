"""YAML text -> nodes: places, limits, and what is refused in whose words."""

import gc
import os
import subprocess
import sys

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import LimitError, SpecError
from costmodel.spec import reader
from costmodel.spec.reader import (
    Map,
    Scalar,
    Seq,
    as_bool,
    as_identifier,
    as_int,
    as_map,
    as_name,
    as_seq,
    as_text,
    check_identifier,
    is_null,
    read_file,
    read_text,
)

PARSERS = {"C": getattr(yaml, "CSafeLoader", None), "Python": yaml.SafeLoader}


@pytest.fixture(params=[name for name, loader in PARSERS.items() if loader])
def parser(request, monkeypatch):
    """Each of PyYAML's two parsers in turn; the second is used where libyaml is missing."""
    monkeypatch.setattr(reader, "_Loader", PARSERS[request.param])
    return request.param


def error(text):
    with pytest.raises(SpecError) as caught:
        read_text(text)
    return caught.value


def told(text):
    """The error of *text* as ``LINE:COLUMN: problem``, and its hint."""
    caught = error(text)
    return f"{caught.mark.line}:{caught.mark.column}: {caught.problem}", caught.hint


def plain(node):
    """The node as lists, dicts and texts."""
    if isinstance(node, Map):
        return {key: plain(item) for key, item in node.items.items()}
    return [plain(item) for item in node.items] if isinstance(node, Seq) else node.text


def places(node):
    """Every place in the node, depth first, as LINE:COLUMN; keys with ``=``."""
    own = f"{node.mark.line}:{node.mark.column}"
    if isinstance(node, Scalar):
        return [own]
    if isinstance(node, Seq):
        return [own, *(place for item in node.items for place in places(item))]
    found = [own]
    for key, item in node.items.items():
        mark = node.keys[key]
        found += [f"={mark.line}:{mark.column}", *places(item)]
    return found


SPEC = """\
# a comment
model: "net"

layers:
  - conv: {out: c // 2, kernel: [3, 'k']}
  - relu
  - batch_norm:
about: |
  Two
  lines
"""


def test_nodes_stand_where_they_were_written(parser):
    assert places(read_text(SPEC)) == [
        "2:1",
        "=2:1", "2:8",
        "=4:1", "5:3",
        "5:5", "=5:5", "5:11", "=5:12", "5:17", "=5:25", "5:33", "5:34", "5:37",
        "6:5",
        "7:5", "=7:5", "7:16",
        "=8:1", "8:8",
    ]  # fmt: skip


def test_texts_are_kept_as_they_were_written(parser):
    assert plain(read_text(SPEC)) == {
        "model": "net",
        "layers": [
            {"conv": {"out": "c // 2", "kernel": ["3", "k"]}},
            "relu",
            {"batch_norm": ""},
        ],
        "about": "Two\nlines\n",
    }


def test_quotes_are_remembered(parser):
    node = read_text("[a, 'b', \"c\", 010, no, \n ~]")

    assert [item.quoted for item in node.items] == [False, True, True, False, False, False]
    assert read_text("a: |\n  text\n").items["a"].quoted


def test_windows_line_ends_change_no_place(parser):
    text = "a: 1\nb:\n  - c: {d: e}\n"

    assert places(read_text(text.replace("\n", "\r\n"))) == places(read_text(text))
    assert error("a: 1\r\na: 2\r\n").mark.excerpt() == "    a: 2\n    ^"


def test_columns_count_characters_not_bytes(parser):
    node = read_text("{é: ü, 🚀: [深, x]}")

    assert places(node) == ["1:1", "=1:2", "1:5", "=1:8", "1:11", "1:12", "1:15"]


def test_a_byte_order_mark_is_no_column(parser):
    assert places(read_text("\ufeffa: b")) == ["1:1", "=1:1", "1:4"]


def test_kinds_have_names_for_messages():
    node = read_text("{a: [], b: {}, c: text, d: 3, e: '3', f: , g: yes, h: ~}")

    assert [item.kind for item in node.items.values()] == [
        "a list", "a mapping", "text", "a number", "text", "nothing", "true or false", "nothing",
    ]  # fmt: skip
    assert [is_null(item) for item in node.items.values()] == [False] * 5 + [True, False, True]


SYNTAX = [
    ("a: b: c", "1:5: a second ':' on this line, or a wrong indentation", "quote text"),
    ("a: @x", "1:4: a value cannot start with '@'", 'quote it: "@x"'),
    ("a: %x", "1:4: a value cannot start with '%'", 'quote it: "%x"'),
    ("a: `x`", "1:4: a value cannot start with '`'", 'quote it: "`x`"'),
    ("a: >= 3", "1:4: '>' and '|' start a block of text here", 'quote it: ">= 3"'),
    ("a: > 3", "1:4: '>' and '|' start a block of text here", 'quote it: "> 3"'),
    ("a: |x|", "1:4: '>' and '|' start a block of text here", 'quote it: "|x|"'),
    ("a: [>= 3]", "1:5: a value cannot start with '>'", "quote it"),
    ("a: * 2", "1:4: '*' and '&' start YAML references here", 'quote it: "* 2"'),
    ("a: & b", "1:4: '*' and '&' start YAML references here", 'quote it: "& b"'),
    ('a: "b\nc: d\n', "1:4: this quote is never closed", "close it"),
    ("a: 'b\n---\nc'\n", "1:4: this quote is not closed before the document ends", "close it"),
    ("a: [b,\nc: d\n", "1:4: this '[' is not closed where it should be", "close it with ']'"),
    ("- a: {b: 1\n- c\n", "1:6: this '{' is not closed where it should be", "close it with '}'"),
    ("a: [1,,2]", "1:7: a key or a value is missing here", ""),
    ("a: - b", "1:4: a list cannot start on the line of its key", "a line of its own"),
    ("a:\n    b: 1\n  c: 2", "3:3: does not belong to the mapping it stands in", "indentation"),
    ("a: 1\n- b", "2:1: does not belong to the mapping it stands in", "indentation"),
    ("- a\nb: c", "2:1: not an item of the list it stands in", "indentation"),
    ("a: 1\nb\nc: 2", "2:1: a line without 'key:' inside a mapping", "write 'key: value'"),
    ("- a\n   - b", "2:4: this item continues the text of the line above", "line it up"),
    ("a:\n\tb: 1", "2:1: a tab in the indentation", "indent with spaces"),
    ("-\ta: b", "1:2: a tab where only spaces may stand", "use spaces"),
    ("a: 1\n...\nb", "3:1: does not belong to the lines above", "indentation"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "hint"), SYNTAX, ids=[s[0] for s in SYNTAX])
def test_yamls_own_errors_are_told_in_plain_words(text, expected, hint, parser):
    if parser == "Python" and text.startswith("- a\nb"):
        expected = "2:1: does not belong to the lines above"  # it does not know what it was in
    if parser == "Python" and "does not belong" in expected:
        expected = expected.partition("does not")[0]

    found, said = told(text)

    assert found.startswith(expected)
    assert hint in said


REFUSED = [
    ("a: &x 1", "1:4: YAML anchors (&name) are not part of specs"),
    ("&x a: 1", "1:1: YAML anchors (&name) are not part of specs"),
    ("a: *x", "1:4: YAML references (*name) are not part of specs"),
    ("*x : 1", "1:1: YAML references (*name) are not part of specs"),
    ("a: {<<: {b: 1}}", "1:5: YAML merge keys (<<) are not part of specs"),
    ("a: !!python/name:os.system x", "1:4: YAML tags (!...) are not part of specs"),
    ("a: !!str 3", "1:4: YAML tags (!...) are not part of specs"),
    ("!t a: 1", "1:1: YAML tags (!...) are not part of specs"),
    ("a: ! b", "1:4: YAML tags (!...) are not part of specs"),
    ("a: !t [b]", "1:4: YAML tags (!...) are not part of specs"),
    ("%YAML 1.1\n---\na: 1", "1:1: YAML directives are not part of specs"),
    ("a: 1\n---\nb: 2", "2:1: a second document begins here"),
    ("", "1:1: the file is empty"),
    ("# a\n\n", "1:1: the file is empty"),
    ("---\n", "1:1: the document is empty"),
    ("? [a]\n: b", "1:3: a key is text, not a list"),
    ("{{a: 1}: b}", "1:2: a key is text, not a mapping"),
    ("{1: a}", "1:2: a key is text, and 1 is a number"),
    ("{-1.5e3: a}", "1:2: a key is text, and -1.5e3 is a number"),
    ("no: a", "1:1: YAML reads the key no as false"),
    ("On: a", "1:1: YAML reads the key On as true"),
    ("{: a}", "1:2: a key or a value is missing here"),
    ("~: a", "1:1: YAML reads the key ~ as nothing"),
    ("{out:64, kernel: 3}", "1:2: 'out:64' is no key"),
    ("a: 1\nb: 2\na: 3", "3:1: the key 'a' is defined twice"),
    ("{a: 1, 'a': 2}", "1:8: the key 'a' is defined twice"),
    ("a: [max(8, c), 2]", "1:5: the parentheses of 'max(8' do not match: a ',' ends an item here"),
    ("{out: max(8, c)}", "1:7: the parentheses of 'max(8' do not match: a ',' ends an item here"),
    ("a: {b, c)}", "1:8: the parentheses of 'c)' do not match: a ',' ends an item here"),
    ("a: b\x00", "1:5: an invisible character (U+0000)"),
    ("a: b # \u202e", "1:8: an invisible character (U+202E)"),
    ("a: b\rc", "1:5: an invisible character (U+000D)"),
    ("a: b\u2028c", "1:5: an invisible character (U+2028)"),
    ("a: \ud800", "1:4: an invisible character (U+D800)"),
    ('a: "\\u200b"', "1:4: the escapes spell an invisible character (U+200B)"),
    ('a: "\\x00"', "1:4: the escapes spell an invisible character (U+0000)"),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED, ids=[repr(r[0]) for r in REFUSED])
def test_what_specs_do_not_need_is_refused(text, expected, parser):
    assert told(text)[0] == expected


def test_the_first_of_two_equal_keys_is_shown_too():
    ((what, mark),) = error("a: 1\nb: 2\na: 3").related

    assert (what, str(mark)) == ("first defined here", "<text>:1:1")


def test_the_hint_for_a_split_call_quotes_all_of_it():
    assert told("a: [max(8, min(c, 2)), 2]")[1] == 'quote the expression: "max(8, min(c, 2))"'


@pytest.mark.parametrize(
    "text",
    ["a: max(8, c)", "a: ['max(8, c)', 2]", "[f(a), (b)]", "a: Ma et al. (2018, table 5)",
     "a: {n: 1, y: 2}", "[n, y]", "{'no': 1, \"1\": 2}", "a: b\n  - c\n".replace("- c", "c - d"),
     "a: 'x: y'", "a: http://b", "a: b#c", "a: -1", "- - a\n  - b"],
)  # fmt: skip
def test_what_only_looks_like_a_trap_is_accepted(text, parser):
    assert read_text(text) is not None


def nested(depth):
    return "[" * depth + "]" * depth


LIMITS = [
    (nested(32), nested(33), "1:33: nested deeper than 32 levels"),
    ("- " * 32 + "a", "- " * 33 + "a", "1:65: nested deeper than 32 levels"),
    ("x" * 4096, "x" * 4097, "1:1: a text of more than 4,096 characters"),
    ("'" + "x" * 4096 + "'", "'" + "x" * 4097 + "'", "1:1: a text of more than 4,096 characters"),
    ("|\n " + "x" * 16383, "|\n " + "x" * 16385, "1:1: a text of more than 16,384 characters"),
]


@pytest.mark.parametrize(("most", "more", "expected"), LIMITS)
def test_limits_hold_exactly(most, more, expected, parser):
    assert read_text(most) is not None
    assert told(more)[0] == expected
    assert isinstance(error(more), LimitError)


def test_as_many_values_as_allowed_are_read_and_no_more():
    assert len(read_text("[" + "1," * 199_999 + "]").items) == 199_999
    assert told("[" + "1," * 200_000 + "]")[0] == "1:400000: more than 200,000 values"


def test_a_text_of_two_mebibytes_is_read_and_no_larger_one(tmp_path):
    file = tmp_path / "net.yaml"
    file.write_text("a: 1\n#" + "x" * (2 * 2**20 - 6))
    assert plain(read_file(str(file))) == {"a": "1"}

    file.write_text("a: 1\n#" + "x" * (2 * 2**20 - 5))
    with pytest.raises(LimitError, match="larger than 2 MiB"):
        read_file(str(file))
    with pytest.raises(LimitError, match="larger than 2 MiB"):
        read_text("#" * (2 * 2**20 + 1))


def layers(count):
    return "layers:\n" + "".join(f"  - conv: {{out: {i}, kernel: 3}}\n" for i in range(count))


def test_twenty_thousand_layers_are_within_the_limits():
    node = read_text(layers(20_000))

    assert len(node.items["layers"].items) == 20_000


@pytest.mark.parametrize(
    "text", ["'[' * 100_000", "'{a: ' * 100_000", "'- ' * 100_000", "'? ' * 100_000",
             "'[' * 90_000 + ']' * 90_000", "'- ? ' * 50_000",
             "''.join(' ' * i + 'a:\\n' for i in range(1_900))"],
)  # fmt: skip
def test_depth_does_not_crash_the_process(text):
    code = (
        "import sys, time; from costmodel.spec.reader import read_text\n"
        f"text = {text}\n"
        "start = time.perf_counter()\n"
        "try:\n    read_text(text)\n"
        "except ValueError as error:\n    print(error.problem)\n"
        "print(time.perf_counter() - start < 1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] in (
        "nested deeper than 32 levels",
        "a key is text, not a mapping",
        "a key is text, not a list",
    )
    assert done.stdout.splitlines()[1] == "True"


def test_garbage_collection_is_left_as_it_was():
    read_text("a: 1")
    assert gc.isenabled()
    error("a: &x 1")
    assert gc.isenabled()
    gc.disable()
    try:
        read_text("a: 1")
        assert not gc.isenabled()
    finally:
        gc.enable()


def unreadable(path):
    with pytest.raises(SpecError) as caught:
        read_file(str(path))
    return caught.value.problem


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "locked").write_text("a: 1")

    assert unreadable(tmp_path).endswith("it is a directory")
    assert unreadable(tmp_path / "nothing").endswith("no such file or directory")
    assert unreadable(tmp_path / "pipe").endswith("it is not a regular file")
    assert unreadable("/dev/zero").endswith("it is not a regular file")
    assert unreadable("a\0b").endswith("embedded null byte")
    assert unreadable("x" * 5_000).endswith("file name too long")
    assert unreadable("").endswith("no such file or directory")


def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    file = tmp_path / "locked"
    file.write_text("a: 1")
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("this user may read everything")

    assert unreadable(file).endswith("permission denied")


def test_bytes_that_are_not_utf8_are_placed(tmp_path):
    file = tmp_path / "net.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\nb: \xc3\xa9\xff\n")
    with pytest.raises(SpecError, match=r"net.yaml:2:5: the file is not UTF-8 here"):
        read_file(str(file))


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("no", "YAML reads no as false", 'quote it: "no"'),
        ("Yes", "YAML reads Yes as true", 'quote it: "Yes"'),
        ("off", "YAML reads off as false", 'quote it: "off"'),
        ("true", "YAML reads true as true", 'quote it: "true"'),
        ("~", "YAML reads ~ as nothing", 'quote it: "~"'),
        ("null", "YAML reads null as nothing", 'quote it: "null"'),
        ("", "a value is missing here", 'write ""'),
        ("16:9", "YAML reads 16:9 as 969, a number in base 60", "[16, 9]"),
        ("1:30:00", "YAML reads 1:30:00 as 5400, a number in base 60", "quote it"),
        ("[a]", "the norm cannot be a list", ""),
        ("{a: b}", "the norm cannot be a mapping", ""),
    ],
)
def test_what_yaml_takes_for_something_else_is_not_text(text, problem, hint):
    with pytest.raises(SpecError) as caught:
        as_text(read_text(f"norm: {text}").items["norm"], "the norm")

    assert (caught.value.problem, str(caught.value.mark)[-3:]) == (problem, f"1:{7 if text else 6}")
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["'no'", '"~"', "''", "n", "y", "2018", "1.10", "a b", "é"])
def test_text_is_what_was_written(text):
    assert as_text(read_text(f"[{text}]").items[0]) == text.strip("'\"")


@pytest.mark.parametrize("text", ["resnet50", "v1.5", "a-b", "_x", "n", "'if'"])
def test_names_have_letters_digits_and_a_few_signs(text):
    assert as_name(read_text(f"[{text}]").items[0]) == text.strip("'")


@pytest.mark.parametrize("text", ["1a", "a b", "-a", "é", "🚀", "a/b", "''", "с", "x" * 101])
def test_other_texts_are_no_names(text):
    with pytest.raises(SpecError, match=r"^<text>:1:2: the model cannot be '"):
        as_name(read_text(f"[{text}]").items[0], "the model")


@pytest.mark.parametrize(("text", "hint"), [("a-b", "write a_b"), ("v1.5", "write v1_5"),
                                            ("if", "expressions use that word")])  # fmt: skip
def test_a_name_for_expressions_is_one_word_of_them(text, hint):
    node = read_text(f"[{text}]").items[0]
    for check in (lambda: as_identifier(node), lambda: check_identifier(text, node.mark)):
        with pytest.raises(SpecError) as caught:
            check()
        assert hint in caught.value.hint
    assert check_identifier("c_in", node.mark) == "c_in"


def test_true_and_false_are_spelt_so():
    assert as_bool(read_text("true")) is True
    assert as_bool(read_text("false")) is False


@pytest.mark.parametrize(
    ("text", "hint"),
    [("yes", "true"), ("on", "true"), ("True", "true"), ("y", "true"), ("1", "true"),
     ("'true'", "true"), ("no", "false"), ("off", "false"), ("FALSE", "false"), ("n", "false"),
     ("0", "false"), ("maybe", "")],
)  # fmt: skip
def test_other_spellings_of_true_and_false_are_refused(text, hint):
    with pytest.raises(SpecError) as caught:
        as_bool(read_text(text), "bias")

    assert (
        caught.value.problem
        == f"bias is true or false, not {text if chr(39) in text else repr(text)}"
    )
    assert caught.value.hint == (hint and f"write {hint}, without quotes")


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("64", 64), ("-3", -3), ("+7", 7),
                                                ("9" * 18, 10**18 - 1)])  # fmt: skip
def test_integers_are_plain_decimals(text, expected):
    assert as_int(read_text(text)) == expected


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("010", "010 starts with 0, which YAML reads as octal", "write 10 or 8"),
        ("09", "09 starts with 0, which YAML reads as octal", "write 9"),
        ("0x10", "0x10 is not decimal", "write 16"),
        ("0b11", "0b11 is not decimal", "write 3"),
        ("1e3", "1e3 is a number to some YAML readers and text to others", "write 1000"),
        ("1.0e3", "1.0e3 is a number to some YAML readers and text to others", "write 1000"),
        ("1.5e+2", "1.5e+2 is a number to some YAML readers and text to others", "write 150"),
        ("1e999999999", "1e999999999 is a number to some YAML readers", "write all its digits"),
        ("1_000", "1_000 is a number to some YAML readers and text to others", "write 1000"),
        ("16:9", "YAML reads 16:9 as 969, a number in base 60", "[16, 9]"),
        (".inf", ".inf is not a finite number", ""),
        ("1.5", "the count is an integer, not '1.5'", ""),
        ("ten", "the count is an integer, not 'ten'", ""),
        ("~", "the count cannot be nothing", ""),
        ("[1]", "the count cannot be a list", ""),
        ("9" * 19, "a number of more than 18 digits", ""),
        ("-" + "9" * 19, "a number of more than 18 digits", ""),
        ("4", "the count is at least 5, not 4", ""),
    ],
)
def test_other_numbers_are_refused(text, problem, hint):
    with pytest.raises(SpecError) as caught:
        as_int(read_text(text), "the count", 5)

    assert caught.value.problem.startswith(problem)
    assert hint in caught.value.hint


def test_lists_and_mappings_are_told_apart():
    node = read_text("{a: [1], b: 'c:1', d: e:1}")

    assert [item.text for item in as_seq(node.items["a"])] == ["1"]
    assert as_map(node) is node
    with pytest.raises(SpecError, match="the arguments cannot be a list"):
        as_map(node.items["a"], "the arguments")
    with pytest.raises(SpecError, match="the layers cannot be a mapping"):
        as_seq(node, "the layers")
    with pytest.raises(SpecError, match="hint: put a space after ':'"):
        as_map(node.items["d"])


yaml_like = st.text(
    st.sampled_from("ab01 \n\n  --::,,[]{}()'\"&*!|>%@`#?~\t\\.<\r\x00\u202e🚀"), max_size=60
)


@pytest.mark.parametrize("name", [name for name, loader in PARSERS.items() if loader])
@settings(max_examples=400, deadline=None)
@given(text=yaml_like)
def test_any_text_is_a_document_or_one_error_with_a_place(name, text):
    before, reader._Loader = reader._Loader, PARSERS[name]
    try:
        node = read_text(text)
    except SpecError as caught:
        lines = text.split("\n")
        line = lines[caught.mark.line - 1] if caught.mark.line <= len(lines) else ""
        inside = caught.mark.column <= len(line) + 1
        told_of = inside and not caught.problem.startswith("not YAML")
    else:
        told_of = node is not None
    finally:
        reader._Loader = before

    assert told_of


@settings(max_examples=200, deadline=None)
@given(st.recursive(st.text(max_size=8), lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)),
    max_leaves=10), st.sampled_from([True, False, None]))  # fmt: skip
def test_what_yaml_writes_is_read_back(value, flow):
    text = yaml.safe_dump(value, default_flow_style=flow, default_style='"', allow_unicode=False)
    try:
        node = read_text(text)
    except SpecError as caught:
        assert "invisible character" in caught.problem  # noqa: PT017  # the only reason allowed
        return

    assert plain(node) == value
