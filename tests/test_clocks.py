"""A node goes by the clock of its machine, which tests may set wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from fedinode.clocks import VARIABLE, clock_of
from fedinode.errors import ConfigError


@pytest.mark.parametrize(("written", "seconds"), [(None, 0), ("3600", 3600), ("-90", -90)])
def test_the_clock_is_as_far_off_as_the_environment_says(written: str | None, seconds: int) -> None:
    environ = {} if written is None else {VARIABLE: written}
    off = clock_of(environ)() - datetime.now(UTC)
    assert abs(off - timedelta(seconds=seconds)) < timedelta(seconds=5)


@pytest.mark.parametrize("written", ["", "an hour", "1.5", "9" * 30])
def test_an_offset_that_is_no_number_of_seconds_is_named(written: str) -> None:
    with pytest.raises(ConfigError, match=VARIABLE):
        clock_of({VARIABLE: written})
