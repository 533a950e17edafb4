"""The one place that signs with a co-sign key: only what its members agreed to.

A mandate comes from `deciding.require_decision` alone, and only for an approved decision.
"""

from datetime import datetime

from federation import proofs
from federation.jsonld import Document
from fedinode.capabilities import load_signing_key
from fedinode.errors import NotAllowed, NotFound
from fedinode.services.members.deciding import Mandate
from fedinode.services.members.gating import GATES
from fedinode.storage import collectives, signing_keys
from fedinode.storage.database import Session


def sign(session: Session, document: Document, mandate: Mandate | None, now: datetime) -> Document:
    """Put the proof of a collective on a document of its own that its members decided about.

    Raises: NotAllowed without a mandate, for another collective's document, and for an act that needs no key.
    """
    if mandate is None or not GATES[mandate.action].uses_cosign_key:
        raise NotAllowed("Nothing is signed for a collective without a decision of its members.")
    owner = collectives.get(session, mandate.collective_id)
    if document.get("attributedTo", document.get("actor")) != owner.uri:
        raise NotAllowed(f"The members of {owner.name} decided nothing about a document of somebody else.")
    key = load_signing_key(session, owner.uri, "cosign")
    return proofs.sign_document(document, key.key, key.key_id, now.replace(microsecond=0))


def public_key(session: Session, owner_uri: str) -> str:
    """Return the public half of a collective's co-sign key, as a Multikey. Raises: NotFound."""
    found = [each.public for each in signing_keys.list_public(session, owner_uri) if each.purpose == "cosign"]
    if not found:
        raise NotFound(f"This node holds no co-sign key for {owner_uri}.")
    return found[-1]
