"""Commands for people who sign: moderation, paper lists, export, and what a person may ask for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import Conflict, ListRefused, NotFound
from fedinode.services.supporting import exporting_signers, paper, sorting_out
from fedinode.services.supporting.paper import Sheet

_MAX_FAULTS: Final = 50


async def show(call: Call, cap: Capabilities) -> None:
    """List who signed; addresses are never shown."""
    found = await sorting_out.list_signers(cap, call.args.url, call.args.state)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (
            *(each.id, each.state, each.kind, each.name, each.city, each.country, each.method, each.shown),
            *(each.confirmed_at or each.created_at, each.reason),
        )
        for each in found
    ]
    headings = ("id", "state", "kind", "name", "city", "country", "method", "shown", "since", "reason")
    call.output.table(headings, rows, "Nobody signed yet.")


async def invalidate(call: Call, cap: Capabilities) -> None:
    """Count signatures no longer."""
    args = call.args
    count = await sorting_out.invalidate(cap, args.url, args.ids, args.reason)
    call.output.say(f"{counted(count, 'signature')} count no longer; `fedinode restore-signers` undoes it.")


async def restore(call: Call, cap: Capabilities) -> None:
    """Let signatures count again."""
    count = await sorting_out.restore(cap, call.args.url, call.args.ids)
    call.output.say(f"{counted(count, 'signature')} count again.")


async def duplicates(call: Call, cap: Capabilities) -> None:
    """Show, or suspect, those who may have signed twice."""
    work = sorting_out.suspect_resembling if call.args.yes else sorting_out.find_resembling
    found = await work(cap, call.args.url)
    if call.args.json:
        call.output.json(found)
        return
    rows = [(each.id, each.name, each.city, each.resembles_id, each.resembles_name) for each in found]
    call.output.table(("id", "name", "city", "like", "name of that"), rows, "Nobody resembles another.")
    if found and call.args.yes:
        call.output.say("They are suspect now: not counted and not named until `restore-signers`.")
    elif found:
        call.output.say("Say --yes to let them count no longer until somebody looked.")


async def import_people(call: Call, cap: Capabilities) -> None:
    """Count people of a paper list."""
    args = call.args
    sheet = paper.read(_read(Path(args.file)), args.encoding)
    _tell(call, sheet)
    if sheet.faults and not args.yes:
        raise ListRefused(
            f"{counted(len(sheet.faults), 'line')} cannot be taken, so nothing was imported. "
            f"Correct the file, or say --yes to import the {len(sheet.lines)} others."
        )
    done = await paper.add(cap, args.url, sheet.lines)
    known = f", {done.known} were there already" if done.known else ""
    call.output.say(f"{counted(done.added, 'signature')} added{known}.")
    if done.suspect:
        call.output.say(
            f"{done.suspect} resemble somebody who signed and are suspect; "
            "`fedinode signers URL --state suspect` shows them."
        )


def _tell(call: Call, sheet: Sheet) -> None:
    for fault in sheet.faults[:_MAX_FAULTS]:
        call.output.say(f"Line {fault.line}: {fault.words}")
    if len(sheet.faults) > _MAX_FAULTS:
        call.output.say(f"and {len(sheet.faults) - _MAX_FAULTS} more lines.")


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(paper.MAX_FILE_BYTES + 1)


async def export(call: Call, cap: Capabilities) -> None:
    """Write everybody under a statement as CSV."""
    path = Path(call.args.file)
    with _new_file(path) as stream:
        stream.write(await exporting_signers.table(cap, call.args.url))
    call.output.say(f"{path} holds names that many gave only here: keep it sealed, and delete it after use.")


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Make a file that its owner alone reads; it is gone again if what should be in it cannot be had."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} exists already; name another file.") from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
    except BaseException:
        path.unlink()
        raise


async def data_of(call: Call, cap: Capabilities) -> None:
    """Print all that is stored about a person, as JSON."""
    call.output.json(await exporting_signers.stored_about(cap, call.args.person))


async def erase(call: Call, cap: Capabilities) -> None:
    """Delete all that is stored about a person."""
    person = call.args.person
    found = await exporting_signers.stored_about(cap, person)
    if not found:
        raise NotFound("Nothing is stored about this person.")
    call.require_yes(f"This deletes {counted(len(found), 'signature')} with all that is stored about them.")
    count = await exporting_signers.erase(cap, person)
    call.output.say(f"{counted(count, 'signature')} deleted; copies follow with the next list.")


_URL = argument("url", metavar="URL", help="the statement's id, or the address of its page")
_IDS = argument("ids", metavar="ID", nargs="+", type=int, help="numbers from `fedinode signers URL`")
_PERSON = argument("person", metavar="EMAIL", help="a mail address, or the address of a fediverse account")

COMMANDS = (
    Command(
        name="signers",
        summary="list the people and groups under a statement, without their addresses",
        run=on_node(show),
        arguments=(_URL, argument("--state", choices=sorting_out.STATES, help="only those in this state")),
        lists=True,
    ),
    Command(
        name="invalidate",
        summary="count signatures of people no longer, for a reason",
        run=on_node(invalidate),
        arguments=(
            _URL,
            _IDS,
            argument("--reason", required=True, metavar="TEXT", help="why; kept with them"),
        ),
    ),
    Command(
        name="restore-signers",
        summary="let suspect or invalidated signatures of people count again",
        run=on_node(restore),
        arguments=(_URL, _IDS),
    ),
    Command(
        name="duplicate-signers",
        summary="find people of the same name and town under a statement",
        run=on_node(duplicates),
        arguments=(
            _URL,
            argument(
                "--yes", action="store_true", help="let all but the first count no longer until looked at"
            ),
        ),
        lists=True,
    ),
    Command(
        name="import-signers",
        summary="count people who signed on paper or elsewhere, from a CSV file",
        run=on_node(import_people),
        arguments=(
            _URL,
            argument(
                "file", metavar="FILE.csv", help="columns: name, city, country, role, kind, shown, number"
            ),
            argument(
                "--encoding", metavar="NAME", help="of old files: cp1252 western Europe, cp1251 Cyrillic"
            ),
            argument("--yes", action="store_true", help="import the good lines although others are faulty"),
        ),
    ),
    Command(
        name="export-signers",
        summary="write the people and groups under a statement as CSV, without their addresses",
        run=on_node(export),
        arguments=(_URL, argument("file", metavar="FILE.csv", help="a file that does not exist yet")),
    ),
    Command(
        name="signer-data",
        summary="print all that is stored about a person who signed, for that person",
        run=on_node(data_of),
        arguments=(_PERSON,),
    ),
    Command(
        name="erase-signer",
        summary="delete all that is stored about a person who signed",
        run=on_node(erase),
        arguments=(_PERSON,),
        destroys=True,
    ),
)
