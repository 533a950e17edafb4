"""Whom we know from before: actors whose words were shown, who follow us or are followed, who signed."""

from collections.abc import Collection

from sqlalchemy import select, union

from fedinode.storage import models
from fedinode.storage.database import Session


def known_of(session: Session, actor_uris: Collection[str]) -> frozenset[str]:
    """Return those of these actors with whom something was agreed before."""
    actors, asked = models.RemoteActor, set(actor_uris)
    shown = (
        select(actors.uri)
        .join(models.Reply, models.Reply.actor_id == actors.id)
        .where(actors.uri.in_(asked), models.Reply.state == "shown")
    )
    related = (
        select(actors.uri)
        .join(models.Follow, models.Follow.actor_id == actors.id)
        .where(actors.uri.in_(asked), models.Follow.state == "accepted")
    )
    signed = select(models.Supporter.actor_uri).where(
        models.Supporter.actor_uri.in_(asked), models.Supporter.state == "confirmed"
    )
    listed = select(models.CoSignature.signer_uri).where(
        models.CoSignature.signer_uri.in_(asked), models.CoSignature.author_state == "accepted"
    )
    return frozenset(session.scalars(union(shown, related, signed, listed)))
