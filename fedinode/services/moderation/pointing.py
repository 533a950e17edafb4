"""What an address is about, in words: a post of ours, a reply, a list of signers, a collective, the node.

Complaints name addresses; whose moderators decide about one follows from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fedinode.errors import NotFound
from fedinode.services import finding, publishing
from fedinode.storage import collectives, cosignatures, page_addresses, replies
from fedinode.storage.database import Session
from fedinode.storage.posts import PostRow
from fedinode.text import plain
from fedinode.urls import Urls

Kind = Literal["post", "reply", "list", "collective", "node", "elsewhere"]

#: So many things of one complaint are looked at; Mastodon names an account and some posts.
MAX_THINGS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that an address of ours, or of a reply to us, is about."""

    uri: str
    kind: Kind
    #: Whose it is; empty for what is nobody's here.
    collective: str = ""
    #: In its own language: a title, the words of a reply, a handle.
    words: str = ""
    language: str | None = None
    #: Where it can be read.
    url: str | None = None
    #: The number of a reply, and the id of the post that a post, list or reply is about.
    reply_id: int | None = None
    post_uri: str = ""
    is_standing: bool = True
    #: A reply that nobody outside sees yet.
    is_held: bool = False


def look_up(session: Session, urls: Urls, uri: str) -> Thing:
    """Return what an address is about."""
    for look in (_actor, _post, _list, _reply, _consent):
        found = look(session, urls, uri)
        if found is not None:
            return found
    return Thing(uri=uri, kind="elsewhere", url=uri)


def look_up_all(session: Session, urls: Urls, uris: Sequence[str]) -> tuple[Thing, ...]:
    """Return what the first of some addresses are about."""
    return tuple(look_up(session, urls, uri) for uri in uris[:MAX_THINGS])


def collective_of(session: Session, things: Sequence[Thing]) -> int:
    """Return whose moderators decide about these: the first one's, else the node's first collective's."""
    name = next((each.collective for each in things if each.collective), collectives.first_name(session))
    row = collectives.find_by_name(session, name)
    assert row is not None
    return row.id


def object_id_of(session: Session, urls: Urls, uri: str) -> int:
    """Return the number of the object that a statement of ours is. Raises: NotFound."""
    return finding.require_object(session, urls, uri).id


# -- one kind after the other


def _actor(session: Session, urls: Urls, uri: str) -> Thing | None:
    if uri == urls.node_actor():
        return Thing(uri=uri, kind="node", words=urls.host, url=urls.page("/about"))
    row = collectives.find_by_uri(session, uri) or _by_profile(session, urls, uri)
    if row is None:
        return None
    return Thing(
        uri=uri,
        kind="collective",
        collective=row.name,
        words=urls.handle(row.name),
        url=urls.profile(row.name),
    )


def _by_profile(session: Session, urls: Urls, uri: str) -> collectives.CollectiveRow | None:
    name = uri.removeprefix(urls.profile(""))
    return None if name == uri else collectives.find_by_name(session, name)


def _post(session: Session, urls: Urls, uri: str) -> Thing | None:
    if not urls.is_ours(uri):
        return None
    try:
        post = finding.require_post(session, urls, uri)
    except NotFound:
        return None
    # What is no more than a draft is nobody's business outside.
    return _describe(session, urls, post, uri) if post.first_public_at else None


def _list(session: Session, urls: Urls, uri: str) -> Thing | None:
    statement, mark, _ = uri.partition("/signers")
    found = _post(session, urls, statement) if mark else None
    if found is None:
        return None
    return Thing(
        uri=uri,
        kind="list",
        collective=found.collective,
        words=found.words,
        language=found.language,
        url=urls.signers(statement),
        post_uri=statement,
        is_standing=found.is_standing,
    )


def _reply(session: Session, urls: Urls, uri: str) -> Thing | None:
    known = replies.find_known(session, [uri]).get(uri)
    found = None if known is None else replies.find_details(session, known.id)
    if found is None:
        return None
    return Thing(
        uri=uri,
        kind="reply",
        collective=found.collective,
        words=plain(found.html_clean or ""),
        language=found.language,
        url=uri,
        reply_id=found.id,
        post_uri=found.object_uri,
        is_standing=found.state in ("held", "shown"),
        is_held=found.state == "held",
    )


def _consent(session: Session, urls: Urls, uri: str) -> Thing | None:
    known = cosignatures.find(session, uri) if urls.is_ours(uri) else None
    row = None if known is None else collectives.find_by_uri(session, known.signer_uri)
    if row is None:
        return None
    return Thing(uri=uri, kind="collective", collective=row.name, words=urls.handle(row.name), url=uri)


def _describe(session: Session, urls: Urls, post: PostRow, uri: str) -> Thing:
    row = collectives.get(session, post.collective_id)
    places = page_addresses.list_of_post(session, post.id)
    place = next((each for each in places if each.language == post.primary_language), None)
    return Thing(
        uri=uri,
        kind="post",
        collective=row.name,
        words=publishing.title_of(session, post) or uri,
        language=post.primary_language,
        url=urls.post_page(row.name, place.language, place.slug)
        if place and post.state == "public"
        else None,
        post_uri=uri,
        is_standing=post.state == "public",
    )
