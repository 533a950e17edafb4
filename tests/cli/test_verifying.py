"""`fedinode verify`: files that are made to cost much, and the bytes of attached files."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from federation import jsonld
from federation.cosigning import bundle as bundles
from federation.cosigning import documents
from federation.jsonld import Document
from fedinode.errors import PeerUnavailable
from fedinode.services.cosigning import checking
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import HALLE, LEIPZIG
from tests.peer_server import Reply, Request, peer_server

#: What the process held at most is asked at its end: a parent's share is counted in what `wait` says.
_SCRIPT = """
import sys
from pathlib import Path
from fedinode.cli.main import main
code = main()
held = Path("/proc/self/status").read_text("ascii").partition("VmHWM:")[2].split()[0]
print(held, file=sys.stderr)
raise SystemExit(code)
"""
_COMMAND = (sys.executable, "-c", _SCRIPT)


def largest_with_everything() -> bytes:
    """Return 64 MiB: good entries, and after them what readers of JSON, base58 and numbers stumble over."""
    good = [jsonld.dump(cells.entry(each)) for each in (cells.KOELN, cells.BREMEN)]
    forged = cells.co_signature(HALLE)
    forged["proof"] = forged["proof"] | {"proofValue": "z" * 250_000}
    bad = [
        jsonld.dump({"coSignature": forged}),
        b'{"coSignature":' + b"[" * 20 + b"]" * 20 + b"}",
        b'{"coSignature":{"revision":1e400}}',
        b'{"coSignature":{"revision":1.0}}',
        b'{"coSignature":{},"coSignature":{}}',
        b'{"coSignature":{"name":"\\ud800"}}',
        b'{"coSignature":{"name":"\xff"}}',
    ]
    records = good + bad * 150
    members = jsonld.dump({**cells.bundle(), "entries": []}).replace(
        b'"entries":[]', b'"entries":[' + b",".join(records) + b"]"
    )
    padding = bundles.MAX_BUNDLE_BYTES - len(members) - len(b',"x":""')
    return members[:-1] + b',"x":"' + b"x" * padding + b'"}'


def bottomless() -> bytes:
    start = b'{"type":"CoSignBundle","version":2,"entries":'
    return start + b"[" * (bundles.MAX_BUNDLE_BYTES - len(start))


@pytest.mark.parametrize(
    ("make", "said"), [(largest_with_everything, "statement: valid"), (bottomless, "statement: malformed")]
)
def test_a_hostile_file_of_64_mib_ends_in_words_within_10_seconds_and_200_mb(
    tmp_path: Path, make: Callable[[], bytes], said: str
) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(make())
    with subprocess.Popen(
        [*_COMMAND, "verify", str(path), "--offline"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # The table is longer than a pipe holds, so it is read before waiting.
        told, complaint = process.stdout.read(), process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 1
    assert told.startswith(said)
    assert "Traceback" not in complaint
    sentence, held = complaint.splitlines()[-2:]
    assert sentence == "Not everything in it holds."
    # Of the processor: how long it took by the clock depends on what else the machine does.
    assert used.ru_utime + used.ru_stime < 10
    assert int(held) < 200 * 1024


PICTURE = b"what everybody signed"


def attached(url: str, name: str = "Plan") -> Document:
    """Return a sound bundle of a statement with a file."""
    file = {
        "type": "Document",
        "mediaType": "application/pdf",
        "name": name,
        "url": url,
        "digestMultibase": documents.digest_of_bytes(PICTURE),
    }
    text = cells.statement(attachment=[file])
    return cells.bundle(
        cells.entry(text=text), text=text, checkpoint=cells.checkpoint([cells.entry(text=text)], text)
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "result", "is_sound"),
    [(PICTURE, "checked", True), (b"something else", "differs", False), (None, "not checked", True)],
)
async def test_17_bytes_of_attached_files_are_compared_with_what_was_signed(
    tmp_path: Path, content: bytes | None, result: str, is_sound: bool
) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(jsonld.dump(attached(f"{LEIPZIG.origin}/media/plan.pdf")))
    if content is not None:
        (tmp_path / "plan.pdf").write_bytes(content)
    checked = await checking.check(str(path), offline=True, trust=None, files=tmp_path)
    assert [(each.name, each.result) for each in checked.files] == [("Plan", result)]
    assert checked.is_sound is is_sound


@pytest.mark.anyio
async def test_17_an_address_of_a_file_leads_nowhere_but_into_the_named_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(PICTURE)
    folder = tmp_path / "files"
    folder.mkdir()
    path = tmp_path / "bundle.json"
    for url in (f"{LEIPZIG.origin}/media/..", f"{LEIPZIG.origin}/../secret", f"{LEIPZIG.origin}/media/"):
        path.write_bytes(jsonld.dump(attached(url, name="")))
        checked = await checking.check(str(path), offline=True, trust=None, files=folder)
        assert [each.result for each in checked.files] == ["not checked"]


@pytest.mark.anyio
async def test_a_server_with_endless_pages_is_left_after_64_mib() -> None:
    page = {"type": "CoSignBundle", "version": 2, "x": "x" * 1_000_000}

    def answer(request: Request) -> Reply:
        after = int(request.target.rpartition("=")[2])
        return Reply.json({**page, "next": after + 1}, "application/json")

    with peer_server() as server:
        peer = server.peer("endless")
        peer.answer("/statements/1/bundle.json", answer)
        with pytest.raises(PeerUnavailable, match="longer than a bundle"):
            await checking.fetch_bundle(f"{peer.origin}/statements/1/bundle.json")
        assert 60 < len(peer.requests) < 70
