"""What an editor does at the desk with posts of friends: found, followed, reshared, taken over, corrected."""

import re
from datetime import timedelta

import pytest

from fedinode.services import correcting
from fedinode.storage import models
from tests.conftest import DatabaseKind
from tests.desk_hand import Hand
from tests.peer_server import Peer, PeerActor, Reply
from tests.services.incoming.conftest import Visited
from tests.services.incoming.test_sharing_rules import boosts, news

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: what these pages read is read on both in tests/admin."""
    return "sqlite"


async def test_a_friend_is_found_followed_and_passed_on_by_a_rule(visited: Visited, mira: PeerActor) -> None:
    hand = await Hand(visited.cap, visited.http).enter("berlin", "editor")
    handle = f"@mira@{mira.peer.host}"
    found = await hand.post("/desk/network/elsewhere", address=f" {handle} ")
    account = found.headers["location"]
    assert handle in await hand.get(account)
    for _ in range(2):
        asked = await hand.post("/desk/network/accounts/follow", handle=mira.uri, collective="berlin")
        assert asked.headers["location"].endswith("done=asked")
    (request,) = await visited.sent("Follow")
    assert "asked; not answered yet" in await hand.get("/desk/network/following")
    await visited.take(mira, mira.activity("Accept", request.uri))
    fields = {"subject": mira.uri, "uri": mira.uri, "collective": "berlin", "kinds": "note"}
    await hand.post("/desk/network/accounts/rule", mode="propose", **fields)
    one, two = news(visited, mira), news(visited, mira)
    await visited.take(mira, mira.activity("Create", one), mira.activity("Create", two))
    assert "Posts that rules propose to reshare" in await hand.get("/desk")
    page = await hand.get("/desk/network")
    first, second = re.findall(r'name="id" value="(\d+)"', page)
    for fields in ({"do": "share", "id": "99"}, {"do": "leave", "id": "x"}):
        assert (await hand.post("/desk/network/proposed", **fields)).status_code == 404
    assert (await hand.post("/desk/network/proposed", do="share")).status_code == 422
    for _ in range(2):
        assert (await hand.post("/desk/network/proposed", do="share", id=first)).status_code == 303
    await hand.post("/desk/network/proposed", do="leave", id=second)
    assert await boosts(visited) == [one["id"]]
    ended = await hand.post("/desk/network/accounts/follow", handle=mira.uri, collective="berlin", do="end")
    assert ended.headers["location"].endswith("done=ended")


async def test_a_post_from_elsewhere_is_shown_taken_over_and_corrected(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    hand = await Hand(visited.cap, visited.http).enter("berlin", "editor")
    html = '<h1>Loud</h1><p>Guten Tag</p><img src="https://spy.example/x">'
    note = koeln.serve(mira.note(content=html, contentMap={"de": html}))
    hidden = koeln.serve(mira.note(to=[mira.uri], cc=[]))
    koeln.answer("/broken", Reply(status=500))
    for address, words in (
        (hidden["id"], "not for everybody"),
        (f"{koeln.origin}/broken", "cannot be fetched"),
        (f"{koeln.origin}/nothing", "cannot be fetched"),
        ("http://169.254.169.254/latest/meta-data", "cannot be fetched"),
    ):
        refused = await hand.post("/desk/network/elsewhere", address=address)
        assert (refused.status_code, words in refused.text) == (422, True), address
    for _ in range(2):
        found = await hand.post("/desk/network/elsewhere", address=note["id"])
    path = found.headers["location"]
    page = await hand.get(path)
    assert ("Guten Tag" in page, "spy.example" in page, "<p>Loud</p>" in page) == (True, False, True)
    assert note["id"] not in await hand.get("/desk/network"), "nobody of ours follows the author"

    for _ in range(2):
        taken = await hand.post(f"{path}/take-over", collective="berlin", do="publish")
        assert taken.headers["location"] == f"{path}?done=taken"
    assert "taken over by berlin" in await hand.get(path)
    assert "Guten Tag" in (await visited.http.get("/@berlin")).text
    for number, status in ((1, 404), ("x", 404)):
        wrong = await hand.post("/desk/network/corrections", id=str(number), do="accept")
        assert wrong.status_code == status
    night = "<p>Gute Nacht</p>"
    koeln.serve(note | {"content": night, "contentMap": {"de": night}})
    await correcting.ask_sources(visited.cap, every=timedelta(0))
    assert "Corrections of what we took over" in await hand.get("/desk")
    corrections = await hand.get("/desk/network/corrections")
    (number,) = re.findall(r'name="id" value="(\d+)"', corrections)
    done = await hand.post("/desk/network/corrections", id=number, do="accept")
    assert done.headers["location"] == "/desk/network/corrections?done=accepted"
    assert (await hand.post("/desk/network/corrections", id=number, do="accept")).status_code == 404
    assert "Gute Nacht" in (await visited.http.get("/@berlin")).text

    # Who deletes at home is gone here: it can be neither found nor passed on any more.
    await visited.take(mira, mira.activity("Delete", note["id"]))
    assert (await visited.http.get(path)).status_code == 404
    gone = await hand.post("/desk/network/elsewhere", address=note["id"])
    assert (gone.status_code, "deleted this post" in gone.text) == (422, True)
    assert (await visited.row(models.RemoteObject)).deleted_at is not None
