"""The banner of a campaign: a sentence on every page, until a moment that is set with it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from fedinode import text
from fedinode.cache import NODE_KEY
from fedinode.capabilities import Capabilities
from fedinode.errors import UsageError
from fedinode.storage import audit_log, invalidations, node_facts
from fedinode.storage.database import Session

MAX_CHARS: Final = 200
_FACT: Final = "banner"
_NONE: Final = "null"
_BLANK_IN_URL: Final = re.compile(r"[\s<>\"\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What is shown, by language; the first one is for everybody whose language is not there."""

    texts: Mapping[str, str]
    until: datetime
    link: str | None = None

    def language_for(self, language: str) -> str:
        """Return in which language to speak on a page in `language`."""
        base = language.split("-", 1)[0]
        return next((tag for tag in (language, base) if tag in self.texts), next(iter(self.texts)))


async def set_banner(cap: Capabilities, banner: Banner) -> None:
    """Show a banner on all pages, in place of another one. Raises: UsageError."""
    now = cap.clock()
    if not banner.texts:
        raise UsageError("A banner says something; give it words with --text XX=WORDS.")
    for language, words in banner.texts.items():
        _require_words(language, words)
    if banner.link is not None:
        _require_link(banner.link)
    if banner.until <= now:
        raise UsageError(f"{banner.until:%Y-%m-%d %H:%M} UTC is over already; a banner ends in the future.")
    document = {
        "texts": dict(banner.texts),
        "until": banner.until.astimezone(UTC).isoformat(),
        "link": banner.link,
    }
    await _put(cap, json.dumps(document, ensure_ascii=False), now)


async def end_banner(cap: Capabilities) -> None:
    """Show no banner any more."""
    await _put(cap, _NONE, cap.clock())


async def find_banner(cap: Capabilities) -> Banner | None:
    """Return the banner that is shown now, if any."""
    return await cap.database.read(lambda session: read_banner(session, cap.clock()))


def read_banner(session: Session, now: datetime) -> Banner | None:
    """Return the banner that is shown at a moment, if any."""
    found = json.loads(node_facts.find(session, _FACT) or _NONE)
    if found is None:
        return None
    banner = Banner(texts=found["texts"], until=datetime.fromisoformat(found["until"]), link=found["link"])
    return banner if now < banner.until else None


async def _put(cap: Capabilities, document: str, now: datetime) -> None:
    def write(session: Session) -> None:
        node_facts.put(session, _FACT, document)
        audit_log.add(session, "collective.banner", "node", now=now)
        invalidations.record(session, (NODE_KEY,), now)

    await cap.database.write(write)
    cap.cache.invalidate((NODE_KEY,))


def _require_words(language: str, words: str) -> None:
    visible, cut = text.without_invisible(words)
    if not visible.strip() or cut or "\n" in words:
        raise UsageError(f"The words in {language} must be one line of text that can be seen.")
    if len(words) > MAX_CHARS:
        raise UsageError(f"The words in {language} are longer than {MAX_CHARS} characters; say it shorter.")


def _require_link(link: str) -> None:
    try:
        parts = urlsplit(link)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_address = False
    if not is_address or _BLANK_IN_URL.search(link):
        raise UsageError(f'"{link}" is no address that begins with https:// or http://.')
