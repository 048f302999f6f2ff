"""What the tests of the guidelines share."""

import pytest
from click.testing import CliRunner


@pytest.fixture
def runner():
    return CliRunner()
