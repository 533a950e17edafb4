"""Who is let in, decided at the desk: levels, lists of domains, rules, listed servers, attacks."""

import csv
import io

import httpx
import pytest

from fedinode.capabilities import Capabilities
from fedinode.services.moderation import excluding
from fedinode.storage import alarms, audit_log, levels, models
from fedinode.storage.database import Session
from tests.admin.conftest import FROM_HERE, Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

LEVELS = "/desk/moderation/levels"
RULES = "/desk/moderation/rules"
CIRCLE = "/desk/moderation/circle"
ATTACK = "/desk/moderation/attack"
HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate"


async def level_of(cap: Capabilities, subject: str) -> str | None:
    row = await cap.database.read(lambda session: levels.find(session, subject))
    return None if row is None else row.level


async def deeds(cap: Capabilities) -> list[str]:
    return await cap.database.read(lambda session: [row.action for row in audit_log.entries(session)])


async def upload(browser: Browser, content: bytes) -> httpx.Response:
    return await browser.client.post(
        f"{LEVELS}/import",
        data={"seal": browser.seal},
        files={"file": ("blocks.csv", content, "text/csv")},
        headers={"accept": "text/html", **FROM_HERE},
    )


async def test_a_domain_is_found_limited_explained_and_lifted_again(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    page = await browser.get(f"{LEVELS}/entry?subject=BAD.example.")
    assert "bad.example" in page.text
    assert "suspending takes nothing away" in page.text
    taken = await browser.post(
        f"{LEVELS}/entry", subject="BAD.example.", level="silence", reason="<b>loud</b>", public_reason="=1+1"
    )
    assert taken.headers["location"] == f"{LEVELS}?q=bad.example&done=set"
    listed = await browser.get(taken.headers["location"])
    assert "Limited" in listed.text
    assert "&lt;b&gt;loud&lt;/b&gt;" in listed.text
    history = await browser.get(f"{LEVELS}/entry?subject=bad.example")
    assert "mira" in history.text
    assert (await browser.post(f"{LEVELS}/lift", subject="bad.example")).status_code == 303
    assert await level_of(cap, "bad.example") is None
    assert (await browser.post(f"{LEVELS}/lift", subject="bad.example")).status_code == 404
    assert {"level.set", "level.lifted"} <= set(await deeds(cap))


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "no domain at all", "level": "silence"},
        {"subject": "", "level": "silence"},
        {"subject": "bad.example", "level": "banished"},
        {"subject": "berlin.example", "level": "suspend"},
        {"subject": "@nobody@bad.example", "level": "suspend"},
    ],
)
async def test_what_nobody_can_decide_is_said_and_changes_nothing(
    cap: Capabilities, browser: Browser, fields: dict[str, str]
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    own = cap.urls.host
    subject = fields["subject"].replace("berlin.example", own)
    answer = await browser.post(f"{LEVELS}/entry", subject=subject, level=fields["level"])
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert await cap.database.read(levels.list_all) == ()


async def test_a_domain_is_suspended_by_as_many_as_it_takes_and_limited_until_then(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await other.sign_in(cap, "ben@example.org", "owner")

    def ask_two(session: Session) -> None:
        session.query(models.Collective).filter_by(name="berlin").update({"block_k": 2})

    await cap.database.write(ask_two)
    asked = await browser.post(f"{LEVELS}/entry", subject="bad.example", level="suspend")
    assert asked.headers["location"].endswith("done=asked")
    assert await level_of(cap, "bad.example") == "silence"
    question = await cap.database.read(lambda session: session.query(models.Decision).one().uid)
    await other.get("/desk")
    assert (await other.post("/desk/decisions", decision=question, do="yes")).status_code == 303
    assert await level_of(cap, "bad.example") == "suspend"


async def test_a_list_of_20000_rows_is_seen_with_its_faults_and_imported_once_confirmed(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await excluding.block(cap, "host-3.example", severity="silence")
    lines = [HEAD] + [f"host-{number}.example,silence,false,true,spam,false" for number in range(20_000)]
    lines[10] = "no domain,suspend,false,false,,false"
    lines[11] = "b*d.example,suspend,false,false,,true"
    lines[12] = "host-1.example,banish,false,false,,false"
    lines[13] = "host-1.example,suspend,perhaps,false,,false"
    lines[14] = "HOST-1.example.,silence,false,false,,false"
    lines[15] = f"{cap.urls.host},suspend,false,false,,false"
    lines[16] = '"broken,suspend'
    lines[17] = 'long.example,silence,false,false,"over some\r\nlines",false'
    lines[18] = 'плохо.example,suspend,true,false,"\'=1+1",false'
    await browser.get(f"{LEVELS}/import")
    kept = await upload(browser, "\r\n".join(lines).encode())
    preview = await browser.get(kept.headers["location"])
    for number in (11, 12, 13, 14, 15, 16, 17):
        assert f'data-label="Line">{number}</th>' in preview.text, number
    assert "made unreadable" in preview.text
    assert await level_of(cap, "host-5.example") is None
    await other.sign_in(cap, "ben@example.org", "owner")
    assert (await other.get(kept.headers["location"])).status_code == 404
    done = await browser.post(kept.headers["location"])
    assert done.headers["location"].endswith("done=imported")
    rows = await cap.database.read(levels.list_all)
    by_name = {row.subject: row for row in rows}
    assert by_name["host-19999.example"].rejects_reports
    assert by_name["long.example"].public_reason == "over some\nlines"
    bad = by_name["xn--k1agab6a.example"]
    assert (bad.level, bad.public_reason, bad.rejects_media) == ("suspend", "=1+1", True)
    assert "imported already" in (await browser.get(kept.headers["location"])).text


async def test_what_was_imported_is_exported_and_imported_again_without_a_change(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await browser.get(f"{LEVELS}/import")
    lines = (
        HEAD,
        "bad.example,suspend,true,false,'=1+1,true",
        'loud.example,silence,false,true,"a, b",false',
    )
    kept = await upload(browser, "\n".join(lines).encode())
    for _ in range(2):
        assert (await browser.post(kept.headers["location"])).status_code == 303
    rows = await cap.database.read(levels.list_all)
    exported = (await browser.get(f"{LEVELS}/export")).text
    assert list(csv.reader(io.StringIO(exported)))[1:] == list(csv.reader(lines[1:]))
    again = await browser.get((await upload(browser, exported.encode())).headers["location"])
    assert again.text.count("<dd>0</dd>") == 4
    assert "<dd>2</dd>" in again.text
    assert [row.public_reason for row in rows] == ["=1+1", "a, b"]


async def test_the_suspensions_of_a_list_are_one_question_to_the_members(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await other.sign_in(cap, "ben@example.org", "owner")

    def ask_two(session: Session) -> None:
        session.query(models.Collective).filter_by(name="berlin").update({"block_k": 2})

    await cap.database.write(ask_two)
    await browser.get(f"{LEVELS}/import")
    kept = await browser.post(f"{LEVELS}/import/paste", list="bad.example\nworse.example,suspend\n")
    done = await browser.post(kept.headers["location"])
    assert done.headers["location"].endswith("done=asked")
    assert {await level_of(cap, "bad.example"), await level_of(cap, "worse.example")} == {"silence"}
    (question,) = await cap.database.read(
        lambda session: [row.uid for row in session.query(models.Decision).all()]
    )
    await other.get("/desk")
    assert (await other.post("/desk/decisions", decision=question, do="yes")).status_code == 303
    assert {await level_of(cap, "bad.example"), await level_of(cap, "worse.example")} == {"suspend"}


async def test_a_list_that_is_none_is_refused_with_a_sentence(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await browser.get(f"{LEVELS}/import")
    assert (await upload(browser, b"\xff\xfe\x00nothing")).status_code == 422
    assert (await browser.post(f"{LEVELS}/import/paste", list="  ")).status_code == 422
    pasted = await browser.post(f"{LEVELS}/import/paste", list="bad.example\nworse.example\nnone")
    preview = await browser.get(pasted.headers["location"])
    assert "Import 2 good lines" in preview.text
    assert (await browser.post(pasted.headers["location"])).status_code == 303
    assert await level_of(cap, "worse.example") == "suspend"
    assert (await browser.post(f"{LEVELS}/import/abc")).status_code == 404


async def test_rules_are_added_tried_and_removed(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await browser.get(RULES)
    for kind, value in (
        ("word", "casino\nbuy now"),
        ("domain", "Spam.example"),
        ("links", "3"),
        ("shortener", ""),
    ):
        assert (await browser.post(RULES, kind=kind, value=value)).status_code == 303, kind
    for kind, value in (("links", "many"), ("word", " "), ("part", "ab"), ("domain", "none"), ("magic", "x")):
        assert (await browser.post(RULES, kind=kind, value=value)).status_code == 422, kind
    for text, words in (
        ("Come to the СASINO", "casino"),
        ("c\u200basino!", "casino"),
        ("please buy\nNOW", "buy now"),
        ("see https://x.spam.example/a", "spam.example"),
        ("see https://bit.ly/3", "bit.ly"),
        ("https://a.example https://b.example https://c.example https://d.example", "more than 3 links"),
        ("cassino of Casinova", "No rule would hold this"),
    ):
        assert words in (await browser.post(f"{RULES}/try", text=text)).text, text
    rule = await cap.database.read(
        lambda session: session.query(models.HoldingRule).filter_by(value="casino").one().id
    )
    assert (await browser.post(f"{RULES}/remove", rule=str(rule))).status_code == 303
    assert (await browser.post(f"{RULES}/remove", rule=str(rule))).status_code == 404


async def test_listed_servers_alone_federate_while_the_pages_stay_public(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await browser.get(CIRCLE)
    refused = await browser.post(CIRCLE, domains="friend.example\nnot a domain")
    assert refused.status_code == 422
    assert "not a domain" in refused.text
    assert (await browser.post(f"{CIRCLE}/switch", do="on")).status_code == 303
    found = await cap.database.read(
        lambda session: levels.of_hosts(session, ["x.friend.example", "other.example", cap.urls.host])
    )
    assert found == {"other.example": "suspend"}
    actor = {"accept": "application/activity+json"}
    assert (await browser.client.get("/collectives/berlin", headers=actor)).status_code == 401
    assert (await browser.client.get("/actor", headers=actor)).status_code == 200
    assert (await browser.client.get("/@berlin", headers={"accept": "text/html"})).status_code == 200
    assert "Only the listed servers federate" in (await browser.get(CIRCLE)).text
    assert (await browser.post(f"{CIRCLE}/remove", domain="friend.example")).status_code == 303
    assert (await browser.post(f"{CIRCLE}/switch", do="off")).status_code == 303
    assert (await browser.client.get("/collectives/berlin", headers=actor)).status_code == 200


async def test_under_attack_is_shown_everywhere_and_ends_by_itself_or_by_hand(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "moderator")
    await browser.get(ATTACK)
    for hours in ("0", "9999", "many", ""):
        assert (await browser.post(ATTACK, hours=hours)).status_code == 422
    assert (await browser.post(ATTACK, hours="3")).status_code == 303
    assert "Under attack: everything" in (await browser.get("/desk")).text
    assert (await browser.post(f"{ATTACK}/end")).status_code == 303
    assert "Under attack: everything" not in (await browser.get("/desk")).text
    assert await cap.database.read(alarms.find) is None
    assert {"attack.begun", "attack.ended"} <= set(await deeds(cap))
