"""Pictures and files of a post: their sizes for browsers, what is said of them, and who may see them."""

import re
from pathlib import Path

import pytest
from PIL import Image

from fedinode.capabilities import Capabilities
from fedinode.services import describing, publishing
from fedinode.services.upkeep import housekeeping
from tests.jobs.test_papers import leaflet, written
from tests.web.conftest import DOCUMENT, Clock, Get, Publish, fresh
from tests.web.test_calendars import structured

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

NEWS = """type = "news"
title = "Bericht"
language = "de"
show = "teaser"
[[media]]
file = "square.jpg"
alt = "Menschen auf einem Platz"
alts.ru = "Люди на площади"
[[media]]
file = "leaflet.pdf"
alt = "Flugblatt"
[translations.ru]
title = "Отчёт"
body = "Текст."
"""
_FILE = re.compile(r"/media/([0-9a-f]{32}\.[a-z]+)")


@pytest.fixture
def manuscripts(tmp_path: Path) -> Path:
    Image.effect_mandelbrot((1000, 500), (-2, -1, 1, 1), 60).save(tmp_path / "square.jpg")
    written(tmp_path, leaflet())
    return tmp_path


async def test_a_post_shows_its_picture_in_sizes_and_offers_its_paper(
    get: Get, publish: Publish, cap: Capabilities, manuscripts: Path, clock: Clock
) -> None:
    post = await publish(NEWS)
    page = (await get(post.url)).text
    source = page.partition("<picture>")[2].partition("</picture>")[0]
    widths = re.findall(r"\.webp (\d+)w", source)
    assert widths == ["480", "960", "1000"]
    assert 'alt="Menschen auf einem Platz" width="1000" height="500"' in source
    assert 'type="application/pdf"' in page
    assert ">Flugblatt</a>" in page
    assert 'alt="Люди на площади"' in (await get("/@berlin/ru/otchet")).text
    names = set(_FILE.findall(page))
    kinds = {name: (await get(f"/media/{name}")) for name in names}
    assert sorted(answer.headers["content-type"] for answer in kinds.values()) == [
        "application/pdf",
        "image/jpeg",
        *["image/webp"] * 3,
    ]
    for answer in kinds.values():
        assert answer.status_code == 200
        assert b"Secret" not in answer.content
        assert "sandbox" in answer.headers["content-security-policy"]
    assert re.search(r'<meta property="og:image" content="[^"]+\.jpg">', page)

    document = (await get(post.uri, **DOCUMENT)).json()
    assert [each["mediaType"] for each in document["attachment"]] == ["image/jpeg"]
    assert ".pdf" in document["content"]

    folder = cap.settings.media_dir
    clock.advance(days=3)
    assert (await housekeeping.purge_once(cap)).counts["media"] == 0
    assert {path.name for path in folder.iterdir()} == names
    await publishing.delete(cap, post.url)
    for name in names:
        await fresh(get, f"/media/{name}", lambda answer: answer.status_code == 404)


async def test_a_draft_shows_no_size_of_its_pictures(
    get: Get, publish: Publish, cap: Capabilities, manuscripts: Path
) -> None:
    await publish(NEWS, draft=True)
    names = [path.name for path in cap.settings.media_dir.iterdir()]
    assert len(names) == 5
    assert [(await get(f"/media/{name}")).status_code for name in names] == [404] * 5


async def test_the_face_of_a_collective_is_small(get: Get, cap: Capabilities, manuscripts: Path) -> None:
    await describing.set_look(cap, "berlin", icon=manuscripts / "square.jpg")
    page = (await get("/")).text
    face = page.partition('<picture class="mark">')[2].partition("</picture>")[0]
    assert re.findall(r"\.webp (\d+)w", face) == ["96", "400"]
    actor = (await get("/collectives/berlin", **DOCUMENT)).json()
    assert (actor["icon"]["width"], actor["icon"]["height"]) == (400, 200)
    profile = (await get("/@berlin")).text
    assert f'<meta property="og:image" content="{actor["icon"]["url"]}">' in profile
    assert '<meta name="fediverse:creator" content="@berlin@berlin.example">' in profile
    assert actor["attributionDomains"] == ["berlin.example"]
    assert structured(profile) == {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": "Berliner Zelle",
        "url": "https://berlin.example/@berlin",
        "logo": actor["icon"]["url"],
        "inLanguage": "de",
        "identifier": "@berlin@berlin.example",
    }
