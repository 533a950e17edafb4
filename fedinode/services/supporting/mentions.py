"""People sign from their own account: a private message with the agreed word, and a word that confirms it.

Both are messages by the account itself, signed by its server; nothing is believed that only names it. A
public answer with the word is no signature: it is answered with the way to the form. Nothing written is kept.
Spec: docs/cosigning.md, D3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from federation import activities
from fedinode import i18n
from fedinode.services import handling
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.keeping import Submission
from fedinode.services.moderation import withholding
from fedinode.services.supporting import account_signatures, agreed_words, subjects, thread_answers
from fedinode.services.supporting.agreed_words import Said
from fedinode.services.supporting.subjects import Subject
from fedinode.services.supporting.thread_answers import Answer, Letter, Words
from fedinode.storage import collectives, sealing, supporter_actors, supporters
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.supporters import SupporterRow

#: Messages that we write to people of one server in an hour, and about one signature altogether.
SERVER_MESSAGES: Final = 600
SIGNATURE_MESSAGES: Final = 12
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """A message to one of our collectives, by the account that its server vouches for."""

    letter: Letter
    said: Said
    #: The collective that it is addressed to.
    collective: CollectiveRow
    answers: str | None
    #: "direct", "followers" or "public".
    audience: str
    is_silenced: bool
    is_new: bool

    @property
    def sender(self) -> RemoteActor:
        """Whose account wrote it."""
        return self.letter.sender


def take_messages(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Take in what people write to sign, to confirm and to withdraw; all else is left to others."""
    found = [pending for pending in group if _concerns_us(world, pending)]
    if not found:
        return NOTHING
    senders = handling.senders(session, found)
    silenced = handling.silenced(session, tuple(senders.values()))
    for pending in found:
        message = _read(session, world, pending, senders.get(pending.sender_uri), silenced)
        if message is None:
            continue
        # What comes again changes nothing; what was changed may still withdraw.
        if not message.is_new or not supporter_actors.is_noted(session, message.letter.uri):
            _answer(session, world, message)
    return NOTHING


def _concerns_us(world: World, pending: Pending) -> bool:
    submission = pending.submission
    if submission is None or pending.entry.activity_type not in (activities.CREATE, activities.UPDATE):
        return False
    return any(world.urls.is_ours(uri) for uri in _audience(submission))


def _audience(submission: Submission) -> tuple[str, ...]:
    return submission.subject.to + submission.subject.cc


def _read(
    session: Session, world: World, pending: Pending, sender: RemoteActor | None, silenced: frozenset[str]
) -> _Message | None:
    submission = pending.submission
    assert submission is not None, "asked for before"
    if sender is None or submission.subject.attributed_to != pending.activity.actor_uri:
        return None
    audience = _audience(submission)
    ours = (collectives.find_by_uri(session, uri) for uri in audience if world.urls.is_ours(uri))
    collective = next((row for row in ours if row is not None and row.closed_at is None), None)
    if collective is None:
        return None
    return _Message(
        letter=Letter(
            uri=submission.subject.uri,
            sender=sender,
            language=submission.language or collective.primary_language,
        ),
        said=agreed_words.read(submission.html),
        collective=collective,
        answers=submission.subject.in_reply_to,
        audience=_kind_of(submission, sender),
        is_silenced=sender.uri in silenced,
        is_new=pending.entry.activity_type == activities.CREATE,
    )


def _kind_of(submission: Submission, sender: RemoteActor) -> str:
    if submission.is_public:
        return "public"
    # Some servers show their followers' address in the actor alone, others in another spelling.
    is_for_followers = submission.is_for(sender) or any(
        uri.endswith("/followers") for uri in _audience(submission)
    )
    return "followers" if is_for_followers else "direct"


# -- what it asks for


def _answer(session: Session, world: World, message: _Message) -> None:
    if message.audience != "direct":
        if message.is_new and message.said.wants_to_sign and _has_room(session, world, message):
            _point_to_form(session, world, message)
        return
    thread = _thread(session, message)
    if message.said.withdraws:
        _withdraw(session, world, message, thread)
    elif not message.is_new:
        return
    elif thread is not None and not (message.said.wants_to_sign and thread.state != "pending"):
        _continue(session, world, message, thread)
    elif message.said.wants_to_sign and _has_room(session, world, message):
        _begin(session, world, message)


def _thread(session: Session, message: _Message) -> SupporterRow | None:
    """Return the signature that a message is about: by what it answers, or the only one that waits for it."""
    if message.answers is not None:
        return supporter_actors.find_by_message(session, message.answers, message.sender.uri)
    if message.said.choice is None:
        return None
    rows = supporter_actors.list_of_actor(session, message.sender.uri)
    waiting = [row for row in rows if row.state == "pending"]
    return waiting[0] if len(waiting) == 1 else None


def _begin(session: Session, world: World, message: _Message) -> None:
    """Ask to confirm; somebody who signed already is told so."""
    subject = subjects.find_meant(session, world.urls, (message.answers, *message.said.links))
    if subject is None or subject.collective.id != message.collective.id:
        _ask_which(session, world, message)
        return
    if subject.form.is_paused(world.now):
        # Who is flooded does not write to everybody; the word can be sent again later.
        return
    language = _language(message, subject)
    title = subject.title(language)
    if not subject.admits(world.now):
        _say_once(session, world, message, subject, thread_answers.closed(title, language))
        return
    identity = supporters.identity_of_actor(session, subject.object_id, message.sender.uri)
    signed = supporters.find_signed(session, subject.object_id, identity)
    if signed is None:
        row = account_signatures.begin(session, message.sender, subject, identity, language, world.now)
        name = account_signatures.name_of(message.sender)
        words = thread_answers.question(title, name, subject.text_digest, language)
    else:
        row = signed
        words = _known(signed, title, language)
    _say_in_thread(session, world, message, subject, row, words)


def _known(row: SupporterRow, title: str, language: str) -> Words:
    if row.state == "invalidated":
        return thread_answers.not_counted(title, language)
    return thread_answers.already(title, row, language)


def _continue(session: Session, world: World, message: _Message, row: SupporterRow) -> None:
    """Confirm what is pending, or change how far a name travels; another word is answered while one waits."""
    subject = subjects.get(session, world.urls, row.object_id)
    if subject is None or (row.state == "pending" and subject.form.is_paused(world.now)):
        return
    language = row.language or subject.language
    title, choice = subject.title(language), message.said.choice
    if choice is None:
        if row.state == "pending":
            name = account_signatures.name_of(message.sender)
            _say_in_thread(
                session, world, message, subject, row, thread_answers.not_understood(name, language)
            )
        return
    if row.state == "pending" and not subject.admits(world.now):
        words = thread_answers.closed(title, language)
    elif row.state == "invalidated":
        words = thread_answers.not_counted(title, language)
    else:
        terms = account_signatures.Terms(
            choice=choice, evidence_uri=message.letter.uri, suspicion=_suspicion(session, world, message)
        )
        row = account_signatures.settle(session, message.sender, row, terms, world.now)
        words = thread_answers.thanks(title, row, row.state, language)
    _say_in_thread(session, world, message, subject, row, words)


def _suspicion(session: Session, world: World, message: _Message) -> str | None:
    """Return why the collective looks at a signature before it counts."""
    if message.is_silenced:
        return account_signatures.SILENCED
    return withholding.open_sieve(session, world.now).rule(withholding.piece_of_actor(message.sender))


def _withdraw(session: Session, world: World, message: _Message, thread: SupporterRow | None) -> None:
    """Take back what the message is about, or everything that its sender signed with this collective."""
    rows = (thread,) if thread is not None else _signed_here(session, world, message)
    taken: list[Subject] = []
    language = message.letter.language
    for row in rows:
        subject = subjects.get(session, world.urls, row.object_id)
        language = row.language or language
        account_signatures.withdraw(session, row, world.now)
        if subject is not None:
            taken.append(subject)
    if taken:
        titles = tuple(subject.title(language) for subject in taken)
        words = thread_answers.withdrawn(titles, language)
        _send(session, world, message, taken[0], words, f"sign-left:{_digest(session, message.letter.uri)}")


def _signed_here(session: Session, world: World, message: _Message) -> tuple[SupporterRow, ...]:
    rows = supporter_actors.list_of_actor(session, message.sender.uri)
    meant = subjects.find_meant(session, world.urls, (message.answers, *message.said.links))
    if meant is not None:
        return tuple(row for row in rows if row.object_id == meant.object_id)
    found = ((row, subjects.get(session, world.urls, row.object_id)) for row in rows)
    return tuple(
        row for row, subject in found if subject is None or subject.collective.id == message.collective.id
    )


# -- answering


def _language(message: _Message, subject: Subject) -> str:
    """Return the language to answer in: that of the word, else of the message, else of the text."""
    spoken = agreed_words.language_of(message.said)
    if spoken is not None:
        return spoken
    is_spoken = message.letter.language.partition("-")[0] in i18n.spoken_languages()
    return message.letter.language if is_spoken else subject.language


def _point_to_form(session: Session, world: World, message: _Message) -> None:
    """Answer a public word with the way to the form: an account under a text once, for a day at least."""
    subject = subjects.find_meant(session, world.urls, (message.answers, *message.said.links))
    if subject is None or subject.collective.id != message.collective.id or not subject.admits(world.now):
        return
    language = _language(message, subject)
    words = thread_answers.hint(subject.title(language), subject.form_url(world.urls, language), language)
    sender = _digest(session, message.sender.uri)
    answer = Answer(
        letter=message.letter,
        collective=subject.collective,
        words=words,
        url=str(subject.document["url"]),
        cause_key=f"sign-hint:{subject.object_id}:{sender}",
        is_unlisted=message.audience == "public",
    )
    thread_answers.send(session, world, answer)


def _ask_which(session: Session, world: World, message: _Message) -> None:
    """Ask which text is meant, each account once a day."""
    language = agreed_words.language_of(message.said) or message.letter.language
    day = f"{world.now:%Y-%m-%d}"
    answer = Answer(
        letter=message.letter,
        collective=message.collective,
        words=thread_answers.which(language),
        url=world.urls.profile(message.collective.name),
        cause_key=f"sign-which:{day}:{_digest(session, message.sender.uri)}",
    )
    thread_answers.send(session, world, answer)


def _say_once(session: Session, world: World, message: _Message, subject: Subject, words: Words) -> None:
    """Answer an account once about a text that cannot be signed."""
    sender = _digest(session, message.sender.uri)
    _send(session, world, message, subject, words, f"sign-closed:{subject.object_id}:{sender}")


def _say_in_thread(
    session: Session,
    world: World,
    message: _Message,
    subject: Subject,
    row: SupporterRow,
    words: Words,
) -> None:
    """Answer a message about a signature, so that an answer to this or a deletion finds it again."""
    sender = message.sender
    supporter_actors.note_message(session, row.id, sender, message.letter.uri, world.now, is_ours=False)
    if supporter_actors.count_answers(session, row.id) >= SIGNATURE_MESSAGES:
        return
    key = f"sign-answer:{_digest(session, message.letter.uri)}"
    uri = _send(session, world, message, subject, words, key)
    if uri is not None:
        supporter_actors.note_message(session, row.id, sender, uri, world.now, is_ours=True)


def _send(
    session: Session,
    world: World,
    message: _Message,
    subject: Subject,
    words: Words,
    cause_key: str,
) -> str | None:
    if not _has_room(session, world, message):
        return None
    answer = Answer(
        letter=message.letter,
        collective=subject.collective,
        words=words,
        url=str(subject.document["url"]),
        cause_key=cause_key,
    )
    return thread_answers.send(session, world, answer)


def _has_room(session: Session, world: World, message: _Message) -> bool:
    """Tell whether we still write to this server: who makes accounts by the thousand is not answered."""
    sent = supporter_actors.count_of_server(session, message.sender.host, world.now - HOUR)
    return sent < SERVER_MESSAGES


def _digest(session: Session, uri: str) -> str:
    return sealing.fingerprint(session, "sign-answers", uri.encode())
