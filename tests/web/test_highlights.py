"""What readers see first: pinned posts on pages and for other servers, and the banner of a campaign."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from federation import jsonld
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.services import campaigning, pinning, publishing
from fedinode.services.campaigning import Banner
from fedinode.storage.database import Session
from fedinode.storage.models import OutgoingActivity
from tests.web.conftest import DOCUMENT, ORIGIN, Clock, Get, Publish, fresh

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

FEATURED = "/collectives/berlin/featured"


def news(number: int) -> str:
    return f'type = "news"\ntitle = "Meldung {number}"\nlanguage = "de"\nshow = "teaser"\nkey = "n{number}"'


async def sent(cap: Capabilities) -> list[jsonld.Document]:
    """Return our activities in order."""

    def read(session: Session) -> list[bytes]:
        return list(session.scalars(select(OutgoingActivity.body).order_by(OutgoingActivity.id)))

    return [jsonld.load(body) for body in await cap.database.read(read)]


async def test_a_pinned_post_stands_first_here_and_on_other_servers(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    first = await publish(news(1))
    clock.advance(hours=1)
    await publish(news(2))
    assert '<section class="pinned"' not in (await get("/@berlin")).text
    pinned = await pinning.pin(cap, first.url)
    assert (pinned.uri, pinned.already) == (first.uri, False)
    profile = (await fresh(get, "/@berlin", lambda answer: 'class="pinned"' in answer.text)).text
    assert profile.index("Meldung 1") < profile.index("Meldung 2")
    assert profile.count("Meldung 1") == 1
    front = (await get("/")).text
    assert front.index("Meldung 1") < front.index("Meldung 2")
    assert 'class="pinned"' not in (await get("/@tbilisi")).text
    featured = await get(FEATURED, **DOCUMENT)
    assert featured.json()["orderedItems"] == [first.uri]
    added, told = (await sent(cap))[-2:]
    assert (added["type"], added["object"], added["target"]) == ("Add", first.uri, f"{ORIGIN}{FEATURED}")
    assert (told["type"], told["object"]["featured"]) == ("Update", f"{ORIGIN}{FEATURED}")

    assert (await pinning.pin(cap, first.uri)).already
    await pinning.unpin(cap, first.uri)
    assert (await pinning.unpin(cap, first.uri)).already
    removed = [each for each in await sent(cap) if each["type"] == "Remove"]
    assert [(each["object"], each["target"]) for each in removed] == [(first.uri, f"{ORIGIN}{FEATURED}")]
    await fresh(get, "/@berlin", lambda answer: 'class="pinned"' not in answer.text)


async def test_what_cannot_be_pinned_is_told(publish: Publish, cap: Capabilities) -> None:
    with pytest.raises(NotFound, match=f"There is no post of ours at {ORIGIN}/nothing"):
        await pinning.pin(cap, f"{ORIGIN}/nothing")
    page = await publish('type = "page"\ntitle = "Impressum"\nlanguage = "de"\nslug = "imprint"')
    with pytest.raises(Conflict, match="stands in no list"):
        await pinning.pin(cap, page.uri)
    draft = await publish(news(9), draft=True)
    with pytest.raises(Conflict, match="This post is draft; pin it once it is public"):
        await pinning.pin(cap, draft.uri)
    posts = [await publish(news(number)) for number in range(6)]
    for each in posts[:5]:
        await pinning.pin(cap, each.uri)
    with pytest.raises(Conflict, match=rf"5 posts of berlin are pinned.*fedinode unpin {posts[0].uri}"):
        await pinning.pin(cap, posts[5].uri)
    await publishing.delete(cap, posts[0].uri)
    assert not (await pinning.pin(cap, posts[5].uri)).already


async def test_a_banner_stands_on_every_page_in_its_language_and_ends_by_itself(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    post = await publish(news(1) + '\n[translations.ru]\ntitle = "Новость"\nbody = "Текст."')
    await get(post.url)
    words = {"de": "Streik am <Freitag>", "ru": "Забастовка"}
    until = clock() + timedelta(days=1)
    await campaigning.set_banner(cap, Banner(texts=words, until=until, link="https://example.org/streik"))
    german = '<a href="https://example.org/streik">Streik am &lt;Freitag&gt;</a>'
    assert german in (await get(post.url)).text
    for path in ("/", "/@berlin", "/archive", "/search", "/about", "/network", f"/interact?uri={post.uri}"):
        assert german in (await get(path)).text, path
    assert '<p class="wrap" lang="ru" dir="ltr">' in (await get("/@berlin/ru/novost")).text
    assert german in (await get("/nothing-here")).text
    clock.advance(days=1)
    for path in (post.url, "/", "/archive", "/nothing-here"):
        assert 'class="banner' not in (await get(path)).text, path
    assert await campaigning.find_banner(cap) is None


async def test_a_banner_is_taken_down_and_put_in_place_of_another(
    get: Get, cap: Capabilities, clock: Clock
) -> None:
    for words in ("Erstens", "Zweitens"):
        await campaigning.set_banner(cap, Banner(texts={"de": words}, until=clock() + timedelta(days=1)))
        assert f"{words}</p>" in (await get("/")).text
    await campaigning.end_banner(cap)
    assert 'class="banner' not in (await get("/")).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"texts": {}}, "A banner says something"),
        ({"texts": {"de": " "}}, "must be one line of text"),
        ({"texts": {"de": "zwei\nZeilen"}}, "must be one line of text"),
        ({"texts": {"de": "x" * 201}}, "longer than 200 characters"),
        ({"link": "javascript:alert(1)"}, "is no address that begins with https"),
        ({"link": "https://[oops"}, "is no address that begins with https"),
        ({"until": timedelta()}, "is over already"),
    ],
)
async def test_a_banner_that_makes_no_sense_is_refused(
    cap: Capabilities, clock: Clock, change: dict[str, object], words: str
) -> None:
    until = clock() + (change.pop("until", timedelta(days=1)))  # type: ignore[operator]  # a timedelta
    given = {"texts": {"de": "Streik"}, "link": None} | change
    with pytest.raises(UsageError, match=words):
        await campaigning.set_banner(cap, Banner(until=until, **given))  # type: ignore[arg-type]
    assert await campaigning.find_banner(cap) is None
