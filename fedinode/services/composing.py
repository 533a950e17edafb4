"""The document of a post: rows in, Activity Streams out. Pure.

Shapes are those that Mastodon and GoToSocial were seen to need: the primary language first and equal to
`content`, facts of an event in words, no name on a Note (snac2 takes that for a vote).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from federation import jsonld, objects
from federation.cosigning import documents
from federation.cosigning.documents import Edition, SignedFile
from federation.jsonld import Document
from federation.links import Attachment
from federation.objects import Approval, InteractionPolicy, ObjectFacts, Organiser, Place, Tag, Text
from fedinode import i18n, text
from fedinode.manuscripts import EventFacts, Facts, Kind, Person
from fedinode.services import phrasing
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.media_files import MediaRow
from fedinode.storage.posts import PostRow
from fedinode.storage.texts import TextRevisionRow
from fedinode.urls import Urls

_CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Somebody whom a post answers."""

    actor_uri: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything that goes into the document of one object."""

    collective: CollectiveRow
    post: PostRow
    uri: str
    as_type: str
    facts: Facts
    #: The primary language first.
    texts: tuple[TextRevisionRow, ...]
    #: Current slug by language, of all languages of the post.
    slugs: Mapping[str, str]
    tags: tuple[str, ...]
    media: tuple[MediaRow, ...]
    mentions: tuple[Mention, ...]
    published: datetime
    updated: datetime | None
    #: For statements that can be co-signed.
    revision: int
    salt: str | None
    #: The id of the first text, if this one amends an earlier one.
    first_uri: str | None = None
    #: The original that this object translates, and the digest of its text if others sign that.
    translation_of: str | None = None
    translates_digest: str | None = None
    #: Translations that federate by themselves.
    translations: tuple[str, ...] = ()


def as_type_of(kind: Kind, show: str) -> str:
    """Return the type that a post has on the wire, for ever."""
    if kind is Kind.EVENT:
        return "Event"
    return "Note" if kind is Kind.NEWS and show == "full" else "Article"


def can_be_co_signed(facts: Facts) -> bool:
    """Tell whether a statement is open to co-signing."""
    return facts.statement is not None and facts.statement.cosign != _CLOSED


def _asks_people(facts: Facts) -> bool:
    stated = facts.statement
    return stated is not None and stated.individuals and stated.signers != "hidden"


def compose(urls: Urls, work: Work) -> Document:
    """Return the document of an object, without a proof."""
    facts = _object_facts(urls, work)
    if not can_be_co_signed(work.facts) or work.salt is None:
        return objects.render_object(facts)
    edition = Edition(
        authoritative_language=work.texts[0].language,
        revision=work.revision,
        salt=work.salt,
        files=tuple(_signed_file(urls, file, work.texts[0].language) for file in work.media),
        can_co_sign=(jsonld.PUBLIC,),
        first_uri=work.first_uri,
        people_uri=urls.signers(work.uri) if _asks_people(work.facts) else None,
    )
    return documents.render_statement(facts, edition)


def page_url(urls: Urls, work: Work) -> str:
    """Return the page that a document names: that of its primary language."""
    language = work.texts[0].language
    return urls.post_page(work.collective.name, language, work.slugs[language])


def _object_facts(urls: Urls, work: Work) -> ObjectFacts:
    event = work.facts.event
    return ObjectFacts(
        uri=work.uri,
        type=work.as_type,
        attributed_to=work.collective.uri,
        texts=tuple(_text(urls, work, each) for each in _federated_texts(work)),
        published=work.published,
        updated=work.updated,
        url=page_url(urls, work),
        to=(jsonld.PUBLIC,),
        cc=(
            urls.collective_followers(work.collective.name),
            *(mention.actor_uri for mention in work.mentions),
        ),
        in_reply_to=work.post.in_reply_to_uri,
        tags=_tags(urls, work),
        attachments=tuple(_attachment(urls, file, work.texts[0].language) for file in _attached(work)),
        policy=_policy(work),
        replies=urls.object_replies(work.uri),
        likes=urls.object_likes(work.uri),
        shares=urls.object_shares(work.uri),
        event=None if event is None else _event(event, work),
        translation_of=work.translation_of,
        translates_digest=work.translates_digest,
        translations=work.translations,
        licence=_licence(work.facts),
    )


def _licence(facts: Facts) -> str | None:
    # Whoever passes on what we took over is bound by what its first publisher said.
    return facts.licence or next((each.licence for each in facts.sources if each.licence), None)


# -- words


def _federated_texts(work: Work) -> tuple[TextRevisionRow, ...]:
    return work.texts[:1] if _is_listed(work) else work.texts


def _is_listed(work: Work) -> bool:
    # Followers get one post that leads to the other languages; a statement is signed in all of them.
    return work.collective.federate == "list" and work.post.kind != Kind.STATEMENT


def _text(urls: Urls, work: Work, row: TextRevisionRow) -> Text:
    kind = Kind(work.post.kind)
    is_note = work.as_type == "Note"
    is_translation = row.language != work.post.primary_language
    content = phrasing.federated_html(kind, row.title, row.html, work.facts, row.language)
    parts = (content, _papers(urls, work, row.language), _other_languages(urls, work, row.language))
    content = "\n".join(part for part in parts if part)
    summary = phrasing.federated_summary(kind, row.summary, row.html, work.facts, row.language)
    return Text(
        language=row.language,
        content=content,
        name=None if is_note else row.title,
        summary=None if is_note else summary,
        translator=row.translator if is_translation else None,
        status=row.status if is_translation else None,
    )


def _other_languages(urls: Urls, work: Work, language: str) -> str:
    if not _is_listed(work):
        return ""
    links = [
        phrasing.link(urls.post_page(work.collective.name, other, slug), i18n.language_name(other))
        for other, slug in work.slugs.items()
        if other != language
    ]
    return f"<p>{' · '.join(links)}</p>" if links else ""


# -- what stands beside the words


def _tags(urls: Urls, work: Work) -> tuple[Tag, ...]:
    mentions = [Tag(type="Mention", name=mention.handle, href=mention.actor_uri) for mention in work.mentions]
    page = urls.profile(work.collective.name)
    hashtags = [Tag(type="Hashtag", name=f"#{hashtag(tag)}", href=page) for tag in work.tags if hashtag(tag)]
    return (*mentions, *hashtags)


def hashtag(tag: str) -> str:
    """Return a tag as one word, which hashtags must be: "peace now" becomes "PeaceNow"."""
    words = re.findall(r"\w+", tag)
    if len(words) < 2:
        return "".join(words)
    return "".join(word[:1].upper() + word[1:] for word in words)


def _attached(work: Work) -> tuple[MediaRow, ...]:
    # Mastodon shows nothing of an attached PDF, and takes the link card for it. What is signed names all.
    if can_be_co_signed(work.facts):
        return work.media
    return tuple(file for file in work.media if _is_picture(file))


def _papers(urls: Urls, work: Work, language: str) -> str:
    if can_be_co_signed(work.facts):
        return ""
    papers = [file for file in work.media if not _is_picture(file)]
    links = [phrasing.link(urls.media(file.path), f"{_alt(file, language)} (PDF)") for file in papers]
    return f"<p>{'<br>'.join(links)}</p>" if links else ""


def _is_picture(file: MediaRow) -> bool:
    return file.type.startswith("image/")


def _attachment(urls: Urls, file: MediaRow, language: str) -> Attachment:
    return Attachment(
        type="Image" if _is_picture(file) else "Document",
        url=urls.media(file.path),
        media_type=file.type,
        alt=_alt(file, language),
        width=file.width,
        height=file.height,
    )


def _signed_file(urls: Urls, file: MediaRow, language: str) -> SignedFile:
    return SignedFile(
        type="Image" if _is_picture(file) else "Document",
        media_type=file.type,
        name=" ".join(_alt(file, language).split()),
        url=urls.media(file.path),
        digest_multibase=file.digest,
    )


def _alt(file: MediaRow, language: str) -> str:
    return file.alts.get(language) or next(iter(file.alts.values()), "")


def _policy(work: Work) -> InteractionPolicy:
    ours = Approval(automatic=(work.collective.uri,))
    # Who asks to quote gets no answer from this version, so nobody is invited to ask.
    policy = InteractionPolicy(can_quote=ours)
    return replace(policy, can_reply=ours) if work.post.comments == _CLOSED else policy


def _event(event: EventFacts, work: Work) -> objects.EventFacts:
    place = work.facts.wording(work.texts[0].language).place
    is_on_the_spot = event.attendance != "online"
    return objects.EventFacts(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        places=(Place(name=place or event.address or "", address=event.address),)
        if is_on_the_spot and (place or event.address)
        else (),
        online_url=event.url if event.attendance != "place" else None,
        organisers=tuple(_organiser(person, work.texts[0].language) for person in event.organisers),
        sign_up_url=event.sign_up if event.sign_up != "here" else None,
        is_cancelled=bool(event.cancelled),
    )


def _organiser(person: Person, language: str) -> Organiser:
    return Organiser(name=person.name_in(language), url=person.url)


def plain_title(row: TextRevisionRow) -> str:
    """Return the title of a text, or its first words."""
    return row.title or text.excerpt(text.plain(row.html), 80)
