"""What a post of ours answers: found here or fetched, so that its author can be addressed."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from federation.errors import FederationError
from fedinode.capabilities import Capabilities
from fedinode.errors import PeerUnavailable
from fedinode.services import finding, keeping, resolving
from fedinode.services.composing import Mention
from fedinode.storage import inboxes, known_objects
from fedinode.storage.known_objects import KnownObject
from fedinode.storage.remote_objects import NewRemoteObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An object that is answered; its author gets the answer. Nobody is addressed when it is our own."""

    uri: str
    mentions: tuple[Mention, ...] = ()
    inbox_ids: tuple[int, ...] = ()
    #: The object as it was fetched, for those who keep it.
    fetched: NewRemoteObject | None = None


async def find_answered(cap: Capabilities, url: str) -> Answered:
    """Return what is answered, by id or address of its page. Raises NotFound, PeerUnavailable, Blocked."""
    if cap.urls.is_ours(url):
        return Answered(
            uri=await cap.database.read(lambda session: finding.require_object(session, cap.urls, url).uri)
        )
    known = await cap.database.read(lambda session: known_objects.find(session, url))
    return await _fetch(cap, url) if known is None else _answered(known)


async def _fetch(cap: Capabilities, url: str) -> Answered:
    try:
        found = await resolving.resolve_object(cap, url)
    except FederationError as error:
        raise PeerUnavailable(f"{url} cannot be fetched from its server: {error}") from error
    author = found.author
    name = _handle(author.uri, author.handle, author.preferred_username)
    inbox_ids = await cap.database.read(lambda session: inboxes.of_actors(session, [author.id]))
    mention = Mention(actor_uri=author.uri, handle=name)
    submission = keeping.read_submission(found.document)
    fetched = keeping.as_remote_object(submission, author, submission.version_at)
    return Answered(uri=found.subject.uri, mentions=(mention,), inbox_ids=inbox_ids, fetched=fetched)


def _answered(known: KnownObject) -> Answered:
    name = _handle(known.actor_uri, known.handle, known.preferred_username)
    return Answered(
        uri=known.uri,
        mentions=(Mention(actor_uri=known.actor_uri, handle=name),),
        inbox_ids=() if known.inbox_id is None else (known.inbox_id,),
    )


def _handle(uri: str, handle: str | None, username: str | None) -> str:
    # A mention is shown by its name; where WebFinger confirmed no handle, the actor's own host stands in it.
    return f"@{handle}" if handle else f"@{username or ''}@{urlsplit(uri).netloc}"
