"""Stopping one decision in its cooling-off time: any member of the collective may, whatever their role."""

from dataclasses import replace
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed, NotFound
from fedinode.i18n import N_
from fedinode.services.members import deciding, telling
from fedinode.storage import accounts, decisions
from fedinode.storage.accounts import Named
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow


async def stop_decision(cap: Capabilities, uid: str, account: Named = None) -> DecisionRow:
    """Stop what was agreed to, for a member or from the machine itself.

    Raises: NotFound, NotAllowed, Conflict.
    """

    def write(session: Session) -> DecisionRow:
        return stop(session, uid, accounts.id_of(session, account), cap.clock())

    return await cap.database.write(write)


def stop(session: Session, decision_uid: str, account_id: int | None, now: datetime) -> DecisionRow:
    """Stop what was agreed to and waits: any member of the collective may, whatever their role.

    It can be asked anew. Nobody stops the question whether they are let go themselves, nor whether
    everything goes on. `account_id` None means the operator at the machine.
    Raises: NotFound, NotAllowed, Conflict.
    """
    decision = deciding.require(session, decision_uid)
    if account_id is not None:
        _require_may_stop(session, decision, account_id)
    if decision.state != "open" or decision.agreed_at is None:
        raise Conflict(N_("This does not wait to be done, so there is nothing to stop."))
    decisions.set_stopped(session, decision.id, account_id, now)
    if account_id is not None:
        decisions.record_seen(session, account_id, now)
    deciding.audit(session, "stopped", decision, account_id, now)
    telling.tell_everybody(session, decision.collective_id, f"stopped:{decision.uid}", now, kind="stopped")
    return replace(decision, state="stopped", stopped_by=account_id, ended_at=now)


def may_stop(session: Session, decision: DecisionRow, account_id: int) -> bool:
    """Tell whether a member could stop this, once enough have agreed."""
    try:
        _require_may_stop(session, decision, account_id)
    except (NotAllowed, NotFound):
        return False
    return True


def _require_may_stop(session: Session, decision: DecisionRow, account_id: int) -> None:
    if not accounts.roles_of(session, account_id, decision.collective_id):
        raise NotFound(f"There is no decision {decision.uid}.")
    if decision.action == "resume":
        raise NotAllowed(N_("Whether everything goes on is decided by votes alone; you can stop it again."))
    uid = accounts.get(session, account_id).uid
    if decision.action == "member" and decision.subject_uri.endswith(f"-{uid}"):
        raise NotAllowed(N_("This is about your own membership: the others decide it."))
