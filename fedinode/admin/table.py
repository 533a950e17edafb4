"""All routes of the desk in one table: path, verb, handler, and through which door it is reached."""

from typing import Final

from fedinode.admin import (
    account_pages,
    audit_pages,
    editor_pages,
    moderation_pages,
    network_table,
    release_table,
    sign_in_pages,
    text_pages,
    version_pages,
    waiting_pages,
)
from fedinode.admin.doors import (
    ACCOUNT,
    CODE,
    DESK,
    SIGN_IN,
    SIGN_OUT,
    OpenHandler,
    from_here,
    member_form,
    member_only,
)
from fedinode.admin.rescuing import writing_form

TEXTS: Final = text_pages.TEXTS

DOORS: Final[tuple[tuple[str, str, OpenHandler], ...]] = (
    (SIGN_IN, "GET", sign_in_pages.ask),
    (SIGN_IN, "POST", from_here(sign_in_pages.enter)),
    (CODE, "GET", sign_in_pages.ask_code),
    (CODE, "POST", from_here(sign_in_pages.give_code)),
    ("/sign-in/{token}", "GET", sign_in_pages.show_link),
    ("/sign-in/{token}", "POST", from_here(sign_in_pages.use_link)),
    (SIGN_OUT, "POST", member_form(account_pages.leave)),
    (DESK, "GET", member_only(waiting_pages.show)),
    (f"{DESK}/decisions", "POST", member_form(waiting_pages.vote)),
    (f"{DESK}/replies", "POST", member_form(waiting_pages.settle_replies, "moderate")),
    (f"{DESK}/requests", "POST", member_form(waiting_pages.settle_requests, "moderate")),
    (moderation_pages.MODERATION, "GET", member_only(moderation_pages.show, "moderate")),
    (
        f"{moderation_pages.MODERATION}/chosen",
        "POST",
        member_form(moderation_pages.settle_chosen, "moderate"),
    ),
    (f"{moderation_pages.MODERATION}/all", "POST", member_form(moderation_pages.settle_all, "moderate")),
    (audit_pages.AUDIT, "GET", member_only(audit_pages.show, "node")),
    (f"{audit_pages.AUDIT}/export", "GET", member_only(audit_pages.export, "node")),
    (TEXTS, "GET", member_only(text_pages.show_list, "translate")),
    (f"{TEXTS}/new", "GET", member_only(text_pages.ask_new, "write")),
    (f"{TEXTS}/new", "POST", writing_form(text_pages.begin, "write")),
    (f"{TEXTS}/of-post", "POST", member_form(text_pages.open_post, "write")),
    (f"{TEXTS}/{{uid}}", "GET", member_only(editor_pages.show, "translate")),
    (f"{TEXTS}/{{uid}}", "POST", writing_form(editor_pages.save, "write")),
    (f"{TEXTS}/{{uid}}/autosave", "POST", writing_form(editor_pages.autosave, "write")),
    (f"{TEXTS}/{{uid}}/drop", "POST", member_form(text_pages.drop, "write")),
    (f"{TEXTS}/{{uid}}/take-back", "POST", member_form(text_pages.take_back, "write")),
    (f"{TEXTS}/{{uid}}/versions", "GET", member_only(version_pages.show_all, "write")),
    (f"{TEXTS}/{{uid}}/versions", "POST", member_form(version_pages.bring_back, "write")),
    (f"{TEXTS}/{{uid}}/versions/compare", "GET", member_only(version_pages.compare, "write")),
    *network_table.DOORS,
    *release_table.DOORS,
    (node_pages.NODE, "GET", member_only(node_pages.show, "node")),
    (f"{node_pages.NODE}/look", "POST", member_form(node_pages.look, "node")),
    (node_pages.PANIC, "GET", member_only(node_pages.show_panic, "node")),
    (node_pages.PANIC, "POST", member_form(node_pages.panic, "node")),
    (ACCOUNT, "GET", member_only(account_pages.show)),
    (f"{ACCOUNT}/password", "POST", member_form(account_pages.set_password)),
    (f"{ACCOUNT}/second-factor", "POST", member_form(account_pages.start_totp)),
    (f"{ACCOUNT}/second-factor/end", "POST", member_form(account_pages.end_totp)),
    (f"{ACCOUNT}/recovery-codes", "POST", member_form(account_pages.renew_codes)),
    (f"{ACCOUNT}/sessions", "POST", member_form(account_pages.end_session)),
)
