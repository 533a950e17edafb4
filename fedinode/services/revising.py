"""A post that changes: another draft, an Update of what is public, or the plain sentence why not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.i18n import N_
from fedinode.manuscripts import Facts, Kind, Manuscript, facts_json, parse_facts
from fedinode.services import (
    announcing,
    composing,
    drafting,
    finding,
    indexing,
    preparing,
    publishing,
    releasing,
)
from fedinode.services.members import binding, deciding, gating, halting
from fedinode.services.members.deciding import Question, Stale, Standing
from fedinode.services.members.gating import GATES, Action
from fedinode.services.preparing import Prepared
from fedinode.services.publishing import Published
from fedinode.services.releasing import Press
from fedinode.services.supporting import opening
from fedinode.storage import (
    accounts,
    collectives,
    desk_texts,
    federated_objects,
    invalidations,
    media_files,
    posts,
    texts,
)
from fedinode.storage.accounts import Named
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.federated_objects import ObjectRow
from fedinode.storage.media_files import MediaRow, NewMedia
from fedinode.storage.posts import PostRow
from fedinode.storage.texts import TextRevisionRow

_OTHER_KIND: Final = N_("This post is a {kind} and stays one; publish the {other} as a new post.")
_OTHER_LANGUAGE: Final = N_(
    "The first language of this post is {language} and stays so; put {other} under [translations.{other}]."
)
_OTHER_SHOW: Final = N_('show = "{show}" was fixed when this post was first published.')
_SAME_FILE: Final = N_("Nobody keeps this change at the desk: whoever agrees brings the same file.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difference:
    """What would change in a public post: `previous` are its texts if they change too."""

    prepared: Prepared
    previous: Mapping[str, TextRevisionRow] | None
    is_any: bool


async def edit(cap: Capabilities, url: str, manuscript: Manuscript, *, account: Named = None) -> Published:
    """Give a post a new text, or ask the members to; what is public sends an Update.

    Whoever agrees brings the same file: what waits for votes is kept nowhere. Raises NotFound, Conflict,
    NotAllowed.
    """
    standing, row = await cap.database.read(
        lambda session: publishing.post_and_collective(session, cap.urls, url)
    )
    require_same_work(standing, manuscript.kind, manuscript.language, manuscript.facts)
    prepared = await preparing.prepare(cap, manuscript)
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> Published:
        collectives.lock(session, row.id)
        locked = posts.lock(session, standing.id)
        if locked.state == "withdrawn":
            raise Conflict("This post was withdrawn; publish the text as a new one.")
        if locked.state == "draft":
            if not says_the_same(session, locked, prepared):
                drafting.replace_draft(session, row, locked, prepared, cap.urls, press.now)
            return publishing.describe(session, cap.urls, row, posts.get(session, locked.id))
        return edit_public(session, press, locked, prepared, account)

    published = await publishing.commit(cap, write)
    return replace(published, warnings=manuscript.warnings)


def require_same_work(standing: PostRow, kind: Kind, language: str, facts: Facts) -> None:
    """Raise Conflict for what a post cannot become."""
    if kind != standing.kind:
        raise Conflict(_OTHER_KIND, kind=standing.kind, other=kind)
    if language != standing.primary_language:
        raise Conflict(_OTHER_LANGUAGE, language=standing.primary_language, other=language)
    if standing.state == "public" and facts.show != standing.show:
        raise Conflict(_OTHER_SHOW, show=standing.show)


def edit_public(
    session: Session,
    press: Press,
    post: PostRow,
    prepared: Prepared,
    account: Named,
    *,
    parameters: bytes = b"{}",
) -> Published:
    """Give a public post, which is locked, other words, or ask the members to.

    Raises: Conflict, NotAllowed.
    """
    difference = _differ(session, post, prepared)
    if not difference.is_any:
        return publishing.describe(session, press.urls, press.collective, post, already=True)
    press, asked = _pass_gate(session, press, post, difference.prepared, account, parameters)
    if asked is not None and not asked.is_approved:
        unchanged = publishing.describe(session, press.urls, press.collective, post)
        return replace(unchanged, standing=asked)
    changed, queued = _change_public(session, press, post, difference)
    described = publishing.describe(session, press.urls, press.collective, changed, deliveries=queued)
    return replace(described, standing=asked)


def execute(session: Session, press: Press, decision: DecisionRow) -> str:
    """Change what the members decided to change, as `press.change` says it; return its id.

    Raises: Conflict where nobody keeps the new words, NotAllowed, Stale.
    """
    if press.change is None:
        raise Conflict(_SAME_FILE)
    public = posts.lock(session, finding.require_post(session, press.urls, decision.subject_uri).id)
    if public.state != "public":
        raise Stale(f"This post is {public.state}, not public.")
    difference = _differ(session, public, press.change)
    digest = binding.edit_digest(session, public, difference.prepared)
    mandate = deciding.require_decision(session, decision.uid, digest, press.now)
    _change_public(session, replace(press, mandate=mandate), public, difference)
    named = json.loads(decision.parameters)
    desk_texts.close_if_newest(session, named["copy"], named["number"], press.now)
    return decision.subject_uri


def _differ(session: Session, post: PostRow, prepared: Prepared) -> _Difference:
    """Compare a public post with what would take its place. Raises Conflict where it may not."""
    standing = federated_objects.list_of_post(session, post.id)
    public = parse_facts(federated_objects.newest_revision(session, standing[0].id).facts)
    prepared = announcing.carry_over(prepared, public)
    previous = drafting.texts_of_objects(session, standing)
    text_changed = _text_changed(session, standing, previous, prepared)
    if text_changed:
        _require_signed_texts_stay(session, standing, previous, prepared)
    beside_changed = _beside_changed(session, post, prepared) or _credits_changed(previous, prepared)
    return _Difference(
        prepared=prepared,
        previous=previous if text_changed else None,
        is_any=text_changed or beside_changed,
    )


def says_the_same(session: Session, draft: PostRow, prepared: Prepared) -> bool:
    """Tell whether a draft says to the word what would take its place: who signed it then signed the same."""
    standing = federated_objects.list_of_post(session, draft.id)
    previous = drafting.texts_of_objects(session, standing)
    return not (
        _text_changed(session, standing, previous, prepared)
        or _credits_changed(previous, prepared)
        or drafting.is_moved(session, draft, prepared)
        or draft.published_at != prepared.published
        or any(_facts_differ(session, each, prepared) for each in standing)
    )


def _facts_differ(session: Session, subject: ObjectRow, prepared: Prepared) -> bool:
    """Compare all that stands beside the words of a draft, tags too: it is in no other table yet."""
    after = drafting.facts_of_object(prepared.facts, subject.language)
    before = federated_objects.newest_revision(session, subject.id).facts
    return parse_facts(before) != parse_facts(facts_json(after))


def _pass_gate(
    session: Session, press: Press, public: PostRow, prepared: Prepared, account: Named, parameters: bytes
) -> tuple[Press, Standing | None]:
    """Ask the members about a change where they decide about it; the press that returns has their mandate."""
    is_joint = binding.is_joint(session, public) or composing.can_be_co_signed(prepared.facts)
    action: Action = "edit-joint" if is_joint else "edit"
    is_at_once = gating.is_immediate(session, press.collective.id, action)
    if is_at_once and account is None and not GATES[action].uses_cosign_key:
        return press, None
    question = Question(
        collective_id=press.collective.id,
        action=action,
        subject_uri=publishing.describe(session, press.urls, press.collective, public).uri,
        digest=binding.edit_digest(session, public, prepared),
        parameters=parameters,
    )
    account_id = accounts.id_of(session, account)
    asked = deciding.ask(session, question, account_id=account_id, now=press.now)
    if not asked.is_approved:
        return press, asked
    mandate = deciding.require_decision(session, asked.decision.uid, question.digest, press.now)
    return replace(press, mandate=mandate), None if is_at_once else asked


def _change_public(
    session: Session,
    press: Press,
    post: PostRow,
    difference: _Difference,
) -> tuple[PostRow, int]:
    """Change a public post. Return it, and what was queued."""
    halting.require_running(session)
    prepared, previous = difference.prepared, difference.previous
    posts.update_facts(session, post.id, prepared.as_post(post.collective_id))
    posts.set_tags(session, post.id, prepared.tags())
    for each in federated_objects.list_of_post(session, post.id):
        opening.open_form(session, each.id, drafting.facts_of_object(prepared.facts, each.language))
    changed = posts.get(session, post.id)
    if previous is not None:
        queued = _revise(session, press, changed, prepared, previous)
    else:
        drafting.credit_texts(session, changed, prepared)
        drafting.give_slugs(session, press.collective, changed, prepared)
        queued = sum(
            releasing.release_changed_surroundings(session, press, changed, each)
            for each in federated_objects.list_of_post(session, post.id)
        )
    indexing.index_post(session, post.id)
    invalidations.record(session, releasing.changed_keys(press.collective, post), press.now)
    return changed, queued


def _revise(
    session: Session,
    press: Press,
    post: PostRow,
    prepared: Prepared,
    previous: Mapping[str, TextRevisionRow],
) -> int:
    """Make the next revision of each object, an object of each new language, a tombstone of a dropped one."""
    kept = drafting.keep_texts(session, press.collective, post, prepared, previous, press.now)
    standing = {each.language: each for each in federated_objects.list_of_post(session, post.id)}
    wanted = _wanted_objects(session, standing, tuple(kept))
    queued = 0
    for language in wanted:
        known = standing.get(language)
        if known is not None and not _object_changed(session, known, prepared, previous):
            continue
        object_id = (
            known.id
            if known is not None
            else drafting.add_object(session, press.urls, post, prepared, language, press.now)
        )
        drafting.add_revision(session, object_id, prepared, kept, language, press.now)
        subject = federated_objects.get(session, object_id)
        queued += releasing.release_object(session, press, post, subject, deliver=True)
    for language, dropped in standing.items():
        if language not in wanted:
            queued += releasing.withdraw_object(session, press, post, dropped)
            federated_objects.forget_revisions(session, dropped.id)
            # The language may come back one day, as an object of its own.
            federated_objects.supersede(session, dropped.id, press.now)
    if None not in standing and set(wanted) != set(standing) and post.primary_language in standing:
        # The original names its translations.
        original = federated_objects.get(session, standing[post.primary_language].id)
        queued += releasing.release_changed_surroundings(session, press, post, original)
    return queued


def _wanted_objects(
    session: Session, standing: Mapping[str | None, ObjectRow], languages: tuple[str, ...]
) -> tuple[str | None, ...]:
    """Return the language of each object that a post is to have; None stands for all of them in one.

    A text that others sign never changes, so a translation that comes later is an object of its own.
    """
    if None not in standing:
        return languages
    signed = _signed_languages(session, standing[None])
    return (None, *(each for each in languages if each not in signed)) if signed else (None,)


def _signed_languages(session: Session, subject: ObjectRow) -> frozenset[str]:
    """Return the languages of a text that is or was open to co-signing; nothing of any other."""
    revision = federated_objects.newest_revision(session, subject.id)
    if not composing.can_be_co_signed(parse_facts(revision.facts)):
        return frozenset()
    rows = texts.get_revisions(session, federated_objects.texts_of(session, revision.id))
    return frozenset(row.language for row in rows.values())


# -- what changed


def _text_changed(
    session: Session,
    standing: tuple[ObjectRow, ...],
    previous: Mapping[str, TextRevisionRow],
    prepared: Prepared,
) -> bool:
    if set(previous) != {each.language for each in prepared.texts}:
        return True
    return any(_object_changed(session, each, prepared, previous) for each in standing)


def _object_changed(
    session: Session, subject: ObjectRow, prepared: Prepared, previous: Mapping[str, TextRevisionRow]
) -> bool:
    """Tell whether the words, pictures or facts of one object differ from its present revision."""
    revision = federated_objects.newest_revision(session, subject.id)
    languages = _languages_of(session, subject, prepared)
    carried = [each for each in prepared.texts if each.language in languages]
    if len(carried) != len(languages) or any(
        each.language not in previous or not drafting.is_same_text(previous[each.language], each)
        for each in carried
    ):
        return True
    shown = [_as_shown(each) for each in media_files.list_of_revision(session, revision.id)]
    if shown != [_as_shown(each) for each in prepared.media]:
        return True
    after = drafting.facts_of_object(prepared.facts, subject.language)
    return _text_facts(parse_facts(revision.facts), languages) != _text_facts(after, languages)


def _as_shown(file: MediaRow | NewMedia) -> tuple[object, ...]:
    """Return a picture with what is said of it; a caption stands in the languages that describe it alone."""
    captions = {language: words for language, words in file.captions.items() if language in file.alts}
    return file.digest, dict(file.alts), captions, file.licence


def _languages_of(session: Session, subject: ObjectRow, prepared: Prepared) -> tuple[str, ...]:
    """Return the languages that an object carries, the first one first."""
    if subject.language is not None:
        return (subject.language,)
    every = tuple(each.language for each in prepared.texts)
    signed = _signed_languages(session, subject)
    return (*(each for each in every if each in signed), *sorted(signed - set(every))) if signed else every


def _text_facts(facts: Facts, languages: tuple[str, ...]) -> Facts:
    """Return the facts that are part of the text in these languages, without what merely stands beside it."""
    wordings = tuple(facts.wording(each) for each in languages)
    statement = opening.without_form(facts.statement)
    return replace(
        facts,
        wordings=wordings,
        statement=statement,
        tags=(),
        comments="",
        category=None,
        in_reply_to=None,
    )


def _beside_changed(session: Session, post: PostRow, prepared: Prepared) -> bool:
    said = (posts.list_tags(session, post.id), post.comments, post.category)
    tags = tuple(dict(prepared.tags()).values())
    says = (tags, prepared.facts.comments, prepared.facts.category)
    return (
        said != says or drafting.is_moved(session, post, prepared) or _form_changed(session, post, prepared)
    )


def _form_changed(session: Session, post: PostRow, prepared: Prepared) -> bool:
    standing = federated_objects.list_of_post(session, post.id)
    return any(
        opening.is_changed(session, each.id, drafting.facts_of_object(prepared.facts, each.language))
        for each in standing
    )


def _credits_changed(previous: Mapping[str, TextRevisionRow], prepared: Prepared) -> bool:
    said = {language: (row.translator, row.status) for language, row in previous.items()}
    return said != {each.language: (each.translator, each.status) for each in prepared.texts}


def _require_signed_texts_stay(
    session: Session,
    standing: tuple[ObjectRow, ...],
    previous: Mapping[str, TextRevisionRow],
    prepared: Prepared,
) -> None:
    for each in standing:
        if _signed_languages(session, each) and _object_changed(session, each, prepared, previous):
            raise Conflict(
                "This statement was open to co-signing, so its text never changes; "
                "`fedinode amend URL FILE.md` keeps the amended text as a new draft, which all sign anew. "
                "A further language can be added: the others have to stay as they are, letter by letter."
            )
