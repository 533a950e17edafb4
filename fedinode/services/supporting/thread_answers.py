"""What we answer people who sign from their own account: short messages in their thread, for them alone.

Mastodon shows a private message of somebody who is not followed only where it answers a private one, so each
of ours answers theirs. It is sealed until it is delivered, and deleted soon after.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation import activities, objects
from federation.activities import Envelope
from federation.jsonld import PUBLIC, Document
from federation.objects import ObjectFacts, Tag, Text
from fedinode import i18n, text
from fedinode.services import sending
from fedinode.services.handling import World
from fedinode.services.sending import Outgoing
from fedinode.services.supporting import agreed_words
from fedinode.services.supporting.agreed_words import Meaning
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.models import new_uid
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.supporters import SupporterRow

#: How many letters of a digest are shown: enough to compare with the page.
DIGEST_CHARS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that somebody sent, as far as an answer needs it."""

    uri: str
    sender: RemoteActor
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What we say, in HTML, in a language of the interface."""

    language: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What we say to whom, and who else may see it."""

    letter: Letter
    collective: CollectiveRow
    words: Words
    #: The page that it is about.
    url: str
    cause_key: str
    is_unlisted: bool = False


def send(session: Session, world: World, answer: Answer) -> str | None:
    """Queue an answer to the sender's own inbox, and return its id; None if this was answered already."""
    inbox_id = answer.letter.sender.inbox_id
    if inbox_id is None:
        return None
    uri = world.urls.page(f"/answers/{new_uid()}")
    note = _note(world.now, uri, answer)

    def make(envelope: Envelope) -> Document:
        return activities.create(envelope, note)

    outgoing = Outgoing(
        type=activities.CREATE,
        actor_uri=answer.collective.uri,
        collective_id=answer.collective.id,
        object_uri=uri,
        cause_key=answer.cause_key,
        make=make,
        to=(answer.letter.sender.uri,),
        cc=(PUBLIC,) if answer.is_unlisted else (),
        is_public=False,
        inbox_ids=(inbox_id,),
    )
    return None if sending.send(session, world.urls, outgoing, world.now) is None else uri


def _note(now: datetime, uri: str, answer: Answer) -> Document:
    sender = answer.letter.sender
    handle = f"@{sender.preferred_username or ''}@{sender.host}"
    address = text.escape(sender.url or sender.uri).replace('"', "&quot;")
    mention = f'<a href="{address}" class="u-url mention">@{text.escape(sender.preferred_username or "")}</a>'
    first, *others = answer.words.paragraphs
    content = f"<p>{mention} {first}</p>" + "".join(f"<p>{each}</p>" for each in others)
    return objects.render_object(
        ObjectFacts(
            uri=uri,
            type="Note",
            attributed_to=answer.collective.uri,
            texts=(Text(language=answer.words.language, content=content),),
            published=now.replace(microsecond=0),
            url=answer.url,
            to=(sender.uri,),
            cc=(PUBLIC,) if answer.is_unlisted else (),
            in_reply_to=answer.letter.uri,
            tags=(Tag(type="Mention", href=sender.uri, name=handle),),
        )
    )


# -- words; what comes from outside is escaped here


def question(title: str, name: str | None, text_digest: str, language: str) -> Words:
    """Ask how far a name may travel: the answer to it confirms."""
    _ = i18n.translator(language)
    lines = [
        _say(
            _("You want to sign “{title}”. Please answer this message with one word or number:"), title=title
        ),
        *choices(name, language),
        _say(
            _(
                "Nothing counts before you answer; without an answer nothing stays here after three days. "
                "Digest of the text: {digest}…"
            ),
            digest=text_digest[:DIGEST_CHARS],
        ),
    ]
    return _words(language, *lines)


def choices(name: str | None, language: str) -> tuple[str, ...]:
    """Say which words there are."""
    _ = i18n.translator(language)
    number = _say(_("1 or “{word}”: you are counted, and your name is shown nowhere."), **_word(0, language))
    if name is None:
        return (number, _("The name of your account cannot stand in a list: you can be counted only."))
    return (
        number,
        _say(_("2 or “{word}”: “{name}” is shown on the page of the text."), name=name, **_word(1, language)),
        _say(
            _("3 or “{word}”: “{name}” is shown wherever the text is published."),
            name=name,
            **_word(2, language),
        ),
    )


def _word(number: int, language: str) -> dict[str, str]:
    return {"word": agreed_words.word(agreed_words.CHOICES[number], language)}


def thanks(title: str, row: SupporterRow, state: str, language: str) -> Words:
    """Say that somebody signed, and how to take it back."""
    _ = i18n.translator(language)
    if state == "suspect":
        first = _say(
            _("Thank you. The collective looks at your signature under “{title}” first."), title=title
        )
    else:
        first = _say(_("Thank you, you have signed “{title}”."), title=title)
    return _words(language, first, _shown(row, language), _way_back(language))


def already(title: str, row: SupporterRow, language: str) -> Words:
    """Say that somebody signed before."""
    _ = i18n.translator(language)
    return _words(
        language,
        _say(_("You have signed “{title}” already."), title=title),
        _shown(row, language),
        _way_back(language),
    )


def _shown(row: SupporterRow, language: str) -> str:
    _ = i18n.translator(language)
    if row.shown == "number" or row.name is None:
        return _("You are counted, and your name is shown nowhere.")
    if row.shown == "here":
        return _say(_("“{name}” is shown on the page of the text."), name=row.name)
    return _say(_("“{name}” is shown wherever the text is published."), name=row.name)


def _way_back(language: str) -> str:
    _ = i18n.translator(language)
    return _say(
        _(
            "To take it back, answer “{word}” at any time, or delete your message. "
            "To change how your name is shown, answer 1, 2 or 3."
        ),
        word=agreed_words.word(Meaning.WITHDRAW, language),
    )


def withdrawn(titles: tuple[str, ...], language: str) -> Words:
    """Say that signatures were taken back."""
    _ = i18n.translator(language)
    taken = tuple(_say(_("Your signature under “{title}” is taken back."), title=title) for title in titles)
    return _words(language, *taken, _("What we knew of you is deleted."))


def not_understood(name: str | None, language: str) -> Words:
    """Say that an answer was none of the words."""
    _ = i18n.translator(language)
    return _words(
        language,
        _("This was not understood. Please answer with one word or number:"),
        *choices(name, language),
    )


def closed(title: str, language: str) -> Words:
    """Say that nobody can sign any more."""
    _ = i18n.translator(language)
    return _words(language, _say(_("“{title}” cannot be signed any more."), title=title))


def not_counted(title: str, language: str) -> Words:
    """Say that this account's signature was refused before."""
    _ = i18n.translator(language)
    words = _("The collective does not count your signature under “{title}”. Please write to its people.")
    return _words(language, _say(words, title=title))


def which(language: str) -> Words:
    """Ask which text is meant."""
    _ = i18n.translator(language)
    return _words(
        language, _("Which text do you want to sign? Please answer it privately, or send its address along.")
    )


def hint(title: str, form_url: str, language: str) -> Words:
    """Say in public where one signs: a public answer is no signature."""
    _ = i18n.translator(language)
    address = text.escape(form_url).replace('"', "&quot;")
    link = f'<a href="{address}">{text.escape(form_url)}</a>'
    return _words(
        language,
        _say(_("This is how you sign “{title}”:"), title=title) + f" {link}",
        _say(
            _(
                "Or write to us with the word “{word}” so that only those see it whom you mention. "
                "A public answer is not counted."
            ),
            word=agreed_words.word(Meaning.SIGN, language),
        ),
    )


def _words(language: str, *paragraphs: str) -> Words:
    return Words(language=i18n.interface_language(language), paragraphs=paragraphs)


def _say(sentence: str, **values: str) -> str:
    """Return a translated sentence as HTML, with names from outside as plain text in it."""
    return text.escape(sentence).format_map({name: text.escape(value) for name, value in values.items()})
