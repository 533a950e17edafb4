"""Members at the desk: invited, given and taken roles, woken, let in again; and how many must agree."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.config import MailSettings
from fedinode.services import mailing
from fedinode.services.members import consulting, enrolling
from fedinode.storage import accounts, audit_log
from fedinode.storage.database import Session
from fedinode.storage.models import Mail
from tests.admin.conftest import Browser, open_browser
from tests.web.conftest import ORIGIN, Clock

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

ANA, BEN, CEM, NEW = "ana@example.org", "ben@example.org", "cem@example.org", "new@example.org"
_LINK = re.compile(r'class="way-in" dir="ltr">([^<]+)<')


async def uid_of(cap: Capabilities, email: str) -> str:
    return await cap.database.read(lambda session: accounts.require_by_email(session, email).uid)


async def roles_of(cap: Capabilities, email: str, collective: str = "berlin") -> frozenset[str]:
    def read(session: Session) -> frozenset[str]:
        found = accounts.find_by_email(session, email)
        roles = {} if found is None else accounts.roles_by_collective(session, found.id)
        return roles.get(collective, frozenset())

    return await cap.database.read(read)


async def two_decide(cap: Capabilities, browser: Browser, other: Browser) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await other.sign_in(cap, BEN, "owner")
    await consulting.set_thresholds(cap, "berlin", {"publish": 2})


async def open_question(page: str) -> str:
    (found,) = set(re.findall(r'name="decision" value="([a-z2-7]+)"', page))
    return str(found)


async def test_an_invited_member_comes_in_by_a_link_that_is_shown_once(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    answer = await browser.post("/desk/members/invite", collective="berlin", email=NEW, role="editor")
    found = _LINK.search(answer.text)
    assert found is not None
    assert _LINK.search((await browser.get("/desk/members")).text) is None
    entered = await other.post(found[1].removeprefix(ORIGIN))
    assert entered.headers["location"] == "/desk"
    assert await roles_of(cap, NEW) == {"editor"}
    page = (await browser.get("/desk/members")).text
    assert NEW in page
    assert page.count("never came in") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "no address", "role": "editor"},
        {"email": NEW, "role": "king"},
        {"email": "", "role": ""},
    ],
)
async def test_a_faulty_invitation_gets_words_and_keeps_what_was_typed(
    cap: Capabilities, browser: Browser, fields: dict[str, str | list[str]]
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    answer = await browser.post("/desk/members/invite", None, collective="berlin", **fields)
    assert answer.status_code == 422
    assert f'value="{fields["email"]}"' in answer.text
    assert await roles_of(cap, NEW) == frozenset()


async def test_owners_reach_their_own_collectives_and_no_other(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await other.sign_in(cap, BEN, "owner", collective="tbilisi")
    uid = await uid_of(cap, BEN)
    assert BEN not in (await browser.get("/desk/members")).text
    for path in ("give", "take", "wake", "link"):
        for collective in ("tbilisi", "berlin", "nowhere"):
            answer = await browser.post(
                f"/desk/members/{path}", collective=collective, member=uid, role="owner"
            )
            assert answer.status_code == 404, (path, collective)
    for path in ("invite", "numbers", "keys"):
        answer = await browser.post(f"/desk/members/{path}", collective="tbilisi", email=NEW, role="reader")
        assert answer.status_code == 404
    assert await roles_of(cap, BEN, "tbilisi") == {"owner"}


async def test_a_link_that_could_vote_for_somebody_else_is_never_shown(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await two_decide(cap, browser, other)
    refused = await browser.post("/desk/members/link", collective="berlin", member=await uid_of(cap, BEN))
    assert refused.status_code == 422
    assert "somebody else&#39;s name" in refused.text
    assert _LINK.search(refused.text) is None
    await browser.post("/desk/members/invite", collective="berlin", email=NEW, role="reader")
    shown = await browser.post("/desk/members/link", collective="berlin", member=await uid_of(cap, NEW))
    assert _LINK.search(shown.text) is not None, "a reader has no vote"


async def test_a_link_of_somebody_who_is_more_elsewhere_is_never_shown(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, ANA, "owner", collective="tbilisi")
    await other.sign_in(cap, BEN, "owner", collective="berlin")
    answer = await browser.post("/desk/members/invite", collective="tbilisi", email=BEN, role="reader")
    assert answer.status_code == 200
    assert _LINK.search(answer.text) is None
    refused = await browser.post("/desk/members/link", collective="tbilisi", member=await uid_of(cap, BEN))
    assert refused.status_code == 422


async def test_with_a_mail_server_links_go_by_mail_and_say_nothing_else(cap: Capabilities) -> None:
    mailed = replace(cap, settings=replace(cap.settings, mail=MailSettings(host="localhost")))
    async with open_browser(mailed) as browser:
        await browser.sign_in(mailed, ANA, "owner")
        answer = await browser.post("/desk/members/invite", collective="berlin", email=NEW, role="owner")
        assert _LINK.search(answer.text) is None
        assert "by mail" in answer.text
    assert await cap.database.read(lambda session: session.scalars(select(Mail.template)).all()) == [
        "sign-in-link"
    ]
    (letter,) = await mailing.read_waiting(cap)
    assert letter.recipient == NEW
    assert f"{ORIGIN}/sign-in/" in letter.text


async def test_where_two_decide_a_voter_is_taken_in_and_let_go_by_both(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await two_decide(cap, browser, other)
    asked = await browser.post("/desk/members/invite", collective="berlin", email=NEW, role="signer")
    assert asked.headers["location"] == "/desk/members?done=asked"
    assert await roles_of(cap, NEW) == frozenset()
    page = (await other.get("/desk/decisions")).text
    assert "<bdi>new</bdi> becomes: Signer" in page
    await other.post("/desk/decisions", decision=await open_question(page), do="yes")
    assert await roles_of(cap, NEW) == {"signer"}
    gone = await browser.post(
        "/desk/members/take", collective="berlin", member=await uid_of(cap, NEW), role=""
    )
    assert gone.headers["location"] == "/desk/members?done=asked"
    assert await roles_of(cap, NEW) == {"signer"}


async def test_numbers_are_raised_at_once_and_lowered_by_all(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await two_decide(cap, browser, other)
    page = (await browser.get("/desk/members")).text
    assert "Let it wait for 30 minutes" in page
    untouched = {"publish": "2", "was-publish": "2"}
    raised = await browser.post(
        "/desk/members/numbers",
        None,
        collective="berlin",
        **untouched,
        **{"cosign": "2", "was-cosign": "1", "cooling": "30", "was-cooling": "0"},
    )
    assert raised.headers["location"] == "/desk/members?done=numbers"
    held = await consulting.numbers_of(cap, "berlin")
    assert (held.numbers["cosign"], held.cooling) == (2, 30)
    lower = {"publish": "1", "was-publish": "2"}
    asked = await browser.post("/desk/members/numbers", None, collective="berlin", **lower)
    assert asked.headers["location"] == "/desk/members?done=asked"
    assert (await consulting.numbers_of(cap, "berlin")).numbers["publish"] == 2
    for wrong in ("9", "-1", "x", "0", "9" * 400):
        answer = await browser.post("/desk/members/numbers", collective="berlin", publish=wrong)
        assert answer.status_code == 422, wrong


async def test_keys_are_made_anew_by_both(cap: Capabilities, browser: Browser, other: Browser) -> None:
    await two_decide(cap, browser, other)
    asked = await browser.post("/desk/members/keys", collective="berlin")
    assert asked.headers["location"] == "/desk/members?done=asked"

    def rotated(session: Session) -> bool:
        return any(row.action == "keys.rotated" for row in audit_log.entries(session))

    assert not await cap.database.read(rotated)
    question = await open_question((await other.get("/desk/decisions")).text)
    await other.post("/desk/decisions", decision=question, do="yes")
    assert await cap.database.read(rotated)


async def test_who_fell_asleep_is_shown_and_woken_by_an_owner(
    cap: Capabilities, browser: Browser, clock: Clock
) -> None:
    await enrolling.add(cap, CEM, "editor", collective="berlin")
    clock.advance(days=61)
    await browser.sign_in(cap, ANA, "owner")
    assert "asleep" in (await browser.get("/desk/members")).text
    uid = await uid_of(cap, CEM)
    answer = await browser.post("/desk/members/wake", collective="berlin", member=uid)
    assert answer.headers["location"] == "/desk/members?done=woken"

    def last(session: Session) -> tuple[str, str, int | None]:
        row = list(audit_log.entries(session))[-1]
        return row.action, row.subject, row.account_id

    ana = await cap.database.read(lambda session: accounts.require_by_email(session, ANA).id)
    assert await cap.database.read(last) == ("member.woken", uid, ana)
    assert "asleep" not in (await browser.get("/desk/members")).text


async def test_everybody_may_leave_but_not_the_last_owner(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await other.sign_in(cap, CEM, "translator")
    await other.get("/desk/account")
    left = await other.post("/desk/account/leave", collective="berlin")
    assert left.headers["location"] == "/desk/account"
    assert await roles_of(cap, CEM) == frozenset()
    refused = await browser.post("/desk/account/leave", collective="berlin")
    assert refused.status_code == 409
    assert "needs an owner" in refused.text
    assert (await browser.post("/desk/account/leave", collective="tbilisi")).status_code == 404
