"""The routes of the desk that are about others: posts, follows, signatures, deliveries."""

from typing import Final

from fedinode.admin import (
    correction_pages,
    delivery_pages,
    follow_pages,
    invitation_pages,
    network_pages,
    signature_pages,
)
from fedinode.admin.delivery_pages import DELIVERIES
from fedinode.admin.doors import OpenHandler, member_form, member_only
from fedinode.admin.invitation_pages import INVITATIONS
from fedinode.admin.network_pages import NETWORK
from fedinode.admin.signature_pages import SIGNATURES

_POST: Final = f"{NETWORK}/posts/{{number}}"

DOORS: Final[tuple[tuple[str, str, OpenHandler], ...]] = (
    (NETWORK, "GET", member_only(network_pages.show, "network")),
    (f"{NETWORK}/elsewhere", "POST", member_form(network_pages.look_up, "network")),
    (f"{NETWORK}/proposed", "POST", member_form(network_pages.settle_proposed, "network")),
    (_POST, "GET", member_only(network_pages.show_post, "network")),
    (f"{_POST}/reshare", "POST", member_form(network_pages.reshare, "network")),
    (f"{_POST}/take-over", "POST", member_form(network_pages.take_over, "network")),
    (f"{_POST}/co-sign", "POST", member_form(network_pages.cosign, "sign")),
    (correction_pages.CORRECTIONS, "GET", member_only(correction_pages.show, "network")),
    (correction_pages.CORRECTIONS, "POST", member_form(correction_pages.answer, "network")),
    (f"{NETWORK}/following", "GET", member_only(follow_pages.show_following, "network")),
    (f"{NETWORK}/followers", "GET", member_only(follow_pages.show_followers, "moderate")),
    (f"{NETWORK}/followers", "POST", member_form(follow_pages.remove_followers, "moderate")),
    (f"{NETWORK}/accounts", "GET", member_only(follow_pages.show_account, "network")),
    (f"{NETWORK}/accounts/follow", "POST", member_form(follow_pages.follow, "network")),
    (f"{NETWORK}/accounts/rule", "POST", member_form(follow_pages.set_rule, "network")),
    (SIGNATURES, "GET", member_only(signature_pages.show, "sign")),
    (f"{SIGNATURES}/chosen", "POST", member_form(signature_pages.settle, "sign")),
    (f"{SIGNATURES}/answer", "POST", member_form(signature_pages.answer, "sign")),
    (f"{SIGNATURES}/withdraw", "POST", member_form(signature_pages.withdraw, "sign")),
    (INVITATIONS, "GET", member_only(invitation_pages.show_all, "network")),
    (f"{INVITATIONS}/{{uid}}", "GET", member_only(invitation_pages.show, "network")),
    (f"{INVITATIONS}/{{uid}}", "POST", member_form(invitation_pages.invite, "network")),
    (f"{INVITATIONS}/{{uid}}/take-back", "POST", member_form(invitation_pages.uninvite, "network")),
    (DELIVERIES, "GET", member_only(delivery_pages.show, "network")),
    (f"{DELIVERIES}/retry", "POST", member_form(delivery_pages.retry, "network")),
    (f"{DELIVERIES}/wake", "POST", member_form(delivery_pages.wake, "network")),
    (f"{DELIVERIES}/servers/{{number}}", "GET", member_only(delivery_pages.show_server, "network")),
    (f"{DELIVERIES}/{{number}}", "GET", member_only(delivery_pages.show_one, "network")),
)
