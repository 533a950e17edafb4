"""The pages around the form: the statement's title in the reader's language, and where everything is."""

from dataclasses import dataclass

from fedinode import i18n
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading, shelving
from fedinode.services.presenting import NodeView, PostLine
from fedinode.services.reading import House
from fedinode.services.supporting import entering
from fedinode.services.supporting.entering import PeopleView, Subject
from fedinode.storage import public_posts
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """The pages around a statement's form, in a language of the statement or of the interface."""

    node: NodeView
    #: In the language of the page, or else in its own.
    statement: PostLine
    people: PeopleView
    language: str
    #: Where the form is sent, and where somebody asks for the address to leave.
    form_url: str
    ask_url: str


async def form(cap: Capabilities, statement_uid: str, language: str | None) -> FormView:
    """Return the pages around a form, by default in the statement's own language. Raises: NotFound."""

    def read(session: Session, house: House) -> FormView:
        subject = entering.require_subject(session, cap.urls, statement_uid)
        line = line_of(session, house, subject, language)
        chosen = line.language if language is None else language
        if chosen not in {each.language for each in line.versions} | i18n.spoken_languages():
            raise NotFound("This statement is not public in this language.")
        return FormView(
            node=house.view(chosen),
            statement=line,
            people=entering.view(session, cap.urls, subject, chosen, cap.clock()),
            language=chosen,
            form_url=cap.urls.sign(subject.uri),
            ask_url=cap.urls.ask_to_leave(subject.uri, chosen),
        )

    return await reading.read_house(cap, read)


def line_of(session: Session, house: House, subject: Subject, language: str | None) -> PostLine:
    """Return a statement's title and page, in a language or else in its own. Raises: NotFound."""
    post = public_posts.find_post(session, subject.post_id)
    if post is None or not post.texts:
        raise NotFound("This statement is not public.")
    return shelving.post_line(house.urls, post, house.row_of(post), language)
