"""All routes of the desk in one table: path, verb, handler, and through which door it is reached."""

from typing import Final

from fedinode.admin import (
    account_pages,
    decision_pages,
    editor_pages,
    moderation_table,
    network_table,
    node_table,
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
    (decision_pages.DECISIONS, "GET", member_only(decision_pages.show)),
    (decision_pages.DECISIONS, "POST", member_form(decision_pages.vote)),
    (f"{decision_pages.DECISIONS}/stop", "POST", member_form(decision_pages.stop_one)),
    (f"{decision_pages.DECISIONS}/{{uid}}", "GET", member_only(decision_pages.show_one)),
    (decision_pages.STOP, "GET", member_only(decision_pages.ask_stop)),
    (decision_pages.STOP, "POST", member_form(decision_pages.stop_all)),
    (f"{decision_pages.STOP}/end", "POST", member_form(decision_pages.resume)),
    (f"{DESK}/replies", "POST", member_form(waiting_pages.settle_replies, "moderate")),
    (f"{DESK}/requests", "POST", member_form(waiting_pages.settle_requests, "moderate")),
    *moderation_table.DOORS,
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
    *node_table.DOORS,
    *release_table.DOORS,
    (ACCOUNT, "GET", member_only(account_pages.show)),
    (f"{ACCOUNT}/password", "POST", member_form(account_pages.set_password)),
    (f"{ACCOUNT}/second-factor", "POST", member_form(account_pages.start_totp)),
    (f"{ACCOUNT}/second-factor/end", "POST", member_form(account_pages.end_totp)),
    (f"{ACCOUNT}/recovery-codes", "POST", member_form(account_pages.renew_codes)),
    (f"{ACCOUNT}/sessions", "POST", member_form(account_pages.end_session)),
)
