"""Rows of collectives and of their names in each language."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from fedinode.errors import NotFound
from fedinode.storage import models, upserts
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveRow:
    """A collective as most services need it."""

    id: int
    uid: str
    name: str
    uri: str
    primary_language: str
    federate: str
    follow_policy: str
    comments: str
    avatar_media_id: int | None
    header_media_id: int | None
    country: str | None = None
    moved_to: str | None
    created_at: datetime
    closed_at: datetime | None


_COLUMNS = tuple(getattr(models.Collective, name) for name in CollectiveRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCollective:
    """A collective to be kept, with its name in its own language."""

    name: str
    uri: str
    primary_language: str
    display_name: str
    follow_policy: str


def add(session: Session, new: NewCollective, now: datetime) -> CollectiveRow:
    """Insert a collective and its name."""
    collective_id = session.execute(
        insert(models.Collective)
        .values(
            uid=models.new_uid(),
            name=new.name,
            uri=new.uri,
            primary_language=new.primary_language,
            follow_policy=new.follow_policy,
            created_at=now,
        )
        .returning(models.Collective.id)
    ).scalar_one()
    session.execute(
        insert(models.CollectiveText).values(
            collective_id=collective_id, language=new.primary_language, name=new.display_name
        )
    )
    return get(session, collective_id)


def get(session: Session, collective_id: int) -> CollectiveRow:
    """Return a collective. Raises NotFound."""
    row = session.execute(select(*_COLUMNS).where(models.Collective.id == collective_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such collective on this node.")
    return CollectiveRow(**row._mapping)


def lock(session: Session, collective_id: int) -> None:
    """Let nobody else give out keys and slugs of a collective until this transaction ends."""
    table = models.Collective
    session.execute(select(table.id).where(table.id == collective_id).with_for_update())


def find_by_name(session: Session, name: str) -> CollectiveRow | None:
    """Return the collective with this name, if any."""
    row = session.execute(select(*_COLUMNS).where(models.Collective.name == name)).one_or_none()
    return CollectiveRow(**row._mapping) if row else None


def find_by_uri(session: Session, uri: str) -> CollectiveRow | None:
    """Return the collective with this actor id, if any."""
    row = session.execute(select(*_COLUMNS).where(models.Collective.uri == uri)).one_or_none()
    return CollectiveRow(**row._mapping) if row else None


def list_all(session: Session) -> tuple[CollectiveRow, ...]:
    """Return all collectives, in order of name."""
    rows = session.execute(select(*_COLUMNS).order_by(models.Collective.name))
    return tuple(CollectiveRow(**row._mapping) for row in rows)


def first_name(session: Session) -> str:
    """Return the name of the collective that this node began with."""
    return session.scalars(select(models.Collective.name).order_by(models.Collective.id).limit(1)).one()


def first(session: Session) -> CollectiveRow:
    """Return the collective that this node began with: its members look after the node."""
    row = session.execute(select(*_COLUMNS).order_by(models.Collective.id).limit(1)).one()
    return CollectiveRow(**row._mapping)


def display_names(session: Session, collective_id: int) -> dict[str, str]:
    """Return what a collective is called, by language."""
    table = models.CollectiveText
    rows = session.execute(select(table.language, table.name).where(table.collective_id == collective_id))
    return {row.language: row.name for row in rows}


def abouts(session: Session, collective_id: int) -> dict[str, str]:
    """Return how a collective describes itself, as HTML by language; without those that say nothing."""
    table = models.CollectiveText
    rows = session.execute(
        select(table.language, table.about_html).where(table.collective_id == collective_id)
    )
    return {row.language: row.about_html for row in rows if row.about_html}


def set_federate(session: Session, collective_id: int, federate: str) -> None:
    """Choose how posts in several languages go out: primary, each or list."""
    table = models.Collective
    session.execute(update(table).where(table.id == collective_id).values(federate=federate))


def put_text(
    session: Session,
    collective_id: int,
    language: str,
    *,
    name: str,
    about: tuple[str, str] | None,
) -> None:
    """Keep what a collective is called in a language, and its description as Markdown and HTML."""
    markdown, html = about or (None, None)
    row = {
        "collective_id": collective_id,
        "language": language,
        "name": name,
        "about_markdown": markdown,
        "about_html": html,
    }
    upserts.put(
        session,
        models.CollectiveText,
        [row],
        keys=("collective_id", "language"),
        update=("name", "about_markdown", "about_html"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveText:
    """What a collective is called and says of itself in a language."""

    name: str
    about_markdown: str | None
    about_html: str | None


def find_text(session: Session, collective_id: int, language: str) -> CollectiveText | None:
    """Return how a collective is called and described in a language, if it is."""
    table = models.CollectiveText
    row = session.execute(
        select(table.name, table.about_markdown, table.about_html).where(
            table.collective_id == collective_id, table.language == language
        )
    ).one_or_none()
    return None if row is None else CollectiveText(**row._mapping)


def set_accent(session: Session, collective_id: int, accent: str | None) -> None:
    """Choose the colour of a collective's pages, #rrggbb, or none."""
    table = models.Collective
    session.execute(update(table).where(table.id == collective_id).values(accent=accent))


def set_country(session: Session, collective_id: int, country: str | None) -> None:
    """Say in which country a collective is, or no longer."""
    table = models.Collective
    session.execute(update(table).where(table.id == collective_id).values(country=country))


def set_avatar(session: Session, collective_id: int, media_id: int) -> None:
    """Give a collective a picture."""
    table = models.Collective
    session.execute(update(table).where(table.id == collective_id).values(avatar_media_id=media_id))
