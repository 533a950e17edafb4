"""A collective of ours without a node: its documents, keys and signatures are made with federation/ alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from federation import actors, jsonld, keys, objects, proofs, signatures
from federation.activities import Envelope
from federation.actors import ActorFacts, AssertionKey
from federation.cosigning.documents import Edition, render_statement
from federation.links import Attachment
from federation.objects import ObjectFacts, Text
from federation.signatures import Dialect, HttpMessage
from tests.peer_server import Peer, Reply, peer_server

_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collective:
    """An actor of ours on a small server, who signs with federation/."""

    peer: Peer
    rsa: keys.PrivateKey = field(default_factory=keys.generate_rsa)
    ed25519: keys.PrivateKey = field(default_factory=keys.generate_ed25519)

    @property
    def uri(self) -> str:
        return f"{self.peer.origin}/collectives/berlin"

    def facts(self) -> ActorFacts:
        picture = Attachment(
            type="Image", url=f"{self.peer.origin}/media/1.png", media_type="image/png", alt="x"
        )
        return ActorFacts(
            uri=self.uri,
            type="Organization",
            preferred_username="berlin",
            handle_host=self.peer.host,
            names={"de": "Gruppe Berlin", "ru": "Группа Берлин"},
            summaries={"de": "<p>Wir</p>"},
            url=f"{self.peer.origin}/@berlin",
            inbox=f"{self.uri}/inbox",
            outbox=f"{self.uri}/outbox",
            shared_inbox=f"{self.peer.origin}/inbox",
            followers=f"{self.uri}/followers",
            following=f"{self.uri}/following",
            featured=f"{self.uri}/featured",
            main_key=self.rsa.public,
            assertion_keys=(AssertionKey(fragment="ed25519-key", public=self.ed25519.public),),
            attribution_domains=("berlin.example",),
            also_known_as=("https://old.example/users/berlin",),
            published=datetime(2026, 1, 1, tzinfo=UTC),
            icon=picture,
            image=picture,
            fields=(("Web", "berlin.example"),),
            capabilities=frozenset({actors.CO_SIGNING, actors.RFC_9421, actors.RFC_9421_ED25519}),
        )

    def envelope(self) -> Envelope:
        return Envelope(
            uri=f"{self.peer.origin}/activities/{next(_numbers)}",
            actor_uri=self.uri,
            to=(jsonld.PUBLIC,),
            cc=(f"{self.uri}/followers",),
            published=datetime.now(UTC),
        )

    def post(self, **members: Any) -> jsonld.Document:
        return self.peer.serve(objects.render_object(self.post_facts(**members)))

    def statement(self, **members: Any) -> jsonld.Document:
        """Make a statement that can be co-signed, with a proof of its own."""
        facts = self.post_facts(type="Article", **members)
        edition = Edition(
            authoritative_language=facts.texts[0].language,
            revision=1,
            salt="q83vEjRWeJCrze8SNFZ4kA",
            can_co_sign=(jsonld.PUBLIC,),
        )
        return self.peer.serve(self.prove(render_statement(facts, edition)))

    def post_facts(self, **members: Any) -> ObjectFacts:
        number = next(_numbers)
        standard: dict[str, Any] = {
            "uri": f"{self.peer.origin}/posts/{number}",
            "type": "Note",
            "attributed_to": self.uri,
            "texts": (Text(language="de", content="<p>Hallo</p>"),),
            "published": datetime.now(UTC),
            "url": f"{self.peer.origin}/@berlin/de/{number}",
            "to": (jsonld.PUBLIC,),
        }
        return ObjectFacts(**standard | members)

    def prove(self, activity: jsonld.Document) -> jsonld.Document:
        return proofs.sign_document(activity, self.ed25519, f"{self.uri}#ed25519-key", datetime.now(UTC))

    def request(
        self, inbox_url: str, activity: jsonld.Document, dialect: Dialect, *, age: timedelta = timedelta()
    ) -> HttpMessage:
        message = HttpMessage(
            method="POST",
            target_uri=inbox_url,
            headers=(("Content-Type", "application/activity+json"),),
            body=jsonld.dump(activity),
        )
        return signatures.sign(message, self.rsa, f"{self.uri}#main-key", datetime.now(UTC) - age, dialect)


@contextmanager
def serving_collective() -> Iterator[Collective]:
    """Serve the actor of a collective and keep what comes to its inboxes, until the end of the block."""
    with peer_server() as server:
        collective = Collective(peer=server.peer("berlin"))
        collective.peer.serve(actors.render_actor(collective.facts()))
        collective.peer.answer("/collectives/berlin/inbox", Reply(status=202), method="POST")
        collective.peer.answer("/inbox", Reply(status=202), method="POST")
        yield collective
