"""What members decide about passing on: the rules of `ruling`, and the posts that rules propose."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from federation import webfinger
from federation.errors import Malformed
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services import following, registering, resolving
from fedinode.services.answering import Answered
from fedinode.services.composing import Mention
from fedinode.services.members import gating, halting
from fedinode.services.network import sharing
from fedinode.services.network.ruling import KINDS, MODES
from fedinode.storage import (
    accounts,
    audit_log,
    collectives,
    followed_posts,
    follows,
    inboxes,
    remote_actors,
    sharing_rules,
)
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.follow_lists import ListedFollow
from fedinode.storage.followed_posts import FollowedPost
from fedinode.storage.sharing_rules import MatchRow, NewRule, RuleRow
from fedinode.text import display_handle, display_host

#: Takes a rule away.
NONE: Final = "none"
_SEVERAL: Final = N_(
    "In this collective several members decide what is published, or it waits for a while first, so no rule "
    "shares by itself. A rule can propose."
)
_NEVER: Final = N_("A rule says that posts of this sender are never reshared. Change the rule first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as members see it. `about` is a handle with its whole domain, or a host."""

    collective: str
    subject: str
    about: str
    name: str
    mode: str
    kinds: tuple[str, ...]
    set_at: datetime
    #: Who set it; empty for the machine.
    set_by: str
    #: The number of the account that it is about, for links; None for a host.
    actor_id: int | None
    #: It says to share, but several members decide by now: it proposes.
    only_proposes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A post that a rule proposes. `reason` is why it was not shared by itself, if the rule says so."""

    id: int
    collective: str
    object_id: int
    reason: str | None
    made_at: datetime


async def list_rules(cap: Capabilities, names: Collection[str] | None = None) -> tuple[Rule, ...]:
    """Return the rules of some collectives, or of all."""

    def read(session: Session) -> tuple[Rule, ...]:
        rows = {row.id: row for row in collectives.list_all(session) if names is None or row.name in names}
        who = accounts.names(session)
        return tuple(_rule(session, each, rows, who) for each in sharing_rules.list_of(session, rows))

    return await cap.database.read(read)


async def set_rule(
    cap: Capabilities,
    subject: str,
    mode: str,
    *,
    collective: str | None = None,
    kinds: Sequence[str] = KINDS,
    account: Named = None,
) -> str:
    """Set or take away the rule about somebody whom a collective follows, or about a server.

    Returns the id or host that it is about. Raises: UsageError, NotFound; NotAllowed for a rule that would
    share by itself where several members decide what is published.
    """
    if mode not in (*MODES, NONE):
        raise UsageError(f"A rule is one of {', '.join((*MODES, NONE))}.")
    chosen = tuple(each for each in KINDS if each in kinds)
    if len(chosen) != len(set(kinds)) or not chosen:
        raise UsageError(f"Kinds of posts are {', '.join(KINDS)}.")

    def write(session: Session) -> str:
        row = registering.require_collective(session, collective)
        about = _subject(session, cap, row, subject)
        if mode == "auto" and not gating.is_immediate(session, row.id, "publish"):
            raise NotAllowed(_SEVERAL)
        account_id = accounts.id_of(session, account)
        if mode == NONE:
            if not sharing_rules.remove(session, row.id, about, cap.clock()):
                raise NotFound(f"{row.name} has no rule about {subject}.")
        else:
            new = NewRule(
                collective_id=row.id,
                subject=about,
                mode=mode,
                kinds=" ".join(chosen),
                account_id=account_id,
            )
            _put(session, new, cap.clock())
        details = {"collective": row.name, "mode": mode, "kinds": " ".join(chosen)}
        audit_log.add(session, "share.rule", about, now=cap.clock(), account_id=account_id, details=details)
        return about

    return await cap.database.write(write)


def _put(session: Session, new: NewRule, now: datetime) -> None:
    known = sharing_rules.find(session, new.collective_id, new.subject)
    if known is not None and new.mode == "never":
        sharing_rules.end_proposed(session, known.id, now)
    sharing_rules.put(session, new, now)


def require_allowed(session: Session, collective_id: int, actor_uri: str, host: str) -> None:
    """Raise Conflict where a rule of the collective says that nothing of somebody is passed on."""
    own = sharing_rules.find(session, collective_id, actor_uri)
    rule = own or sharing_rules.find(session, collective_id, host)
    if rule is not None and rule.mode == "never":
        raise Conflict(_NEVER)


def modes_about(session: Session, rows: Sequence[ListedFollow]) -> dict[int, str]:
    """Return what the rules of their collectives say of some follows, by the number of each."""
    subjects = {subject for row in rows for subject in (row.actor_uri, row.host)}
    modes = {
        (rule.collective_id, rule.subject): rule.mode for rule in sharing_rules.list_about(session, subjects)
    }
    return {
        row.id: modes.get((row.collective_id, row.actor_uri), modes.get((row.collective_id, row.host), ""))
        for row in rows
    }


def _subject(session: Session, cap: Capabilities, row: CollectiveRow, written: str) -> str:
    text = written.strip()
    if "://" not in text and "@" not in text:
        return _host(cap, text)
    for each in follows.list_of(session, "out", ("pending", "accepted"), collective_id=row.id):
        handle = following.handle_of(each).removeprefix("@").lower()
        if text == each.actor_uri or text.removeprefix("@").lower() == handle:
            return each.actor_uri
    raise NotFound(f"{row.name} does not follow {written}; a rule is about whom it follows, or a server.")


def _host(cap: Capabilities, text: str) -> str:
    try:
        host = webfinger.parse_handle(f"x@{text.rstrip('.').lower()}").host
    except Malformed:
        host = ""
    if "." not in host or host == resolving.host_of(cap.urls.origin):
        raise UsageError(f"{text} is no server whose posts could be passed on.")
    return host


def _rule(session: Session, each: RuleRow, rows: dict[int, CollectiveRow], who: dict[int, str]) -> Rule:
    actor = remote_actors.find(session, each.subject) if "://" in each.subject else None
    about = display_host(each.subject) if "://" not in each.subject else each.subject
    if actor is not None:
        about = display_handle(
            f"@{actor.handle}" if actor.handle else f"@{actor.preferred_username or ''}@{actor.host}"
        )
    return Rule(
        collective=rows[each.collective_id].name,
        subject=each.subject,
        about=about,
        name=(actor.name or "") if actor is not None else "",
        mode=each.mode,
        kinds=tuple(each.kinds.split()),
        set_at=each.set_at,
        set_by="" if each.account_id is None else who.get(each.account_id, ""),
        actor_id=None if actor is None else actor.id,
        only_proposes=each.mode == "auto" and not gating.is_immediate(session, each.collective_id, "publish"),
    )


# -- what rules propose


async def list_proposed(cap: Capabilities, names: Collection[str]) -> tuple[Proposed, ...]:
    """Return what waits for an editor of some collectives, the oldest first."""

    def read(session: Session) -> tuple[Proposed, ...]:
        rows = {row.id: row.name for row in collectives.list_all(session) if row.name in names}
        found = sharing_rules.list_proposed(session, rows)
        there = {post.id for post in followed_posts.find_many(session, [each.object_id for each in found])}
        return tuple(
            Proposed(
                id=each.id,
                collective=rows[each.collective_id],
                object_id=each.object_id,
                reason=each.reason,
                made_at=each.made_at,
            )
            for each in found
            if each.object_id in there
        )

    return await cap.database.read(read)


async def settle(
    cap: Capabilities,
    numbers: Sequence[int],
    *,
    is_shared: bool,
    names: Collection[str],
    account: Named = None,
) -> int:
    """Reshare what rules propose, or leave it, all or none; return how many were still open.

    Raises: NotFound, Halted.
    """

    def write(session: Session) -> int:
        halting.require_running(session)
        rows = {row.id: row for row in collectives.list_all(session) if row.name in names}
        known = {each.id: each for each in sharing_rules.list_known(session, rows, numbers)}
        posts = {
            post.id: post
            for post in followed_posts.find_many(session, [each.object_id for each in known.values()])
        }
        if any(number not in known or known[number].object_id not in posts for number in numbers):
            raise NotFound("One of these posts is not proposed to you.")
        still_open = [each for each in known.values() if each.state == "proposed"]
        account_id = accounts.id_of(session, account)
        for each in still_open:
            post = posts[each.object_id]
            _settle_one(session, cap, rows[each.collective_id], each, post if is_shared else None)
            deed = "reshare.made" if is_shared else "reshare.declined"
            details = {"collective": rows[each.collective_id].name}
            audit_log.add(session, deed, post.uri, now=cap.clock(), account_id=account_id, details=details)
        return len(still_open)

    settled = await cap.database.write(write)
    cap.bells.deliver.set()
    return settled


def _settle_one(
    session: Session, cap: Capabilities, row: CollectiveRow, proposed: MatchRow, post: FollowedPost | None
) -> None:
    """Reshare a post that was proposed, or leave it where None is given."""
    sharing_rules.decide(session, proposed.id, "dismissed" if post is None else "shared", cap.clock())
    if post is not None:
        sharing.share(session, cap.urls, row, _answered(session, post), cap.clock())


def _answered(session: Session, post: FollowedPost) -> Answered:
    handle = f"@{post.handle}" if post.handle else f"@{post.username or ''}@{urlsplit(post.actor_uri).netloc}"
    return Answered(
        uri=post.uri,
        mentions=(Mention(actor_uri=post.actor_uri, handle=handle),),
        inbox_ids=inboxes.of_actors(session, [post.actor_id]),
    )
