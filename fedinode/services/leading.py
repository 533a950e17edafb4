"""Readers act from their own server: given a handle, the address there that answers, likes or follows.

Nothing is kept of whom we led where.
"""

from dataclasses import dataclass

from federation import webfinger
from federation.errors import FederationError, FetchFailed, Gone, Malformed
from federation.errors import NotFound as NotThere
from federation.net import discovery
from federation.webfinger import Answer
from fedinode.capabilities import Capabilities
from fedinode.errors import HandleUnknown, NotFound, PeerUnavailable, ServerSilent
from fedinode.services import resolving
from fedinode.services.supporting import subjects
from fedinode.services.supporting.subjects import Subject
from fedinode.storage import collectives, publications
from fedinode.storage.database import Session


async def lead_home(cap: Capabilities, handle: str, uri: str, activity: str = "") -> str:
    """Return the address on the reader's own server at which they act on one of our objects or actors.

    `activity` is what they want to do, by its name in `webfinger.INTENTS`; empty: they see there.
    Raises: HandleUnknown for a handle that is none or that nobody knows, PeerUnavailable, Blocked.
    """
    await require_public(cap, uri)
    answer = await _finger(cap, handle)
    return _require(answer.act_on_url(uri, activity), handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayToSign:
    """Where somebody signs on their own server."""

    url: str
    #: Whether the message is written there already; else the statement is opened, to be answered.
    is_written: bool


async def lead_to_sign(cap: Capabilities, handle: str, uri: str, words: str) -> WayToSign:
    """Return the address on the reader's own server where a message with these words waits to be sent.

    Servers that know no such address open the statement instead.
    Raises: NotFound for what people cannot sign now, HandleUnknown, PeerUnavailable, Blocked.
    """
    await require_signable(cap, uri)
    answer = await _finger(cap, handle)
    written = answer.write_url(words)
    if written is not None:
        return WayToSign(url=written, is_written=True)
    return WayToSign(url=_require(answer.act_on_url(uri), handle), is_written=False)


async def require_signable(cap: Capabilities, uri: str) -> Subject:
    """Return the statement with this id. Raises: NotFound unless people may sign it now."""
    found = await cap.database.read(lambda session: subjects.find(session, cap.urls, uri))
    if found is None or not found.admits(cap.clock()):
        raise NotFound("Nothing of ours can be signed under this id.")
    return found


async def _finger(cap: Capabilities, handle: str) -> Answer:
    try:
        parsed = webfinger.parse_handle(handle)
    except Malformed as error:
        raise HandleUnknown(f'"{handle}" is no handle such as @name@server.') from error
    try:
        return await discovery.finger(await resolving.guarded_client(cap), parsed)
    except (NotThere, Gone) as error:
        raise HandleUnknown(f"{parsed.host} does not know {parsed}.") from error
    except FetchFailed as error:
        raise ServerSilent(f"{parsed.host} cannot be reached.") from error
    except FederationError as error:
        raise HandleUnknown(f"{parsed.host} does not know {parsed}.") from error


def _require(url: str | None, handle: str) -> str:
    if url is None:
        raise PeerUnavailable(f"The server of {handle} does not say how its people act on posts elsewhere.")
    return url


async def require_public(cap: Capabilities, uri: str) -> None:
    """Raise NotFound unless the id is one of our actors or public objects."""

    def is_known(session: Session) -> bool:
        if collectives.find_by_uri(session, uri) is not None:
            return True
        found = publications.find_object(session, uri)
        return found is not None and not found.is_gone

    if not cap.urls.is_ours(uri) or not await cap.database.read(is_known):
        raise NotFound("Nothing of ours has this id.")
