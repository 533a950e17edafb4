"""Clients of tests that speak plain HTTP to loopback."""

import functools
import ssl

import httpx


def plain_client(timeout: float = 20.0) -> httpx.Client:
    """Return a client without TLS: httpx otherwise reads the certificates of the system for each client."""
    return httpx.Client(trust_env=False, timeout=timeout, verify=_no_certificates())


@functools.cache
def _no_certificates() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
