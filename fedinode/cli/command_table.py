"""Which module holds which commands. A module is loaded when one of its commands is named, or for `--help`.

Most of what a command needs is loaded by its module: knowing them by name makes the others start sooner.
"""

import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fedinode.cli.commands import Command

#: In the order in which `--help` lists them.
MODULES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "administering": ("init", "upgrade", "doctor", "collective add", "collective list", "collective set"),
        "memberships": (
            "account add",
            "account link",
            "account list",
            "account remove",
            "account wake",
            "account reset",
            "account feed",
        ),
        "appearance": ("collective describe", "collective look"),
        "processes": ("serve", "worker"),
        "demonstrating": ("demo",),
        "writing": ("post", "edit", "amend", "delete", "publish", "cancel-event", "reply", "posts"),
        "drafts": ("texts", "text"),
        "borrowing": ("take-over", "proposals", "accept-proposal", "decline-proposal"),
        "highlighting": ("pin", "unpin", "banner"),
        "waiting": ("requests", "accept", "reject", "held", "approve", "hide"),
        "complaints": ("reports", "resolve", "report"),
        "relating": ("follow", "unfollow", "followers", "following", "reshare", "unreshare"),
        "regulating": ("rules", "rule"),
        "signatories": (
            "invite",
            "uninvite",
            "decline",
            "cosign",
            "withdraw",
            "cosignatures",
            "pending-signatures",
            "accept-signature",
            "reject-signature",
            "remove-signature",
        ),
        "agreeing": ("decisions", "audit", "vote"),
        "halts": ("stop", "resume"),
        "organisations": ("organisation add", "organisation list", "organisation remove"),
        "people": (
            "signers",
            "invalidate",
            "restore-signers",
            "duplicate-signers",
            "import-signers",
            "export-signers",
            "signer-data",
            "erase-signer",
        ),
        "newsletters": ("update-signers", "bounced"),
        "packing_up": ("pack", "qr"),
        "verifying": ("verify", "bundle"),
        "evidencing": (
            "check-signatures",
            "signature-log",
            "publish-copy",
            "drop-copy",
            "keys",
            "rotate-keys",
        ),
        "forgetting": ("erase-copied-signer",),
        "tracing": ("deliveries", "retry", "wake"),
        "blocking": ("block", "unblock", "blocks"),
        "fencing": (
            "import-blocks",
            "holds",
            "hold",
            "unhold",
            "allow",
            "disallow",
            "allowed",
            "federate",
            "attack",
        ),
        "last_resort": ("panic", "backup-made"),
        "archives": ("import markdown", "import-markdown"),
    }
)
NAMES: Final = tuple(name for names in MODULES.values() for name in names)
_HELP: Final = ("-h", "--help")


def all_commands() -> tuple[Command, ...]:
    """Return every command there is."""
    return _load(MODULES)


def named_in(arguments: Sequence[str]) -> tuple[Command, ...]:
    """Return the commands that these arguments can mean: of a group all, of no command none."""
    words = _words(arguments)
    if not words:
        return ()
    if words[0] in _HELP:
        return all_commands()
    called = " ".join(words[:2])
    exact = [module for module, names in MODULES.items() if called in names or words[0] in names]
    of_group = [module for module, names in MODULES.items() if any(_is_in(words[0], name) for name in names)]
    return _load(exact or of_group)


def _is_in(group: str, name: str) -> bool:
    return name.startswith(f"{group} ")


def _words(arguments: Sequence[str]) -> list[str]:
    """Return the arguments from the command on; the options before it are the program's own."""
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] not in _HELP:
        del rest[: 2 if rest[0] == "--data" else 1]
    return rest


def _load(modules: Sequence[str] | Mapping[str, tuple[str, ...]]) -> tuple[Command, ...]:
    found: list[Command] = []
    for name in modules:
        found.extend(importlib.import_module(f"fedinode.cli.{name}").COMMANDS)
    return tuple(found)
