"""What others publish, at the desk: listed and sifted, reshared, taken over; followers; rules."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from federation import jsonld
from fedinode.capabilities import Capabilities
from fedinode.services.network import passing_on
from fedinode.storage import audit_log, collectives, decisions, follows, models
from fedinode.storage.database import Session
from fedinode.storage.decisions import Thresholds
from fedinode.storage.follows import NewFollow
from tests.admin.conftest import Browser
from tests.web.conftest import Clock
from tests.web.test_network_pages import actor, kept

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


def befriended(
    session: Session, cap: Capabilities, name: str, collective: str = "berlin"
) -> models.RemoteActor:
    """Let a collective follow somebody, with consent."""
    friend = actor(session, name)
    tie(session, cap, friend, "out", collective)
    return friend


def tie(
    session: Session, cap: Capabilities, other: models.RemoteActor, direction: str, collective: str
) -> int:
    row = collectives.find_by_name(session, collective)
    assert row is not None
    asked = {
        "id": f"{other.uri}/{direction}/{collective}",
        "type": "Follow",
        "actor": other.uri,
        "object": row.uri,
    }
    new = NewFollow(
        direction=direction,
        collective_id=row.id,
        actor_id=other.id,
        follow_uri=asked["id"],
        body=json.dumps(asked).encode(),
        state="accepted",
    )
    return follows.put(session, new, cap.clock())


def written(session: Session, author: models.RemoteActor, number: int, **given: Any) -> models.RemoteObject:
    """Keep a post with the document that it came in."""
    document = {
        "id": f"{author.uri}/{number}",
        "type": given.get("type", "Article"),
        "attributedTo": author.uri,
        "to": [jsonld.PUBLIC],
        "content": given.get("html_clean", "<p>Text</p>"),
    }
    return kept(session, author, number, **{"body": json.dumps(document).encode(), **given})


async def deeds(cap: Capabilities) -> list[str]:
    """Return what the audit says that members did with others."""

    def read(session: Session) -> list[str]:
        kinds = ("reshare.", "share.", "follow", "takeover.")
        return [each.action for each in audit_log.entries(session) if each.action.startswith(kinds)]

    return await cap.database.read(read)


def numbers_of(page: str) -> list[str]:
    return re.findall(r'href="[^"]*/desk/network/posts/(\d+)"', page)


async def test_posts_of_friends_are_listed_cleaned_and_sifted(cap: Capabilities, browser: Browser) -> None:
    def write(session: Session) -> Sequence[int]:
        lisbon = befriended(session, cap, "lisbon")
        tbilisi = befriended(session, cap, "faro", "tbilisi")
        silent = befriended(session, cap, "silent")
        silent.level = "silence"
        long = "<h2>Loud</h2><p>" + "word " * 200 + "</p>"
        one = written(session, lisbon, 1, html_clean=long, name="Greve geral")
        two = written(session, lisbon, 2, type="Note", name=None, language="en", html_clean="<p>Hello</p>")
        theirs = written(session, tbilisi, 3)
        quiet = written(session, silent, 4)
        private = written(session, lisbon, 5)
        private.body = (private.body or b"").replace(jsonld.PUBLIC.encode(), b"https://lisbon.example/f")
        return [one.id, two.id, theirs.id, quiet.id, lisbon.id]

    one, two, theirs, quiet, lisbon = await cap.database.write(write)
    await browser.sign_in(cap, ANA, "editor")
    page = await browser.get("/desk/network")
    assert set(numbers_of(page.text)) == {str(one), str(two)}
    assert "@lisbon@lisbon.example" in page.text
    assert "<img" not in page.text.replace("<img class", "")
    assert "<details><summary>Read all" in page.text
    assert "<h2>Loud" not in page.text
    for query, found in (
        ("kind=note", {two}),
        ("language=pt", {one}),
        (f"sender={lisbon}", {one, two}),
        ("kind=event", set()),
        ("kind=nonsense&language=%00", {one, two}),
        ("sender=999999", set()),
    ):
        sifted = await browser.get(f"/desk/network?{query}")
        assert set(numbers_of(sifted.text)) == {str(each) for each in found}, query
    for path in ("?page=2", "?page=0", "?page=-1", "?page=x", f"?sender={'9' * 40}", f"/posts/{quiet}"):
        assert (await browser.get(f"/desk/network{path}")).status_code == 404, path
    assert (await browser.get(f"/desk/network/posts/{theirs}")).status_code == 200, "a public post"


async def test_an_editor_reshares_once_with_a_comment_and_takes_it_back(
    cap: Capabilities, browser: Browser
) -> None:
    number = await cap.database.write(
        lambda session: written(session, befriended(session, cap, "lisbon"), 1).id
    )
    await browser.sign_in(cap, ANA, "editor")
    path = f"/desk/network/posts/{number}"
    assert "Reshare" in (await browser.get(path)).text
    for _ in range(2):
        answer = await browser.post(f"{path}/reshare", collective="berlin", comment="Read this.")
        assert answer.headers["location"] == f"{path}?done=reshared"
    page = await browser.get(f"{path}?done=reshared")
    assert "reshared by berlin" in page.text
    assert await _boosts(cap) == 1
    assert "Read this." in (await browser.get("/@berlin")).text
    assert len(await cap.database.read(lambda session: session.scalars(select(models.Post.id)).all())) == 1
    for _ in range(2):
        answer = await browser.post(f"{path}/reshare", collective="berlin", do="undo")
        assert answer.headers["location"] == f"{path}?done=undone"
    assert await _boosts(cap) == 0
    for collective in ("tbilisi", "nowhere", ""):
        assert (await browser.post(f"{path}/reshare", collective=collective)).status_code == 404
    assert (await browser.post(f"{path}/co-sign", collective="berlin")).status_code == 403
    too_long = await browser.post(f"{path}/reshare", collective="berlin", comment="x" * 5001)
    assert (too_long.status_code, "too long" in too_long.text) == (409, True)
    assert await deeds(cap) == ["reshare.made", "reshare.undone"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_comment_is_asked_about_where_several_decide(cap: Capabilities, browser: Browser) -> None:
    def write(session: Session) -> int:
        row = collectives.find_by_name(session, "berlin")
        assert row is not None
        decisions.set_thresholds(session, row.id, Thresholds(publish=2, cosign=2))
        return written(session, befriended(session, cap, "lisbon"), 1).id

    number = await cap.database.write(write)
    await browser.sign_in(cap, ANA, "editor")
    path = f"/desk/network/posts/{number}"
    await browser.get(path)
    answer = await browser.post(f"{path}/reshare", collective="berlin", comment="Read this.")
    assert answer.headers["location"] == f"{path}?done=asked"
    assert "Read this." not in (await browser.get("/@berlin")).text
    assert await _boosts(cap) == 1


async def test_a_rule_is_set_and_keeps_editors_from_resharing(cap: Capabilities, browser: Browser) -> None:
    def write(session: Session) -> tuple[int, str]:
        friend = befriended(session, cap, "lisbon")
        friend.fetched_at = cap.clock()
        return written(session, friend, 1).id, friend.uri

    number, uri = await cap.database.write(write)
    await browser.sign_in(cap, ANA, "editor")
    page = await browser.get(f"/desk/network/accounts?uri={uri}")
    assert "Rule for resharing" in page.text
    rule = {"subject": uri, "uri": uri, "collective": "berlin", "mode": "never"}
    answer = await browser.post("/desk/network/accounts/rule", None, **rule)
    assert answer.headers["location"].endswith("done=rule")
    (kept_rule,) = await passing_on.list_rules(cap)
    assert (kept_rule.mode, kept_rule.set_by) == ("never", "ana")
    answer = await browser.post(f"/desk/network/posts/{number}/reshare", collective="berlin")
    assert (answer.status_code, "never reshared" in answer.text) == (409, True)
    assert "berlin never reshares" in (await browser.get("/desk/network")).text
    for changed, status in (
        ({"collective": "tbilisi"}, 404),
        ({"mode": "always"}, 409),
        ({"mode": "auto"}, 409),
        ({"subject": "https://nobody.example/a"}, 404),
        ({"subject": "no server", "uri": ""}, 409),
    ):
        answer = await browser.post("/desk/network/accounts/rule", None, **(rule | changed))
        assert answer.status_code == status, changed
    assert "lisbon" in (await browser.get("/desk/network/following")).text
    await browser.post("/desk/network/accounts/rule", None, **(rule | {"mode": "none"}))
    assert await passing_on.list_rules(cap) == ()
    assert await deeds(cap) == ["share.rule", "share.rule"]
    assert (await browser.get("/desk/network/accounts?uri=https://nobody.example/a")).status_code == 404


async def test_followers_are_searched_counted_and_removed_by_who_moderates(
    cap: Capabilities, browser: Browser, clock: Clock
) -> None:
    def write(session: Session) -> list[int]:
        own = [tie(session, cap, actor(session, name), "in", "berlin") for name in ("faro", "lisbon")]
        return [*own, tie(session, cap, actor(session, "porto"), "in", "tbilisi")]

    faro, lisbon, porto = await cap.database.write(write)
    await browser.sign_in(cap, ANA, "moderator")
    assert "/desk/network/followers" in (await browser.get("/desk/moderation")).text
    page = await browser.get("/desk/network/followers")
    assert "2 followers" in page.text
    assert "porto" not in page.text
    for query, found in (
        ("q=LISB", [lisbon]),
        ("q=%25", []),
        ("host=faro.example", [faro]),
        ("q=@faro", [faro]),
    ):
        sought = await browser.get(f"/desk/network/followers?{query}")
        assert re.findall(r'name="id" value="(\d+)"', sought.text) == [str(each) for each in found], query
    answer = await browser.post("/desk/network/followers", id=[str(faro), str(porto)])
    assert answer.status_code == 404
    for _ in range(2):
        answer = await browser.post("/desk/network/followers", id=str(faro))
        assert answer.headers["location"] == "/desk/network/followers?done=removed"
    assert "1 follower" in (await browser.get("/desk/network/followers")).text
    assert await deeds(cap) == ["follower.removed"]
    assert (await browser.get("/desk/network")).status_code == 403


async def test_what_is_pasted_is_refused_in_words(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, ANA, "editor")
    await browser.get("/desk/network")
    for address, words in (
        ("", "Write a handle"),
        ("two words@here", "Write a handle"),
        ("https://berlin.example/@berlin", "address of this node"),
        ("http://127.0.0.1/secret", "cannot be fetched"),
        ("http://[::1]/", "cannot be fetched"),
        ("file:///etc/passwd", "cannot be fetched"),
        ("https://metadata.internal/", "cannot be fetched"),
        (f"https://lisbon.example/{'x' * 3000}", "Write a handle"),
    ):
        answer = await browser.post("/desk/network/elsewhere", address=address)
        assert (answer.status_code, words in answer.text) == (422, True), address
        follow = await browser.post("/desk/network/accounts/follow", handle=address, collective="berlin")
        assert follow.status_code == 422, address


async def _boosts(cap: Capabilities) -> int:
    def read(session: Session) -> int:
        rows = session.query(models.Reshare).all()
        return sum(row.undone_at is None for row in rows)

    return await cap.database.read(read)
