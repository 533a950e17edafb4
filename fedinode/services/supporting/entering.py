"""What pages show about people who sign a statement: the way in, how many there are, the goal."""

from dataclasses import dataclass
from datetime import datetime

from fedinode.errors import NotFound
from fedinode.services.members import halting
from fedinode.storage import federated_objects, kept_statements, sign_forms, supporters
from fedinode.storage.database import Session
from fedinode.storage.sign_forms import SignFormRow
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """People under a statement: the form's address, and the count where its author shows it."""

    sign_url: str
    is_open: bool
    ends_at: datetime | None
    count: int | None
    goal: int | None
    #: "list", "numbers" or "hidden".
    listing: str
    #: Nobody signs for now, because the node is under attack; later people can again.
    is_paused: bool = False

    @property
    def percent(self) -> int:
        """How much of the goal is reached, 100 at most."""
        return min(100, 100 * (self.count or 0) // self.goal) if self.goal else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A public statement of ours that people sign, or signed."""

    object_id: int
    post_id: int
    uri: str
    text_digest: str
    form: SignFormRow
    #: Whether there is no newer text of it.
    is_newest: bool

    def admits(self, now: datetime) -> bool:
        """Tell whether people may sign it now."""
        return self.is_newest and self.form.admits(now)


def people_of(
    session: Session, urls: Urls, object_uri: str, language: str, now: datetime
) -> PeopleView | None:
    """Return what a statement's page shows about people; None where nobody was ever asked to sign."""
    subject = find_subject(session, object_uri)
    return None if subject is None else view(session, urls, subject, language, now)


def find_subject(session: Session, object_uri: str) -> Subject | None:
    """Return a public statement of ours that has a form, open or not."""
    found = federated_objects.find_by_uri(session, object_uri)
    kept = kept_statements.find(session, object_uri)
    if found is None or found.deleted_at is not None or kept is None or not kept.is_own:
        return None
    form = sign_forms.find(session, found.id)
    if form is None:
        return None
    amendment = federated_objects.find_amendment(session, found.id)
    return Subject(
        object_id=found.id,
        post_id=found.post_id,
        uri=found.uri,
        text_digest=kept.text_digest,
        form=form,
        is_newest=amendment is None or amendment.current_revision_id is None,
    )


def require_subject(session: Session, urls: Urls, statement_uid: str) -> Subject:
    """Return the statement that an address of the form names. Raises: NotFound."""
    return require_subject_of(session, urls.statement(statement_uid))


def require_subject_of(session: Session, object_uri: str) -> Subject:
    """Return a public statement of ours that has a form, open or not. Raises: NotFound."""
    subject = find_subject(session, object_uri)
    if subject is None:
        raise NotFound("People cannot sign anything at this address.")
    return subject


def view(session: Session, urls: Urls, subject: Subject, language: str, now: datetime) -> PeopleView:
    """Return what pages show about people under a statement."""
    form = subject.form
    is_shown = form.listing != "hidden"
    return PeopleView(
        sign_url=urls.sign(subject.uri, language),
        is_open=subject.admits(now) and halting.level_of(session) != "read-only",
        ends_at=form.ends_at,
        count=supporters.count_confirmed(session, subject.object_id) if is_shown else None,
        goal=form.goal,
        listing=form.listing,
        is_paused=form.is_paused(now),
    )
