"""The form of this site by which anybody can complain about what stands here: it makes an entry of the queue.

Nobody has to say who they are. What is not public is not there for them.
"""

from dataclasses import dataclass
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Busy, NotFound
from fedinode.i18n import N_
from fedinode.services import reading
from fedinode.services.members import noticing
from fedinode.services.moderation import pointing
from fedinode.services.moderation.pointing import Thing
from fedinode.services.presenting import NodeView
from fedinode.services.reading import House
from fedinode.storage import reports
from fedinode.storage.database import Session
from fedinode.storage.member_notices import Told
from fedinode.storage.reports import NewReport

MAX_WORDS_CHARACTERS: Final = 5_000
MAX_NAME_CHARACTERS: Final = 200
#: Of more that nobody looked at the next ones are not taken.
MAX_OPEN: Final = 1_000
_KINDS: Final = ("post", "reply", "list", "collective")
EMPTY: Final = N_("Say what is wrong.")
TOO_LONG: Final = N_("This is too long: 5,000 characters are the most.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintView:
    """The pages around the form: what it is about, in the language of the page."""

    node: NodeView
    thing: Thing


async def view(cap: Capabilities, about: str, language: str) -> ComplaintView:
    """Return what a complaint would be about. Raises: NotFound for what is not public here."""

    def read(session: Session, house: House) -> ComplaintView:
        return ComplaintView(node=house.view(language), thing=_require_public(session, cap, about))

    return await reading.read_house(cap, read)


def trouble(words: str) -> str:
    """Return what is wrong with the words of a complaint, or nothing."""
    if not words.strip():
        return EMPTY
    return TOO_LONG if len(words) > MAX_WORDS_CHARACTERS else ""


async def complain(cap: Capabilities, about: str, words: str, name: str = "") -> None:
    """Keep a complaint. Raises: NotFound, Busy if very many wait."""

    def write(session: Session) -> None:
        thing = _require_public(session, cap, about)
        if reports.count_open_of_form(session) >= MAX_OPEN:
            raise Busy("Very many reports wait already.")
        new = NewReport(
            collective_id=pointing.collective_of(session, [thing]),
            object_uris=(thing.uri,),
            words=words.strip(),
            about_name=name.strip()[:MAX_NAME_CHARACTERS] or None,
        )
        same = reports.find_same(session, new)
        if same is None:
            now = cap.clock()
            reports.add(session, new, now)
            cause = f"report:{thing.uri}:{now.isoformat()}"
            told = Told(kind="report", cause=cause, collective_id=new.collective_id)
            noticing.tell_with_right(session, "moderate", told, now)
        else:
            reports.note_repeat(session, same)

    await cap.database.write(write)


def _require_public(session: Session, cap: Capabilities, about: str) -> Thing:
    thing = pointing.look_up(session, cap.urls, about)
    if thing.kind not in _KINDS or not thing.is_standing or thing.is_held:
        raise NotFound("Nothing that anybody may read stands there.")
    return thing
