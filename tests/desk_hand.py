"""A member's hand at the desk of a node that a test drives over ASGI."""

import re
from dataclasses import dataclass

import httpx

from fedinode.capabilities import Capabilities
from fedinode.services import registering
from fedinode.storage.database import Session

_SEAL = re.compile(r'name="seal" value="([0-9a-f]{64})"')


@dataclass
class Hand:
    """Somebody who reads pages and sends forms. One at a time in a client: it keeps the cookies."""

    cap: Capabilities
    http: httpx.AsyncClient
    seal: str = ""

    async def enter(self, collective: str, role: str, email: str = "ana@example.org") -> "Hand":
        """Sign in with a role, by a one-time link."""

        def write(session: Session) -> str:
            row = registering.require_collective(session, collective)
            return registering.record_account(session, self.cap.urls, row, email, role, self.cap.clock()).url

        self.http.cookies.clear()
        link = await self.cap.database.write(write)
        assert (await self.post(link.removeprefix(self.cap.urls.origin))).status_code == 303
        await self.get("/desk/account")
        return self

    async def get(self, path: str) -> str:
        """Return a page, which must be there, with its blanks made single."""
        answer = await self.http.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200, answer.text
        found = _SEAL.search(answer.text)
        self.seal = found[1] if found else self.seal
        return re.sub(r"\s+", " ", answer.text)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form."""
        headers = {"origin": self.cap.urls.origin, "sec-fetch-site": "same-origin"}
        return await self.http.post(path, data={"seal": self.seal, **fields}, headers=headers)
