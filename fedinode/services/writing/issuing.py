"""From a working copy to what is public: released now or at a moment, or asked of the members.

One transaction makes the draft of exactly the version that was on the screen, and puts the question about it.
The version is named in the decision, so that voters read it and whoever acts later takes no other.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.i18n import N_
from fedinode.services import amending, answering, drafting, publishing, releasing, revising
from fedinode.services.members import deciding
from fedinode.services.members.ordering import Order
from fedinode.services.members.signing_in import Member
from fedinode.services.preparing import Prepared
from fedinode.services.publishing import Deletion, Published
from fedinode.services.releasing import Press
from fedinode.services.writing import authoring, depicting, furnishing
from fedinode.services.writing.furnishing import Sheet
from fedinode.storage import audit_log, collectives, decisions, desk_texts, federated_objects, posts
from fedinode.storage.database import Session
from fedinode.storage.desk_texts import CopyRow
from fedinode.storage.posts import PostRow

#: What members can be asked about the post of a working copy.
ACTIONS: Final = ("publish", "publish-joint", "edit", "edit-joint")
_OTHER_POST: Final = N_('The key "{key}" in the head of this text belongs to another post; take it out.')
_PUBLIC_ALREADY: Final = N_("This text is public already.")
_NO_MOMENT: Final = N_("A change of what is public cannot be set for later; release it when it is time.")


class Outdated(Conflict):
    """Somebody saved another version since the page was shown."""

    def __init__(self, newest: int) -> None:
        super().__init__(N_("Somebody changed this text meanwhile. Look at the newest version first."))
        self.newest = newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a member wants: which version of which text is made public, and when; without a moment, now."""

    uid: str
    number: int
    at: datetime | None = None

    def as_parameters(self) -> bytes:
        """Return what a decision about a change keeps: which words will stand there."""
        return json.dumps({"copy": self.uid, "number": self.number}).encode()


async def release(cap: Capabilities, member: Member, wanted: Release) -> Published:
    """Make a version public, or ask the members to; the member who wants it says yes.

    Raises: NotFound, Outdated, Conflict, NotAllowed, ManuscriptError, PictureRefused.
    """
    sheet = await cap.database.read(lambda session: _require_sheet(session, member, wanted))
    manuscript, prepared = await furnishing.prepare(cap, sheet)
    press, prepared = await _open_press(cap, sheet, prepared)

    def write(session: Session) -> Published:
        collectives.lock(session, press.collective.id)
        copy = _require_sheet(session, member, wanted).copy
        # What members are asked about is kept, however many versions come after it.
        desk_texts.set_by_hand(session, copy, wanted.number)
        post = None if copy.post_id is None else posts.lock(session, copy.post_id)
        if post is not None and post.state == "public":
            return _change(session, press, post, prepared, wanted, member)
        draft = _put_draft(session, press, copy, post, prepared)
        order = Order(
            deliver=manuscript.is_delivered(press.now), at=wanted.at, copy_uid=copy.uid, number=wanted.number
        )
        published = publishing.pass_gate(session, press, draft, order, member.account_id)
        _note(session, press, copy, member, wanted)
        return published

    return replace(await publishing.commit(cap, write), warnings=manuscript.warnings)


async def keep_draft(cap: Capabilities, member: Member, wanted: Release) -> str:
    """Let the draft of a text say what a version says, so that others can be asked to sign it.

    Returns the uid of the draft.

    Raises: NotFound, Outdated, Conflict, ManuscriptError, PictureRefused.
    """
    sheet = await cap.database.read(lambda session: _require_sheet(session, member, wanted))
    _, prepared = await furnishing.prepare(cap, sheet)
    press, prepared = await _open_press(cap, sheet, prepared)

    def write(session: Session) -> str:
        collectives.lock(session, press.collective.id)
        copy = _require_sheet(session, member, wanted).copy
        post = None if copy.post_id is None else posts.lock(session, copy.post_id)
        if post is not None and post.state == "public":
            raise Conflict(_PUBLIC_ALREADY)
        desk_texts.set_by_hand(session, copy, wanted.number)
        draft = _put_draft(session, press, copy, post, prepared)
        _note(session, press, copy, member, wanted, "text.kept-as-draft")
        return draft.uid

    return await cap.database.write(write)


def _require_sheet(session: Session, member: Member, wanted: Release) -> Sheet:
    """Return the version that is to be released, if it is the newest and nothing holds it back."""
    copy, _ = authoring.require_copy(session, member, wanted.uid, "release")
    authoring.require_open(copy)
    newest = desk_texts.newest(session, copy).number
    if newest != wanted.number:
        raise Outdated(newest)
    sheet = furnishing.load(session, wanted.uid, wanted.number)
    require_described(sheet)
    return sheet


def require_described(sheet: Sheet) -> None:
    """Raise Conflict for pictures that may not go out as they are."""
    found = depicting.attached(tuple(sheet.files.values()), sheet.source)
    if any(not each.is_described for each in found):
        raise Conflict(
            N_("A picture has no description yet: say what it shows, or take it out. Then release the text.")
        )
    if any(each.shows_faces for each in found):
        raise Conflict(
            N_("A picture shows faces of people who did not agree: take it out, or ask them. Then release.")
        )


async def _open_press(cap: Capabilities, sheet: Sheet, prepared: Prepared) -> tuple[Press, Prepared]:
    row = await cap.database.read(lambda session: collectives.get(session, sheet.copy.collective_id))
    press = await releasing.open_press(cap, row)
    if prepared.facts.in_reply_to is None:
        return press, prepared
    answered = await answering.find_answered(cap, prepared.facts.in_reply_to)
    facts = replace(prepared.facts, in_reply_to=answered.uri)
    press = replace(press, mentions=answered.mentions, inbox_ids=answered.inbox_ids)
    return press, replace(prepared, facts=facts)


def _put_draft(
    session: Session, press: Press, copy: CopyRow, post: PostRow | None, prepared: Prepared
) -> PostRow:
    """Let the draft of a working copy say what the version says; make it if there is none."""
    if post is None:
        if posts.find_by_key(session, copy.collective_id, prepared.key) is not None:
            raise Conflict(_OTHER_POST, key=prepared.key)
        draft = drafting.save(session, press.urls, press.collective, prepared, press.now)
        desk_texts.set_post(session, copy.id, draft.id)
        return draft
    if post.state == "withdrawn":
        raise Conflict(N_("This post was withdrawn; begin a new text with these words."))
    revising.require_same_work(post, prepared.kind, prepared.texts[0].language, prepared.facts)
    if not revising.says_the_same(session, post, prepared):
        drafting.replace_draft(session, press.collective, post, prepared, press.urls, press.now)
    return posts.get(session, post.id)


def _change(
    session: Session, press: Press, post: PostRow, prepared: Prepared, wanted: Release, member: Member
) -> Published:
    """Put a version in the place of what is public, or ask the members to."""
    if wanted.at is not None:
        raise Conflict(_NO_MOMENT)
    revising.require_same_work(post, prepared.kind, prepared.texts[0].language, prepared.facts)
    changed = revising.edit_public(
        session, press, post, prepared, member.account_id, parameters=wanted.as_parameters()
    )
    copy, _ = authoring.require_copy(session, member, wanted.uid, "release")
    is_done = changed.standing is None or changed.standing.is_approved
    if is_done and not changed.already:
        desk_texts.close_if_newest(session, wanted.uid, wanted.number, press.now)
    _note(session, press, copy, member, wanted)
    return changed


def _note(
    session: Session,
    press: Press,
    copy: CopyRow,
    member: Member,
    wanted: Release,
    deed: str = "text.released",
) -> None:
    details = {"version": str(wanted.number)} | ({"at": wanted.at.isoformat()} if wanted.at else {})
    audit_log.add(
        session,
        deed,
        copy.uid,
        now=press.now,
        account_id=member.account_id,
        details=details,
    )


# -- what was asked


async def call_off(cap: Capabilities, member: Member, uid: str) -> int:
    """Close what the members are asked about a text, also what they agreed to for later. Raises NotFound."""

    def write(session: Session) -> int:
        copy, _ = authoring.require_copy(session, member, uid, "release")
        open_ones = list_open(session, copy)
        for each in open_ones:
            deciding.close_stale(session, each.uid, cap.clock(), reason=f"Called off by {member.name}.")
            audit_log.add(
                session,
                "text.called-off",
                copy.uid,
                now=cap.clock(),
                account_id=member.account_id,
                details={"decision": each.uid},
            )
        return len(open_ones)

    return await cap.database.write(write)


def list_open(session: Session, copy: CopyRow) -> tuple[decisions.DecisionRow, ...]:
    """Return the open questions about the post of a working copy."""
    if copy.post_id is None:
        return ()
    uri = federated_objects.list_of_post(session, copy.post_id)[0].uri
    found = (decisions.find_open(session, copy.collective_id, action, uri) for action in ACTIONS)
    return tuple(each for each in found if each is not None)


# -- another text of a statement that was signed


async def amend(cap: Capabilities, member: Member, wanted: Release) -> Published:
    """Keep a version as a draft that amends the public statement, and go on writing that one.

    Raises: NotFound, Outdated, Conflict, UsageError, ManuscriptError, PictureRefused.
    """
    sheet = await cap.database.read(lambda session: _require_sheet(session, member, wanted))
    manuscript, prepared = await furnishing.prepare(cap, sheet)
    if sheet.copy.post_id is None:
        raise Conflict(N_("This text is not public yet."))
    uri = await cap.database.read(lambda session: _uri_of(session, sheet.copy))
    amended = await amending.amend_prepared(cap, uri, prepared)

    def write(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, wanted.uid, "release")
        draft = posts.find_by_object_uri(session, amended.uri)
        assert draft is not None, amended.uri
        desk_texts.set_post(session, copy.id, draft.id)
        audit_log.add(session, "text.amended", copy.uid, now=cap.clock(), account_id=member.account_id)

    await cap.database.write(write)
    return replace(amended, warnings=manuscript.warnings)


def _uri_of(session: Session, copy: CopyRow) -> str:
    assert copy.post_id is not None
    return federated_objects.list_of_post(session, copy.post_id)[0].uri


def number_of(parameters: bytes) -> int | None:
    """Return which version a decision about a change names, if any."""
    found = json.loads(parameters).get("number")
    return found if isinstance(found, int) else None


# -- taking back


async def delete(cap: Capabilities, member: Member, uid: str) -> Deletion:
    """Take the post of a text back, or ask the members to. Raises: NotFound, Conflict, NotAllowed."""
    working = await authoring.open_text(cap, member, uid, right="release")
    if working.post_uri is None or working.post_state != "public":
        raise Conflict(N_("This text is not public, so there is nothing to delete: throw it away instead."))
    done = await publishing.delete(cap, working.post_uri, account=member.account_id)

    def write(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, uid, "release")
        now = cap.clock()
        audit_log.add(session, "text.delete-wanted", copy.uid, now=now, account_id=member.account_id)
        if copy.state == "open" and (done.standing is None or done.standing.is_approved):
            desk_texts.set_state(session, copy.id, "dropped", now)

    await cap.database.write(write)
    return done
