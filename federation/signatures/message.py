"""The parts of an HTTP request that signatures speak about."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from federation import errors

# Printable ASCII only, and no fragment: what comes over the wire as a request target, behind a known origin.
_TARGET = re.compile(
    r"(https?)://([a-z0-9.\-:\[\]]+)(/[!-\"$->@-~]*)?(\?[!-\"$-~]*)?", re.ASCII | re.IGNORECASE
)
_METHOD = re.compile(r"[A-Z]+", re.ASCII)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpMessage:
    """A request as sent or received, checked when built: no control characters, an absolute target.

    Raises: Malformed.
    """

    #: In capitals: ``POST``.
    method: str
    #: The absolute URI. For a received request it is built from the configured origin and the path, never
    #: from the Host header: behind a proxy nothing else knows the real one.
    target_uri: str
    #: In order, names in any case.
    headers: tuple[tuple[str, str], ...] = ()
    #: None for a request that has no body.
    body: bytes | None = None

    def __post_init__(self) -> None:
        if not _METHOD.fullmatch(self.method):
            raise errors.Malformed("a request has an impossible method")
        if not _TARGET.fullmatch(self.target_uri):
            raise errors.Malformed("a request has an impossible target")
        for name, value in self.headers:
            if not _HEADER_NAME.fullmatch(name) or _CONTROL.search(value):
                raise errors.Malformed("a request has an impossible header")

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return self._target[1].lower()

    @property
    def authority(self) -> str:
        """Host and port in lower case, the port only if it is not the scheme's own."""
        return normal_authority(self._target[2], self.scheme)

    @property
    def path(self) -> str:
        """The path as sent, at least ``/``."""
        return self._target[3] or "/"

    @property
    def query(self) -> str:
        """The query with its question mark, or nothing."""
        return self._target[4] or ""

    @property
    def has_content(self) -> bool:
        """Whether a digest must protect a body: everything but GET and HEAD without one."""
        return bool(self.body) or self.method not in ("GET", "HEAD")

    def values(self, name: str) -> list[str]:
        """Return the values of all headers of this name, in order, without the blanks around them."""
        wanted = name.lower()
        return [value.strip(" \t") for key, value in self.headers if key.lower() == wanted]

    def header(self, name: str) -> str:
        """Return the value of the only header of this name.

        Raises: SignatureRefused, if there is none, or several: two parties might then read different ones.
        """
        values = self.values(name)
        if len(values) != 1:
            raise errors.SignatureRefused(f"the request has {len(values)} headers named {name}, not one")
        return values[0]

    def with_headers(self, added: dict[str, str]) -> HttpMessage:
        """Return a copy with these headers, in the place of any others of the same names."""
        names = {name.lower() for name in added}
        kept = tuple((name, value) for name, value in self.headers if name.lower() not in names)
        return replace(self, headers=kept + tuple(added.items()))

    @property
    def _target(self) -> re.Match[str]:
        match = _TARGET.fullmatch(self.target_uri)
        assert match is not None, "checked when built"
        return match


def normal_authority(authority: str, scheme: str) -> str:
    """Write host and port in lower case, without the port if it is the default one of the scheme."""
    return authority.lower().removesuffix(_DEFAULT_PORTS[scheme])
