"""Pictures of posts: cleaned, stored once, described in the reader's language."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.errors import PictureRefused
from fedinode.services import cataloguing, publishing, revising
from fedinode.storage import federated_objects, models
from fedinode.storage.database import Session
from tests.services.outgoing.conftest import Write

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("picture")]

MEDIA = (
    '\n[[media]]\nfile = "bild.png"\nalt = "Ein rotes Quadrat"\nalts.ru = "Красный квадрат"\ncaption = "Rot"'
)
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"' + MEDIA
STATEMENT = 'type = "statement"\ntitle = "Erklärung"\nlanguage = "de"\ncosign = "anyone"' + MEDIA


async def attachments(cap: Capabilities, uri: str) -> list[dict[str, object]]:
    def read(session: Session) -> bytes:
        subject = federated_objects.find_by_uri(session, uri)
        assert subject is not None
        newest = federated_objects.newest_document(session, subject.id)
        assert newest is not None
        return newest.body

    found: list[dict[str, object]] = json.loads(await cap.database.read(read))["attachment"]
    return found


async def test_picture_is_attached_with_its_description(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    (attachment,) = await attachments(cap, published.uri)
    assert attachment["type"] == "Image"
    assert attachment["mediaType"] == "image/png"
    assert (attachment["name"], attachment["summary"]) == ("Ein rotes Quadrat", "Ein rotes Quadrat")
    assert (attachment["width"], attachment["height"]) == (8, 6)
    name = str(attachment["url"]).rpartition("/")[2]
    stored = (cap.settings.media_dir / name).read_bytes()
    with Image.open(io.BytesIO(stored)) as clean:
        assert clean.info == {}


async def test_picture_of_a_statement_is_signed_by_its_digest(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(STATEMENT))
    (attachment,) = await attachments(cap, published.uri)
    assert set(attachment) == {"type", "mediaType", "name", "url", "digestMultibase"}
    name = str(attachment["url"]).rpartition("/")[2]
    content = (cap.settings.media_dir / name).read_bytes()
    assert attachment["digestMultibase"] == documents.digest_of_bytes(content)


async def test_same_picture_is_stored_once(cap: Capabilities, manuscript: Write) -> None:
    await publishing.post(cap, manuscript(NEWS))
    names = {path.name for path in cap.settings.media_dir.iterdir()}
    assert sorted(name.rpartition(".")[2] for name in names) == ["png", "webp"]
    await publishing.post(cap, manuscript(NEWS), again=True)
    assert {path.name for path in cap.settings.media_dir.iterdir()} == names
    rows = await cap.database.read(lambda session: session.scalars(select(models.MediaFile.id)).all())
    assert len(rows) == 1


async def test_name_of_a_file_tells_nothing_of_its_content(cap: Capabilities, manuscript: Write) -> None:
    await publishing.post(cap, manuscript(NEWS), draft=True)
    row = await cap.database.read(lambda session: session.scalars(select(models.MediaFile)).one())
    assert row.digest not in row.path
    assert len(row.path) == 32 + len(".png")


async def test_another_picture_is_an_update(cap: Capabilities, manuscript: Write, tmp_path: Path) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    before = await attachments(cap, published.uri)
    Image.new("RGB", (8, 6), "blue").save(tmp_path / "bild.png")
    assert not (await revising.edit(cap, published.uri, manuscript(NEWS))).already
    assert await attachments(cap, published.uri) != before


async def test_file_that_is_no_picture_publishes_nothing(
    cap: Capabilities, manuscript: Write, tmp_path: Path
) -> None:
    (tmp_path / "bild.png").write_bytes(b"no picture at all")
    with pytest.raises(PictureRefused, match=r"bild\.png"):
        await publishing.post(cap, manuscript(NEWS))
    assert await cataloguing.list_posts(cap) == ()
