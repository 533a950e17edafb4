"""Who may fetch our documents: all but those who say that they are suspended, or listed servers alone.

A suspended server can leave its name out and read what everybody reads; where only listed servers federate,
whoever does not prove to be one of them reads the pages alone.
"""

from typing import Final

from federation import signatures
from federation.errors import FederationError, SignatureRefused
from federation.signatures import HttpMessage
from fedinode.capabilities import Capabilities
from fedinode.errors import Blocked
from fedinode.services import receiving, resolving
from fedinode.storage import allowed_domains

_MODE: Final = "listed"


async def admit(cap: Capabilities, message: HttpMessage | None, *, is_for_listed: bool) -> bool:
    """Let a request for a document through, or refuse it; return whether the answer is for everybody.

    `message` is the request where it is signed. `is_for_listed` says whether this document is for listed
    servers alone, while only those federate. Raises: SignatureRefused, KeyUnavailable, Blocked.
    """
    if is_for_listed and await is_listed_only(cap):
        if message is None:
            raise SignatureRefused("This node federates with listed servers alone: sign the request.")
        await receiving.authenticate(cap, message)
        return False
    if message is not None:
        await _require_not_suspended(cap, message)
    return True


def note_mode(cap: Capabilities, *, is_on: bool) -> None:
    """Let this process know at once that the switch was pressed; others read it within a second."""
    cap.memory.modes.put(_MODE, is_on)


async def is_listed_only(cap: Capabilities) -> bool:
    """Tell whether only listed servers federate."""
    known = cap.memory.modes.get(_MODE)
    if known is None:
        known = await cap.database.read(allowed_domains.is_listed_only)
        cap.memory.modes.put(_MODE, known)
    return known


async def _require_not_suspended(cap: Capabilities, message: HttpMessage) -> None:
    try:
        key_id = signatures.parse(message, cap.clock()).key_id
        host = resolving.host_of(key_id)
    except FederationError:
        # Nobody who signs wrongly is worse off than who does not sign.
        return
    kept_out = await resolving.exclusions(cap)
    names = {key_id.partition("#")[0], key_id.rpartition("/")[0]}
    if kept_out.refuses(host) or not kept_out.actors.isdisjoint(names):
        raise Blocked(f"{host} is blocked on this node.")
