"""The older dialect, which every server of the fediverse speaks.

Spec: draft-cavage-http-signatures-12, with the rules that Mastodon set. A signature is taken if it covers the
request target, the host, a time and, for a request with a body, its digest: less would let somebody send the
same signature to another server, later, or with other content.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime

from federation import errors, keys, times
from federation.signatures import digest
from federation.signatures.message import HttpMessage, normal_authority
from federation.signatures.signed import Dialect, Signed, instant, require_fresh, require_key_id

MAX_HEADER_CHARS = 8192

_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)=(?:"([^"\\]*)"|([0-9]+))[ \t]*(?:,|$)', re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,11}")
# "hs2019" means "as the key says": with RSA keys everybody uses SHA-256 and PKCS#1 v1.5. Absent means the
# same.
_HS2019 = "hs2019"
_ALGORITHMS = frozenset({_HS2019, "rsa-sha256"})
_CREATED, _EXPIRES, _TARGET = "(created)", "(expires)", "(request-target)"


def parse(message: HttpMessage, now: datetime) -> Signed:
    """Read the Signature header and check form, coverage, time, host and body digest.

    Raises: SignatureRefused.
    """
    parameters = _parse_parameters(message.header("signature"))
    algorithm = parameters.get("algorithm", _HS2019)
    if algorithm not in _ALGORITHMS:
        raise errors.SignatureRefused("the signature has an algorithm that is not known here")
    covered = _covered(parameters)
    _require_coverage(message, covered, algorithm)
    created = _created(message, covered, parameters)
    expires = instant(_seconds(parameters["expires"])) if "expires" in parameters else None
    require_fresh(created, expires, now)
    _require_host(message)
    if message.has_content:
        digest.require_digest(message.header("digest"), message.body or b"")
    targets = _targets(message)
    base, *others = (signing_base(message, covered, parameters, target) for target in targets)
    return Signed(
        dialect=Dialect.CAVAGE,
        key_id=require_key_id(parameters.get("keyId", "")),
        algorithm=keys.KeyAlgorithm.RSA,
        created=created,
        expires=expires,
        base=base,
        alternatives=tuple(others),
        signature=_decode(parameters.get("signature", "")),
    )


def sign(message: HttpMessage, key: keys.PrivateKey, key_id: str, now: datetime) -> HttpMessage:
    """Add Host, Date, Digest (if there is a body) and Signature.

    Mastodon's own shape: ``(request-target) host date``, and ``digest content-type`` with a body.
    """
    if key.public.algorithm is not keys.KeyAlgorithm.RSA:
        raise ValueError("draft-cavage signatures are made with RSA keys")
    added = {"Host": message.authority, "Date": times.render_http_date(now)}
    covered = [_TARGET, "host", "date"]
    if message.body is not None:
        added["Digest"] = digest.render_digest(message.body)
        covered += ["digest", "content-type"] if message.values("content-type") else ["digest"]
    ready = message.with_headers(added)
    signature = key.sign(signing_base(ready, covered, {}, ready.path + ready.query))
    fields = {
        "keyId": key_id,
        "algorithm": "rsa-sha256",
        "headers": " ".join(covered),
        "signature": base64.b64encode(signature).decode("ascii"),
    }
    value = ",".join(f'{name}="{text}"' for name, text in fields.items())
    return ready.with_headers({"Signature": value})


def signing_base(message: HttpMessage, covered: list[str], parameters: dict[str, str], target: str) -> bytes:
    """Return the bytes to sign. ``target`` is path and query. Spec: draft-cavage-12 section 2.3."""
    lines = [f"{name}: {_value(message, name, parameters, target)}" for name in covered]
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError as error:
        raise errors.SignatureRefused("a signed header is not in ASCII") from error


def _value(message: HttpMessage, name: str, parameters: dict[str, str], target: str) -> str:
    if name == _TARGET:
        return f"{message.method.lower()} {target}"
    if name in (_CREATED, _EXPIRES):
        value = parameters.get(name[1:-1])
        if value is None:
            raise errors.SignatureRefused("the signature covers a time that it does not state")
        return value
    values = message.values(name)
    if not values:
        raise errors.SignatureRefused("the signature covers a header that is not there")
    return ", ".join(values)


def _parse_parameters(header: str) -> dict[str, str]:
    if len(header) > MAX_HEADER_CHARS:
        raise errors.SignatureRefused("the signature header is too long")
    parameters: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise errors.SignatureRefused("the signature header cannot be read")
        name, quoted, number = match.groups()
        if name in parameters:
            raise errors.SignatureRefused("the signature header has a parameter twice")
        parameters[name] = number if quoted is None else quoted
        position = match.end()
    return parameters


def _covered(parameters: dict[str, str]) -> list[str]:
    names = parameters.get("headers", "").lower().split()
    if len(set(names)) != len(names):
        raise errors.SignatureRefused("the signature covers a header twice")
    return names


def _require_coverage(message: HttpMessage, covered: list[str], algorithm: str) -> None:
    if algorithm != _HS2019 and (_CREATED in covered or _EXPIRES in covered):
        raise errors.SignatureRefused("this algorithm cannot cover (created) or (expires)")
    needed = {_TARGET, "host"} | ({"digest"} if message.has_content else set())
    if not needed <= set(covered) or not {"date", _CREATED} & set(covered):
        raise errors.SignatureRefused("the signature does not cover target, host, time and digest")


def _created(message: HttpMessage, covered: list[str], parameters: dict[str, str]) -> datetime:
    """Return the time that the signature vouches for; a stated (created) says it more exactly than Date."""
    if _CREATED in covered:
        return instant(_seconds(parameters.get("created", "")))
    try:
        return times.parse_http_date(message.header("date"))
    except errors.Malformed as error:
        raise errors.SignatureRefused("the Date header cannot be read") from error


def _seconds(text: str) -> int:
    if not _SECONDS.fullmatch(text):
        raise errors.SignatureRefused("the signature states a time that cannot be read")
    return int(text)


def _require_host(message: HttpMessage) -> None:
    if normal_authority(message.header("host"), message.scheme) != message.authority:
        raise errors.SignatureRefused("the signature was made for another host")


def _targets(message: HttpMessage) -> list[str]:
    """Return the targets that may have been signed: Mastodon before 4.3 left out the query of a GET."""
    if message.method == "GET" and message.query:
        return [message.path + message.query, message.path]
    return [message.path + message.query]


def _decode(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise errors.SignatureRefused("the signature is not in base64") from error
    if not decoded:
        raise errors.SignatureRefused("the signature is empty")
    return decoded
