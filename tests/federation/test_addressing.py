import pytest

from federation import addressing, errors, jsonld
from federation.addressing import ActorInboxes

A, B, C = (f"https://{name}.example/users/{name}" for name in "abc")


def test_the_audience_is_everybody_named_in_any_field() -> None:
    document = {
        "to": A,
        "cc": [B, {"id": C, "type": "Person"}],
        "bto": ["https://d.example/d"],
        "bcc": "https://e.example/e",
        "audience": "https://f.example/f",
        "object": "https://g.example/g",
    }
    assert addressing.audience(document) == {
        A,
        B,
        C,
        "https://d.example/d",
        "https://e.example/e",
        "https://f.example/f",
    }


@pytest.mark.parametrize("spelling", ["as:Public", "Public", jsonld.PUBLIC])
def test_public_has_one_spelling(spelling: str) -> None:
    assert addressing.audience({"to": spelling}) == {"https://www.w3.org/ns/activitystreams#Public"}


def test_a_document_for_nobody_has_no_audience() -> None:
    assert addressing.audience({"to": [], "cc": None}) == frozenset()


def test_500_recipients_are_read_and_more_are_too_many() -> None:
    half = [f"https://a.example/{number}" for number in range(250)]
    other = [f"https://b.example/{number}" for number in range(250)]
    assert len(addressing.audience({"to": half, "cc": other})) == 500
    with pytest.raises(errors.TooLarge, match="too many recipients"):
        addressing.audience({"to": half, "cc": other, "bto": C})
    with pytest.raises(errors.TooLarge):
        addressing.audience({"to": [f"https://a.example/{number}" for number in range(10_000)]})


def test_recipients_that_are_no_references_are_malformed() -> None:
    with pytest.raises(errors.Malformed):
        addressing.audience({"to": [1]})


def inboxes(host: str, name: str, shared: str | None = None) -> ActorInboxes:
    return ActorInboxes(inbox_url=f"https://{host}/{name}/inbox", shared_inbox_url=shared)


def test_a_shared_inbox_stands_for_all_of_its_server() -> None:
    shared = "https://a.example/inbox"
    recipients = [
        inboxes("a.example", "x", shared),
        inboxes("b.example", "y"),
        inboxes("a.example", "z", shared),
    ]
    assert addressing.collapse_inboxes(recipients) == (shared, "https://b.example/y/inbox")


def test_an_inbox_is_named_once() -> None:
    assert addressing.collapse_inboxes([inboxes("a.example", "x")] * 3) == ("https://a.example/x/inbox",)


def test_one_recipient_gets_it_through_the_shared_inbox_too() -> None:
    found = addressing.collapse_inboxes([inboxes("a.example", "x", "https://a.example/inbox")])
    assert found == ("https://a.example/inbox",)


@pytest.mark.parametrize(
    "shared", ["https://victim.example/inbox", "http://a.example/inbox", "https://a.example:8443/inbox"]
)
def test_a_shared_inbox_of_another_origin_does_not_count(shared: str) -> None:
    assert addressing.collapse_inboxes([inboxes("a.example", "x", shared)]) == ("https://a.example/x/inbox",)


def test_nobody_has_no_inboxes() -> None:
    assert addressing.collapse_inboxes([]) == ()
