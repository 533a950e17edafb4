"""Letting everything go on after a member stopped it: the members of the first collective decide, k of n.

It takes as many as to publish. The operator at the machine does it alone (`halting.resume`); a node that is
read-only after a panic goes on from there only.
"""

from datetime import datetime

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.i18n import N_
from fedinode.services.members import deciding, halting
from fedinode.services.members.deciding import Question, Standing
from fedinode.services.members.halting import State
from fedinode.storage import accounts, collectives
from fedinode.storage.accounts import Named
from fedinode.storage.columns import to_microseconds
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.urls import Urls


async def ask_to_resume(cap: Capabilities, account: Named) -> Standing:
    """Ask the members whether everything goes on, and say yes; it does if that is enough.

    Raises: NotAllowed, Conflict where nothing is stopped, Halted where it takes the operator.
    """

    def write(session: Session) -> Standing:
        halting.require_writable(session)
        state = halting.state_in(session)
        if state.is_running:
            raise Conflict(N_("Nothing is stopped."))
        question = Question(
            collective_id=collectives.first(session).id,
            action="resume",
            subject_uri=cap.urls.node_actor(),
            digest=_digest(cap.urls, state),
        )
        account_id = accounts.id_of(session, account)
        standing = deciding.ask(session, question, account_id=account_id, now=cap.clock())
        if standing.is_approved:
            execute(session, cap.urls, standing.decision, cap.clock())
        return standing

    standing = await cap.database.write(write)
    halting.ring(cap)
    return standing


def execute(session: Session, urls: Urls, decision: DecisionRow, now: datetime) -> str:
    """Let everything go on, as the members decided about this stop. Raises: NotAllowed, Stale."""
    state = halting.state_in(session)
    deciding.require_decision(session, decision.uid, _digest(urls, state), now)
    halting.end(session, None, now)
    return urls.node_actor()


def _digest(urls: Urls, state: State) -> str:
    since = to_microseconds(state.since) if state.since is not None else 0
    return documents.digest({"action": "resume", "node": urls.node_actor(), "since": str(since)})
