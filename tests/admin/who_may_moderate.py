"""Who may moderate: the queue, its entries, reports in and out. Written from what the desk is for."""

from typing import Final

MODERATORS: Final = frozenset({"owner", "editor", "moderator"})
_QUEUE: Final = "/desk/moderation"

MEMBERS: Final = {
    (_QUEUE, "GET"): MODERATORS,
    (f"{_QUEUE}/chosen", "POST"): MODERATORS,
    (f"{_QUEUE}/all", "POST"): MODERATORS,
    (f"{_QUEUE}/answered", "GET"): MODERATORS,
    (f"{_QUEUE}/sent", "GET"): MODERATORS,
    (f"{_QUEUE}/write", "GET"): MODERATORS,
    (f"{_QUEUE}/write", "POST"): MODERATORS,
    ("/desk/moderation/report/{number}/answer", "POST"): MODERATORS,
    ("/desk/moderation/{kind}/{number}", "GET"): MODERATORS,
    ("/desk/moderation/{kind}/{number}", "POST"): MODERATORS,
    ("/desk/moderation/{kind}/{number}/note", "POST"): MODERATORS,
    ("/desk/moderation/{kind}/{number}/claim", "POST"): MODERATORS,
}
