"""What each address of a node answers to which way of asking, and ten thousand mixed ways to ask."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from federation import keys, signatures
from federation.signatures import Dialect, HttpMessage
from tests.nodes import wire
from tests.nodes.harness import Node
from tests.nodes.wire import Answer

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
MASTODON = "application/activity+json, application/ld+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an address must answer to one way of asking."""

    status: int
    kind: str
    #: Stands in the body, or is where the answer leads.
    mark: str


JSON = "application/activity+json"
PAGE = "text/html; charset=utf-8"
#: Accept headers by what they ask for; None sends none.
ACCEPTS: dict[str, tuple[str | None, ...]] = {
    "document": (
        JSON,
        MASTODON,
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/activity+json, text/html;q=0.1",
        "application/json",
    ),
    "page": (HTML, "text/html", "*/*", None, "text/html, application/activity+json;q=0.5", "/;;=,,"),
}
#: Languages of readers, and the language of an error page where it is certain.
LANGUAGES: dict[str | None, str | None] = {
    "de-AT, en;q=0.5": "de",
    "ru": "ru",
    "en-GB": "en",
    "*;q=x,,": None,
    None: None,
}


def addresses(node: Node, uri: str) -> dict[str, dict[str, Form]]:
    """Return what each address must answer to those who want a document and those who want a page."""
    page_url, profile_url = f"{node.origin}/@berlin/de/erklaerung", f"{node.origin}/@berlin"
    lead_to_uri = Form(status=303, kind="", mark=uri)
    found = {
        path_of(node, uri): {
            "document": Form(status=200, kind=JSON, mark=f'"id":"{uri}"'),
            "page": Form(status=303, kind="", mark=page_url),
        },
        path_of(node, node.actor_uri): {
            "document": Form(status=200, kind=JSON, mark=f'"id":"{node.actor_uri}"'),
            "page": Form(status=303, kind="", mark=profile_url),
        },
        "/@berlin": {
            "document": Form(status=303, kind="", mark=node.actor_uri),
            "page": Form(status=200, kind=PAGE, mark='<html lang="en"'),
        },
        "/@berlin/de/nichts": {
            "document": Form(status=404, kind="application/json", mark='{"error"'),
            "page": Form(status=404, kind=PAGE, mark="<html lang="),
        },
    }
    for language, slug in (("de", "erklaerung"), ("en", "statement")):
        form = Form(status=200, kind=PAGE, mark=f'<html lang="{language}"')
        found[f"/@berlin/{language}/{slug}"] = {"document": lead_to_uri, "page": form}
    for path, kind, mark in (
        ("/", PAGE, '<html lang="en"'),
        ("/de", PAGE, '<html lang="de"'),
        ("/archive?language=ru", PAGE, '<html lang="ru"'),
        ("/search?q=streik&language=de", PAGE, '<html lang="de"'),
        ("/feed.atom", "application/atom+xml; charset=utf-8", 'xml:lang="en"'),
        ("/de/feed.json", "application/feed+json; charset=utf-8", '"language": "de"'),
        ("/sitemap.xml", "application/xml; charset=utf-8", "<sitemapindex"),
        (f"/.well-known/webfinger?resource=acct:berlin@{node.host}", "application/jrd+json", "acct:berlin"),
        (f"{path_of(node, node.actor_uri)}/outbox", JSON, "OrderedCollection"),
    ):
        form = Form(status=200, kind=kind, mark=mark)
        found[path] = {"document": form, "page": form}
    return found


def signed_ways(node: Node, path: str, key: keys.PrivateKey) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the headers of no signature, two good ones, and one that is nonsense."""
    message = HttpMessage(method="GET", target_uri=node.origin + path, headers=(), body=None)
    ways: list[tuple[tuple[str, str], ...]] = [(), (("signature", 'keyId="x",signature="?"'),)]
    for dialect in Dialect:
        key_id = "https://peer.example/users/mira#main-key"
        signed = signatures.sign(message, key, key_id, datetime.now(UTC), dialect)
        ways.append(tuple(pair for pair in signed.headers if pair[0].lower() not in ("host", "accept")))
    return tuple(ways)


def path_of(node: Node, address: str) -> str:
    """Return one of the node's addresses without its origin."""
    return address.removeprefix(node.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One request among many: what is asked for, how, and in which language an error must come."""

    path: str
    wants: str
    method: str
    language: str | None
    #: The ETag that was sent, of this form or of the other one.
    etag: str | None
    request: bytes


def mixed(node: Node, uri: str, known: dict[tuple[str, str], Answer], count: int) -> Iterator[Way]:
    """Make requests that mix everything: `known` has the answer to each address and form."""
    dice = random.Random(count)
    paths = list(addresses(node, uri))
    key = keys.generate_rsa()
    signed = {path: signed_ways(node, path, key) for path in paths}
    for _ in range(count):
        path, wants = dice.choice(paths), dice.choice(list(ACCEPTS))
        accept, language = dice.choice(ACCEPTS[wants]), dice.choice(list(LANGUAGES))
        method = "HEAD" if dice.random() < 0.1 else "GET"
        headers = list(dice.choice(signed[path]))
        if accept is not None:
            headers.append(("accept", accept))
        if language is not None:
            headers.append(("accept-language", language))
        etag = None
        if dice.random() < 0.2:
            etag = known[path, dice.choice(list(ACCEPTS))].headers.get("etag", '"none"')
            headers.append(("if-none-match", etag))
        dice.shuffle(headers)
        request = wire.request(node.host, path, headers, method)
        yield Way(
            path=path,
            wants=wants,
            method=method,
            language=LANGUAGES[language],
            etag=etag,
            request=request,
        )
