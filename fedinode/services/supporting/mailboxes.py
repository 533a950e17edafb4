"""Mail addresses as people type them: which are taken, where the mail goes, and which are one mailbox.

Taken is what mail servers everywhere take: ASCII before the @, a name of the public Internet behind it, which
may be written in any script. Quoted parts, comments and numbers in brackets are legal and used by nobody who
signs a statement, so they are refused. Pure.
"""

import re
from dataclasses import dataclass
from typing import Final

import idna

from fedinode.text import normalise

MAX_CHARS: Final = 254
_MAX_LOCAL_CHARS: Final = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")
#: Dots before the @ mean nothing to this provider, and both names are one.
_WITHOUT_DOTS: Final = frozenset({"gmail.com", "googlemail.com"})
#: Names that no mail leaves this machine for, or that nobody answers for (RFC 2606, 6761, 7686).
_NOWHERE: Final = ("localhost", "local", "internal", "invalid", "test", "onion", "alt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address that mail can be sent to; `normal` is equal for the spellings of one mailbox."""

    address: str
    normal: str
    domain: str

    def __repr__(self) -> str:
        return "Mailbox(...)"


def parse(written: str) -> Mailbox:
    """Return the mailbox that somebody typed.

    Capitals do not count, nor does what stands between + and @; at Gmail dots do not either. So one mailbox
    signs once, and mail goes to the address as it was typed. Raises: ValueError, which holds no address.
    """
    typed = normalise(written).strip()
    local, _, domain = typed.rpartition("@")
    if len(typed) > MAX_CHARS or len(local) > _MAX_LOCAL_CHARS or not _LOCAL.fullmatch(local):
        raise ValueError("this is no address that mail can be sent to")
    host = _ascii(domain)
    if not _DOMAIN.fullmatch(host) or host.rpartition(".")[2] in _NOWHERE:
        raise ValueError("this is no domain that mail can be sent to")
    return Mailbox(address=f"{local}@{host}", normal=_normal(local, host), domain=host)


def _ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise ValueError("this is no domain that mail can be sent to") from error


def _normal(local: str, host: str) -> str:
    name = local.lower().partition("+")[0] or local.lower()
    if host in _WITHOUT_DOTS:
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{host}"
