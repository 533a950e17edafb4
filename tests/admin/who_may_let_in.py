"""Who may ask what of the pages about who is let in, written from what the desk is for. Part of `who_may`."""

from typing import Final

_MODERATORS: Final = frozenset({"owner", "editor", "moderator"})

MEMBERS: Final = {
    (f"/desk/moderation/{path}", verb): _MODERATORS
    for path, verb in (
        ("levels", "GET"),
        ("levels/entry", "GET"),
        ("levels/entry", "POST"),
        ("levels/lift", "POST"),
        ("levels/export", "GET"),
        ("levels/import", "GET"),
        ("levels/import", "POST"),
        ("levels/import/paste", "POST"),
        ("levels/import/{uid}", "GET"),
        ("levels/import/{uid}", "POST"),
        ("rules", "GET"),
        ("rules", "POST"),
        ("rules/remove", "POST"),
        ("rules/try", "POST"),
        ("circle", "GET"),
        ("circle", "POST"),
        ("circle/remove", "POST"),
        ("circle/switch", "POST"),
        ("attack", "GET"),
        ("attack", "POST"),
        ("attack/end", "POST"),
    )
}
