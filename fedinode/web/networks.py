"""From which network a request comes: for counting in memory alone, never for a log or a table.

Behind a proxy everybody comes from the proxy. How many proxies stand before the node says the setting
`limits.proxy_hops`; the last of them writes the end of X-Forwarded-For, and what a visitor wrote before that
is never believed.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from starlette.requests import Request

from fedinode.web.answers import Site

_IPV4_BITS: Final = 24
_IPV6_BITS: Final = 56


def of_visitor(site: Site, request: Request) -> str | None:
    """Return the network that a visitor of a site comes from, behind as many proxies as it was told of."""
    return network_of(request, site.cap.settings.limits.proxy_hops)


def network_of(request: Request, proxy_hops: int) -> str | None:
    """Return the /24 or /56 that a visitor comes from; None where it cannot be known."""
    written = _visitor(request, proxy_hops)
    try:
        address = ip_address(written.strip().strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        # A proxy that nobody told us of, or this machine itself.
        return None
    bits = _IPV4_BITS if isinstance(address, IPv4Address) else _IPV6_BITS
    return str(ip_network((address, bits), strict=False))


def _visitor(request: Request, proxy_hops: int) -> str:
    if proxy_hops == 0:
        return request.client.host if request.client else ""
    seen = [each for value in request.headers.getlist("x-forwarded-for") for each in value.split(",")]
    return seen[-proxy_hops] if len(seen) >= proxy_hops else ""
