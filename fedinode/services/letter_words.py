"""The words of every letter that the node sends: a subject and a plain text for each kind.

What varies comes in by name; `node` and `url` are the node's own name and address. Members are told that
something waits, never what: a mailbox is read by more people than its owner.
"""

from collections.abc import Mapping
from typing import Final

from fedinode.i18n import N_

#: Asks whether it was the reader who signed. When it is sent, the time to confirm begins.
CONFIRMATION: Final = "confirm-signature"
_CONFIRMATION_KEY: Final = "sign:"


_TO_MEMBERS: Final = {
    "decision-waits": (
        N_("Something waits for your answer at {node}"),
        N_(
            "Hello,\n\nat {url} something waits for the answer of its members. For your safety this mail "
            "does not say what.\n\nAt the desk it stands first: {url}desk\n\n"
            "No more mails of this kind: {off_url}\n"
        ),
    ),
    "notice": (
        N_("There is something for you to know at {node}"),
        N_(
            "Hello,\n\n{what}\n\nFor your safety this mail does not say more. The desk does: {url}desk\n\n"
            "No more mails of this kind: {off_url}\n"
        ),
    ),
    "daily-notices": (
        N_("The day at {node}"),
        N_(
            "Hello,\n\nsince yesterday, at {node}:\n\n{what}\n\nFor your safety this mail does not say more. "
            "The desk does: {url}desk\n\nNo more mails of the day: {off_url}\n"
        ),
    ),
    "sign-in-link": (
        N_("Your way in to {node}"),
        N_(
            "Hello,\n\nsomebody at {node} made a link for you. It lets you in once, within a day:\n\n{link}"
            "\n\nIf you know nothing about this, do not open it.\n"
        ),
    ),
    "signatures-wrong": (
        N_("Please look at the signatures at {node}"),
        N_(
            "Hello,\n\nthe nightly check of signatures at {node} found something that is not as it should "
            "be. For your safety this mail does not say what.\n\nOn the machine of the node, "
            "`fedinode check-signatures` shows it.\n"
        ),
    ),
    "name-removal-asked": (
        N_("Somebody wants a name taken off at {node}"),
        N_(
            "Hello,\n\nat {node} somebody asked that a name be taken off a copy of a statement.\n\nOn the "
            "machine of the node, `fedinode erase-copied-signer URL` shows which names were asked for, and "
            "with a name it takes it off. `fedinode audit` has the address of the statement.\n"
        ),
    ),
}

#: To people who sign. Their mailboxes are let alone once they refuse one of these.
TO_SIGNERS: Final = {
    CONFIRMATION: (
        N_("Please confirm your signature at {node}"),
        N_(
            "Hello,\n\nsomebody wants to sign this statement with your e-mail address:\n\n{title}\n"
            "{statement_url}\n\nWas it you? Then open this page within 72 hours and press the button "
            "there:\n\n{confirm_url}\n\nWas it not you? You need not do anything: without the button "
            "nothing is counted, and your address is erased. On the same page you can tell us not to "
            "write to you again about this statement.\n"
        ),
    ),
    "signature-confirmed": (
        N_("Thank you for your signature at {node}"),
        N_(
            "Hello,\n\nyou have signed:\n\n{title}\n{statement_url}\n\nYou can take your signature back at "
            "any time, without giving a reason. Open this page and press the button there:\n\n{leave_url}\n\n"
            "Keep this mail: whoever has it can take your signature back.\n"
        ),
    ),
    "signed-already": (
        N_("You have signed already at {node}"),
        N_(
            "Hello,\n\nsomebody, perhaps you, has filled in the form once more with your e-mail address. "
            "You have signed this statement already, and nothing was changed:\n\n{title}\n{statement_url}\n\n"
            "If you want to sign in another way, take your signature back here first:\n\n{leave_url}\n"
        ),
    ),
    "leave-signature": (
        N_("How to take your signature back at {node}"),
        N_(
            "Hello,\n\nyou, or somebody who knows your address, asked how to take back your signature under "
            "this statement:\n\n{title}\n{statement_url}\n\nOpen this page and press the button there:\n\n"
            "{leave_url}\n\nIf you want to leave it as it is, you need not do anything.\n"
        ),
    ),
    "signers-news": (
        N_("News about a statement that you signed at {node}"),
        N_(
            "{text}\n\n--\nYou get this mail because you signed this statement and agreed to news about it:"
            "\n{title}\n{statement_url}\n\nNo more news: {unsubscribe_url}\n"
            "Take your signature back: {leave_url}\n"
        ),
    ),
}

#: template -> (subject, text)
LETTERS: Final[Mapping[str, tuple[str, str]]] = _TO_MEMBERS | TO_SIGNERS


def key_of_confirmation(uid: str) -> str:
    """Return the key under which the letter that asks to confirm a signature is sent once."""
    return f"{_CONFIRMATION_KEY}{uid}"


def signature_of(dedupe_key: str) -> str:
    """Return the uid of the signature that a letter to a signer is about, by the letter's key."""
    return dedupe_key.split(":")[1]
