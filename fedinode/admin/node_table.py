"""The routes of the desk for those who look after the node, and for what members are told."""

from typing import Final

from fedinode.admin import audit_pages, node_pages, notice_pages
from fedinode.admin.doors import OpenHandler, member_form, member_only

DOORS: Final[tuple[tuple[str, str, OpenHandler], ...]] = (
    (node_pages.NODE, "GET", member_only(node_pages.show, "node")),
    (f"{node_pages.NODE}/look", "POST", member_form(node_pages.look, "node")),
    (node_pages.PANIC, "GET", member_only(node_pages.show_panic, "node")),
    (node_pages.PANIC, "POST", member_form(node_pages.panic, "node")),
    (audit_pages.AUDIT, "GET", member_only(audit_pages.show, "node")),
    (notice_pages.NOTICES, "GET", member_only(notice_pages.show)),
    (notice_pages.NOTICES, "POST", member_form(notice_pages.choose)),
    (f"{notice_pages.NOTICES}/feed", "POST", member_form(notice_pages.renew_feed)),
    (notice_pages.OFF, "GET", notice_pages.ask_off),
    # Mail programs send this one without saying where from (RFC 8058): what the address holds is the proof.
    (notice_pages.OFF, "POST", notice_pages.turn_off),
    (f"{audit_pages.AUDIT}/export", "GET", member_only(audit_pages.export, "node")),
)
