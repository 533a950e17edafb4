"""A prepared manuscript as rows: post, texts, objects and their draft revisions. Nothing is public yet.

Whatever says something is kept sealed. Tags and category stand among the facts until the post is public.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from fedinode.errors import Conflict
from fedinode.manuscripts import Facts, Kind, facts_json
from fedinode.services import composing
from fedinode.services.preparing import RENDERER, Prepared, PreparedText
from fedinode.storage import federated_objects, media_files, posts, takeovers, texts
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import NewObject, ObjectRow
from fedinode.storage.models import new_uid
from fedinode.storage.posts import PostRow
from fedinode.storage.texts import NewTextRevision, TextRevisionRow
from fedinode.urls import Urls


def save(
    session: Session,
    urls: Urls,
    collective: CollectiveRow,
    prepared: Prepared,
    now: datetime,
    *,
    amends: ObjectRow | None = None,
) -> PostRow:
    """Keep a manuscript as a new draft, perhaps of a text that amends a public one."""
    post = posts.add(session, replace(prepared.as_post(collective.id), category=None), now)
    kept = keep_texts(session, collective, post, prepared, {}, now)
    for language in object_languages(collective, prepared):
        object_id = add_object(session, urls, post, prepared, language, now)
        if amends is not None:
            federated_objects.set_amended(session, object_id, amends.id)
        add_revision(session, object_id, prepared, kept, language, now)
    return post


def object_languages(collective: CollectiveRow, prepared: Prepared) -> tuple[str | None, ...]:
    """Return the language of each object that a post becomes; None stands for all of them in one."""
    if collective.federate == "each" and prepared.kind is not Kind.STATEMENT:
        return tuple(each.language for each in prepared.texts)
    return (None,)


def add_object(
    session: Session, urls: Urls, post: PostRow, prepared: Prepared, language: str | None, now: datetime
) -> int:
    """Add an object with an address of its own, that has no revision yet."""
    uid = new_uid()
    uri = urls.statement(uid) if prepared.kind is Kind.STATEMENT else urls.post(uid)
    as_type = composing.as_type_of(prepared.kind, prepared.facts.show)
    new = NewObject(
        uid=uid,
        uri=uri,
        post_id=post.id,
        as_type=as_type,
        language=language,
        translation_of_id=_original_id(session, post, language),
    )
    return federated_objects.add(session, new, now)


def _original_id(session: Session, post: PostRow, language: str | None) -> int | None:
    """Return the object that one in this language translates; nothing if it is the original itself."""
    if language in (None, post.primary_language):
        return None
    standing = federated_objects.list_of_post(session, post.id)
    return next((each.id for each in standing if each.language in (None, post.primary_language)), None)


def facts_of_object(facts: Facts, language: str | None) -> Facts:
    """Return the facts of an object: a translation that federates by itself is not what others sign."""
    if language is None or facts.statement is None:
        return facts
    alone = replace(
        facts.statement, cosign="closed", invite=(), individuals=False, sign_until=None, publish_before=None
    )
    return replace(facts, statement=alone)


def add_revision(
    session: Session,
    object_id: int,
    prepared: Prepared,
    kept: Mapping[str, int],
    language: str | None,
    now: datetime,
) -> int:
    """Add a draft revision of an object, made of the texts that were kept."""
    facts = facts_of_object(prepared.facts, language)
    revision_id = federated_objects.add_revision(session, object_id, facts_json(facts), now)
    fill_revision(session, revision_id, prepared, kept, language, now)
    return revision_id


def fill_revision(
    session: Session,
    revision_id: int,
    prepared: Prepared,
    kept: Mapping[str, int],
    language: str | None,
    now: datetime,
) -> None:
    """Give a draft revision its texts and pictures."""
    carried = [(each, kept[each]) for each in kept if language in (None, each)]
    federated_objects.set_texts(session, revision_id, carried)
    media_files.set_of_revision(session, revision_id, prepared.media, now)


def replace_draft(
    session: Session, collective: CollectiveRow, post: PostRow, prepared: Prepared, urls: Urls, now: datetime
) -> None:
    """Put another manuscript in the place of a draft that nobody has seen."""
    posts.update_facts(session, post.id, replace(prepared.as_post(collective.id), category=None))
    standing = federated_objects.list_of_post(session, post.id)
    kept = keep_texts(session, collective, post, prepared, texts_of_objects(session, standing), now)
    by_language = {each.language: each for each in standing}
    for language in object_languages(collective, prepared):
        known = by_language.get(language)
        if known is None:
            object_id = add_object(session, urls, post, prepared, language, now)
            add_revision(session, object_id, prepared, kept, language, now)
        else:
            _replace_revision(session, known, prepared, kept, language, now)


def _replace_revision(
    session: Session,
    known: ObjectRow,
    prepared: Prepared,
    kept: Mapping[str, int],
    language: str | None,
    now: datetime,
) -> None:
    """Change a draft revision; where its text was shown to anybody already, begin the next one."""
    revision = federated_objects.newest_revision(session, known.id)
    if revision.state != "draft":
        federated_objects.drop(session, revision.id)
        add_revision(session, known.id, prepared, kept, language, now)
        return
    federated_objects.replace_facts(session, revision.id, facts_json(prepared.facts))
    fill_revision(session, revision.id, prepared, kept, language, now)


# -- texts


def texts_of_objects(session: Session, objects: tuple[ObjectRow, ...]) -> dict[str, TextRevisionRow]:
    """Return the newest text of a post in each language."""
    ids: list[int] = []
    for each in objects:
        revision = federated_objects.newest_revision(session, each.id)
        ids += federated_objects.texts_of(session, revision.id)
    return {row.language: row for row in texts.get_revisions(session, ids).values()}


def is_same_text(old: TextRevisionRow, new: PreparedText) -> bool:
    """Tell whether a text says what it said."""
    return (old.title, old.summary, old.markdown, old.html) == (
        new.title,
        new.summary,
        new.markdown,
        new.html,
    )


def keep_texts(
    session: Session,
    collective: CollectiveRow,
    post: PostRow,
    prepared: Prepared,
    previous: Mapping[str, TextRevisionRow],
    now: datetime,
) -> dict[str, int]:
    """Keep each text that says something new; return the text revision of each language, primary first."""
    kept: dict[str, int] = {}
    for each in prepared.texts:
        text_id = texts.put_text(
            session, post.id, each.language, translator=each.translator, status=each.status
        )
        old = previous.get(each.language)
        if old is not None and is_same_text(old, each):
            kept[each.language] = old.id
        else:
            source = next(iter(kept.values()), None)
            kept[each.language] = texts.add_revision(session, text_id, _as_revision(each, source), now)
    changed = {language for language, old in previous.items() if kept.get(language) != old.id}
    if changed:
        takeovers.set_changed(session, post.id, changed)
    give_slugs(session, collective, post, prepared)
    return kept


def give_slugs(session: Session, collective: CollectiveRow, post: PostRow, prepared: Prepared) -> None:
    """Give each text the address that its author chose; a new one without choice gets one from its title.

    Raises: Conflict where the chosen one leads elsewhere.
    """
    present = texts.current_slugs(session, post.id)
    text_ids = {row.language: row.id for row in texts.list_of_post(session, post.id)}
    for each in prepared.texts:
        wanted = _wanted_slug(each, present.get(each.language), post.uid)
        if wanted is not None:
            _require_free(session, collective, text_ids[each.language], each)
            give = texts.keep_slug if post.state == "draft" else texts.give_slug
            give(session, collective.id, each.language, text_ids[each.language], wanted)


def _require_free(session: Session, collective: CollectiveRow, text_id: int, new: PreparedText) -> None:
    # What we make of a title gets a number; what somebody chose is not bent behind their back.
    slug, language = new.slug, new.language
    if slug is not None and texts.is_taken(session, collective.id, language, text_id, slug):
        raise Conflict(
            f'The slug "{slug}" is taken: /@{collective.name}/{language}/{slug} leads to another post. '
            "Choose another one; nothing was changed."
        )


def credit_texts(session: Session, post: PostRow, prepared: Prepared) -> None:
    """Name the translators anew, and who stands behind each text."""
    for each in prepared.texts:
        texts.put_text(session, post.id, each.language, translator=each.translator, status=each.status)


def is_moved(session: Session, post: PostRow, prepared: Prepared) -> bool:
    """Tell whether the author chose another address for a page that there is."""
    present = texts.current_slugs(session, post.id)
    return any(each.slug not in (None, present.get(each.language)) for each in prepared.texts)


def _wanted_slug(new: PreparedText, present: str | None, uid: str) -> str | None:
    # A page keeps its address when the title is corrected; only the author's word changes it.
    if present is None:
        return new.slug or new.suggested_slug() or uid
    return new.slug if new.slug not in (None, present) else None


def _as_revision(new: PreparedText, translated_from_id: int | None) -> NewTextRevision:
    return NewTextRevision(
        title=new.title,
        summary=new.summary,
        markdown=new.markdown,
        html=new.html,
        renderer=RENDERER,
        translated_from_id=translated_from_id,
    )
