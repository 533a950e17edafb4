import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors
from federation.signatures import HttpMessage
from tests.federation import samples


def message(target: str, method: str = "GET") -> HttpMessage:
    return HttpMessage(method=method, target_uri=target)


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("https://node.example", ("https", "node.example", "/", "")),
        ("https://node.example/", ("https", "node.example", "/", "")),
        ("HTTPS://NODE.example:443/Inbox?page=1&x", ("https", "node.example", "/Inbox", "?page=1&x")),
        ("http://node.localhost:80/a?", ("http", "node.localhost", "/a", "?")),
        ("http://node.localhost:443/a", ("http", "node.localhost:443", "/a", "")),
        ("https://node.example:80/a", ("https", "node.example:80", "/a", "")),
        ("http://berlin.localhost:8001/a%20b/", ("http", "berlin.localhost:8001", "/a%20b/", "")),
        ("https://node.example?author=1", ("https", "node.example", "/", "?author=1")),
        ("http://[::1]:8001/a", ("http", "[::1]:8001", "/a", "")),
        ("https://node.example/a??b", ("https", "node.example", "/a", "??b")),
    ],
)
def test_a_target_falls_into_its_parts(target: str, parts: tuple[str, str, str, str]) -> None:
    request = message(target)
    assert (request.scheme, request.authority, request.path, request.query) == parts


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/inbox",
        "node.example/inbox",
        "ftp://node.example/",
        "https:///inbox",
        "https://node.example/in box",
        "https://node.example/inbox#part",
        "https://node.example/inbox?a#part",
        "https://node.example/a\n",
        "https://node.example/a\tb",
        "https://node.example/ä",
        "https://user@node.example/",
        "https://node.example\\@evil.example/",
        "https://nöde.example/",
    ],
)
def test_a_target_that_could_be_read_in_two_ways_is_malformed(target: str) -> None:
    with pytest.raises(errors.Malformed, match="target"):
        message(target)


@pytest.mark.parametrize("method", ["", "get", "POST ", "POST\n", "PÖST"])
def test_an_impossible_method_is_malformed(method: str) -> None:
    with pytest.raises(errors.Malformed, match="method"):
        message(samples.INBOX, method)


@pytest.mark.parametrize(
    "header",
    [
        ("", "x"),
        ("a b", "x"),
        ("a:", "x"),
        ("näme", "x"),
        ("date", "a\nb"),
        ("date", "a\rb"),
        ("date", "\0"),
        ("date", "\x7f"),
    ],
)
def test_a_header_that_could_hold_two_is_malformed(header: tuple[str, str]) -> None:
    with pytest.raises(errors.Malformed, match="header"):
        samples.get(header)


def test_values_are_found_in_any_case_in_order_and_without_blanks() -> None:
    request = samples.get(("Accept", " a "), ("accept", "b\t"), ("Other", "c"))
    assert request.values("ACCEPT") == ["a", "b"]
    assert request.values("absent") == []


def test_only_blanks_and_tabs_are_cut_from_values() -> None:
    assert samples.get(("Accept", "\t X\u00a0aX\u00a0 ")).values("accept") == ["X\u00a0aX\u00a0"]


def test_the_only_header_of_a_name_is_returned() -> None:
    assert samples.get(("Date", " today ")).header("date") == "today"


@pytest.mark.parametrize("headers", [(), (("Date", "a"), ("date", "a"))])
def test_a_header_that_is_not_there_once_is_refused(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(errors.SignatureRefused, match=f"{len(headers)} headers named date"):
        samples.get(*headers).header("date")


def test_an_added_header_takes_the_place_of_others_of_its_name() -> None:
    request = samples.get(("host", "old"), ("Accept", "a"), ("HOST", "older")).with_headers({"Host": "new"})
    assert request.headers == (("Accept", "a"), ("Host", "new"))


@pytest.mark.parametrize(
    ("method", "body", "expected"),
    [
        ("GET", None, False),
        ("GET", b"", False),
        ("GET", b"x", True),
        ("HEAD", None, False),
        ("HEAD", b"x", True),
        ("POST", None, True),
        ("POST", b"", True),
        ("DELETE", None, True),
    ],
)
def test_everything_but_a_bodyless_get_or_head_has_content_to_protect(
    method: str, body: bytes | None, expected: bool
) -> None:
    assert HttpMessage(method=method, target_uri=samples.INBOX, body=body).has_content is expected


@given(st.sampled_from(["GET", "POST"]), st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
def test_any_parts_make_a_message_or_are_malformed(method: str, path: str, name: str, value: str) -> None:
    with contextlib.suppress(errors.Malformed):
        target = f"https://node.example/{path}"
        request = HttpMessage(method=method, target_uri=target, headers=((name, value),))
        assert f"https://{request.authority}{request.path}{request.query}" == target
        assert request.header(name) == value.strip(" \t")
