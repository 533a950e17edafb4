"""Handles and host-meta: what is asked, what is answered, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from federation import errors, webfinger
from federation.webfinger import Answer, Handle

ACTOR = "https://remote.example/users/x"


# -- handles


@pytest.mark.parametrize(
    ("text", "user", "host"),
    [
        ("@berlin@berlin.example", "berlin", "berlin.example"),
        ("berlin@berlin.example", "berlin", "berlin.example"),
        ("acct:berlin@berlin.example", "berlin", "berlin.example"),
        ("  @berlin@berlin.example\n", "berlin", "berlin.example"),
        ("@Berlin_1@BERLIN.Example", "Berlin_1", "berlin.example"),
        ("@a.b-c..d@berlin.localhost:8001", "a.b-c..d", "berlin.localhost:8001"),
        ("@x@дом.example", "x", "xn--d1aqf.example"),
        ("@x@xn--d1aqf.example", "x", "xn--d1aqf.example"),
        ("@x@Bücher.example", "x", "xn--bcher-kva.example"),
        ("@x@a.example:65535", "x", "a.example:65535"),
    ],
)
def test_a_handle_is_taken_apart(text: str, user: str, host: str) -> None:
    handle = webfinger.parse_handle(text)

    assert handle == Handle(user=user, host=host)
    assert str(handle) == f"@{user}@{host}"
    assert handle.acct == f"acct:{user}@{host}"


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "@@", "berlin", "@berlin", "@@berlin.example", "@берлин@berlin.example", "@.x@a.example"),
        *("@x.@a.example", "@-x@a.example", "@x y@a.example", "@x\n@a.example", "acct:@a.example"),
    ],
)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(errors.Malformed, match=r"^a handle is not of the form @name@host$"):
        webfinger.parse_handle(text)


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "a..example", "-a.example", "a_b.example", "a.example/x", "a.example?x", "a.example#x"),
        *(
            "a.example:",
            "a.example:x",
            "a.example:123456",
            "a@b.example",
            "a b.example",
            "a.example.",
            "x" * 254,
        ),
        *("[::1]", "a.example:80:80", "\u200b.example"),
    ],
)
def test_a_handle_with_an_impossible_host_is_refused(host: str) -> None:
    with pytest.raises(errors.Malformed, match=r"^a handle names no proper host$"):
        webfinger.parse_handle(f"@x@{host}")


def test_a_handle_with_an_impossible_port_is_refused() -> None:
    with pytest.raises(errors.Malformed, match=r"^a handle names no proper port$"):
        webfinger.parse_handle("@x@a.example:65536")


# -- reading answers


def test_the_question_is_escaped_whole() -> None:
    assert webfinger.query_url("https://a.example", "acct:x@a.example") == (
        "https://a.example/.well-known/webfinger?resource=acct%3Ax%40a.example"
    )
    assert webfinger.query_url("http://a.localhost:8001", "https://a.example/?a=1&b=2") == (
        "http://a.localhost:8001/.well-known/webfinger?resource=https%3A%2F%2Fa.example%2F%3Fa%3D1%26b%3D2"
    )


def jrd(*links: Any, **members: Any) -> dict[str, Any]:
    return {"subject": "acct:x@remote.example", "links": list(links), **members}


SELF = {"rel": "self", "type": "application/activity+json", "href": ACTOR}


@pytest.mark.parametrize(
    "kind",
    ["application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'],
)
def test_an_answer_names_the_actor(kind: str) -> None:
    assert webfinger.parse_jrd(jrd({**SELF, "type": kind})) == Answer(
        subject="acct:x@remote.example", actor_uri=ACTOR
    )


def test_an_answer_is_read_whole() -> None:
    document = jrd(
        {
            "rel": "http://webfinger.net/rel/profile-page",
            "type": "text/html",
            "href": "https://remote.example/@x",
        },
        {"rel": "self", "type": "text/html", "href": "https://remote.example/wrong"},
        SELF,
        {**SELF, "href": "https://remote.example/second"},
        {
            "rel": "http://ostatus.org/schema/1.0/subscribe",
            "template": "https://remote.example/authorize?uri={uri}",
        },
    )

    assert webfinger.parse_jrd(document) == Answer(
        subject="acct:x@remote.example",
        actor_uri=ACTOR,
        profile_url="https://remote.example/@x",
        subscribe_template="https://remote.example/authorize?uri={uri}",
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (jrd(SELF, subject=None), "a WebFinger answer names no subject"),
        (jrd(SELF, subject=""), "a WebFinger answer names no subject"),
        (jrd(SELF, subject=7), "subject is not a string"),
        (jrd(SELF, subject="x" * 2049), "subject is longer than 2048 characters"),
        (jrd(), "the actor of a WebFinger answer is not an address"),
        (jrd(links=None), "the actor of a WebFinger answer is not an address"),
        (jrd({**SELF, "type": "text/html"}), "the actor of a WebFinger answer is not an address"),
        (jrd({**SELF, "type": None}), "the actor of a WebFinger answer is not an address"),
        (jrd({**SELF, "rel": "alternate"}), "the actor of a WebFinger answer is not an address"),
        (jrd({**SELF, "href": None}), "the actor of a WebFinger answer is not an address"),
        (
            jrd({**SELF, "href": "data:text/plain,x"}),
            "the actor of a WebFinger answer is not an http address",
        ),
        (jrd(None, 7, "x"), "the actor of a WebFinger answer is not an address"),
        (jrd(*[SELF] * 51), "links has more than 50 items"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        webfinger.parse_jrd(document)

    assert str(caught.value) == message


@pytest.mark.parametrize("href", [None, 7, "javascript:alert(1)"])
def test_a_page_that_is_no_address_is_left_out(href: object) -> None:
    page = {"rel": "http://webfinger.net/rel/profile-page", "href": href}

    assert webfinger.parse_jrd(jrd(page, SELF)).profile_url is None


@pytest.mark.parametrize(
    "template",
    [None, 7, "https://remote.example/authorize", "javascript:alert({uri})", "https://{uri}@evil.example:x/"],
)
def test_a_template_that_cannot_be_used_is_left_out(template: object) -> None:
    subscribe = {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": template}

    assert webfinger.parse_jrd(jrd(subscribe, SELF)).subscribe_template is None


def test_a_person_acts_on_an_object_where_their_host_says() -> None:
    subscribe = {
        "rel": "http://ostatus.org/schema/1.0/subscribe",
        "template": "https://a.example/old?uri={uri}",
    }
    intent = {"rel": "https://w3id.org/fep/3b86/Object", "template": "https://a.example/new?uri={object}"}
    uri = "https://b.example/posts/1?x"

    assert webfinger.parse_jrd(jrd(subscribe, intent, SELF)).act_on_url(uri) == (
        "https://a.example/new?uri=https%3A%2F%2Fb.example%2Fposts%2F1%3Fx"
    )
    assert webfinger.parse_jrd(jrd(subscribe, SELF)).act_on_url(uri) == (
        "https://a.example/old?uri=https%3A%2F%2Fb.example%2Fposts%2F1%3Fx"
    )
    assert webfinger.parse_jrd(jrd(SELF)).act_on_url(uri) is None


def test_a_host_with_an_address_for_one_activity_is_asked_there() -> None:
    like = {
        "rel": "https://w3id.org/fep/3b86/Like",
        "template": "https://a.example/like?uri={object}&{on-success}",
    }
    found = webfinger.parse_jrd(jrd(like, SELF))

    assert (
        found.act_on_url("https://b.example/1", "Like")
        == "https://a.example/like?uri=https%3A%2F%2Fb.example%2F1&"
    )
    assert found.act_on_url("https://b.example/1", "Announce") is None


def test_a_person_writes_a_message_where_their_host_says() -> None:
    intent = {"rel": "https://w3id.org/fep/3b86/Create", "template": "https://a.example/share?text={content}"}
    assert webfinger.parse_jrd(jrd(intent, SELF)).write_url("@b@b.example sign&x") == (
        "https://a.example/share?text=%40b%40b.example%20sign%26x"
    )
    assert webfinger.parse_jrd(jrd(SELF)).write_url("sign") is None


def test_an_address_is_put_into_a_template_escaped() -> None:
    assert webfinger.expand("https://a.example/authorize?uri={uri}&x=1", "https://b.example/?a=1&b=ü") == (
        "https://a.example/authorize?uri=https%3A%2F%2Fb.example%2F%3Fa%3D1%26b%3D%C3%BC&x=1"
    )


# -- host-meta


def test_our_host_meta_is_read_back() -> None:
    body = webfinger.render_host_meta("https://berlin.example")

    assert body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        b'<Link rel="lrdd" type="application/jrd+json" '
        b'template="https://berlin.example/.well-known/webfinger?resource={uri}"/></XRD>\n'
    )
    assert webfinger.parse_host_meta(body) == ("https://berlin.example/.well-known/webfinger?resource={uri}")


def test_host_meta_is_read_without_a_namespace_and_beside_other_links() -> None:
    body = (
        b"<XRD><Link rel='x' template='https://a.example/x?{uri}'/>"
        b"<Link rel='lrdd'/><Link rel='lrdd' template='https://a.example/w?r={uri}'/></XRD>"
    )

    assert webfinger.parse_host_meta(body) == "https://a.example/w?r={uri}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "a host-meta document is not XML"),
        (b"<XRD>", "a host-meta document is not XML"),
        (b"{}", "a host-meta document is not XML"),
        (b'<?xml version="1.0" encoding="x-unknown"?><XRD/>', "a host-meta document is not XML"),
        (b"<XRD/>", "a host-meta document does not say where to ask"),
        (
            b"<XRD><Link rel='lrdd' template='ftp://a/{uri}'/></XRD>",
            "a host-meta document does not say where to ask",
        ),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><XRD/>", "a host-meta document declares a document type"),
        (b"<XRD>" + b" " * 65_532, "a host-meta document is longer than 65536 bytes"),
    ],
)
def test_a_host_meta_that_says_nothing_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        webfinger.parse_host_meta(body)

    assert str(caught.value) == message


def test_a_host_meta_of_the_largest_size_is_read() -> None:
    body = webfinger.render_host_meta("https://berlin.example")

    assert webfinger.parse_host_meta(body + b" " * (65_536 - len(body)))


def test_host_meta_is_read_with_its_namespace_under_a_prefix() -> None:
    body = (
        b'<x:XRD xmlns:x="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        b"<x:Link rel='lrdd' template='https://a.example/w?r={uri}'/></x:XRD>"
    )

    assert webfinger.parse_host_meta(body) == "https://a.example/w?r={uri}"


def test_only_fifty_links_of_a_host_meta_are_read() -> None:
    wanted = b"<Link rel='lrdd' template='https://a.example/w?r={uri}'/>"

    assert webfinger.parse_host_meta(b"<XRD>" + b"<Link/>" * 49 + wanted + b"</XRD>")
    with pytest.raises(errors.Malformed):
        webfinger.parse_host_meta(b"<XRD>" + b"<Link/>" * 50 + wanted + b"</XRD>")


# -- answering


def test_we_are_asked_about_handles_and_addresses() -> None:
    assert webfinger.parse_resource("acct:berlin@berlin.example") == Handle(
        user="berlin", host="berlin.example"
    )
    assert webfinger.parse_resource("https://berlin.example/@berlin") == "https://berlin.example/@berlin"
    assert (
        webfinger.parse_resource("http://berlin.localhost:8001/actor") == "http://berlin.localhost:8001/actor"
    )


@pytest.mark.parametrize("resource", ["", "x", "https://", "https://a.example/ x", "mailto:x"])
def test_a_question_about_nothing_is_refused(resource: str) -> None:
    with pytest.raises(errors.Malformed, match=r"^(resource|a handle) (is|names)"):
        webfinger.parse_resource(resource)


def test_our_answer_names_the_actor_in_both_types_and_the_page() -> None:
    document = webfinger.render_jrd(
        subject="acct:berlin@berlin.example",
        actor_uri="https://berlin.example/collectives/berlin",
        profile_url="https://berlin.example/@berlin",
        aliases=("https://berlin.example/",),
    )

    assert document == {
        "subject": "acct:berlin@berlin.example",
        "aliases": [
            "https://berlin.example/@berlin",
            "https://berlin.example/collectives/berlin",
            "https://berlin.example/",
        ],
        "links": [
            {
                "rel": "http://webfinger.net/rel/profile-page",
                "type": "text/html",
                "href": "https://berlin.example/@berlin",
            },
            {
                "rel": "self",
                "type": "application/activity+json",
                "href": "https://berlin.example/collectives/berlin",
            },
            {
                "rel": "self",
                "type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
                "href": "https://berlin.example/collectives/berlin",
            },
        ],
    }
    assert webfinger.parse_jrd(document) == Answer(
        subject="acct:berlin@berlin.example",
        actor_uri="https://berlin.example/collectives/berlin",
        profile_url="https://berlin.example/@berlin",
    )
