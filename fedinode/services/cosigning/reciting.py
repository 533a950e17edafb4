"""The names under a copy as people see them: a page of them, and where to ask for the removal of one."""

from dataclasses import dataclass
from typing import Final

from fedinode import i18n
from fedinode.cache import NODE_KEY, collective_key, post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading
from fedinode.services.cosigning import copying, displaying
from fedinode.services.cosigning.copying import NamesState
from fedinode.services.presenting import CollectiveView, NodeView
from fedinode.services.reading import House
from fedinode.services.shelving import collective_view
from fedinode.storage import travelling_names
from fedinode.storage.database import Session
from fedinode.storage.travelling_names import CopiedName

PAGE_NAMES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedNamesView:
    """A page of the names under a copy."""

    node: NodeView
    keeper: CollectiveView
    text_digest: str
    title: str
    #: That of the title, and that of the words around it.
    language: str
    interface: str
    #: The page of the copy, and the statement's own.
    copy_url: str
    url: str
    author_host: str
    state: NamesState
    lines: tuple[CopiedName, ...]
    page: int
    pages: int
    depends_on: tuple[str, ...]

    @property
    def first_number(self) -> int:
        """The number of the first name on this page."""
        return (self.page - 1) * PAGE_NAMES + 1


async def names_page(cap: Capabilities, text_digest: str, page: int, language: str | None) -> CopiedNamesView:
    """Return a page of the names under a copy, in a language of the interface or that of the text.

    Raises: NotFound, where numbers alone are shown.
    """

    def read(session: Session, house: House) -> CopiedNamesView:
        found = displaying.of_digest(text_digest)(session)
        state = None if found is None else copying.state_of(session, found.kept, cap.clock())
        keeper = next((row for row in house.rows if found and row.id == found.kept.collective_id), None)
        if found is None or state is None or keeper is None:
            raise NotFound("No names are shown here.")
        pages = -(-state.total // PAGE_NAMES)
        if not 1 <= page <= pages:
            raise NotFound("This list has fewer pages.")
        statement, kept = found.statement, found.kept
        wanted = language or str(statement["authoritativeLanguage"])
        shown = wanted if wanted in statement["nameMap"] else str(statement["authoritativeLanguage"])
        interface = i18n.interface_language(wanted)
        author = displaying.author_of(session, house, kept.author_uri)
        return CopiedNamesView(
            node=house.view(interface),
            keeper=collective_view(house.urls, keeper, interface),
            text_digest=text_digest,
            title=statement["nameMap"][shown],
            language=shown,
            interface=interface,
            copy_url=house.urls.kept_text(text_digest, shown),
            url=statement.get("url") or kept.statement_uri,
            author_host=author.host,
            state=state,
            lines=travelling_names.list_copies(
                session, kept.statement_uri, offset=(page - 1) * PAGE_NAMES, limit=PAGE_NAMES
            ),
            page=page,
            pages=pages,
            depends_on=(NODE_KEY, collective_key(keeper.name), post_key(text_digest)),
        )

    return await reading.read_house(cap, read)
