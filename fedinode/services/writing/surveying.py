"""What releasing a text does, before anybody presses: who is sent it, who must agree, what holds it back."""

from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, ManuscriptError, NodeError
from fedinode.i18n import N_
from fedinode.manuscripts import Facts, Kind, Manuscript, parse_facts
from fedinode.services import composing, publishing
from fedinode.services.members import binding, deciding, gating, ordering
from fedinode.services.members.deciding import Standing
from fedinode.services.members.gating import Action
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, furnishing, issuing, previewing, translating
from fedinode.services.writing.authoring import Working
from fedinode.services.writing.furnishing import Sheet
from fedinode.services.writing.translating import LanguageLine
from fedinode.storage import collectives, desk_files, federated_objects, follows, inboxes, posts
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An open question about a text: which version it is about, and when it is done."""

    uid: str
    action: str
    number: int | None
    at: datetime | None
    #: Enough agreed, and it waits for its moment.
    is_agreed: bool
    done_at: datetime | None
    yes: tuple[str, ...]
    missing: tuple[str, ...]
    still_needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who decides about a release."""

    needed: int
    members: tuple[str, ...]
    asleep: tuple[str, ...]
    cooling_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that a member should know before a text is released."""

    working: Working
    #: "new" text, "draft", or "change" of what is public.
    deed: str
    gate: Gate
    followers: int
    servers: int
    languages: tuple[LanguageLine, ...]
    asked: tuple[Asked, ...]
    #: Why it is not released as it is.
    holds: tuple[NodeError, ...]
    #: What should be looked at again; marked words.
    hints: tuple[str, ...]
    warnings: tuple[str, ...]
    #: None where the text cannot be read.
    is_teaser: bool | None
    is_sent: bool
    pictures: int
    invited: tuple[str, ...] = ()
    #: Others can be asked to sign it before it is public.
    can_be_signed: bool = False
    page_url: str | None = None
    #: Others signed the public text: another one of it is a new draft.
    must_amend: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was read of a text in one go."""

    working: Working
    sheet: Sheet
    originals: dict[str, dict[str, object]]
    asked: tuple[Asked, ...]
    followers: int
    servers: int
    page_url: str | None
    public_facts: Facts | None


async def survey(cap: Capabilities, member: Member, uid: str) -> Survey:
    """Return what releasing the newest version of a text does. Raises: NotFound."""
    found = await cap.database.read(lambda session: _find(session, cap, member, uid))
    holds: list[NodeError] = []
    manuscript: Manuscript | None = None
    is_teaser: bool | None = None
    try:
        manuscript = await furnishing.understand(cap, found.sheet)
        issuing.require_described(found.sheet)
        shown = (await previewing.preview(cap, member, uid, found.working.number)).on_mastodon
        is_teaser = shown[0].is_teaser
    except (ManuscriptError, Conflict) as error:
        holds.append(error)
    gate = await cap.database.read(
        lambda session: _gate(session, cap, found, manuscript.facts if manuscript else None)
    )
    facts = manuscript.facts if manuscript else None
    languages = _languages(found)
    return Survey(
        working=found.working,
        deed=_deed(found.working),
        gate=gate,
        followers=found.followers,
        servers=found.servers,
        languages=languages,
        asked=found.asked,
        holds=tuple(holds),
        hints=_hints(manuscript, languages),
        warnings=manuscript.warnings if manuscript else (),
        is_teaser=is_teaser,
        is_sent=manuscript is None or manuscript.is_delivered(cap.clock()),
        pictures=len(found.sheet.files),
        invited=facts.statement.invite if facts and facts.statement else (),
        can_be_signed=bool(facts and facts.statement and facts.statement.cosign != "closed"),
        page_url=found.page_url,
        must_amend=found.public_facts is not None and composing.can_be_co_signed(found.public_facts),
    )


def _deed(working: Working) -> str:
    return "change" if working.post_state == "public" else "draft" if working.post_id else "new"


def _find(session: Session, cap: Capabilities, member: Member, uid: str) -> _Found:
    working = authoring.working_in(session, member, uid, "release")
    copy, _ = authoring.require_copy(session, member, uid, "release")
    open_ones = issuing.list_open(session, copy)
    standings = [deciding.standing_of(session, each, cap.clock()) for each in open_ones]
    told = set(inboxes.of_followers(session, copy.collective_id))
    page_url, public_facts = None, None
    if working.post_state == "public" and copy.post_id is not None:
        post = posts.get(session, copy.post_id)
        objects = federated_objects.list_of_post(session, post.id)
        told = {inbox for each in objects for inbox in inboxes.that_got(session, each.uri)}
        row = collectives.get(session, post.collective_id)
        page_url = publishing.describe(session, cap.urls, row, post).url
        public_facts = parse_facts(federated_objects.newest_revision(session, objects[0].id).facts)
    return _Found(
        working=working,
        sheet=furnishing.load(session, uid, working.number),
        originals=desk_files.originals(session, copy),
        asked=tuple(_asked(each) for each in standings),
        followers=follows.count(session, "in", copy.collective_id),
        servers=len(told),
        page_url=page_url,
        public_facts=public_facts,
    )


def _asked(standing: Standing) -> Asked:
    decision = standing.decision
    is_release = decision.action in ("publish", "publish-joint")
    order = ordering.order_of(decision.parameters) if is_release else None
    return Asked(
        uid=decision.uid,
        action=decision.action,
        number=order.number if order else issuing.number_of(decision.parameters),
        at=order.at if order else None,
        is_agreed=standing.is_waiting,
        done_at=decision.ripe_at,
        yes=standing.yes,
        missing=standing.missing,
        still_needed=standing.still_needed,
    )


def _gate(session: Session, cap: Capabilities, found: _Found, facts: Facts | None) -> Gate:
    collective_id = found.sheet.copy.collective_id
    action = _action(session, found, facts)
    members = gating.members(session, collective_id, action, cap.clock())
    return Gate(
        needed=gating.needed(session, collective_id, action),
        members=tuple(each.name for each in members if not each.has_lapsed),
        asleep=tuple(each.name for each in members if each.has_lapsed),
        cooling_minutes=gating.cooling(session, collective_id, action),
    )


def _action(session: Session, found: _Found, facts: Facts | None) -> Action:
    is_joint = facts is not None and composing.can_be_co_signed(facts)
    if found.working.post_state == "public" and found.sheet.copy.post_id is not None:
        is_joint = is_joint or binding.is_joint(session, posts.get(session, found.sheet.copy.post_id))
        return "edit-joint" if is_joint else "edit"
    return "publish-joint" if is_joint else "publish"


def _languages(found: _Found) -> tuple[LanguageLine, ...]:
    try:
        return translating.lines_of(found.working.source, found.working.language, found.originals)
    except Conflict:
        return ()


def _hints(manuscript: Manuscript | None, languages: tuple[LanguageLine, ...]) -> tuple[str, ...]:
    hints = []
    if manuscript is not None and manuscript.kind is not Kind.PAGE:
        is_full = manuscript.kind is Kind.NEWS and manuscript.facts.show == "full"
        if not is_full and any(each.summary is None for each in manuscript.texts):
            hints.append(N_("A summary is missing: Mastodon shows the first words of the text in its place."))
    if any(each.is_outdated for each in languages):
        hints.append(
            N_("The original was changed after a translation was made. Look at the languages first.")
        )
    if not all(each.is_complete for each in languages):
        hints.append(N_("A translation is not finished."))
    return tuple(hints)


async def effect_of_deletion(
    cap: Capabilities, member: Member, uid: str
) -> tuple[Working, publishing.Deletion]:
    """Return what deleting the post of a text does. Raises: NotFound, Conflict where nothing is public."""
    working = await authoring.open_text(cap, member, uid, right="release")
    if working.post_uri is None or working.post_state != "public":
        raise Conflict(N_("This text is not public, so there is nothing to delete: throw it away instead."))
    return working, await publishing.preview_deletion(cap, working.post_uri)
