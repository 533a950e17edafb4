"""Rules by which a collective passes on what those whom it follows publish: by itself, on proposal, or never.

A rule meets each post once, when it arrives, in the same transaction: what was done is done once, whatever
arrives twice and whenever the process dies. It meets new public posts of the followed author alone: no
replies, no edits, nothing that somebody else passes on, nothing old, nothing of who is limited. A friend who
was taken over by somebody else cannot flood: after so many posts in a day the rest are proposals, and after
more of these they only stand in the list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from federation import jsonld
from fedinode.cache import collective_key
from fedinode.services.answering import Answered
from fedinode.services.composing import Mention
from fedinode.services.handling import NOTHING, Keys, World
from fedinode.services.keeping import Submission
from fedinode.services.members import gating, halting
from fedinode.services.network import sharing
from fedinode.storage import audit_log, collectives, follows, inboxes, sharing_rules
from fedinode.storage.database import Session
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.sharing_rules import NewMatch, RuleRow

Mode = Literal["auto", "propose", "never"]
Kind = Literal["note", "article", "event", "other"]

MODES: Final[tuple[Mode, ...]] = ("auto", "propose", "never")
KINDS: Final[tuple[Kind, ...]] = ("note", "article", "event", "other")
_KIND_OF: Final[dict[str, Kind]] = {"Note": "note", "Article": "article", "Page": "article", "Event": "event"}
#: What one rule shares by itself in a day.
AUTO_A_DAY: Final = 5
#: What one rule proposes in a day.
PROPOSED_A_DAY: Final = 50
#: What its author dates earlier is no news.
NEWS_FOR: Final = timedelta(days=3)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rule does with a post; `reason` is why it does not share by itself what it could."""

    is_automatic: bool
    reason: str | None = None


def kind_of(object_type: str) -> Kind:
    """Return what people call a type of object."""
    return _KIND_OF.get(object_type, "other")


def types_of(kind: str) -> tuple[str, ...]:
    """Return the types of objects of a kind; nothing for what is none of the others."""
    return tuple(name for name, known in _KIND_OF.items() if known == kind)


KNOWN_TYPES: Final = tuple(_KIND_OF)


# -- what arrives


def meet(
    session: Session, world: World, submission: Submission, author: RemoteActor, *, is_silenced: bool
) -> Keys:
    """Do with a new post of somebody whom we follow what our rules say."""
    if is_silenced or not _is_news(submission, world):
        return NOTHING
    rules = sharing_rules.list_about(session, (author.uri, author.host))
    if not rules:
        return NOTHING
    followers = {row.collective_id for row in follows.list_followed(session, author.id)}
    kind = kind_of(submission.subject.type)
    keys: Keys = NOTHING
    for rule in _strongest(rules, author.uri):
        if rule.collective_id in followers and rule.mode != "never" and kind in rule.kinds.split():
            keys |= _apply(session, world, rule, submission, author)
    return keys


def _is_news(submission: Submission, world: World) -> bool:
    subject = submission.subject
    published = subject.published or world.now
    is_public = jsonld.PUBLIC in subject.to and subject.in_reply_to is None
    return is_public and world.now - NEWS_FOR <= published <= world.now + _DAY


def _strongest(rules: Iterable[RuleRow], author_uri: str) -> tuple[RuleRow, ...]:
    """Return one rule for each collective: the one about the author, else the one about the host."""
    found: dict[int, RuleRow] = {}
    for rule in rules:
        if rule.collective_id not in found or rule.subject == author_uri:
            found[rule.collective_id] = rule
    return tuple(found.values())


def _apply(
    session: Session, world: World, rule: RuleRow, submission: Submission, author: RemoteActor
) -> Keys:
    collectives.lock(session, rule.collective_id)
    outcome = _outcome(session, world, rule)
    if outcome is None:
        return NOTHING
    new = NewMatch(
        collective_id=rule.collective_id,
        rule_id=rule.id,
        object_uri=submission.subject.uri,
        state="shared" if outcome.is_automatic else "proposed",
        is_automatic=outcome.is_automatic,
        reason=outcome.reason,
    )
    if not sharing_rules.add_match(session, new, world.now) or not outcome.is_automatic:
        return NOTHING
    row = collectives.get(session, rule.collective_id)
    sharing.share(session, world.urls, row, _subject(session, submission, author), world.now)
    _audit(session, "reshare.by-rule", submission.subject.uri, row.name, world)
    return frozenset({collective_key(row.name)})


def _outcome(session: Session, world: World, rule: RuleRow) -> Outcome | None:
    """Return what a rule does with one more post; None if it has done enough for a day."""
    reason = _why_not(session, world, rule) if rule.mode == "auto" else None
    if rule.mode == "auto" and reason is None:
        return Outcome(is_automatic=True)
    proposed = sharing_rules.count_since(session, rule.id, world.now - _DAY, is_automatic=False)
    return Outcome(is_automatic=False, reason=reason) if proposed < PROPOSED_A_DAY else None


def _why_not(session: Session, world: World, rule: RuleRow) -> str | None:
    if not gating.is_immediate(session, rule.collective_id, "publish"):
        return "several-decide"
    if not halting.is_running(session):
        return "stopped"
    shared = sharing_rules.count_since(session, rule.id, world.now - _DAY, is_automatic=True)
    return "many" if shared >= AUTO_A_DAY else None


def _subject(session: Session, submission: Submission, author: RemoteActor) -> Answered:
    handle = f"@{author.handle}" if author.handle else f"@{author.preferred_username or ''}@{author.host}"
    return Answered(
        uri=submission.subject.uri,
        mentions=(Mention(actor_uri=author.uri, handle=handle),),
        inbox_ids=inboxes.of_actors(session, [author.id]),
    )


def _audit(session: Session, deed: str, object_uri: str, collective: str, world: World) -> None:
    audit_log.add(session, deed, object_uri, now=world.now, details={"collective": collective})
