"""The form for people, as the front matter of a statement sets it: whether, until when, and how many.

It stands beside the signed text and is no part of it: an author may close it, or hope for more, at any time.
"""

from dataclasses import replace

from fedinode.manuscripts import Facts, StatementFacts
from fedinode.storage import sign_forms
from fedinode.storage.database import Session
from fedinode.storage.sign_forms import SignFormRow


def open_form(session: Session, object_id: int, facts: Facts) -> None:
    """Set the form of a public statement; one that never was open is not set."""
    if is_changed(session, object_id, facts):
        sign_forms.put(session, _form(object_id, facts.statement or StatementFacts()))


def is_changed(session: Session, object_id: int, facts: Facts) -> bool:
    """Tell whether a manuscript says otherwise about the form than what is set."""
    stated = facts.statement or StatementFacts()
    standing = sign_forms.find(session, object_id)
    if standing is None:
        return stated.individuals
    return standing != _form(object_id, stated)


def without_form(stated: StatementFacts | None) -> StatementFacts | None:
    """Return what a statement says beside its prose, without what it says about the form."""
    if stated is None:
        return None
    bare = StatementFacts()
    return replace(
        stated,
        individuals=bare.individuals,
        sign_until=bare.sign_until,
        goal=bare.goal,
        signers=bare.signers,
        smallest_group=bare.smallest_group,
    )


def _form(object_id: int, stated: StatementFacts) -> SignFormRow:
    return SignFormRow(
        object_id=object_id,
        is_open=stated.individuals,
        ends_at=stated.sign_until,
        goal=stated.goal,
        listing=stated.signers,
        smallest_group=stated.smallest_group,
    )
