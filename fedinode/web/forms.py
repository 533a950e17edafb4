"""Reads what a form sent: counted bytes, URL-encoded fields as text. Files are not taken."""

from typing import Final
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 40


async def read_fields(request: Request, max_bytes: int) -> dict[str, str]:
    """Return the first value of each field. Raises as `read_lists`."""
    return {name: values[0] for name, values in (await read_lists(request, max_bytes)).items()}


async def read_lists(request: Request, max_bytes: int, max_fields: int = _MAX_FIELDS) -> dict[str, list[str]]:
    """Return all values of each field.

    Raises HTTPException: 415 for another format, 413 for too many bytes, 400 for too many fields or no UTF-8.
    """
    if not request.headers.get("content-type", "").startswith(_FORM):
        raise HTTPException(415)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise HTTPException(413)
    try:
        return parse_qs(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=max_fields, errors="strict"
        )
    except ValueError as error:
        raise HTTPException(400) from error
