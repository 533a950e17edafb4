"""Whether this process lives, and what it counts: for watchdogs and for those who look after the node."""

import hmac
import ipaddress
import json
from datetime import timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.web.answers import Site

#: A loop that was not heard of for so long is taken for dead.
STALLED_AFTER: Final = timedelta(seconds=60)
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_NO_STORE: Final = {"cache-control": "no-store"}


async def healthz(site: Site, request: Request) -> Response:
    """`/healthz`: 200 while all loops of this process are alive and the database answers, else 503."""
    stalled = site.cap.vitals.stalled(site.cap.clock(), STALLED_AFTER)
    await site.cap.database.read(lambda session: None)
    body = json.dumps({"status": "stalled" if stalled else "ok", "stalled": list(stalled)})
    status = 503 if stalled else 200
    return Response(body, status_code=status, headers=_NO_STORE, media_type="application/json")


async def metrics(site: Site, request: Request) -> Response:
    """`/metrics`: counters in Prometheus' text format, from this machine or with the token only."""
    if not (_is_from_this_machine(request) or _has_token(site, request)):
        raise HTTPException(404)
    counters = site.cap.vitals.counters()
    lines = ["# TYPE fedinode_events_total counter"]
    lines += [f'fedinode_events_total{{event="{word}"}} {count}' for word, count in counters.items()]
    lines += ["# TYPE fedinode_cache_bytes gauge", f"fedinode_cache_bytes {site.cap.cache.used_bytes}"]
    stalled = site.cap.vitals.stalled(site.cap.clock(), STALLED_AFTER)
    lines += ["# TYPE fedinode_loops_stalled gauge", f"fedinode_loops_stalled {len(stalled)}"]
    body = "\n".join(lines) + "\n"
    return Response(body, headers=_NO_STORE, media_type="text/plain; version=0.0.4")


def _is_from_this_machine(request: Request) -> bool:
    # Behind a proxy on this machine everybody comes from loopback: its traces count as being from outside,
    # and so does our public name, which a proxy passes on.
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _has_token(site: Site, request: Request) -> bool:
    token = site.cap.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    return token is not None and hmac.compare_digest(given.encode(), token.encode())
