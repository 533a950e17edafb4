"""The frame of all pages, as it was when the last answer was made.

Pages are kept until something that they show changes; a banner ends by itself, so what was made with it is
dropped when its time is over.
"""

from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.services import framing
from fedinode.services.framing import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerView:
    """A banner in the language that suits a page best."""

    words: str
    language: str
    url: str | None


class Board:
    """Reads the frame before an answer is made, and hands it to the renderer."""

    def __init__(self, cap: Capabilities) -> None:
        self._cap = cap
        self._ends_at: datetime | None = None
        self.frame = Frame()

    async def load(self) -> None:
        """Read the frame anew."""
        self.frame = await framing.read_frame(self._cap)
        if self.frame.banner is not None:
            self._ends_at = self.frame.banner.until

    def take_down(self) -> bool:
        """Tell, once, that the banner has ended with which answers may have been made."""
        if self._ends_at is None or self._cap.clock() < self._ends_at:
            return False
        self._ends_at = None
        self.frame = Frame(mark=self.frame.mark)
        return True

    def banner_for(self, language: str) -> BannerView | None:
        """Return the banner for a page in this language, if there is one."""
        banner = self.frame.banner
        if banner is None:
            return None
        chosen = banner.language_for(language)
        return BannerView(words=banner.texts[chosen], language=chosen, url=banner.link)
