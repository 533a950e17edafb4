"""What time does to co-signing: counts that are due, invitations that end, boosts, retries, fetches."""

from datetime import timedelta

from fedinode.capabilities import Capabilities
from fedinode.services.cosigning import (
    attaching,
    consenting,
    inviting,
    keeping_lists,
    naming,
    pulling,
    surfacing,
    tallying,
)
from fedinode.services.members import deciding, halting, voting
from fedinode.storage.database import Session


async def tick(cap: Capabilities) -> None:
    """Do all that is due now."""
    await act(cap)
    await ask_others(cap)


async def act(cap: Capabilities) -> None:
    """Do what is due now and needs nobody else; meant to be called every few seconds."""
    pace = cap.settings.cosigning
    hurry = keeping_lists.WAIT_FOR_FEW - timedelta(seconds=pace.checkpoint_seconds)

    def write(session: Session) -> int:
        now = cap.clock()
        deciding.expire(session, now)
        if not halting.is_running(session):
            return 0
        inviting.expire(session, now)
        withdrawn = surfacing.withdraw_unpublished(session, cap.urls, now)
        waiting = tallying.renew_due(session, now, hurry=hurry) + naming.renew_due(session, now, hurry=hurry)
        counted = keeping_lists.count_due(session, cap.urls, now, hurry=hurry)
        tallying.put_off(session, waiting)
        return withdrawn + counted

    acted = await voting.act_on_ripe(cap)
    if await cap.database.write(write) or acted:
        cap.bells.deliver.set()


async def ask_others(cap: Capabilities) -> None:
    """Fetch the lists that are due, and boost what is due; servers that are silent hold up nothing else."""
    if not await cap.database.read(halting.is_running):
        return
    await pulling.pull_due(cap)
    await surfacing.announce_due(cap, within=timedelta(seconds=cap.settings.cosigning.announce_seconds))


async def tick_slowly(cap: Capabilities) -> None:
    """Ask again for what was not answered, and for publications that were not heard of; every few hours."""
    if not await cap.database.read(halting.is_running):
        return
    if await cap.database.write(lambda session: consenting.resend(session, cap.urls, cap.clock())):
        cap.bells.deliver.set()
    await surfacing.poll_unpublished(cap)
    await attaching.fetch_waiting(cap)
