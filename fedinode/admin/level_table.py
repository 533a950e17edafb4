"""The routes of the desk that are about who is let in: levels, lists, rules, listed servers, attacks."""

from typing import Final

from fedinode.admin import level_pages, list_pages, rule_pages
from fedinode.admin.doors import OpenHandler, member_form, member_only
from fedinode.admin.level_pages import LEVELS
from fedinode.admin.list_pages import IMPORT
from fedinode.admin.rule_pages import ATTACK, CIRCLE, RULES
from fedinode.admin.uploading import member_upload

DOORS: Final[tuple[tuple[str, str, OpenHandler], ...]] = (
    (LEVELS, "GET", member_only(level_pages.show, "levels")),
    (f"{LEVELS}/entry", "GET", member_only(level_pages.ask, "levels")),
    (f"{LEVELS}/entry", "POST", member_form(level_pages.decide, "levels")),
    (f"{LEVELS}/lift", "POST", member_form(level_pages.lift, "levels")),
    (f"{LEVELS}/export", "GET", member_only(level_pages.export, "levels")),
    (IMPORT, "GET", member_only(list_pages.ask, "levels")),
    (IMPORT, "POST", member_upload(list_pages.bring_file, "levels")),
    (
        f"{IMPORT}/paste",
        "POST",
        member_form(list_pages.paste, "levels", max_bytes=list_pages.MAX_PASTE_BYTES),
    ),
    (f"{IMPORT}/{{uid}}", "GET", member_only(list_pages.preview, "levels")),
    (f"{IMPORT}/{{uid}}", "POST", member_form(list_pages.carry_out, "levels")),
    (RULES, "GET", member_only(rule_pages.show_rules, "levels")),
    (RULES, "POST", member_form(rule_pages.add_rule, "levels")),
    (f"{RULES}/remove", "POST", member_form(rule_pages.remove_rule, "levels")),
    (f"{RULES}/try", "POST", member_form(rule_pages.try_rules, "levels")),
    (CIRCLE, "GET", member_only(rule_pages.show_circle, "levels")),
    (CIRCLE, "POST", member_form(rule_pages.add_domains, "levels", max_bytes=rule_pages.MAX_LIST_BYTES)),
    (f"{CIRCLE}/remove", "POST", member_form(rule_pages.remove_domain, "levels")),
    (f"{CIRCLE}/switch", "POST", member_form(rule_pages.switch, "levels")),
    (ATTACK, "GET", member_only(rule_pages.show_attack, "levels")),
    (ATTACK, "POST", member_form(rule_pages.begin_attack, "levels")),
    (f"{ATTACK}/end", "POST", member_form(rule_pages.end_attack, "levels")),
)
