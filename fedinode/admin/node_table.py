"""The routes of the desk for those who look after the node: overview, panic, audit."""

from typing import Final

from fedinode.admin import audit_pages, node_pages
from fedinode.admin.doors import OpenHandler, member_form, member_only

DOORS: Final[tuple[tuple[str, str, OpenHandler], ...]] = (
    (node_pages.NODE, "GET", member_only(node_pages.show, "node")),
    (f"{node_pages.NODE}/look", "POST", member_form(node_pages.look, "node")),
    (node_pages.PANIC, "GET", member_only(node_pages.show_panic, "node")),
    (node_pages.PANIC, "POST", member_form(node_pages.panic, "node")),
    (audit_pages.AUDIT, "GET", member_only(audit_pages.show, "node")),
    (f"{audit_pages.AUDIT}/export", "GET", member_only(audit_pages.export, "node")),
)
