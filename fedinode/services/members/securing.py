"""What members change about how they sign in: password, second factor, recovery codes.

Whoever changes one of them must know the present one, and is signed out everywhere else. Tries are counted
for the account, together with those at the door: an open session is no place to guess codes either.
"""

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed
from fedinode.services.members import noticing, proving, signing_in
from fedinode.services.members.proving import Hashing, Offer
from fedinode.services.members.signing_in import Member
from fedinode.storage import accounts, audit_log, credentials, sign_ins
from fedinode.storage.database import Session
from fedinode.storage.member_notices import Told


async def set_password(cap: Capabilities, hashing: Hashing, member: Member, *, old: str, new: str) -> None:
    """Replace the password. Raises UsageError for a weak one, NotAllowed if the old one is wrong, Busy."""
    proving.require_password(new, avoid=(member.name, cap.urls.host))
    signing_in.spend_try(cap, f"password {member.account_id}")
    known = await cap.database.read(lambda session: credentials.of(session, member.account_id))
    if known.password_hash is not None and not await hashing.fits(known.password_hash, old):
        raise NotAllowed("The present password is not right.")
    made = await hashing.make(new)

    def write(session: Session) -> None:
        credentials.set_password(session, member.account_id, made)
        _changed(session, cap, member, "member.password")

    await cap.database.write(write)


async def offer_totp(cap: Capabilities, member: Member) -> Offer:
    """Return the second factor that the member may set up. Raises Conflict if one counts already."""
    if member.has_totp:
        raise Conflict("A second factor is set up already.")
    return await cap.database.write(
        lambda session: proving.offer(session, member.account_id, label=member.name, issuer=cap.urls.host)
    )


async def start_totp(cap: Capabilities, member: Member, code: str) -> tuple[str, ...]:
    """Let the second factor count from now on; return recovery codes. Raises Conflict, NotAllowed, Busy."""
    if member.has_totp:
        raise Conflict("A second factor is set up already.")
    signing_in.spend_code(cap, member.account_id)

    def write(session: Session) -> tuple[str, ...] | None:
        now = cap.clock()
        if not proving.proves(session, member.account_id, code, now):
            return None
        credentials.start_totp(session, member.account_id, now)
        _changed(session, cap, member, "member.second-factor")
        return proving.new_codes(session, member.account_id, now)

    return _require(await cap.database.write(write))


async def renew_codes(cap: Capabilities, member: Member, code: str) -> tuple[str, ...]:
    """Return new recovery codes; the old ones work no more. Raises NotAllowed, Busy."""
    signing_in.spend_code(cap, member.account_id)

    def write(session: Session) -> tuple[str, ...] | None:
        if not member.has_totp or not proving.proves(session, member.account_id, code, cap.clock()):
            return None
        _note(session, cap, member.account_id, member.uid, "member.recovery-codes")
        return proving.new_codes(session, member.account_id, cap.clock())

    return _require(await cap.database.write(write))


async def end_totp(cap: Capabilities, member: Member, code: str) -> None:
    """Do without the second factor. Raises NotAllowed, Busy."""
    signing_in.spend_code(cap, member.account_id)

    def write(session: Session) -> bool:
        if not proving.proves(session, member.account_id, code, cap.clock()):
            return False
        credentials.end_totp(session, member.account_id)
        _changed(session, cap, member, "member.second-factor-ended")
        return True

    if not await cap.database.write(write):
        _require(None)


async def require_proof(cap: Capabilities, hashing: Hashing, member: Member, proof: str) -> None:
    """Let pass who gives the password or a code again, or has neither. Raises NotAllowed, Busy."""
    known = await cap.database.read(lambda session: credentials.of(session, member.account_id))
    if known.password_hash is None and not known.has_totp:
        return
    signing_in.spend_code(cap, member.account_id)
    if known.password_hash is not None and await hashing.fits(known.password_hash, proof):
        return
    now = cap.clock()
    if known.has_totp and await cap.database.write(
        lambda session: proving.proves(session, member.account_id, proof, now)
    ):
        return
    raise NotAllowed("Neither the password nor a code.")


async def reset(cap: Capabilities, email: str) -> int:
    """Forget password and second factor of an account and sign it out; return how many browsers it was in.

    For the command line: whoever is at the machine helps somebody who lost both. Raises NotFound.
    """

    def write(session: Session) -> int:
        account = accounts.require_by_email(session, email)
        credentials.end_totp(session, account.id)
        credentials.forget_password(session, account.id)
        _note(session, cap, account.id, account.uid, "member.reset")
        return sign_ins.end_all(session, account.id)

    return await cap.database.write(write)


def _changed(session: Session, cap: Capabilities, member: Member, deed: str) -> None:
    sign_ins.end_all(session, member.account_id, but=member.session.token_hash)
    _note(session, cap, member.account_id, member.uid, deed)


def _note(session: Session, cap: Capabilities, account_id: int, uid: str, deed: str) -> None:
    now = cap.clock()
    link = audit_log.add(session, deed, uid, now=now, account_id=account_id)
    noticing.tell_account(session, account_id, Told(kind="secured", cause=f"secured:{link}"), now)


def _require(codes: tuple[str, ...] | None) -> tuple[str, ...]:
    if codes is None:
        raise NotAllowed("This code is not right, or it was used before.")
    return codes
