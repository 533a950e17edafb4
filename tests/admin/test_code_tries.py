"""A session that was left open is no place to guess codes: tries are counted for the account."""

import pytest

from fedinode.capabilities import Capabilities
from tests.admin.conftest import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/desk/account/second-factor", {"code": "000000"}),
        ("/desk/account/second-factor/end", {"code": "000000"}),
        ("/desk/account/recovery-codes", {"code": "000000"}),
        ("/desk/account/password", {"old": "not this one", "new": "seven herons at the canal"}),
    ],
)
async def test_after_ten_tries_nobody_guesses_on(
    cap: Capabilities, browser: Browser, path: str, fields: dict[str, str | list[str]]
) -> None:
    await browser.sign_in(cap, "ana@example.org", "owner")
    await browser.post("/desk/account/password", new="nine storks at the harbour")
    statuses = [(await browser.post(path, None, **fields)).status_code for _ in range(11)]
    assert 200 not in statuses
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert "Wait a quarter of an hour" in (await browser.post(path, None, **fields)).text
