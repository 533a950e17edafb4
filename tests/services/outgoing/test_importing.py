"""Archives taken over from a folder."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import cataloguing, importing
from fedinode.storage import models
from tests.peer_server import Peer
from tests.services.outgoing.conftest import Befriend

pytestmark = pytest.mark.anyio


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three posts, one of them with a translation in a file of its own, one of them wrong."""
    folder = tmp_path / "archive"
    (folder / "2019").mkdir(parents=True)
    front = '+++\ntype = "news"\ntitle = "{title}"\nlanguage = "de"\nshow = "teaser"\n{more}\n+++\n\nText.\n'
    old = (
        'published = 2019-03-08T12:00:00Z\n[translations.ru]\ntitle = "Восьмое марта"\nbody_file = "a.ru.md"'
    )
    (folder / "2019" / "a.md").write_text(front.format(title="8. März", more=old))
    (folder / "2019" / "a.ru.md").write_text("Текст.\n")
    (folder / "b.md").write_text(front.format(title="Neu", more="deliver = true"))
    (folder / "c.md").write_text(front.format(title="Falsch", more='colour = "red"'))
    return folder


async def count(cap: Capabilities, table: type[models.Base]) -> int:
    return await cap.database.read(
        lambda session: session.execute(select(func.count()).select_from(table)).scalar_one()
    )


async def test_import_keeps_everything_right_and_names_what_is_wrong(
    cap: Capabilities, archive: Path
) -> None:
    told: list[tuple[int, int, str]] = []
    result = await importing.import_markdown(
        cap, archive, progress=lambda done, total, path: told.append((done, total, path.name))
    )
    assert (result.imported, result.already) == (2, 0)
    (refusal,) = result.refused
    assert "c.md" in refusal
    assert "colour" in refusal
    assert told == [(1, 3, "a.md"), (2, 3, "b.md"), (3, 3, "c.md")]
    titles = {each.title: each.languages for each in await cataloguing.list_posts(cap)}
    assert titles == {"8. März": ("de", "ru"), "Neu": ("de",)}


async def test_import_delivers_nothing_whatever_the_files_say(
    cap: Capabilities, archive: Path, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await importing.import_markdown(cap, archive)
    assert await count(cap, models.Delivery) == 0


async def test_second_run_imports_what_is_new(cap: Capabilities, archive: Path) -> None:
    await importing.import_markdown(cap, archive)
    (archive / "c.md").unlink()
    (archive / "d.md").write_text('+++\ntype = "page"\ntitle = "Impressum"\nlanguage = "de"\n+++\n\nWir.\n')
    result = await importing.import_markdown(cap, archive)
    assert (result.imported, result.already, result.refused) == (1, 2, ())


async def test_dry_run_keeps_nothing(cap: Capabilities, archive: Path) -> None:
    result = await importing.import_markdown(cap, archive, dry_run=True)
    assert (result.imported, result.already, len(result.refused)) == (2, 0, 1)
    assert await count(cap, models.Post) == 0


async def test_dry_run_finds_texts_that_cannot_be_rendered(cap: Capabilities, archive: Path) -> None:
    (archive / "c.md").write_text(
        f'+++\ntype = "page"\ntitle = "Tief"\nlanguage = "de"\n+++\n\n{"> " * 30}Text\n'
    )
    (refusal,) = (await importing.import_markdown(cap, archive, dry_run=True)).refused
    assert "c.md" in refusal
    assert "deep" in refusal


async def test_missing_folder_is_told(cap: Capabilities, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no folder"):
        await importing.import_markdown(cap, tmp_path / "nowhere")
