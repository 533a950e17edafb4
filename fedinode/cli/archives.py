"""Commands that take over an archive."""

from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import NodeError
from fedinode.services import importing


async def import_markdown(call: Call, cap: Capabilities) -> None:
    """Import a folder of Markdown files."""
    result = await importing.import_markdown(
        cap,
        Path(call.args.folder),
        collective=call.args.collective,
        dry_run=call.args.dry_run,
        progress=lambda done, total, path: call.output.progress(done, total, path.name),
    )
    would = "would be " if call.args.dry_run else ""
    call.output.say(f"{counted(result.imported, 'post')} {would}imported, {result.already} here already.")
    if result.refused:
        for sentence in result.refused:
            call.output.say(sentence)
        raise NodeError(
            f"Left out: {counted(len(result.refused), 'wrong file')}; mend what is named above, import again."
        )


_IMPORT = (
    argument("folder", metavar="DIR", help="a folder of Markdown files with front matter"),
    AS,
    argument("--dry-run", action="store_true", help="check everything and keep nothing"),
)

COMMANDS = (
    Command(
        name="import markdown",
        summary="import a folder of Markdown files; nobody is sent them",
        run=on_node(import_markdown),
        arguments=_IMPORT,
    ),
    Command(
        name="import-markdown",
        summary="the same as `import markdown`",
        run=on_node(import_markdown),
        arguments=_IMPORT,
    ),
)
