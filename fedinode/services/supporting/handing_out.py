"""What is handed out on paper: a leaflet with the text in short, a QR code, and lines to sign on."""

import io
from dataclasses import dataclass
from typing import Final

import segno

from fedinode import i18n
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading
from fedinode.services.presenting import Statement, Version
from fedinode.services.reading import House
from fedinode.services.supporting import situating
from fedinode.services.supporting.situating import Framed, Wording
from fedinode.storage.database import Session
from fedinode.text import display_host, plain
from fedinode.urls import Urls

#: A text of so many letters fits onto the sheet, above the lines; of a longer one stands the summary.
SHEET_CHARS: Final = 1_500
LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletView:
    """A sheet of paper about a statement, in one language."""

    language: str
    collective: str
    accent: str | None
    host: str
    wording: Wording
    #: Whether the whole text stands on the sheet.
    is_whole: bool
    statement: Statement | None
    #: Where people read it, and where they sign: the address behind the QR code.
    url: str
    target: str
    is_open: bool
    qr_url: str
    contact: str | None
    versions: tuple[Version, ...]
    lines: int
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """A QR code as SVG."""

    svg: bytes
    depends_on: tuple[str, ...]


async def leaflet(cap: Capabilities, uid: str, language: str | None) -> LeafletView:
    """Return the sheet for a public statement of ours. Raises NotFound."""

    def read(session: Session, house: House) -> LeafletView:
        framed = situating.frame(session, house, uid, language)
        is_whole = len(plain(framed.wording.html)) <= SHEET_CHARS
        present = next((each for each in framed.posts if each.language == framed.language), None)
        return LeafletView(
            language=framed.language,
            collective=framed.collective.title,
            accent=framed.collective.accent,
            host=display_host(house.urls.host),
            wording=framed.wording,
            is_whole=is_whole or not framed.wording.summary_html,
            statement=present.statement if present else None,
            url=framed.url,
            target=target_of(house.urls, framed),
            is_open=is_open(framed),
            qr_url=f"{framed.uri}/qr.svg",
            contact=framed.node.contact,
            versions=framed.versions(f"{framed.uri}/leaflet"),
            lines=LINES,
            depends_on=framed.depends_on,
        )

    return await reading.read_house(cap, read)


async def qr_code(cap: Capabilities, uid: str) -> QrCode:
    """Return the QR code that leads to a public statement of ours, or to its form. Raises NotFound."""

    def read(session: Session, house: House) -> QrCode:
        framed = situating.frame(session, house, uid, None)
        return QrCode(svg=draw(target_of(house.urls, framed)), depends_on=framed.depends_on)

    return await reading.read_house(cap, read)


def is_open(framed: Framed) -> bool:
    """Tell whether people are asked to sign."""
    return framed.form is not None and framed.form.is_open


def target_of(urls: Urls, framed: Framed) -> str:
    """Return the address behind the QR code: the form where people are asked to sign, else the text."""
    return f"{framed.uri}/sign" if is_open(framed) else framed.url


def sign_url(framed_uri: str, language: str) -> str:
    """Return the form's address in the language of the interface that suits a text."""
    return f"{framed_uri}/sign/{i18n.interface_language(language)}"


def draw(address: str) -> bytes:
    """Return an address as a QR code in SVG, readable when a sixth of it is dirty. Raises NotFound."""
    stream = io.BytesIO()
    try:
        code = segno.make(address, error="m", micro=False, boost_error=True)
    except segno.DataOverflowError as error:
        raise NotFound("This address is too long for a QR code.") from error
    code.save(stream, kind="svg", xmldecl=False, border=4, dark="#000", light="#fff", omitsize=True)
    return stream.getvalue()
