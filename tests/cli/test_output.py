"""What a command writes: ids and lists on stdout, words on stderr."""

import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from fedinode.cli.output import Output, width

NOW = datetime(2027, 5, 1, 10, 30, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Line:
    """Something that a command lists."""

    id: int
    when: datetime
    day: date


def written(*, terminal: bool = False) -> tuple[Output, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), Terminal() if terminal else io.StringIO()
    return Output(out, err), out, err


def test_ids_and_words_go_apart() -> None:
    output, out, err = written()
    output.line("https://berlin.example/posts/1")
    output.say("Public.")
    assert (out.getvalue(), err.getvalue()) == ("https://berlin.example/posts/1\n", "Public.\n")


def test_columns_are_aligned_in_every_script() -> None:
    output, out, _ = written()
    output.table(("name", "n"), [("Berlin", 1), ("日本", 22), ("e\u0301", True)], "nothing")
    assert out.getvalue() == "NAME    N\nBerlin  1\n日本    22\ne\u0301       yes\n"


def test_an_empty_list_says_so() -> None:
    output, out, err = written()
    output.table(("name",), [], "Nobody follows yet.")
    assert (out.getvalue(), err.getvalue()) == ("", "Nobody follows yet.\n")


def test_values_are_written_for_people() -> None:
    output, out, _ = written()
    output.table(("a", "b", "c"), [(None, NOW, ("de", "en"))], "nothing")
    assert out.getvalue().splitlines()[1].split() == ["2027-05-01", "10:30", "de", "en"]


def test_what_others_wrote_cannot_steer_the_terminal() -> None:
    output, out, _ = written()
    output.table(("text",), [("\x1b[2Jgone\u202e\nnext",)], "nothing")
    assert out.getvalue() == "TEXT\n[2Jgone next\n"


def test_a_long_text_is_cut_and_an_address_is_not() -> None:
    output, out, _ = written()
    address = "https://berlin.example/" + "x" * 80
    output.table(("text",), [("x" * 100,), (address,)], "nothing")
    assert out.getvalue().splitlines()[1:] == ["x" * 59 + "…", address]


def test_json_is_the_records_with_times_as_text() -> None:
    output, out, _ = written()
    output.json((Line(1, NOW, NOW.date()),))
    assert json.loads(out.getvalue()) == [{"id": 1, "when": "2027-05-01T10:30:00+00:00", "day": "2027-05-01"}]


def test_what_is_no_json_is_a_mistake_of_ours() -> None:
    output, _, _ = written()
    with pytest.raises(TypeError, match="no JSON for object"):
        output.json(object())


def test_progress_on_a_terminal_stays_in_one_line() -> None:
    output, _, err = written(terminal=True)
    output.progress(1, 2, "a.md")
    output.progress(2, 2, "b.md")
    assert err.getvalue() == "\r\x1b[K1 of 2  a.md\r\x1b[K2 of 2  b.md\n"


def test_progress_in_a_log_is_told_now_and_then() -> None:
    output, _, err = written()
    for done in range(1, 251):
        output.progress(done, 250, "x.md")
    assert err.getvalue().splitlines() == ["100 of 250", "200 of 250", "250 of 250"]


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_a_text_takes_columns(text: str, columns: int) -> None:
    assert width(text) == columns
