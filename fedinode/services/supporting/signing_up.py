"""Somebody fills in the form: what is taken, what is refused and why, and the letter that asks to confirm.

Whoever asks gets the same answer, whether the address signed before, was blocked by its owner, or is new.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedinode import i18n
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.i18n import N_
from fedinode.services.members import halting
from fedinode.services.moderation import withholding
from fedinode.services.supporting import entering, letters, mailboxes, tokens
from fedinode.services.supporting.entering import Subject
from fedinode.services.supporting.fronting import FormView
from fedinode.services.supporting.letters import Envelope
from fedinode.services.supporting.mailboxes import Mailbox
from fedinode.storage import mail_blocks, mail_queue, supporters, upserts
from fedinode.storage.database import Session
from fedinode.storage.supporters import NewSupporter
from fedinode.text import names
from fedinode.text.names import NameRefused

#: Whoever signs again gets another letter, but nobody's mailbox is flooded through us.
MAX_LETTERS: Final = 3
SHOWN: Final = ("number", "here", "everywhere")
#: What the form calls the kinds, and what tables do.
KINDS: Final = {"person": "person", "group": "organisation"}
#: A letter that waits for longer than this is late, and the page says so.
_LATE: Final = timedelta(minutes=5)
SUSPICION: Final = "many signatures from one network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as somebody filled it in, to be shown again if something is missing."""

    name: str = ""
    kind: str = "person"
    role: str = ""
    city: str = ""
    country: str = ""
    shown: str = ""
    email: str = ""
    wants_updates: bool = False
    agrees: bool = False

    def __repr__(self) -> str:
        return "Typed(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A form in which everything is right."""

    name: str | None
    kind: str
    role: str | None
    city: str | None
    country: str | None
    shown: str
    mailbox: Mailbox
    wants_updates: bool
    language: str

    def __repr__(self) -> str:
        return "SignUp(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """How fast letters go out now."""

    is_possible: bool
    #: About how many minutes a letter takes; 0 where it goes at once.
    minutes: int


class FormRefused(ValueError):
    """Something in the form is missing or wrong: by field, a sentence that says what to do."""

    def __init__(self, troubles: Mapping[str, str]) -> None:
        super().__init__("the form cannot be taken as it is")
        self.troubles = dict(troubles)


def check(typed: Typed, language: str) -> SignUp:
    """Return what was typed, cleaned. Raises: FormRefused, with English words that i18n knows."""
    troubles: dict[str, str] = {}
    is_named = typed.shown != "number"
    name = _clean_name(typed.name, troubles) if is_named else None
    role = _clean_detail("role", typed.role, troubles) if is_named else None
    city = _clean_detail("city", typed.city, troubles) if is_named else None
    mailbox = _mailbox(typed.email, troubles)
    if typed.kind not in KINDS:
        troubles["kind"] = N_("Choose whether a person or a group signs.")
    if typed.shown not in SHOWN:
        troubles["shown"] = N_("Choose how far your name travels.")
    if typed.country and typed.country not in i18n.country_codes():
        troubles["country"] = N_("Choose a country of the list, or none.")
    if not typed.agrees:
        troubles["agrees"] = N_("We may keep your signature only if you agree.")
    if troubles or mailbox is None:
        raise FormRefused(troubles)
    return SignUp(
        name=name,
        kind=KINDS[typed.kind],
        role=role,
        city=city,
        country=typed.country or None,
        shown=typed.shown,
        mailbox=mailbox,
        wants_updates=typed.wants_updates,
        language=language,
    )


async def sign_up(cap: Capabilities, view: FormView, wish: SignUp, *, is_suspect: bool = False) -> None:
    """Keep a signature until it is confirmed, and queue the letter that asks for that.

    Raises: NotFound; Conflict where nobody can sign (any more).
    """

    def write(session: Session) -> None:
        now = cap.clock()
        subject = entering.find_subject(session, view.statement.uri)
        if subject is None or not subject.admits(now) or halting.level_of(session) == "read-only":
            raise Conflict("This statement cannot be signed now.")
        envelope = Envelope(
            urls=cap.urls,
            statement=view.statement,
            address=wish.mailbox.address,
            language=wish.language,
            now=now,
        )
        _take(session, envelope, subject, wish, _suspicion(session, wish, is_suspect=is_suspect, now=now))

    await cap.database.write(write)
    cap.bells.mail.set()


def _suspicion(session: Session, wish: SignUp, *, is_suspect: bool, now: datetime) -> str | None:
    """Return why somebody looks at a signature before it counts."""
    piece = withholding.piece_of_words(wish.name, wish.role, wish.city)
    reason = withholding.open_sieve(session, now).rule(piece)
    return reason or (SUSPICION if is_suspect else None)


async def post_office(cap: Capabilities) -> Post:
    """Say how fast letters go out now."""
    settings = cap.settings.mail
    if settings.host is None:
        return Post(is_possible=False, minutes=0)
    now = cap.clock()
    waiting, oldest = await cap.database.read(lambda session: mail_queue.waiting(session, now))
    late = now - oldest if oldest is not None and now - oldest > _LATE else timedelta(0)
    minutes = max(waiting // max(1, settings.per_minute), late // timedelta(minutes=1))
    return Post(is_possible=True, minutes=minutes if timedelta(minutes=minutes) >= _LATE else 0)


def _take(
    session: Session, envelope: Envelope, subject: Subject, wish: SignUp, suspicion: str | None
) -> None:
    """Do what an address asks for: nothing, if its owner or its server wants no mail."""
    if mail_blocks.is_blocked(session, wish.mailbox.normal, subject.object_id):
        return
    identity = supporters.identity_of_address(session, subject.object_id, wish.mailbox.normal)
    upserts.lock_name(session, f"supporter {identity}")
    signed = supporters.find_signed(session, subject.object_id, identity)
    if signed is not None:
        letters.tell_already(session, envelope, signed)
        return
    if supporters.count_pending(session, subject.object_id, identity) >= MAX_LETTERS:
        return
    token = tokens.new_token()
    new = _new(subject, wish, identity, tokens.digest(token), suspicion)
    uid = supporters.add_pending(session, new, envelope.now)
    letters.ask_to_confirm(session, envelope, uid, token)


def _new(
    subject: Subject, wish: SignUp, identity: str, token_hash: str, suspicion: str | None
) -> NewSupporter:
    return NewSupporter(
        object_id=subject.object_id,
        text_digest=subject.text_digest,
        method="mail",
        identity_hmac=identity,
        shown=wish.shown,
        kind=wish.kind,
        name=wish.name,
        role=wish.role,
        city=wish.city,
        country=wish.country,
        language=wish.language,
        wants_updates=wish.wants_updates,
        email=wish.mailbox.address,
        token_hash=token_hash,
        reason=suspicion,
    )


def _clean_name(written: str, troubles: dict[str, str]) -> str | None:
    if not written.strip():
        troubles["name"] = N_("Write the name that is to be shown, or choose to be counted as a number.")
        return None
    try:
        return names.clean_name(written)
    except NameRefused as refused:
        troubles["name"] = str(refused)
        return None


def _clean_detail(field: str, written: str, troubles: dict[str, str]) -> str | None:
    try:
        return names.clean_detail(written)
    except NameRefused as refused:
        troubles[field] = str(refused)
        return None


def _mailbox(written: str, troubles: dict[str, str]) -> Mailbox | None:
    try:
        return mailboxes.parse(written)
    except ValueError:
        troubles["email"] = N_("Write an e-mail address such as name@example.org.")
        return None
