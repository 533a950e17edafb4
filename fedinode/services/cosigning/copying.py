"""Copies of the names of people under a statement that we keep: fetched from its author, shown, erased here.

A list replaces the one before it and is never merged with it, so who withdrew is gone with the next fetch.
No bundle and no other keeper ever gets the names from here. A copy that its author has not confirmed for a
week is not shown, unless the author's server is gone: then it is shown with its date, and this node is the
one to ask for a removal. Spec: docs/cosigning.md, D3.
"""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from federation import times
from federation.cosigning import evidence, signer_lists
from federation.cosigning.evidence import Keyring
from federation.cosigning.signer_lists import SignerPage
from federation.errors import FederationError, Gone, Malformed, NotFound
from federation.net import client
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError
from fedinode.services import resolving
from fedinode.services.cosigning import keeping_lists, sightings
from fedinode.storage import kept_statements, travelling_names
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow
from fedinode.storage.travelling_names import TravellingName

logger = logging.getLogger(__name__)

#: How long names are shown after their author last showed them.
FRESH: Final = timedelta(days=7)
#: A server that was silent for so long is gone.
GONE_AFTER: Final = timedelta(days=7)
#: How far an author's clock may be ahead of ours.
AHEAD: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesState:
    """What a copy shows of names: how many, since when, and whether their author can still be asked."""

    total: int
    as_of: datetime
    is_origin_gone: bool


def state_of(session: Session, kept: KeptRow, now: datetime) -> NamesState | None:
    """Return what is shown of the names under a copy; None where numbers alone are shown."""
    if kept.is_own or kept.names_at is None or kept.names_published_at is None or kept.retracted_at:
        return None
    is_gone = kept.silent_since is not None and now - kept.silent_since >= GONE_AFTER
    if now - kept.names_at > FRESH and not is_gone:
        return None
    total = travelling_names.count_copies(session, kept.statement_uri)
    if total == 0:
        return None
    return NamesState(total=total, as_of=kept.names_at, is_origin_gone=is_gone)


# -- fetching


async def refresh(cap: Capabilities, kept: KeptRow) -> None:
    """Fetch the names from the author's server, which answered just now; what is wrong changes nothing.

    Where it has no list any more, there are no names here either.
    """
    try:
        pages = await _fetch(cap, kept)
    except (NotFound, Gone):
        if kept.names_at is not None:
            await cap.database.write(lambda session: drop(session, kept.statement_uri, cap.clock()))
    except (FederationError, NodeError) as error:
        logger.info("names of %s not taken: %s", kept.statement_uri, error)
    else:
        await cap.database.write(lambda session: _take(session, kept.statement_uri, pages, cap.clock()))


async def _fetch(cap: Capabilities, kept: KeptRow) -> tuple[SignerPage, ...]:
    """Return all pages of the author's list, or its first one if it is the list that is kept.

    Raises: FederationError, Blocked.
    """
    keyring = await cap.database.read(lambda session: sightings.keyring_of(session, kept.author_uri))
    first = await _fetch_page(cap, kept, keyring, 1)
    if _is_kept(kept, first):
        return (first,)
    pages = [first]
    for number in range(2, signer_lists.count_pages(first.total) + 1):
        try:
            pages.append(await _fetch_page(cap, kept, keyring, number))
        except (NotFound, Gone) as error:
            raise Malformed("a list of names is not whole") from error
    signer_lists.require_whole(pages)
    return tuple(pages)


async def _fetch_page(cap: Capabilities, kept: KeptRow, keyring: Keyring, number: int) -> SignerPage:
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    uri = signer_lists.page_uri(kept.statement_uri, number)
    fetched = await opened.get_document(uri, kind=client.ACTIVITY, signer=signer)
    page = signer_lists.parse_page(fetched.document)
    if (page.statement_uri, page.text_digest) != (kept.statement_uri, kept.text_digest):
        raise Malformed("a list of names is of another statement")
    if page.author_uri != kept.author_uri or page.number != number:
        raise Malformed("a list of names is by somebody else, or another page")
    evidence.require_signed(page.document, kept.author_uri, keyring)
    _require_time(kept, page, cap.clock())
    return page


def _require_time(kept: KeptRow, page: SignerPage, now: datetime) -> None:
    published = times.parse_timestamp(page.published)
    if kept.names_published_at is not None and published < kept.names_published_at:
        raise Malformed("a list of names is older than the one that is kept")
    if published > now + AHEAD:
        raise Malformed("a list of names is from the future")


def _is_kept(kept: KeptRow, first: SignerPage) -> bool:
    return kept.names_at is not None and kept.names_published_at == times.parse_timestamp(first.published)


def _take(session: Session, statement_uri: str, pages: tuple[SignerPage, ...], now: datetime) -> None:
    kept = kept_statements.find(session, statement_uri)
    if kept is None or kept.is_own:
        return
    published = times.parse_timestamp(pages[0].published)
    if _is_kept(kept, pages[0]):
        kept_statements.change(session, statement_uri, names_at=now)
        return
    if kept.names_published_at is not None and published < kept.names_published_at:
        return
    names = [TravellingName(**asdict(signer)) for page in pages for signer in page.signers]
    travelling_names.replace_copies(session, statement_uri, names)
    kept_statements.change(
        session, statement_uri, names_total=len(names), names_published_at=published, names_at=now
    )
    keeping_lists.touch(session, statement_uri, now)


def drop(session: Session, statement_uri: str, now: datetime) -> None:
    """Keep no names under a copy."""
    travelling_names.drop_copies(session, statement_uri)
    kept_statements.change(session, statement_uri, names_total=None, names_at=None)
    keeping_lists.touch(session, statement_uri, now)
