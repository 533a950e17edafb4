"""The examples of docs/cosigning_examples.md: every object and activity, made by the code that nodes run.

`python -m tests.federation.cosigning.examples >docs/cosigning_examples.md` writes them anew.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from federation import activities, jsonld
from federation.activities import Envelope
from federation.cosigning import documents, messages, records, signer_lists
from federation.cosigning.documents import SignedFile
from federation.cosigning.messages import Invite
from federation.cosigning.records import Count
from federation.cosigning.signer_lists import Signer
from federation.cosigning.verify import verify
from federation.jsonld import PUBLIC, Document
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import COUNTED, HALLE, HOUR, KOELN, LEIPZIG, PUBLISHED

_HEAD = """# Examples of co-signing

Every object and activity of [the protocol](cosigning.md), made by the code that nodes run and compared with
this file by a test. Leipzig writes a statement, Köln and Halle sign it, Halle withdraws. The members of each
object stand one to a line here; as bytes they are any JSON, and digests and proofs are made over its
canonical form (RFC 8785).

So that another implementation can make the same bytes: the private key of each key id is the SHA-256 of that
id, and every proof was created at 2026-11-23T19:30:00Z.
"""

PDF = b"%PDF-1.7 not really"
FILE = SignedFile(
    type="Document",
    media_type="application/pdf",
    name="Erklärung als PDF",
    url=f"{LEIPZIG.origin}/media/42.pdf",
    digest_multibase=documents.digest_of_bytes(PDF),
)


def _statement() -> Document:
    edition = replace(cells.EDITION, files=(FILE,), can_co_sign=(PUBLIC,))
    unsigned = documents.render_statement(cells.FACTS, edition)
    addresses = {
        "signedText": f"{LEIPZIG.origin}/signed-texts/{unsigned['textDigest']}",
        "coSignatures": f"{unsigned['id']}/cosignatures",
    }
    return LEIPZIG.sign(unsigned | addresses)


STATEMENT = _statement()
DRAFT = messages.render_draft(STATEMENT)
TO_CELL = Envelope(uri=f"{LEIPZIG.origin}/activities/1", actor_uri=LEIPZIG.uri, to=(KOELN.uri,))
TO_AUTHOR = Envelope(uri=f"{KOELN.origin}/activities/1", actor_uri=KOELN.uri, to=(LEIPZIG.uri,))
TO_KEEPERS = Envelope(
    uri=f"{LEIPZIG.origin}/activities/9", actor_uri=LEIPZIG.uri, to=(f"{STATEMENT['id']}/cosignatures",)
)
INVITE = messages.render_invite(
    TO_CELL,
    Invite(
        uri=TO_CELL.uri,
        author_uri=LEIPZIG.uri,
        cell_uri=KOELN.uri,
        draft=DRAFT,
        role="cosigner",
        ends_at=PUBLISHED - HOUR,
        words="Bitte bis Montag.",
    ),
)
KOELNS, HALLES = cells.co_signature(KOELN, STATEMENT), cells.co_signature(HALLE, STATEMENT)
STAMP = cells.stamp(KOELNS)
ENTRY = {"coSignature": KOELNS, "authorization": STAMP}
ENDED = {"coSignature": HALLES, "authorization": cells.stamp(HALLES)}
WITHDRAWAL = cells.withdrawal(HALLES, HALLE)
CHECKPOINT = cells.checkpoint([ENTRY, ENDED], STATEMENT, total=1)
WITNESS = cells.witness(KOELN, LEIPZIG, HALLE, text=STATEMENT)
TALLY = LEIPZIG.sign_daily(
    records.render_tally(
        f"{STATEMENT['id']}/tally",
        STATEMENT,
        Count(
            persons={"email": 1412, "fediverse": 500},
            countries={"DE": 1200, "GE": 340},
            organisations=[{"name": "Mieterinnenverein Süd", "place": "Leipzig", "country": "DE"}],
        ),
        COUNTED,
    )
)
NAMES = LEIPZIG.sign_daily(
    signer_lists.render_pages(
        STATEMENT,
        [
            Signer(id="6b1f0c5e2d9a47e38c40aa17f2f6d3b1", name="Anna Müller", place="Leipzig", country="DE"),
            Signer(id="c20d4be19f7347d2b1d5e04cf3a9e870", name="Ben", handle="@ben@social.example"),
        ],
        COUNTED,
    )[0]
)
BUNDLE = records.render_bundle(
    COUNTED,
    STATEMENT,
    {
        "entries": [ENTRY],
        "formerEntries": [ENDED],
        "withdrawals": [WITHDRAWAL],
        "checkpoint": CHECKPOINT,
        "tally": TALLY,
        "actors": [each.actor for each in (LEIPZIG, KOELN, HALLE)],
        "witnesses": [WITNESS],
    },
)
TRUST = f"{LEIPZIG.key_id} {LEIPZIG.value}\n{LEIPZIG.daily_key_id} {LEIPZIG.daily_key.public.multikey()}\n"

EXAMPLES: dict[str, Document] = {
    "Statement (Article), R1": STATEMENT,
    "SignedText, R2: what textDigest is made of": documents.signed_text(STATEMENT),
    "Invite with the draft, R10": INVITE,
    "Invite taken back": activities.undo(
        replace(TO_CELL, uri=f"{LEIPZIG.origin}/activities/2"),
        {
            "id": TO_CELL.uri,
            "type": "Invite",
            "actor": LEIPZIG.uri,
            "object": STATEMENT["id"],
            "target": KOELN.uri,
        },
    ),
    "Invite declined": messages.render_decline(TO_AUTHOR, TO_CELL.uri, "Der zweite Absatz fehlt."),
    "CoSignature, R9": KOELNS,
    "CoSignRequest, R11": messages.render_request(TO_AUTHOR, KOELNS, TO_CELL.uri),
    "CoSignAuthorization, the stamp": STAMP,
    "Accept of a request": messages.render_acceptance(
        replace(TO_CELL, uri=f"{LEIPZIG.origin}/activities/3"), TO_AUTHOR.uri, KOELNS, STAMP
    ),
    "Reject of a request": messages.render_refusal(
        replace(TO_CELL, uri=f"{LEIPZIG.origin}/activities/4"), TO_AUTHOR.uri, KOELNS, "other-text"
    ),
    "CoSignCheckpoint, P1": CHECKPOINT,
    "Update that brings a checkpoint to the keepers": activities.update(TO_KEEPERS, CHECKPOINT),
    "Undo of a CoSignature, V5": WITHDRAWAL,
    "Delete of a stamp by the author, V5": cells.removal(STAMP),
    "CoSignWitness, K4": WITNESS,
    "CoSignTally, D3": TALLY,
    "SignerList, D3": NAMES,
    "An actor as bundles hold it, K1": KOELN.actor,
    "CoSignBundle, version 2 (its records are those above)": {
        **{name: value for name, value in BUNDLE.items() if not isinstance(value, list | dict)},
        "statement": "..",
        "entries": [{"coSignature": "..", "authorization": ".."}],
        "formerEntries": [{"coSignature": HALLES["id"], "coSignatureDigest": documents.digest(HALLES)}],
        **{name: [".."] for name in ("withdrawals", "removals", "actors", "witnesses")},
        "checkpoint": "..",
        "tally": "..",
    },
    "What `fedinode verify --json` says of it": verify(jsonld.dump(BUNDLE)).as_document(),
}


def lines() -> Iterator[str]:
    """Yield the lines of the document."""
    yield from _HEAD.splitlines()
    for heading, document in EXAMPLES.items():
        yield from ("", f"## {heading}", "", "```json", *_members(document), "```")
    yield from ("", "## A list of trusted keys, K5", "", "```", *TRUST.splitlines(), "```")


def _members(document: Document) -> Iterator[str]:
    yield "{"
    last = list(document)[-1]
    for name, value in document.items():
        yield f"  {_written(name)}: {_written(value)}{'' if name == last else ','}"
    yield "}"


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
