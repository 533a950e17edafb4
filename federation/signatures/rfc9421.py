"""The newer dialect: HTTP Message Signatures, with Content-Digest for the body.

Spec: RFC 9421. Of its many options only what servers use: one signature, derived components and whole header
fields, ``created`` and ``keyid`` always.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

import http_sf

from federation import errors, keys, times
from federation.signatures import digest, structured
from federation.signatures.message import HttpMessage
from federation.signatures.signed import LIFETIME, Dialect, Signed, instant, require_fresh, require_key_id

_LABEL = "sig1"
_ALGORITHMS = {
    "rsa-v1_5-sha256": keys.KeyAlgorithm.RSA,
    "ed25519": keys.KeyAlgorithm.ED25519,
}
_ALGORITHM_NAMES = {algorithm: name for name, algorithm in _ALGORITHMS.items()}
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)
_DERIVED: dict[str, Callable[[HttpMessage], str]] = {
    "@method": lambda message: message.method,
    "@target-uri": lambda message: message.target_uri,
    "@authority": lambda message: message.authority,
    "@scheme": lambda message: message.scheme,
    "@request-target": lambda message: message.path + message.query,
    "@path": lambda message: message.path,
    "@query": lambda message: message.query or "?",
}


class Component(NamedTuple):
    """A covered component: a header field or a derived one, with the only parameter that we know."""

    name: str
    #: Only ``@query-param`` has one: the name of the query parameter.
    parameter: str | None = None

    @property
    def identifier(self) -> str:
        """The component as the signature base writes it."""
        parameters: http_sf.types.ParamsType = {}
        if self.parameter is not None:
            parameters["name"] = self.parameter
        return http_sf.ser((self.name, parameters))


def parse(message: HttpMessage, now: datetime) -> Signed:
    """Read Signature-Input and Signature, and check form, coverage, time and body digest.

    Raises: SignatureRefused.
    """
    text = ", ".join(message.values("signature-input"))
    label, components, parameters = parse_input(text)
    _require_coverage(message, components)
    created, expires = _instant_of(parameters, "created"), _instant_of(parameters, "expires")
    if created is None:
        raise errors.SignatureRefused("the signature does not say when it was made")
    require_fresh(created, expires, now)
    if message.has_content:
        digest.require_content_digest(message.header("content-digest"), message.body or b"")
    return Signed(
        dialect=Dialect.RFC9421,
        key_id=require_key_id(_text_of(parameters, "keyid") or ""),
        algorithm=_algorithm_of(parameters),
        created=created,
        expires=expires,
        # "@signature-params" is the text as received. Whoever writes it anew, in an order of their own,
        # refuses signatures that are good.
        base=signing_base(message, components, text.partition("=")[2]),
        signature=_signature_of(message, label),
    )


def sign(message: HttpMessage, key: keys.PrivateKey, key_id: str, now: datetime) -> HttpMessage:
    """Add Host, Date, Content-Digest (if there is a body), Signature-Input and Signature.

    The components are the least that Mastodon takes: method, target, digest.
    """
    added = {"Host": message.authority, "Date": times.render_http_date(now)}
    components = [Component("@method"), Component("@target-uri")]
    if message.body is not None:
        added["Content-Digest"] = digest.render_content_digest(message.body)
        components.append(Component("content-digest"))
    ready = message.with_headers(added)
    created = int(now.timestamp())
    parameters: http_sf.types.ParamsType = {
        "created": created,
        "expires": created + int(LIFETIME.total_seconds()),
        "keyid": key_id,
        "alg": _ALGORITHM_NAMES[key.public.algorithm],
    }
    names: list[http_sf.ItemType] = [component.name for component in components]
    signature_input = http_sf.ser({_LABEL: (names, parameters)})
    base = signing_base(ready, components, signature_input.partition("=")[2])
    signature = http_sf.ser({_LABEL: key.sign(base)})
    return ready.with_headers({"Signature-Input": signature_input, "Signature": signature})


def signing_base(message: HttpMessage, components: list[Component], parameters: str) -> bytes:
    """Return the bytes to sign. ``parameters`` is the inner list as written. Spec: RFC 9421 section 2.5."""
    lines = [f"{component.identifier}: {_value(message, component)}" for component in components]
    lines.append(f'"@signature-params": {parameters}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError as error:
        raise errors.SignatureRefused("a signed header is not in ASCII") from error


def _value(message: HttpMessage, component: Component) -> str:
    if component.parameter is not None:
        return _query_parameter(message, component.parameter)
    if component.name in _DERIVED:
        return _DERIVED[component.name](message)
    values = message.values(component.name)
    if not values:
        raise errors.SignatureRefused("the signature covers a header that is not there")
    return ", ".join(values)


def _query_parameter(message: HttpMessage, name: str) -> str:
    """Return the value of a query parameter that occurs once. Spec: RFC 9421 section 2.2.8."""
    pairs = parse_qsl(message.query[1:], keep_blank_values=True)
    values = [value for key, value in pairs if key == unquote(name)]
    if len(values) != 1:
        raise errors.SignatureRefused("the signature covers a query parameter that does not occur once")
    # Python never quotes the tilde; the form encoding that the RFC names does.
    return quote(values[0], safe="*").replace("~", "%7E")


def parse_input(text: str) -> tuple[str, list[Component], http_sf.types.ParamsType]:
    """Return label, components and parameters of the only signature that a Signature-Input lists.

    Raises: SignatureRefused.
    """
    members = structured.parse_dictionary(text)
    if len(members) != 1:
        # MAY choose by key id instead; servers send one, and a second one would only be something to hide in.
        raise errors.SignatureRefused("the request does not have exactly one signature")
    label, member = next(iter(members.items()))
    if not isinstance(member, tuple) or not isinstance(member[0], list):
        raise errors.SignatureRefused("the signature does not list what it covers")
    components = [_component(item) for item in member[0]]
    if len(set(components)) != len(components):
        raise errors.SignatureRefused("the signature covers a component twice")
    return label, components, member[1]


def _component(item: object) -> Component:
    """Read one covered component; the parameters ``req``, ``tr``, ``bs``, ``sf`` are not implemented."""
    match item:
        case (str(name), {**parameters}) if not parameters and _is_known(name):
            return Component(name)
        case ("@query-param", {"name": str(parameter), **others}) if not others:
            return Component("@query-param", parameter)
    raise errors.SignatureRefused("the signature covers a component that is not known here")


def _is_known(name: str) -> bool:
    return name in _DERIVED or _FIELD_NAME.fullmatch(name) is not None


def _require_coverage(message: HttpMessage, components: list[Component]) -> None:
    needed = {Component("@method"), Component("@target-uri")}
    if message.has_content:
        needed.add(Component("content-digest"))
    if not needed <= set(components):
        raise errors.SignatureRefused("the signature does not cover method, target and digest")


def _instant_of(parameters: http_sf.types.ParamsType, name: str) -> datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    # A parameter without a value is True, which Python takes for the integer 1.
    if type(value) is not int:
        raise errors.SignatureRefused("the signature states a time that cannot be read")
    return instant(value)


def _text_of(parameters: http_sf.types.ParamsType, name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, str):
        raise errors.SignatureRefused("the signature has a parameter of another type than text")
    return value


def _algorithm_of(parameters: http_sf.types.ParamsType) -> keys.KeyAlgorithm | None:
    name = _text_of(parameters, "alg")
    if name is None:
        return None
    if name not in _ALGORITHMS:
        raise errors.SignatureRefused("the signature has an algorithm that is not known here")
    return _ALGORITHMS[name]


def _signature_of(message: HttpMessage, label: str) -> bytes:
    members = structured.parse_dictionary(", ".join(message.values("signature")))
    if set(members) != {label}:
        raise errors.SignatureRefused("the Signature header does not match Signature-Input")
    member = members[label]
    value = member[0] if isinstance(member, tuple) else member
    if not isinstance(value, bytes) or not value:
        raise errors.SignatureRefused("the signature is not a row of bytes")
    return value
