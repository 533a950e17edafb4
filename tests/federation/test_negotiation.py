import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import negotiation

AS = "https://www.w3.org/ns/activitystreams"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

ACTIVITY_TYPES = [
    "application/activity+json",
    "Application/Activity+JSON",
    " application/activity+json ; charset=utf-8",
    "application/activity+json;",
    f'application/ld+json; profile="{AS}"',
    f'application/ld+json;charset=utf-8;PROFILE="https://other.example {AS}"',
    f'application/ld+json; profile="{AS.replace("www", chr(92) + "www")}"',
]
OTHER_TYPES = [
    None,
    "",
    "application/json",
    "text/html",
    "text/plain",
    "application/ld+json; profile=x",
    f'application/ld+json; profile="{AS}#"',
    f'application/ld+json; x="{AS}"',
    f'application/ld+json; profile=x; profile="{AS}"',
    "application/activity",
    "application/activity+jsonp",
    "activity+json",
    "application/activity+json, text/html",
    "application/activity+json text/html",
    "application/activity+json; charset",
    'application/activity+json; charset="utf-8',
    ",application/activity+json",
    "application/activity+json,",
]


@pytest.mark.parametrize("content_type", ACTIVITY_TYPES)
def test_activity_streams_is_known_by_its_two_media_types(content_type: str) -> None:
    assert negotiation.is_activity_type(content_type)
    assert negotiation.is_inbox_type(content_type)


@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_nothing_else_is_believed_to_be_activity_streams(content_type: str | None) -> None:
    assert not negotiation.is_activity_type(content_type)


@pytest.mark.parametrize("content_type", ["application/ld+json", 'application/ld+json; profile="x"'])
def test_an_inbox_takes_linked_data_without_its_profile(content_type: str) -> None:
    assert negotiation.is_inbox_type(content_type)
    assert not negotiation.is_activity_type(content_type)


@pytest.mark.parametrize("content_type", [None, "", "application/json", "text/plain", "application/jrd+json"])
def test_an_inbox_takes_nothing_else(content_type: str | None) -> None:
    assert not negotiation.is_inbox_type(content_type)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/jrd+json", True),
        ("application/jrd+json; charset=utf-8", True),
        ("application/json", True),
        ("application/activity+json", False),
        ("text/html", False),
        (None, False),
    ],
)
def test_webfinger_answers_in_two_media_types(content_type: str | None, expected: bool) -> None:
    assert negotiation.is_jrd_type(content_type) is expected


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        negotiation.ACCEPT_ACTIVITY,
        # Mastodon, looking up an address that somebody pasted.
        "application/ld+json, application/activity+json, text/html;q=0.1",
        "application/ld+json",
        "application/json",
        "text/html;q=0.5, application/activity+json;q=0.6",
        "text/html, application/activity+json",
        "application/activity+json;q=0.001",
        "text/html;q=0, application/json;q=1.000",
        "text/html;q=x, application/activity+json;q=0.1",
        "application/xhtml+xml;q=0.5, application/activity+json;q=0.5",
        'application/activity+json;v="a,b\\"c";q=1',
    ],
)
def test_who_names_activity_streams_gets_it(accept: str) -> None:
    assert negotiation.wants_activity(accept)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/*",
        BROWSER,
        "text/html",
        "text/html, application/activity+json;q=0.9",
        "application/xhtml+xml;q=0.6, application/activity+json;q=0.5",
        "application/activity+json;q=0",
        "application/activity+json;q=0.000",
        "application/activity+json;q=2",
        "application/activity+json;q=1.1",
        "application/activity+json;q=0.1234",
        "application/activity+json;q=-1",
        "application/activity+json; nonsense",
        "nonsense, application/activity+json",
        "image/png",
    ],
)
def test_everybody_else_gets_a_page(accept: str | None) -> None:
    assert not negotiation.wants_activity(accept)


def test_a_header_of_2048_characters_is_read_and_a_longer_one_is_not() -> None:
    longest = "application/activity+json;x=".ljust(2048, "y")
    assert negotiation.wants_activity(longest)
    assert negotiation.is_activity_type(longest)
    assert not negotiation.wants_activity(longest + "y")
    assert not negotiation.is_activity_type(longest + "y")


def test_what_we_ask_for_is_what_we_believe() -> None:
    activity_json, ld_json = negotiation.ACCEPT_ACTIVITY.split(", ")
    assert (activity_json, ld_json) == (negotiation.ACTIVITY_JSON, negotiation.LD_JSON_AS)
    assert negotiation.is_activity_type(activity_json)
    assert negotiation.is_activity_type(ld_json)


@given(st.text(alphabet='aq/+*;,="\\ 01.', max_size=60))
def test_any_header_is_read(header: str) -> None:
    assert not negotiation.wants_activity(header)
    assert not negotiation.is_activity_type(header)
