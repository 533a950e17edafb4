"""Taking a name off a copy that we keep: asked for by anybody on its page, done by who looks after this node.

After the author's server is gone this is the only place to ask. A name that was taken off stays off, whatever
list is loaded later; of it stays a digest that nobody can read. Spec: docs/cosigning.md, D3.
"""

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound
from fedinode.services.cosigning import alarming, copying, keeping_lists
from fedinode.storage import audit_log, kept_statements, statement_versions, travelling_names
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow
from fedinode.storage.travelling_names import CopiedName


async def ask(cap: Capabilities, text_digest: str, name: str) -> None:
    """Note that somebody wants a name removed, and tell the owners once; whether it was there is not said.

    Raises: NotFound, where no names are shown.
    """

    def write(session: Session) -> None:
        now = cap.clock()
        kept = kept_statements.find_by_digest(session, text_digest)
        if kept is None or copying.state_of(session, kept, now) is None:
            raise NotFound("No names are shown here.")
        if travelling_names.note_asked(session, kept.statement_uri, name, now):
            audit_log.add(session, "cosign.name-removal-asked", kept.statement_uri, now=now)
            cause = f"name-removal:{kept.text_digest}:{now:%Y-%m-%d}"
            alarming.tell_owners(session, kept.collective_id, cause, now, template="name-removal-asked")

    await cap.database.write(write)


async def list_asked(cap: Capabilities, url: str) -> tuple[CopiedName, ...]:
    """Return the names whose removal was asked for, the oldest request first. Raises: NotFound."""

    def read(session: Session) -> tuple[CopiedName, ...]:
        return travelling_names.list_asked(session, _require_copy(session, url).statement_uri)

    return await cap.database.read(read)


async def erase(cap: Capabilities, url: str, name: str, *, number: int | None = None) -> CopiedName:
    """Take a name off a copy for good; `number` says who is meant where several have this name.

    Raises: NotFound, Conflict.
    """

    def write(session: Session) -> CopiedName:
        now = cap.clock()
        kept = _require_copy(session, url)
        found = _require_one(travelling_names.find_copies(session, kept.statement_uri, name), name, number)
        travelling_names.erase(session, found.id, now)
        audit_log.add(session, "cosign.name-erased", kept.statement_uri, now=now)
        keeping_lists.touch(session, kept.statement_uri, now)
        return found

    return await cap.database.write(write)


def _require_one(found: tuple[CopiedName, ...], name: str, number: int | None) -> CopiedName:
    meant = tuple(each for each in found if number in (None, each.id))
    if not meant:
        raise NotFound(f"{name} does not stand under this copy; it has to be written as it stands there.")
    if len(meant) > 1:
        lines = ", ".join(f"{each.id} ({_details(each)})" for each in meant)
        raise Conflict(f"Several have this name. Say with --number which of them is meant: {lines}.")
    return meant[0]


def _details(each: CopiedName) -> str:
    stated = (each.role, each.place, each.country, each.handle)
    return ", ".join(word for word in stated if word) or f"no. {each.position}"


def _require_copy(session: Session, url: str) -> KeptRow:
    versions = statement_versions.find_by_address(session, url)
    kept = kept_statements.find(session, versions[0].statement_uri if versions else url)
    if kept is None:
        kept = kept_statements.find_by_digest(session, _digest_in(url))
    if kept is None or kept.is_own:
        raise NotFound(f"No copy of {url} is kept here.")
    return kept


def _digest_in(url: str) -> str:
    """Return the digest in the address of a copy, `/mirror/DIGEST/..`."""
    return url.partition("/mirror/")[2].partition("/")[0]
