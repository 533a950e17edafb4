"""Commands that anybody can use to check a statement: verify, bundle. `verify` needs no node."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from federation import jsonld, times
from federation.cosigning.report import Report, Speaker, StatementWord
from federation.cosigning.trust import Rung
from fedinode import config
from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node, opened
from fedinode.cli.output import counted
from fedinode.errors import NodeError
from fedinode.services.cosigning import bundling, checking, trusting
from fedinode.services.cosigning.checking import Checked, LiveWord

_BEHIND = {
    Rung.TRUSTED: "your list names it",
    Rung.WITNESSED: "somebody in your list saw it at its own address",
    Rung.AUTHOR: "by the author's stamps",
    Rung.FILE: "this file only; nobody you named vouches for it",
    Rung.CONFLICT: "your list, or a witness in it, names another key",
}


def verify(call: Call) -> None:
    """Check a statement or bundle."""
    checked = asyncio.run(_check(call))
    if call.args.json:
        call.output.json(checked.report.as_document() | _extras(checked))
    else:
        _tell(call, checked)
    if not checked.is_sound:
        raise NodeError("Not everything in it holds.")


async def _check(call: Call) -> Checked:
    trust = None if call.args.trust is None else checking.read_trust(Path(call.args.trust))
    store = None
    if trust is None and config.has_settings(call.data_dir):
        async with opened(call) as cap:
            store = await trusting.own_trust(cap)
    return await checking.check(
        call.args.source,
        offline=call.args.offline,
        trust=trust,
        files=_path(call.args.files),
        store=store,
    )


def _extras(checked: Checked) -> dict[str, Any]:
    """Return what --json says beside the protocol's own report."""
    return {
        "files": [{"url": each.url, "result": each.result} for each in checked.files],
        "live": [
            {"id": each.uri, "result": each.result, "at": times.render_timestamp(each.at)}
            for each in checked.live
        ],
        "tally": checked.report.tally,
    }


def _path(written: str | None) -> Path | None:
    return None if written is None else Path(written)


def _tell(call: Call, checked: Checked) -> None:
    report = checked.report
    call.output.line(f"statement: {report.statement}")
    entries = [(each.word, each.name, each.uri) for each in (*report.entries, *report.former)]
    empty = (
        "Nobody has co-signed it." if report.statement is StatementWord.VALID else "No signature was read."
    )
    call.output.table(("result", "name", "signature"), entries, empty)
    as_of = f", as of {report.as_of}" if report.as_of else ""
    call.output.line(f"list: {report.completeness}{as_of}")
    for each in checked.files:
        call.output.line(f"file {each.name}: {each.result}")
    for line in (*_live_lines(checked.live), *_key_lines(report), *_tally_lines(report)):
        call.output.line(line)
    for note in report.notes:
        call.output.say(f"Note: {note}.")


def _live_lines(live: Sequence[LiveWord]) -> list[str]:
    """Say what the servers of the signers answered, and when."""
    if not live:
        return []
    counts = Counter(each.result for each in live)
    told = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
    lines = [f"at their own addresses on {max(each.at for each in live):%Y-%m-%d %H:%M} UTC: {told}"]
    return lines + [f"{each.result}: {each.uri}" for each in live if each.result != "reachable"]


def _tally_lines(report: Report) -> list[str]:
    """Say whom the author names beside the signatures: its word, which no file can prove."""
    if report.tally is None:
        return []
    persons = sum(report.tally["persons"].values())
    organisations = report.tally["organisations"]
    host = urlsplit(report.tally["attributedTo"]).netloc
    told = f"{counted(persons, 'person', 'people')}, {counted(len(organisations), 'organisation')}"
    lines = [f"others: {told}: confirmed by {host}, not verifiable here"]
    return lines + [f"organisation {each['name']}: confirmed by {host}" for each in organisations]


def _key_lines(report: Report) -> list[str]:
    """Say who vouches for which keys."""
    lines = [
        f"author key {each.key}: {_BEHIND[each.rung]}"
        for each in report.keys
        if each.speaker is Speaker.AUTHOR
    ]
    signers = [each for each in report.keys if each.speaker is Speaker.SIGNER]
    rungs = Counter(each.rung for each in signers)
    lines += [f"signers' keys: {count} {_BEHIND[rung]}" for rung, count in sorted(rungs.items())]
    witnesses = Counter(uri for each in signers for uri, _ in each.seen_by)
    lines += [
        f"{uri} says that it saw {counted(count, 'key')} of signers at their own addresses"
        for uri, count in sorted(witnesses.items())
    ]
    if not report.has_trust and report.statement is StatementWord.VALID:
        lines.append("Consistent in itself. Whoever made this file could have made every key in it.")
    return lines


async def make_bundle(call: Call, cap: Capabilities) -> None:
    """Write a bundle of a statement that we keep."""
    document = await bundling.bundle_of(cap, call.args.url)
    if call.args.output is None:
        call.output.line(json.dumps(document, ensure_ascii=False))
        return
    await asyncio.to_thread(Path(call.args.output).write_bytes, jsonld.dump(document))
    call.output.line(call.args.output)
    count = counted(len(document["entries"]), "signature")
    call.output.say(f"{count}; `fedinode verify` checks it anywhere.")


COMMANDS = (
    Command(
        name="verify",
        summary="check a statement and its signatures, here or from any machine",
        run=verify,
        arguments=(
            argument("source", metavar="URL-or-FILE", help="a statement's address, or a bundle in a file"),
            argument("--offline", action="store_true", help="ask nobody"),
            argument("--trust", metavar="FILE", help="keys that you trust: lines of key id and key"),
            argument("--files", metavar="DIR", help="where the attached files lie, to check them too"),
        ),
        lists=True,
    ),
    Command(
        name="bundle",
        summary="write a public statement with all that verifies it",
        run=on_node(make_bundle),
        arguments=(
            argument("url", metavar="URL", help="the statement's id, or the address of its page"),
            argument("-o", dest="output", metavar="FILE", help="write it there instead of showing it"),
        ),
    ),
)
