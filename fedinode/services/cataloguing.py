"""The posts of this node in a list, drafts too, as commands show them."""

from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.services import publishing, registering
from fedinode.storage import collectives, posts, texts
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.posts import PostRow
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSummary:
    """A post in a list of ours."""

    uid: str
    uri: str
    url: str
    collective: str
    kind: str
    state: str
    title: str
    languages: tuple[str, ...]
    first_public_at: datetime | None


async def list_posts(
    cap: Capabilities, *, collective: str | None = None, limit: int = 100
) -> tuple[PostSummary, ...]:
    """Return the newest posts, drafts too. Raises NotFound."""

    def read(session: Session) -> tuple[PostSummary, ...]:
        wanted = registering.require_collective(session, collective).id if collective else None
        rows = {row.id: row for row in collectives.list_all(session)}
        return tuple(
            _summary(session, cap.urls, rows[each.collective_id], each)
            for each in posts.list_newest(session, wanted, limit)
        )

    return await cap.database.read(read)


def _summary(session: Session, urls: Urls, row: CollectiveRow, each: PostRow) -> PostSummary:
    described = publishing.describe(session, urls, row, each)
    return PostSummary(
        uid=each.uid,
        uri=described.uri,
        url=described.url,
        collective=row.name,
        kind=each.kind,
        state=each.state,
        title=publishing.title_of(session, each),
        languages=tuple(text.language for text in texts.list_of_post(session, each.id)),
        first_public_at=each.first_public_at,
    )
