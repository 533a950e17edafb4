"""Our actors as documents: the collectives, and the node's own actor that signs all fetches."""

from federation import actors, keys
from federation.actors import ActorFacts, AssertionKey
from federation.jsonld import Document
from federation.links import Attachment
from fedinode import text
from fedinode.storage import collectives, media_files, signing_keys
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.signing_keys import PublicKeyRow
from fedinode.urls import Urls

#: The left half of the node actor's own handle; no collective may have it.
NODE_USERNAME = "actor"
_DELIVERY = "delivery"
#: What our collectives understand; whoever wants to invite one to sign looks for it.
CAPABILITIES = frozenset({actors.RFC_9421, actors.RFC_9421_ED25519, actors.CO_SIGNING})


def collective_document(session: Session, urls: Urls, collective: CollectiveRow) -> Document:
    """Return the actor document of a collective."""
    rows = signing_keys.list_public(session, collective.uri)
    names = collectives.display_names(session, collective.id)
    own_first = sorted(names, key=lambda language: (language != collective.primary_language, language))
    abouts = collectives.abouts(session, collective.id)
    return actors.render_actor(
        ActorFacts(
            uri=collective.uri,
            type="Organization",
            preferred_username=collective.name,
            handle_host=urls.host,
            names={language: names[language] for language in own_first},
            summaries={language: abouts[language] for language in own_first if abouts.get(language)},
            url=urls.profile(collective.name),
            inbox=urls.collective_inbox(collective.name),
            outbox=urls.collective_outbox(collective.name),
            shared_inbox=urls.shared_inbox(),
            followers=urls.collective_followers(collective.name),
            following=urls.collective_following(collective.name),
            featured=urls.collective_featured(collective.name),
            main_key=_main_key(rows),
            assertion_keys=_assertion_keys(rows),
            manually_approves=collective.follow_policy != "automatic",
            attribution_domains=(urls.host,),
            moved_to=collective.moved_to,
            published=collective.created_at,
            country=collective.country,
            capabilities=CAPABILITIES,
            icon=_picture(session, urls, collective.avatar_media_id),
            image=_picture(session, urls, collective.header_media_id),
        )
    )


def node_document(session: Session, urls: Urls) -> Document:
    """Return the document of the node's own actor: it publishes nothing and is followed by nobody."""
    rows = signing_keys.list_public(session, urls.node_actor())
    return actors.render_actor(
        ActorFacts(
            uri=urls.node_actor(),
            type="Application",
            preferred_username=NODE_USERNAME,
            handle_host=urls.host,
            names={"en": text.display_host(urls.host)},
            url=urls.page("/about"),
            inbox=urls.node_inbox(),
            outbox=urls.node_outbox(),
            shared_inbox=urls.shared_inbox(),
            main_key=_main_key(rows),
            assertion_keys=_assertion_keys(rows),
            manually_approves=True,
            discoverable=False,
            indexable=False,
            published=signing_keys.oldest_created_at(session, urls.node_actor()),
        )
    )


def _main_key(rows: tuple[PublicKeyRow, ...]) -> keys.PublicKey:
    newest = [row for row in rows if row.purpose == _DELIVERY][-1]
    return keys.parse_public_pem(newest.public)


def _assertion_keys(rows: tuple[PublicKeyRow, ...]) -> tuple[AssertionKey, ...]:
    return tuple(
        AssertionKey(fragment=row.key_id.rpartition("#")[2], public=keys.parse_multikey(row.public))
        for row in rows
        if row.purpose != _DELIVERY
    )


def _picture(session: Session, urls: Urls, media_id: int | None) -> Attachment | None:
    if media_id is None:
        return None
    file = media_files.get(session, media_id)
    return Attachment(
        type="Image", url=urls.media(file.path), media_type=file.type, width=file.width, height=file.height
    )
