"""Names of people under statements of ours, for those who keep copies: pages that the author signs.

Only who chose to be named wherever the statement is published stands there. The pages are made anew, whole,
when somebody is added or gone: at once for who is gone, else no more often than the count. The key is the
one of every day, as for the count; it says what the author knows, and nobody decided about it. Spec: D3.
"""

from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice

from federation import jsonld, proofs
from federation.cosigning import signer_lists
from federation.cosigning.signer_lists import Signer
from federation.jsonld import Document
from fedinode.cache import post_key
from fedinode.capabilities import Capabilities, load_signing_key
from fedinode.errors import NotFound
from fedinode.services.cosigning import bundling, exposing, keeping_lists, tallying
from fedinode.services.serving import Served
from fedinode.storage import federated_objects, kept_statements, sign_forms, supporters, travelling_names
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import ObjectRow
from fedinode.storage.kept_statements import KeptRow
from fedinode.storage.sign_forms import SignFormRow

#: New names are added at most so often, however many confirm; who is gone is taken out at once.
PAUSE = timedelta(minutes=10)


def renew_due(session: Session, now: datetime, *, hurry: timedelta) -> tuple[tuple[str, datetime], ...]:
    """Make the pages of names that changed, before the checkpoints that tell of them are made.

    Returns the statements whose new names have to wait, and until when.
    """
    waiting = []
    for kept in kept_statements.list_due(session, now + hurry, 100):
        if kept.is_own and kept.checkpoint_due_at is not None:
            later = _renew(session, kept, now, _pause(hurry))
            if later is not None:
                waiting.append((kept.statement_uri, later))
    return tuple(waiting)


def _pause(hurry: timedelta) -> timedelta:
    """Return the pause of a node that counts so much earlier than usual: shorter in the same proportion."""
    return PAUSE * ((keeping_lists.WAIT_FOR_FEW - hurry) / keeping_lists.WAIT_FOR_FEW)


def _renew(session: Session, kept: KeptRow, now: datetime, pause: timedelta) -> datetime | None:
    subject = federated_objects.find_by_uri(session, kept.statement_uri)
    found = bundling.find_list(session, kept.statement_uri)
    if subject is None or found is None:
        return None
    if kept.names_at is not None:
        # Two counts, not thousands of names: this is asked each time that somebody signs.
        is_anybody_gone = _count(session, subject, kept, kept.names_at) < (kept.names_total or 0)
        if not is_anybody_gone and _count(session, subject, kept, now) == kept.names_total:
            return None
        if not is_anybody_gone and now < kept.names_at + pause:
            return kept.names_at + pause
    signers = _signers(session, subject, kept)
    is_news = bool(signers) if kept.names_at is None else not _says(session, kept, found.statement, signers)
    if is_news:
        _make(session, kept, found.statement, signers, now)
    return None


def _signers(session: Session, subject: ObjectRow, kept: KeptRow) -> list[Signer]:
    """Return who is named; nobody, if the author shows no names."""
    form = sign_forms.find(session, subject.id)
    if form is not None and form.listing != "list":
        return []
    everybody = travelling_names.list_travelling(session, subject.id, kept.text_digest)
    limit = signer_lists.MAX_PAGES * signer_lists.PAGE_NAMES
    # A name that could be read as something else is counted and not named.
    large = _large_countries(session, subject, kept, form)
    signers = (
        Signer(**asdict(each) | {"country": each.country if each.country in large else None})
        for each in everybody
    )
    return list(islice((each for each in signers if signer_lists.is_fit(each)), limit))


def _large_countries(
    session: Session, subject: ObjectRow, kept: KeptRow, form: SignFormRow | None
) -> frozenset[str]:
    """Return the countries that are named: of so many people that nobody knows who one of them is."""
    counted: Counter[str] = Counter()
    for each in supporters.count_persons(session, subject.id, kept.text_digest):
        counted[each.country or ""] += each.count
    smallest = tallying.SMALLEST_GROUP if form is None else form.smallest_group
    return frozenset(code for code, count in counted.items() if code and count >= smallest)


def _says(session: Session, kept: KeptRow, statement: Document, signers: list[Signer]) -> bool:
    """Tell whether the pages hold these names already: their bytes begin with those of unsigned ones."""
    assert kept.names_published_at is not None, "a list was made"
    fresh = signer_lists.render_pages(statement, signers, kept.names_published_at)
    kept_pages = travelling_names.list_pages(session, kept.statement_uri)
    return len(fresh) == len(kept_pages) and all(
        body.startswith(jsonld.dump(page).removesuffix(b"}") + b",")
        for page, body in zip(fresh, kept_pages, strict=True)
    )


def _count(session: Session, subject: ObjectRow, kept: KeptRow, before: datetime) -> int:
    return travelling_names.count_travelling(session, subject.id, kept.text_digest, before)


def _make(session: Session, kept: KeptRow, statement: Document, signers: list[Signer], now: datetime) -> None:
    published = now.replace(microsecond=0)
    if kept.names_published_at is not None:
        published = max(published, kept.names_published_at + timedelta(seconds=1))
    key = load_signing_key(session, kept.author_uri, "proof")
    pages = signer_lists.render_pages(statement, signers, published)
    bodies = [jsonld.dump(proofs.sign_document(page, key.key, key.key_id, published)) for page in pages]
    travelling_names.replace_pages(session, kept.statement_uri, bodies)
    kept_statements.change(
        session,
        kept.statement_uri,
        names_total=len(signers),
        names_published_at=published,
        names_at=now,
    )
    keeping_lists.touch(session, kept.statement_uri, now)


async def page(cap: Capabilities, statement_uri: str, number: int) -> Served:
    """Return a page of names under a statement of ours. Raises: NotFound."""

    def read(session: Session) -> Served:
        found = exposing.by_statement(statement_uri)(session)
        body = None if found is None else travelling_names.find_page(session, statement_uri, number)
        if found is None or body is None:
            raise NotFound("There is no such page of names.")
        return Served(body=body, depends_on=(post_key(found.kept.text_digest),))

    return await cap.database.read(read)
