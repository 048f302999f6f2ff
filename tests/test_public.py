"""What ``import costmodel as cm`` offers, and that each of it is shown in a notebook."""

import pytest

import costmodel as cm


def test_every_public_name_is_there_and_no_other():
    assert {name for name in dir(cm) if callable(getattr(cm, name))} == {
        "CostModelError", "CostTable", "Network", "bound", "check", "diff", "lint", "load",
        "loads", "reconcile",
    }  # fmt: skip
    with pytest.raises(AttributeError, match="no attribute 'reconciled'"):
        _ = cm.reconciled


def test_reports_are_shown_as_html_and_printed_as_text():
    small = cm.loads("model: a\ninput: [1, 3, 4, 4]\nlayers: [{conv: {out: 2, kernel: 1}}]")
    reports = [
        small.explain("conv1", "params", claimed="8"),
        cm.diff(small, small),
        cm.reconcile("lenet5", {"params": "60k"}),
    ]

    for report in reports:
        assert "<" in report._repr_html_()
    assert "params = 6" in str(reports[0])  # 3 in, 2 out, 1 x 1
