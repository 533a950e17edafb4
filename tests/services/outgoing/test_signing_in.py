"""Members sign in: links, passwords, second factors, and what ends a session."""

import base64
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from fedinode.capabilities import Capabilities
from fedinode.errors import Busy, Conflict, NotAllowed, NotFound, UsageError
from fedinode.expiring import Budget
from fedinode.services import registering
from fedinode.services.members import securing, signing_in
from fedinode.services.members.proving import RECOVERY_CODES, Hashing
from fedinode.services.members.signing_in import Member
from fedinode.storage import audit_log, credentials, models
from fedinode.storage.database import Session
from tests.services.outgoing.conftest import Clock

pytestmark = pytest.mark.anyio

EMAIL = "mira@example.org"
SENTENCE = "seven herons wait at the canal"


@pytest.fixture
async def link(cap: Capabilities) -> str:
    """The token of a link that signs an editor in once."""

    def write(session: Session) -> str:
        row = registering.require_collective(session, "berlin")
        made = registering.record_account(session, cap.urls, row, EMAIL, "editor", cap.clock())
        return urlsplit(made.url).path.rsplit("/", 1)[1]

    return await cap.database.write(write)


@pytest.fixture
async def member(cap: Capabilities, link: str) -> Member:
    return await enter_by_link(cap, link)


@pytest.fixture
def hashing() -> Hashing:
    return Hashing()


async def enter_by_link(cap: Capabilities, token: str) -> Member:
    entered = await signing_in.enter_by_link(cap, token, "Firefox, Android")
    assert not entered.needs_code
    return await found(cap, entered.token)


async def found(cap: Capabilities, token: str) -> Member:
    member = await signing_in.find_member(cap, token)
    assert member is not None
    return member


async def secret_of(cap: Capabilities, member: Member) -> bytes:
    offer = await securing.offer_totp(cap, member)
    assert offer.uri.startswith("otpauth://totp/berlin.localhost:mira?")
    return base64.b32decode(offer.secret)


def code_now(secret: bytes, clock: Clock, later: int = 0) -> str:
    return TOTP(secret, 6, SHA1(), 30).generate(int(clock.now.timestamp()) + later).decode()


async def test_a_link_signs_in_once_and_looking_does_not_use_it_up(cap: Capabilities, link: str) -> None:
    assert await signing_in.is_link_good(cap, link)
    assert await signing_in.is_link_good(cap, link)
    member = await enter_by_link(cap, link)
    assert member.roles == {"berlin": {"editor"}}
    assert member.where("release") == ("berlin",)
    assert not await signing_in.is_link_good(cap, link)
    with pytest.raises(NotFound):
        await signing_in.enter_by_link(cap, link, "")


async def test_a_link_ends_after_a_day(cap: Capabilities, link: str, clock: Clock) -> None:
    clock.advance(hours=25)
    assert not await signing_in.is_link_good(cap, link)
    with pytest.raises(NotFound):
        await signing_in.enter_by_link(cap, link, "")


async def test_nothing_kept_opens_the_door(cap: Capabilities, link: str, hashing: Hashing) -> None:
    entered = await signing_in.enter_by_link(cap, link, "")
    member = await found(cap, entered.token)
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    kept = await cap.database.read(lambda session: credentials.of(session, member.account_id))
    assert (kept.password_hash or "").startswith("$argon2id$")
    assert entered.token not in member.session.token_hash
    assert await signing_in.find_member(cap, member.session.token_hash) is None
    assert await signing_in.find_member(cap, "") is None


async def test_a_password_signs_in_and_a_wrong_one_says_only_that(
    cap: Capabilities, member: Member, hashing: Hashing
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    entered = await signing_in.enter_by_password(cap, hashing, EMAIL.upper(), SENTENCE, "Safari, iPhone")
    assert (await found(cap, entered.token)).session.browser == "Safari, iPhone"
    words = set()
    for email, password in ((EMAIL, "wrong"), (EMAIL, ""), ("nobody@example.org", SENTENCE)):
        with pytest.raises(NotAllowed) as raised:
            await signing_in.enter_by_password(cap, hashing, email, password, "")
        words.add(str(raised.value))
    assert words == {"This address and this password do not belong together."}


async def test_an_account_without_a_password_lets_nobody_in_by_one(
    cap: Capabilities, member: Member, hashing: Hashing
) -> None:
    with pytest.raises(NotAllowed):
        await signing_in.enter_by_password(cap, hashing, EMAIL, "", "")


async def test_tries_are_counted_for_each_account(
    cap: Capabilities, member: Member, hashing: Hashing
) -> None:
    patient = replace(cap.memory, sign_in_tries=Budget(uses=2, seconds=900))
    cap = replace(cap, memory=patient)
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    for _ in range(2):
        with pytest.raises(NotAllowed):
            await signing_in.enter_by_password(cap, hashing, EMAIL, "wrong", "")
    with pytest.raises(Busy):
        await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, "")
    with pytest.raises(NotAllowed):
        await signing_in.enter_by_password(cap, hashing, "other@example.org", "wrong", "")


@pytest.mark.parametrize("weak", ["short", "mira", "x" * 30, "berlin.localhost", "a sentence" * 200])
async def test_a_weak_password_is_refused_and_the_old_one_stays(
    cap: Capabilities, member: Member, hashing: Hashing, weak: str
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    with pytest.raises(UsageError):
        await securing.set_password(cap, hashing, member, old=SENTENCE, new=weak)
    await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, "")


async def test_a_new_password_wants_the_old_one_and_signs_out_everywhere_else(
    cap: Capabilities, member: Member, hashing: Hashing
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    other = await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, "")
    with pytest.raises(NotAllowed):
        await securing.set_password(cap, hashing, await found(cap, other.token), old="no", new=SENTENCE * 2)
    fresh = await cap.database.read(lambda session: credentials.of(session, member.account_id))
    assert fresh.password_hash is not None
    await securing.set_password(cap, hashing, member, old=SENTENCE, new=SENTENCE * 2)
    assert await signing_in.find_member(cap, other.token) is None
    assert len(await signing_in.list_sessions(cap, member)) == 1


async def test_a_second_factor_is_asked_for_and_no_code_works_twice(
    cap: Capabilities, member: Member, hashing: Hashing, clock: Clock
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    secret = await secret_of(cap, member)
    with pytest.raises(NotAllowed):
        await securing.start_totp(cap, member, code_now(secret, clock, later=600))
    codes = await securing.start_totp(cap, member, code_now(secret, clock))
    assert len(set(codes)) == RECOVERY_CODES

    entered = await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, "")
    assert entered.needs_code
    assert await signing_in.find_member(cap, entered.token) is None, "half way is not in"
    for wrong in (code_now(secret, clock), "000", "", "abcdef", codes[0] + "x"):
        with pytest.raises(NotAllowed):
            await signing_in.enter_with_code(cap, entered.token, wrong)
    clock.advance(seconds=30)
    inside = await signing_in.enter_with_code(cap, entered.token, code_now(secret, clock))
    assert inside.token != entered.token
    assert (await found(cap, inside.token)).has_totp
    with pytest.raises(NotFound):
        await signing_in.enter_with_code(cap, entered.token, code_now(secret, clock, later=30))


async def test_who_gave_the_password_has_ten_minutes_for_the_code(
    cap: Capabilities, member: Member, clock: Clock
) -> None:
    secret = await secret_of(cap, member)
    await securing.start_totp(cap, member, code_now(secret, clock))
    made = await registering.make_sign_in_link(cap, EMAIL)
    entered = await signing_in.enter_by_link(cap, made.url.rsplit("/", 1)[1], "")
    assert entered.needs_code, "a link stands in for the password alone"
    clock.advance(minutes=11)
    with pytest.raises(NotFound):
        await signing_in.enter_with_code(cap, entered.token, code_now(secret, clock))


async def test_a_recovery_code_works_once_however_it_is_typed(
    cap: Capabilities, member: Member, clock: Clock
) -> None:
    secret = await secret_of(cap, member)
    codes = await securing.start_totp(cap, member, code_now(secret, clock))
    renewed = await securing.renew_codes(cap, member=await again(cap, member), code=codes[0])
    assert not set(renewed) & set(codes)
    loud = renewed[0].upper().replace("-", " ")
    for code, is_good in ((loud, True), (renewed[0], False), (codes[1], False)):
        made = await registering.make_sign_in_link(cap, EMAIL)
        entered = await signing_in.enter_by_link(cap, made.url.rsplit("/", 1)[1], "")
        if is_good:
            await signing_in.enter_with_code(cap, entered.token, code)
        else:
            with pytest.raises(NotAllowed):
                await signing_in.enter_with_code(cap, entered.token, code)


async def again(cap: Capabilities, member: Member) -> Member:
    """Read a member anew, after something of theirs changed."""
    known = await cap.database.read(lambda session: credentials.of(session, member.account_id))
    return replace(member, has_totp=known.has_totp, recovery_codes=known.recovery_codes)


async def test_a_second_factor_can_be_ended_with_a_code_alone(
    cap: Capabilities, member: Member, clock: Clock
) -> None:
    secret = await secret_of(cap, member)
    await securing.start_totp(cap, member, code_now(secret, clock))
    with_factor = await again(cap, member)
    with pytest.raises(Conflict):
        await securing.offer_totp(cap, with_factor)
    with pytest.raises(NotAllowed):
        await securing.end_totp(cap, with_factor, "123 456")
    clock.advance(minutes=1)
    await securing.end_totp(cap, with_factor, code_now(secret, clock))
    known = await cap.database.read(lambda session: credentials.of(session, member.account_id))
    assert (known.has_totp, known.secret, known.recovery_codes) == (False, None, 0)


async def test_a_session_lasts_while_it_is_used(cap: Capabilities, link: str, clock: Clock) -> None:
    entered = await signing_in.enter_by_link(cap, link, "")
    for _ in range(3):
        clock.advance(days=13)
        await found(cap, entered.token)
    clock.advance(days=15)
    assert await signing_in.find_member(cap, entered.token) is None


async def test_sessions_are_listed_and_ended_one_by_one_or_all(
    cap: Capabilities, member: Member, hashing: Hashing
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    tokens = [
        (await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, f"Firefox {number}")).token
        for number in range(3)
    ]
    names = {each.browser: each.name for each in await signing_in.list_sessions(cap, member)}
    assert len(names) == 4
    await signing_in.end_session(cap, member, names["Firefox 1"])
    await signing_in.end_session(cap, member, "%")
    assert await signing_in.find_member(cap, tokens[1]) is None
    assert await signing_in.end_others(cap, member) == 2
    await signing_in.leave(cap, member)
    assert await signing_in.list_sessions(cap, member) == ()


async def test_nobody_ends_a_session_of_somebody_else(cap: Capabilities, member: Member) -> None:
    stranger = replace(member, account_id=member.account_id + 1)
    await signing_in.end_session(cap, stranger, member.session.name)
    assert len(await signing_in.list_sessions(cap, member)) == 1


async def test_who_slept_long_comes_back_by_a_link_and_not_by_a_password(
    cap: Capabilities, member: Member, hashing: Hashing, clock: Clock
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    clock.advance(days=61)
    with pytest.raises(NotAllowed, match="sleeps"):
        await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, "")
    made = await registering.make_sign_in_link(cap, EMAIL)
    await enter_by_link(cap, made.url.rsplit("/", 1)[1])
    await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, "")


async def test_the_machine_helps_who_lost_everything(
    cap: Capabilities, member: Member, hashing: Hashing, clock: Clock
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    await securing.start_totp(cap, member, code_now(await secret_of(cap, member), clock))
    assert await securing.reset(cap, EMAIL) == 1
    with pytest.raises(NotAllowed):
        await signing_in.enter_by_password(cap, hashing, EMAIL, SENTENCE, "")
    made = await registering.make_sign_in_link(cap, EMAIL)
    assert not (await enter_by_link(cap, made.url.rsplit("/", 1)[1])).has_totp


async def test_the_audit_says_who_came_and_what_they_changed(
    cap: Capabilities, member: Member, hashing: Hashing
) -> None:
    await securing.set_password(cap, hashing, member, old="", new=SENTENCE)
    rows = await cap.database.read(lambda session: list(audit_log.entries(session)))
    assert [(row.action, row.subject) for row in rows[-2:]] == [
        ("member.signed-in", member.uid),
        ("member.password", member.uid),
    ]


async def test_a_closed_account_is_out_at_once(cap: Capabilities, link: str) -> None:
    entered = await signing_in.enter_by_link(cap, link, "")

    def close(session: Session) -> None:
        session.query(models.Account).update({"closed_at": cap.clock()})

    await cap.database.write(close)
    assert await signing_in.find_member(cap, entered.token) is None
