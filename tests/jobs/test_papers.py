"""PDF files lose their makers, scripts, notes and attachments, and hostile ones are refused."""

import io
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link, Text
from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

from fedinode.config import MediaSettings
from fedinode.errors import PictureRefused
from fedinode.jobs import papers
from fedinode.services.picturing import clean_paper

pytestmark = pytest.mark.anyio
LIMITS = MediaSettings()


def photo() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    target = io.BytesIO()
    Image.new("RGB", (60, 30), "red").save(target, "JPEG", exif=exif, comment=b"SecretComment")
    return target.getvalue()


def leaflet() -> PdfWriter:
    """Return a page with a photo, as office programs write it: with all that they know of its makers."""
    page = io.BytesIO()
    Image.new("RGB", (60, 30), "red").save(page, "PDF")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(page.getvalue())))
    picture = writer.pages[0]["/Resources"]["/XObject"]["/image"].get_object()  # type: ignore[index]  # our own
    assert isinstance(picture, StreamObject)
    picture._data = photo()
    writer.pages[0][NameObject("/PieceInfo")] = TextStringObject("SecretEditor")
    writer.add_metadata({"/Author": "SecretAuthor", "/Creator": "SecretProgram"})
    writer.add_attachment("notes.txt", b"SecretAttachment")
    writer.add_annotation(0, Text(rect=(1, 1, 9, 9), text="SecretNote"))
    writer.add_annotation(0, Link(rect=(1, 1, 9, 9), url="https://example.org/ok"))
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("SecretScript")}
    )
    return writer


def written(folder: Path, writer: PdfWriter) -> Path:
    path = folder / "leaflet.pdf"
    with path.open("wb") as stream:
        writer.write(stream)
    return path


async def test_a_leaflet_keeps_its_page_and_links_and_loses_all_that_tells_of_its_makers(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, leaflet())
    assert b"Secret" in path.read_bytes()
    paper = await clean_paper(path, LIMITS)
    assert b"Secret" not in paper.content
    assert paper.type == "application/pdf"
    assert paper.file_name == f"{paper.digest}.pdf"
    reader = PdfReader(io.BytesIO(paper.content))
    assert reader.metadata is None
    assert set(reader.root_object) == {"/Type", "/Pages"}
    (page,) = reader.pages
    assert page.annotations is not None
    assert [each.get_object()["/A"]["/URI"] for each in page.annotations] == ["https://example.org/ok"]
    assert page.images[0].image is not None
    assert page.images[0].image.size == (60, 30)


async def test_what_is_no_pdf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(b"<svg xmlns='x'><script>alert(1)</script></svg>")
    with pytest.raises(PictureRefused, match=r"x\.pdf is no PDF file, whatever its name says\."):
        await clean_paper(path, LIMITS)


@pytest.mark.parametrize("content", [b"%PDF-1.4 and nothing", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj"])
def test_a_broken_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(papers._Refused, match="is a PDF that we cannot read; print it into a new one"):
        papers.clean(content, max_pages=5)


def test_a_locked_and_an_endless_pdf_are_refused() -> None:
    long, locked = leaflet(), leaflet()
    for _ in range(5):
        long.add_blank_page(10, 10)
    locked.encrypt("secret", algorithm="RC4-128")
    for writer, words in ((long, "has more than 5 pages"), (locked, "is locked with a password")):
        target = io.BytesIO()
        writer.write(target)
        with pytest.raises(papers._Refused, match=words):
            papers.clean(target.getvalue(), max_pages=5)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\xff\xff cut", b"no picture"])
def test_a_picture_that_is_none_stays_what_it_is_or_shorter(content: bytes) -> None:
    assert len(papers.without_segments(content)) <= len(content)
