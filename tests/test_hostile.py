"""Specs that attack the program or merely err: one error with a place each, soon, in bounds.

A file of ``hostile/`` says on its first line ``# expect: LINE:COLUMN: start of the message``;
a place in another file begins with its name, and ``?`` stands for any place.  Texts too large
or not textual enough to be files are made here.  All run in one process with little memory,
so that a crash, a hang or a leak shows.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "hostile"
FILES = sorted(HERE.glob("*.yaml"))
HEAD = "model: m\nsymbols: {n: 1, h: 32, w: h}\ninput: [n, 3, h, w]\n"
MEMORY = 2**29  # address space, the libraries included
SECONDS = 30  # a hang, not a busy machine, takes so long

MADE = {  # name -> (content, expectation)
    "empty": (b"", "1:1: the file is empty"),
    "invalid_utf8": (b"model: m\nabout: \xc3\xa9\xff\n", "2:9: the file is not UTF-8 here"),
    "lone_surrogate": (b"model: \xed\xa0\x80\n", "1:8: the file is not UTF-8 here"),
    "overlong_slash": (b"model: \xc0\xaf\n", "1:8: the file is not UTF-8 here"),
    "latin1": ("model: m\nabout: caf\xe9\n".encode("latin-1"), "2:11: the file is not UTF-8 here"),
    "utf16": ("model: m\n".encode("utf-16"), "1:1: the file is not UTF-8 here"),
    "binary": (bytes(range(256)) * 100, "2:118: the file is not UTF-8 here"),
    "zeros": (bytes(1000), "1:1: an invisible character (U+0000)"),
    "two_marks": (b"\xef\xbb\xbf\xef\xbb\xbfmodel: m\n", "1:1: an invisible character (U+FEFF)"),
    "deep_lists": (b"[" * 100_000, "1:33: nested deeper than 32 levels"),
    "deep_closed_lists": (b"[" * 90_000 + b"]" * 90_000, "1:33: nested deeper than 32 levels"),
    "deep_mappings": (b"{a: " * 100_000, "1:129: nested deeper than 32 levels"),
    "deep_dashes": (b"- " * 100_000, "1:65: nested deeper than 32 levels"),
    "deep_questions": (b"? " * 100_000, "1:3: a key is text, not a mapping"),
    "deep_blocks": (
        b"".join(b" " * i + b"a:\n" for i in range(1_900)),
        "33:33: nested deeper than 32 levels",
    ),
    "long_line": (b"model: " + b"x" * 10**6, "1:8: a text of more than 4,096 characters"),
    "long_key": (b"x" * 10**6 + b": 1", "1:1: a text of more than 4,096 characters"),
    "long_quote": (b'model: "' + b"x\\n" * 300_000, "1:8: this quote is never closed"),
    "long_comment": (b"#" * 10**6, "1:1: the file is empty"),
    "many_blank_lines": (b"\n" * 10**6 + b"\t- a", "1000001:1: a tab in the indentation"),
    "many_values": (b"a: [" + b"1," * 250_000 + b"]", "1:400001: more than 200,000 values"),
    "many_documents": (b"---\n" * 100_000, "1:1: the document is empty"),
    "many_brackets": (b"a: " + b"[]" * 500_000, "1:6: does not belong"),
    "many_colons": (b": " * 500_000, "?: "),
    "many_quotes": (b"'" * 10**6, "1:1: a text of more than 4,096 characters"),
    "many_anchors": (b"&a " * 300_000, "?: "),
    "too_large": (b"a: 1\n" * 500_000, "?: too_large.yaml is larger than 2 MiB"),
    "many_signs": (
        f"{HEAD}layers:\n  - conv: {{out: {'-' * 4000}8, kernel: 1}}\n".encode(),
        "5:17: an expression of 4001 characters",
    ),
    "many_digits": (
        f"{HEAD}layers:\n  - conv: {{out: {'9' * 500}, kernel: 1}}\n".encode(),
        "5:17: a number of more than 18 digits",
    ),
}
FINE = {  # odd, but nothing is wrong with them
    "crlf": f"{HEAD}layers:\n  - relu\n".replace("\n", "\r\n").encode(),
    "byte_order_mark": b"\xef\xbb\xbf" + f"{HEAD}layers: [relu]\n".encode(),
    "no_last_newline": f"{HEAD}layers: [relu]".encode(),
    "document_start": f"---\n{HEAD}layers: [relu]\n...\n".encode(),
    "tab_before_a_comment": f"{HEAD}layers: [relu]\t# tab\n".encode(),
    "other_scripts": f"{HEAD}about: Ünïcode, 深さ, עומק, 🚀\nlayers: [relu]\n".encode(),
}

WORKER = """
import contextlib, io, json, resource, signal, sys, time
from costmodel.cli import main

memory, seconds, *paths = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))

class TooSlow(BaseException):
    pass

def stop(*_):
    raise TooSlow

signal.signal(signal.SIGALRM, stop)
for path in paths:
    out, err, code, start = io.StringIO(), io.StringIO(), 0, time.monotonic()
    sys.argv = ["costmodel", "analyze", path]
    signal.alarm(int(seconds))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        code = type(error).__name__
    signal.alarm(0)
    verdict = {"code": code, "out": out.getvalue(), "err": err.getvalue()}
    print(json.dumps([path, verdict]), flush=True)
"""


def verdicts(paths, directory):
    """What ``costmodel analyze`` says of each of the files, in order; stops at a crash."""
    command = [sys.executable, "-X", "utf8", "-c", WORKER, str(MEMORY), str(SECONDS), *paths]
    package = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": package}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, encoding="utf-8",
        timeout=280, check=False,
    )  # fmt: skip
    told = dict(json.loads(line) for line in done.stdout.splitlines())
    last = f"stopped with {done.returncode} after {list(told)[-1:]}: {done.stderr[-300:]}"
    return {path: told.get(path, {"code": last, "out": "", "err": last}) for path in paths}


@pytest.fixture(scope="module")
def files():
    return verdicts([path.name for path in FILES], HERE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("made")
    texts = {**FINE, **{name: content for name, (content, _) in MADE.items()}}
    for name, content in texts.items():
        (directory / f"{name}.yaml").write_bytes(content)
    return verdicts([f"{name}.yaml" for name in texts], directory)


def check(verdict, name, expectation):
    place, _, message = expectation.partition(": ")
    if place[0].isdigit():
        place = f"{name}:{place}"
    start = "error: " if place == "?" else f"error: {place}: {message}"

    assert verdict["err"].startswith(start)
    assert message in verdict["err"]
    assert verdict["code"] == 2
    assert verdict["out"] == ""
    assert "Traceback" not in verdict["err"]
    assert len(verdict["err"]) < 2_000


def case(path):
    """A file that only a later loader refuses says so: ``# needs: loader``."""
    later = "# needs: loader" in path.read_text(encoding="utf-8")
    marks = [pytest.mark.xfail(reason="not refused yet", strict=True)] if later else []
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", [case(path) for path in FILES])
def test_a_hostile_file_gets_one_error_with_its_place(path, files):
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]

    check(files[path.name], path.name, first.removeprefix("# expect: "))


@pytest.mark.parametrize("name", MADE)
def test_a_hostile_text_gets_one_error_with_its_place(name, made):
    check(made[f"{name}.yaml"], f"{name}.yaml", MADE[name][1])


@pytest.mark.parametrize("name", FINE)
def test_an_odd_text_that_is_right_is_accepted(name, made):
    assert made[f"{name}.yaml"]["err"] == ""
    assert made[f"{name}.yaml"]["code"] == 0


def test_there_are_many_hostile_files_and_each_expects_something():
    firsts = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in FILES]

    assert len(firsts) >= 60
    assert [f for f in firsts if not re.fullmatch(r"# expect: (\S+:)?(\d+:\d+|\?): .{5,}", f)] == []


def test_the_check_of_an_error_can_fail():
    right = {"err": "error: a.yaml:1:2: bad thing", "out": "", "code": 2}
    check(right, "a.yaml", "1:2: bad")
    for wrong in ({"code": 1}, {"out": "table"}, {"err": "error: a.yaml:1:3: bad thing"}):
        with pytest.raises(AssertionError):
            check({**right, **wrong}, "a.yaml", "1:2: bad")
