"""The routes of the desk for moderators: the queue, its entries, reports in and out."""

from typing import Final

from fedinode.admin import case_pages, complaint_pages
from fedinode.admin import moderation_pages as pages
from fedinode.admin.doors import OpenHandler, member_form, member_only

_BASE: Final = pages.MODERATION
_ENTRY: Final = f"{_BASE}/{{kind}}/{{number}}"

DOORS: Final[tuple[tuple[str, str, OpenHandler], ...]] = (
    (_BASE, "GET", member_only(pages.show, "moderate")),
    (f"{_BASE}/chosen", "POST", member_form(pages.settle_chosen, "moderate")),
    (f"{_BASE}/all", "POST", member_form(pages.settle_all, "moderate")),
    (f"{_BASE}/answered", "GET", member_only(complaint_pages.show_answered, "moderate")),
    (f"{_BASE}/sent", "GET", member_only(complaint_pages.show_sent, "moderate")),
    (f"{_BASE}/write", "GET", member_only(complaint_pages.write, "moderate")),
    (f"{_BASE}/write", "POST", member_form(complaint_pages.send, "moderate")),
    (f"{_BASE}/report/{{number}}/answer", "POST", member_form(case_pages.answer, "moderate")),
    (_ENTRY, "GET", member_only(case_pages.show, "moderate")),
    (_ENTRY, "POST", member_form(case_pages.decide, "moderate")),
    (f"{_ENTRY}/note", "POST", member_form(case_pages.note, "moderate")),
    (f"{_ENTRY}/claim", "POST", member_form(case_pages.claim, "moderate")),
)
