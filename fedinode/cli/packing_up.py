"""Commands about what is handed out of a statement: pack, qr."""

from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.resources import resource_dir
from fedinode.services.supporting import handing_out, packing
from fedinode.web import packs
from fedinode.web.assets import Assets
from fedinode.web.rendering import Renderer


async def pack(call: Call, cap: Capabilities) -> None:
    """Write everything about a statement into one file."""
    material = await packing.gather(cap, await packing.uid_of(cap, call.args.url))
    templates = resource_dir("templates")
    made = await packs.make(Renderer(templates, Assets(templates / "static"), cap.urls), material)
    _write(call, made.file_name, made.content)


async def qr(call: Call, cap: Capabilities) -> None:
    """Write the QR code of a statement."""
    code = await handing_out.qr_code(cap, await packing.uid_of(cap, call.args.url))
    _write(call, "qr.svg", code.svg)


def _write(call: Call, own_name: str, content: bytes) -> None:
    path = Path(call.args.output or own_name)
    path.write_bytes(content)
    call.output.line(str(path))


_URL = argument("url", metavar="URL", help="the statement's id, or the address of its page")

COMMANDS = (
    Command(
        name="pack",
        summary="write a public statement with list, proofs and sources as one file for press and mirrors",
        run=on_node(pack),
        arguments=(_URL, argument("-o", dest="output", metavar="FILE.zip", help="where; else its own name")),
    ),
    Command(
        name="qr",
        summary="write the QR code that leads to a statement, or to its form",
        run=on_node(qr),
        arguments=(_URL, argument("-o", dest="output", metavar="FILE.svg", help="where; else qr.svg")),
    ),
)
