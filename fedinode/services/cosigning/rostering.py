"""A list of co-signatures as pages show it: who stands under a text, in which state, and who did.

The counts here are of what is shown: an entry that a block hides on this node, and one whose key contradicts
what this node saw, are said apart. The records themselves are the same everywhere (`bundling`).
Spec: docs/cosigning.md, R5, R19, K3, V4.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from federation import jsonld, times
from federation.actors import CO_SIGNING
from federation.cosigning import record_checks
from federation.errors import FederationError
from federation.jsonld import Document
from fedinode.cache import SIGNERS_KEY, post_key
from fedinode.services.cosigning import bundling
from fedinode.services.cosigning.bundling import KeptList
from fedinode.storage import collectives, federated_objects, levels, posts, signer_facts
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.levels import Subject
from fedinode.storage.signer_facts import SignerFacts
from fedinode.text import outline
from fedinode.urls import Urls

#: A server that failed for shorter than this is not called silent.
SILENT_AFTER: Final = timedelta(days=1)
MAX_MIRRORS: Final = 10
#: So many co-signers stand on a statement's own page, and on each page of the whole list.
MAX_ON_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """A cell under a statement. A name is free; the host and the actor's address say who it is."""

    name: str
    actor_uri: str
    #: The server, in ASCII, with the port where there is one.
    host: str
    #: "verified", "conflict", "withdrawn", "removed", "void" or "superseded".
    state: str
    languages: tuple[str, ...]
    #: When it was signed, or ended.
    since: datetime | None
    record_uri: str
    #: When it was last looked for and its server did not answer; empty if it does.
    unseen_at: datetime | None = None
    #: When the consent was last seen at its own address.
    seen_at: datetime | None = None
    #: The server that it moved to, where that was verified.
    moved_to: str | None = None
    #: Servers of other cells with a name that looks the same.
    namesakes: tuple[str, ...] = ()
    #: Two letters, where the cell's own document says so.
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A body without a node, as the author counted it. Nobody but the author can check it."""

    name: str
    place: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """People and bodies without a node, as the author counted them."""

    persons: int
    #: Country code and number, the largest first.
    countries: tuple[tuple[str, int], ...]
    organisations: tuple[Organisation, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """How many co-signers a country has, and those that a page shows."""

    code: str
    count: int
    shown: tuple[Signatory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody under a statement: who issues it with the author first, then who co-signs, then who did."""

    issuers: tuple[Signatory, ...]
    cosigners: tuple[Signatory, ...]
    ended: tuple[Signatory, ...]
    #: Listed by the author, but with another key than their own server showed: not counted here.
    conflicts: tuple[Signatory, ...] = ()
    #: How many are listed and not shown, because this node blocks them.
    hidden: int = 0
    tally: Tally | None = None
    as_of: datetime | None
    #: "complete" or "incomplete" by the author's count, "counting" where it makes a new one, else "unknown".
    completeness: str
    text_digest: str
    statement_uri: str
    bundle_url: str
    all_url: str
    badge_url: str
    embed_url: str
    #: Addresses of further copies of the list.
    mirrors: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = field(default=(), repr=False)

    @property
    def total(self) -> int:
        """How many are listed and shown; the author is not counted."""
        return len(self.issuers) + len(self.cosigners)

    @property
    def by_country(self) -> tuple["Country", ...]:
        """The first co-signers by country, the most first; those whose documents name none at the end."""
        codes = Counter(each.country for each in self.cosigners)
        first = self.cosigners[:MAX_ON_PAGE]
        shown = {code: tuple(each for each in first if each.country == code) for code in codes}
        order = sorted(codes, key=lambda code: (not code, -codes[code], code))
        return tuple(Country(code=code, count=codes[code], shown=shown[code]) for code in order)

    @property
    def is_shortened(self) -> bool:
        """Whether a statement's own page names some co-signers only; `all_url` has all, page by page."""
        return len(self.cosigners) > MAX_ON_PAGE

    @property
    def listed(self) -> int:
        """How many are listed."""
        return self.total + self.hidden


def find_roster(session: Session, urls: Urls, statement_uri: str) -> Roster | None:
    """Return the public list of a statement of ours; None where it has none."""
    found = bundling.find_list(session, statement_uri)
    return roster_of(session, urls, found) if found is not None and found.kept.is_own else None


def roster_of(session: Session, urls: Urls, found: KeptList) -> Roster:
    """Return a list that this node keeps, as its own pages show it."""
    known = _look_up(session, urls, found)
    shown = [row for row in found.listed if row.signer_uri not in known.hidden]
    doubted = {row.id for row in shown if known.contradicts(row)}
    sound = [row for row in shown if row.id not in doubted]
    stem = _stem(urls, found)
    return Roster(
        issuers=tuple(known.signatory(row, "verified") for row in sound if row.role == "issuer"),
        cosigners=tuple(known.signatory(row, "verified") for row in sound if row.role != "issuer"),
        ended=tuple(
            known.signatory(row, row.author_state or "withdrawn")
            for row in found.ended
            if row.signer_uri not in known.hidden
        ),
        conflicts=tuple(known.signatory(row, "conflict") for row in shown if row.id in doubted),
        hidden=len(found.listed) - len(shown),
        tally=_tally(found.kept.tally_body),
        as_of=_published(found.kept.checkpoint_body),
        completeness=_completeness(found),
        text_digest=found.kept.text_digest,
        statement_uri=found.kept.statement_uri,
        bundle_url=f"{stem}/bundle.json",
        all_url=f"{stem}/cosigners",
        badge_url=f"{stem}/badge.svg",
        embed_url=f"{stem}/embed",
        mirrors=_mirrors(urls, found.kept.text_digest, sound),
        depends_on=(post_key(found.kept.text_digest), SIGNERS_KEY, *_own_post(session, found)),
    )


def _stem(urls: Urls, found: KeptList) -> str:
    kept = found.kept
    return kept.statement_uri if kept.is_own else urls.mirror(kept.text_digest)


def _own_post(session: Session, found: KeptList) -> tuple[str, ...]:
    """Return the key of the post that a statement of ours belongs to."""
    subject = federated_objects.find_by_uri(session, found.kept.statement_uri) if found.kept.is_own else None
    return (post_key(posts.get(session, subject.post_id).uid),) if subject else ()


def host_of(uri: str) -> str:
    """Return the server of an actor, with the port where there is one."""
    return urlsplit(uri).netloc


# -- what is known of the signers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What this node knows of the cells under a list."""

    facts: Mapping[str, SignerFacts]
    keys: Mapping[tuple[str, str], str]
    hidden: frozenset[str]
    #: The countries of our own collectives, by id.
    own_countries: Mapping[str, str | None]
    #: From the outline of a name to the servers of the cells that are called so.
    called: Mapping[str, frozenset[str]]

    def contradicts(self, row: CoSignatureRow) -> bool:
        """Tell whether the author's stamp names another key than the signer's own server showed."""
        stamp: Document = jsonld.load(row.stamp_body) if row.stamp_body else {}
        witnessed = stamp.get("witnessedKey")
        if not isinstance(witnessed, dict):
            return False
        first = self.keys.get((row.signer_uri, str(witnessed.get("id"))))
        return first is not None and witnessed.get("publicKeyMultibase") != first

    def signatory(self, row: CoSignatureRow, state: str) -> Signatory:
        """Return a consent as it is shown."""
        document: Document = jsonld.load(row.body)
        facts = self.facts.get(row.signer_uri)
        host = host_of(row.signer_uri)
        return Signatory(
            name=row.name,
            actor_uri=row.signer_uri,
            host=host,
            state=state,
            languages=tuple(document["signedLanguages"]),
            since=row.ended_at or times.parse_timestamp(document["published"]),
            record_uri=row.uri,
            unseen_at=_last_miss(row, facts),
            seen_at=row.checked_live_at,
            moved_to=host_of(facts.moved_to) if facts and facts.moved_to and facts.moved_at else None,
            namesakes=tuple(sorted(self.called.get(outline(row.name), frozenset()) - {host})),
            country=(facts.country if facts else self.own_countries.get(row.signer_uri)) or "",
        )


def _look_up(session: Session, urls: Urls, found: KeptList) -> _Known:
    rows = (*found.listed, *found.ended)
    uris = {row.signer_uri for row in rows}
    return _Known(
        facts=signer_facts.of_actors(session, uris),
        keys=signer_facts.first_keys_of(session, uris),
        hidden=blocked_of(session, uris),
        own_countries={row.uri: row.country for row in collectives.list_all(session)},
        called=_called(session, urls, rows),
    )


def blocked_of(session: Session, uris: Collection[str]) -> frozenset[str]:
    """Return those of some actors that are suspended here, themselves or with their server."""
    subjects = {Subject(host=host_of(uri), uri=uri) for uri in uris}
    found = levels.ranks(session, subjects).items()
    return frozenset(subject.uri for subject, rank in found if rank.is_suspended and subject.uri)


def _last_miss(row: CoSignatureRow, facts: SignerFacts | None) -> datetime | None:
    """Return when a signer was last looked for without an answer; None if it answers as far as we know."""
    if row.unseen_at is not None or facts is None:
        return row.unseen_at
    if facts.gone_at is not None:
        return facts.failed_at or facts.gone_at
    if facts.failing_since is None or facts.failed_at is None:
        return None
    return facts.failed_at if facts.failed_at - facts.failing_since >= SILENT_AFTER else None


def _called(session: Session, urls: Urls, rows: Sequence[CoSignatureRow]) -> dict[str, frozenset[str]]:
    own = [
        (row.uri, name)
        for row in collectives.list_all(session)
        for name in collectives.display_names(session, row.id).values()
    ]
    named = [
        *own,
        *signer_facts.names_of_cells(session, CO_SIGNING),
        *((row.signer_uri, row.name) for row in rows),
    ]
    called: dict[str, frozenset[str]] = {}
    for uri, name in named:
        if form := outline(name):
            called[form] = called.get(form, frozenset()) | {host_of(uri)}
    return called


# -- the author's counts


def _published(body: bytes | None) -> datetime | None:
    return times.parse_timestamp(jsonld.load(body)["published"]) if body else None


def _completeness(found: KeptList) -> str:
    if found.kept.checkpoint_body is None:
        return "unknown"
    if found.kept.is_own and found.kept.checkpoint_due_at is not None:
        return "counting"
    counted = record_checks.parse_checkpoint(jsonld.load(found.kept.checkpoint_body))
    stamped = record_checks.set_digest({row.digest for row in (*found.listed, *found.ended)})
    is_whole = stamped == counted.set_digest and len(found.listed) <= counted.total
    return "complete" if is_whole else "incomplete"


def _tally(body: bytes | None) -> Tally | None:
    if body is None:
        return None
    try:
        document = record_checks.parse_tally(jsonld.load(body))
    except FederationError:
        return None
    countries = [(str(code), count) for code, count in document["countries"].items() if count]
    return Tally(
        persons=sum(document["persons"].values()),
        countries=tuple(sorted(countries, key=lambda each: (-each[1], each[0]))),
        organisations=tuple(map(_organisation, document["organisations"])),
        as_of=times.parse_timestamp(document["published"]),
    )


def _organisation(stated: Document) -> Organisation:
    place, country = stated.get("place"), stated.get("country")
    return Organisation(
        name=stated["name"],
        place=place if isinstance(place, str) else "",
        country=country if isinstance(country, str) else "",
    )


def _mirrors(urls: Urls, text_digest: str, rows: Sequence[CoSignatureRow]) -> tuple[str, ...]:
    """Return where further copies are: at every cell that is listed."""
    origins = dict.fromkeys("/".join(row.signer_uri.split("/")[:3]) for row in rows)
    others = [f"{origin}/mirror/{text_digest}" for origin in origins if origin != urls.origin]
    return tuple(others[:MAX_MIRRORS])
