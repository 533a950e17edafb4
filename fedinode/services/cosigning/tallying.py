"""Support without a node: organisations by name and people as numbers, in a count that the author signs.

Nobody else can check it, so it is shown as confirmed by the author and never as verified. It rides along
with the checkpoint, at most once in ten minutes. Spec: docs/cosigning.md, D3 and P6.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from federation import jsonld, proofs, times
from federation.cosigning import evidence, lettering, record_checks, records
from federation.cosigning.records import Count
from federation.errors import FederationError, Malformed
from federation.jsonld import Document
from fedinode.capabilities import Capabilities, load_signing_key
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.services import finding
from fedinode.services.cosigning import bundling, keeping_lists, sightings
from fedinode.storage import federated_objects, kept_statements, sign_forms, supporters
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow
from fedinode.storage.supporters import Organisation
from fedinode.urls import Urls

METHODS: Final = ("mail", "fediverse", "paper")
#: What the count calls the ways in which people confirm.
_PERSONS: Final = {"mail": "email", "fediverse": "fediverse", "paper": "imported"}
#: Of fewer people in a country nothing is said, unless the author set another number.
SMALLEST_GROUP: Final = 5
#: A tally is made anew at most so often, however many confirm.
PAUSE: Final = timedelta(minutes=10)
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSupport:
    """An organisation as its author writes it down."""

    name: str
    place: str | None
    country: str | None
    method: str


async def add_organisation(cap: Capabilities, url: str, new: NewSupport) -> Organisation:
    """Name an organisation without a node under a public statement of ours.

    Raises: UsageError, NotFound, Conflict.
    """
    _require_plain(new)

    def write(session: Session) -> Organisation:
        now = cap.clock()
        kept, object_id = _require_own(session, cap.urls, url)
        organisation = Organisation(
            name=new.name, place=new.place, country=new.country, method=new.method, confirmed_at=now
        )
        if not supporters.add_organisation(session, object_id, kept.text_digest, organisation):
            raise Conflict(f"{new.name} stands there already.")
        keeping_lists.note_change(session, kept.statement_uri, "organisation-added", new.name, now)
        return organisation

    return await cap.database.write(write)


async def remove_organisation(cap: Capabilities, url: str, name: str) -> None:
    """Take an organisation off a statement of ours, and forget it. Raises: NotFound."""

    def write(session: Session) -> None:
        kept, object_id = _require_own(session, cap.urls, url)
        if not supporters.remove_organisation(session, object_id, name):
            raise NotFound(f"There is no {name} under this statement.")
        now = cap.clock()
        keeping_lists.note_change(session, kept.statement_uri, "organisation-removed", name, now)

    await cap.database.write(write)


async def list_organisations(cap: Capabilities, url: str) -> tuple[Organisation, ...]:
    """Return the organisations under a statement of ours. Raises: NotFound."""

    def read(session: Session) -> tuple[Organisation, ...]:
        kept, object_id = _require_own(session, cap.urls, url)
        return supporters.list_organisations(session, object_id, kept.text_digest)

    return await cap.database.read(read)


def _require_plain(new: NewSupport) -> None:
    for words in (new.name, new.place or "?"):
        try:
            lettering.require_plain(words, lettering.MAX_SIGNER_CHARS)
        except Malformed as error:
            raise UsageError(f'"{words}" cannot stand in a signed list: {error}.') from error
    if not new.name:
        raise UsageError("An organisation needs a name.")
    if new.country is not None and not _COUNTRY.fullmatch(new.country):
        raise UsageError("A country is written as two letters, as DE or PT.")


def _require_own(session: Session, urls: Urls, url: str) -> tuple[KeptRow, int]:
    subject = finding.require_object(session, urls, url)
    found = bundling.find_list(session, subject.uri)
    if found is None or not found.kept.is_own:
        raise NotFound("Only a public statement that is open to co-signing names organisations.")
    return found.kept, subject.id


# -- the count


def renew_due(session: Session, now: datetime, *, hurry: timedelta) -> tuple[tuple[str, datetime], ...]:
    """Make the tallies that changed, before the checkpoints that tell of them are made.

    Returns the statements whose tally has to wait for its pause, and until when.
    """
    waiting = []
    for kept in kept_statements.list_due(session, now + hurry, 100):
        if kept.is_own and kept.checkpoint_due_at is not None:
            later = _renew(session, kept, now, PAUSE - hurry if hurry < PAUSE else timedelta(0))
            if later is not None:
                waiting.append((kept.statement_uri, later))
    return tuple(waiting)


def put_off(session: Session, waiting: tuple[tuple[str, datetime], ...]) -> None:
    """Count again when the pause of a tally is over."""
    # Of count and names the one that is due first decides.
    for statement_uri, later in sorted(waiting, key=lambda each: each[1], reverse=True):
        kept_statements.change(session, statement_uri, checkpoint_due_at=later)


def _renew(session: Session, kept: KeptRow, now: datetime, pause: timedelta) -> datetime | None:
    subject = federated_objects.find_by_uri(session, kept.statement_uri)
    found = bundling.find_list(session, kept.statement_uri)
    if subject is None or found is None:
        return None
    count = _count(session, subject.id, kept.text_digest)
    last = jsonld.load(kept.tally_body) if kept.tally_body else None
    published = now.replace(microsecond=0)
    if last is None and not count.persons and not count.organisations:
        return None
    if last is not None:
        if _says(last, count):
            return None
        at = times.parse_timestamp(last["published"])
        if published < at + pause:
            return at + pause
        published = max(published, at + timedelta(seconds=1))
    uri = f"{kept.statement_uri}/tally"
    document = records.render_tally(uri, found.statement, count, published)
    key = load_signing_key(session, kept.author_uri, "proof")
    body = jsonld.dump(proofs.sign_document(document, key.key, key.key_id, published))
    kept_statements.change(session, kept.statement_uri, tally_body=body)
    keeping_lists.touch(session, kept.statement_uri, now)
    return None


def _count(session: Session, object_id: int, text_digest: str) -> Count:
    persons: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    for each in supporters.count_persons(session, object_id, text_digest):
        persons[_PERSONS[each.method]] += each.count
        if each.country is not None:
            countries[each.country] += each.count
    form = sign_forms.find(session, object_id)
    smallest = SMALLEST_GROUP if form is None else form.smallest_group
    return Count(
        persons=dict(sorted(persons.items())),
        countries={name: count for name, count in sorted(countries.items()) if count >= smallest},
        organisations=[
            _as_document(each) for each in supporters.list_organisations(session, object_id, text_digest)
        ],
    )


def _as_document(organisation: Organisation) -> Mapping[str, Any]:
    members = {
        "name": organisation.name,
        "place": organisation.place,
        "country": organisation.country,
        "method": organisation.method,
        "confirmed": f"{organisation.confirmed_at:%Y-%m-%d}",
    }
    return {name: value for name, value in members.items() if value is not None}


def _says(tally: Document, count: Count) -> bool:
    members = (tally["persons"], tally["countries"], tally["organisations"])
    return members == (
        dict(count.persons),
        dict(count.countries),
        [dict(each) for each in count.organisations],
    )


# -- at keepers


def take(session: Session, kept: KeptRow, document: object, now: datetime) -> bool:
    """Keep the author's newer count of a list that we keep; False if it is none."""
    try:
        tally = record_checks.parse_tally(document if isinstance(document, dict) else {})
        keyring = sightings.keyring_of(session, kept.author_uri)
        evidence.require_signed(tally, kept.author_uri, keyring)
    except FederationError:
        return False
    if (tally["statement"], tally["textDigest"]) != (kept.statement_uri, kept.text_digest):
        return False
    if kept.tally_body and tally["published"] <= jsonld.load(kept.tally_body)["published"]:
        return False
    kept_statements.change(session, kept.statement_uri, tally_body=jsonld.dump(tally))
    keeping_lists.touch(session, kept.statement_uri, now)
    return True
