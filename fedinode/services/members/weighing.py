"""What the members of a collective are asked, as each of them sees it at the desk: open, agreed to, ended.

Who agreed is for members alone; no public page and no activity says it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from federation import jsonld
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError, NotFound
from fedinode.services import finding, publishing
from fedinode.services.members import consulting, deciding, gating, stopping
from fedinode.services.members.deciding import Standing
from fedinode.services.members.signing_in import Member
from fedinode.storage import accounts, collectives, cosignatures, decisions, statement_versions
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow, Thresholds
from fedinode.urls import Urls

#: What ended is shown for so long.
SHOWN_AFTER: Final = timedelta(days=30)
MOST: Final = 200
#: About a post of ours, or a statement: they have a title and can be read.
OF_POSTS: Final = frozenset({"publish", "publish-joint", "edit", "edit-joint", "delete"})
OF_STATEMENTS: Final = frozenset({"cosign", "keep-copy", "drop-copy"})
OF_SIGNATURES: Final = frozenset({"withdraw", "remove"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as one member sees it."""

    id: str
    collective: str
    action: str
    #: What it is about: a title, or an address where there is none.
    title: str
    #: Where that is read; empty where it is not public.
    address: str
    #: More about it, by a word that the page knows.
    facts: Mapping[str, str] = field(default_factory=dict)
    #: The saved state of a working copy that was asked about.
    copy_uid: str = ""
    number: int = 0
    state: str
    needed: int
    yes: tuple[str, ...]
    no: tuple[str, ...]
    missing: tuple[str, ...]
    lapsed: tuple[str, ...]
    opened_at: datetime
    not_before: datetime | None
    expires_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None
    reason: str
    stopped_by: str
    #: What the member said, if anything, and what they can do.
    said: str
    may_vote: bool
    may_stop: bool
    can_be_read: bool

    @property
    def is_waiting(self) -> bool:
        """Enough agreed; it is done later unless somebody stops it."""
        return self.state == "open" and self.done_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All questions of a member's collectives."""

    waiting: tuple[Question, ...]
    open: tuple[Question, ...]
    ended: tuple[Question, ...]


async def board(cap: Capabilities, member: Member) -> Board:
    """Return what is asked, what waits to be done, and what ended in the last 30 days; the newest first."""
    now = cap.clock()

    def read(session: Session) -> Board:
        found: list[Question] = []
        for row in _own(session, member):
            rows = decisions.list_newest(session, states=("open",), collective_id=row.id, limit=MOST)
            rows += decisions.list_ended(session, row.id, now - SHOWN_AFTER, MOST)
            found += [_question(session, cap.urls, member, row, each, now) for each in rows]
        newest = sorted(found, key=lambda each: each.ended_at or each.opened_at, reverse=True)
        return Board(
            waiting=tuple(each for each in newest if each.is_waiting),
            open=tuple(each for each in newest if each.state == "open" and not each.is_waiting),
            ended=tuple(each for each in newest if each.state != "open"),
        )

    return await cap.database.read(read)


async def find(cap: Capabilities, member: Member, uid: str) -> Question:
    """Return one question of a collective of the member. Raises: NotFound."""

    def read(session: Session) -> Question:
        row, collective = require(session, member, uid)
        return _question(session, cap.urls, member, collective, row, cap.clock())

    return await cap.database.read(read)


def require(session: Session, member: Member, uid: str) -> tuple[DecisionRow, CollectiveRow]:
    """Return a decision of a collective in which the member has any role. Raises: NotFound."""
    row = decisions.find(session, uid)
    own = {each.id: each for each in _own(session, member)}
    if row is None or row.collective_id not in own:
        raise NotFound("There is no such question in your collectives.")
    return row, own[row.collective_id]


def _own(session: Session, member: Member) -> tuple[CollectiveRow, ...]:
    names = member.where("enter")
    return tuple(row for row in collectives.list_all(session) if row.name in names)


def _question(
    session: Session, urls: Urls, member: Member, collective: CollectiveRow, row: DecisionRow, now: datetime
) -> Question:
    standing = deciding.standing_of(session, row, now)
    about = _about(session, urls, row)
    parameters = _parameters(row)
    is_open = row.state == "open"
    return Question(
        id=row.uid,
        collective=collective.name,
        action=row.action,
        title=about.title or row.subject_uri,
        address=about.address,
        facts=about.facts,
        copy_uid=str(parameters.get("copy", "")),
        number=int(parameters.get("number", 0)),
        state=row.state,
        needed=standing.decision.needed,
        yes=standing.yes,
        no=standing.no,
        missing=standing.missing if is_open else (),
        lapsed=standing.lapsed,
        opened_at=row.opened_at,
        not_before=row.not_before,
        expires_at=row.expires_at,
        done_at=row.ripe_at,
        ended_at=row.ended_at,
        reason=row.reason or "",
        stopped_by=accounts.names(session).get(row.stopped_by, "") if row.stopped_by else "",
        said=_said(session, member, row),
        may_vote=is_open and _may_vote(session, member, standing, now),
        may_stop=is_open and row.agreed_at is not None and stopping.may_stop(session, row, member.account_id),
        can_be_read=about.can_be_read,
    )


def _said(session: Session, member: Member, row: DecisionRow) -> str:
    votes = decisions.votes_of(session, row.id)
    return next((vote.choice for vote in votes if vote.account_id == member.account_id), "")


def _may_vote(session: Session, member: Member, standing: Standing, now: datetime) -> bool:
    row = standing.decision
    voters = gating.members(session, row.collective_id, row.action, now)
    return any(each.account_id == member.account_id and not each.has_lapsed for each in voters)


# -- what it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    title: str = ""
    address: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    can_be_read: bool = False


def _about(session: Session, urls: Urls, row: DecisionRow) -> _About:
    if row.action in OF_POSTS:
        return _about_post(session, urls, row)
    if row.action in OF_STATEMENTS:
        digest = str(_parameters(row).get("textDigest", ""))
        return _about_statement(session, row.subject_uri, {"digest": digest})
    if row.action in OF_SIGNATURES:
        found = cosignatures.find(session, row.subject_uri)
        if found is None:
            return _About()
        return _about_statement(session, found.statement_uri, {"signer": found.name})
    if row.action == "member":
        return _about_member(session, row)
    if row.action == "threshold":
        return _about_numbers(session, row)
    if row.action == "block":
        rows = _parameters(row).get("rows", [])
        facts = {"domains": str(len(rows)), "level": rows[0]["level"] if rows else "suspend"}
        return _About(title=", ".join(each["subject"] for each in rows[:5]), facts=facts)
    return _About()


def _about_post(session: Session, urls: Urls, row: DecisionRow) -> _About:
    try:
        post = finding.require_post(session, urls, row.subject_uri)
    except NodeError:
        return _About()
    collective = collectives.get(session, post.collective_id)
    described = publishing.describe(session, urls, collective, post)
    return _About(
        title=publishing.title_of(session, post),
        address=described.url if post.state == "public" else "",
        facts={"kind": str(post.kind)},
        can_be_read=post.state != "withdrawn",
    )


def _about_statement(session: Session, uri: str, facts: Mapping[str, str]) -> _About:
    versions = statement_versions.list_of(session, uri)
    if not versions:
        return _About(title=uri)
    newest = jsonld.load(versions[-1].body)
    return _About(
        title=str(newest.get("name") or uri),
        address=versions[-1].page_url or "",
        facts={**facts, "author": versions[-1].author_uri},
        can_be_read=True,
    )


def _about_numbers(session: Session, row: DecisionRow) -> _About:
    """Return which numbers change, and from what to what while that is open."""
    held = consulting.listed(decisions.thresholds(session, row.collective_id))
    wanted = consulting.listed(Thresholds(**_parameters(row)))
    changes = {name: f"{held[name]} → {wanted[name]}" for name in wanted if wanted[name] != held[name]}
    shown = changes if row.state == "open" else {name: str(number) for name, number in wanted.items()}
    return _About(title=collectives.get(session, row.collective_id).name, facts=shown)


def _about_member(session: Session, row: DecisionRow) -> _About:
    wanted = _parameters(row)
    found = accounts.find_by_uid(session, str(wanted.get("account", "")))
    facts = {"deed": str(wanted.get("deed", "")), "role": str(wanted.get("role", ""))}
    return _About(title=found.name if found else "-", facts=facts)


def _parameters(row: DecisionRow) -> dict[str, Any]:
    found = json.loads(row.parameters)
    return found if isinstance(found, dict) else {}
