"""Making collectives and the accounts of their members.

What lives here: everything that creates an actor of ours or somebody who may log in. Actors are collectives
and the node; no person is ever an actor. A whole new node is `founding`'s.
"""

import asyncio
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation import keys
from fedinode.cache import NODE_KEY
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services import portraying
from fedinode.storage import accounts, audit_log, collectives, follows, invalidations, posts, signing_keys
from fedinode.storage.accounts import AccountRow
from fedinode.storage.collectives import CollectiveRow, NewCollective
from fedinode.storage.database import Session
from fedinode.storage.signing_keys import NewKey
from fedinode.urls import COSIGN_KEY, MAIN_KEY, PROOF_KEY, Urls

#: What an account may be for a collective.
ROLES = ("owner", "editor", "author", "translator", "moderator", "signer", "reader")
#: How a post in several languages may go out.
FEDERATE = ("primary", "each", "list")
SIGN_IN_AFTER = timedelta(hours=24)
_TOKEN_BYTES = 32

# What Mastodon takes for a handle, in lower case; a Cyrillic one it refuses.
_NAME = re.compile(r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*")
_NAME_CHARACTERS = 30
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveSummary:
    """A collective of this node, for lists."""

    name: str
    uri: str
    handle: str
    display_name: str
    language: str
    followers: int
    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A link that signs an account in once."""

    email: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorKeys:
    """The key pairs of a new actor: they take a moment to make, so they are made before the transaction."""

    delivery: keys.PrivateKey
    proof: keys.PrivateKey
    cosign: keys.PrivateKey


def generate_keys() -> ActorKeys:
    """Make the keys of one actor."""
    return ActorKeys(
        delivery=keys.generate_rsa(), proof=keys.generate_ed25519(), cosign=keys.generate_ed25519()
    )


# -- collectives


async def add_collective(cap: Capabilities, name: str, display_name: str, language: str) -> CollectiveSummary:
    """Make a further collective with keys of its own. Raises Conflict for a taken name, UsageError."""
    require_name(name)
    made = await asyncio.to_thread(generate_keys)
    new = new_collective(cap.urls, name, display_name, language, cap.settings.federation.accept_follows)

    def write(session: Session) -> CollectiveSummary:
        if collectives.find_by_name(session, name) is not None:
            raise Conflict(f"There is a collective called {name} on this node already.")
        row = record_collective(session, cap.urls, new, made, cap.clock())
        invalidations.record(session, [NODE_KEY], cap.clock())
        return _summary(session, cap.urls, row)

    summary = await cap.database.write(write)
    cap.cache.invalidate([NODE_KEY])
    return summary


async def list_collectives(cap: Capabilities) -> tuple[CollectiveSummary, ...]:
    """Return all collectives, in order of name."""

    def read(session: Session) -> tuple[CollectiveSummary, ...]:
        return tuple(_summary(session, cap.urls, row) for row in collectives.list_all(session))

    return await cap.database.read(read)


async def set_federate(cap: Capabilities, name: str, federate: str) -> None:
    """Choose how posts in several languages go out from now on. Raises NotFound, UsageError.

    "primary" sends one post in all languages, "each" a post per language, "list" the primary language with
    links to the others.
    """
    if federate not in FEDERATE:
        raise UsageError(f'"{federate}" is none of {", ".join(FEDERATE)}.')

    def write(session: Session) -> None:
        row = require_collective(session, name)
        collectives.set_federate(session, row.id, federate)
        audit_log.add(session, "collective.federate", row.uri, now=cap.clock(), details={"how": federate})

    await cap.database.write(write)


def require_collective(session: Session, name: str | None) -> CollectiveRow:
    """Return the collective that acts: the named one, or the only one. Raises NotFound, UsageError."""
    if name is not None:
        found = collectives.find_by_name(session, name)
        if found is None:
            raise NotFound(f"There is no collective called {name} on this node.")
        return found
    every = collectives.list_all(session)
    if len(every) != 1:
        names = ", ".join(row.name for row in every)
        raise UsageError(f"This node has several collectives ({names}); say which one acts with --as NAME.")
    return every[0]


def require_name(name: str) -> None:
    """Raise UsageError unless a name can be the first half of a handle."""
    if name == portraying.NODE_USERNAME:
        raise UsageError(f'The name "{name}" is the node\'s own; choose another.')
    if len(name) > _NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise UsageError(
            f'"{name}" cannot be a handle: take up to {_NAME_CHARACTERS} of a-z, 0-9 and _, '
            "since most servers know no other letters there."
        )


def new_collective(
    urls: Urls, name: str, display_name: str, language: str, follow_policy: str
) -> NewCollective:
    """Return a collective as it is to be kept."""
    return NewCollective(
        name=name,
        uri=urls.collective(name),
        primary_language=language,
        display_name=display_name,
        follow_policy=follow_policy,
    )


def record_collective(
    session: Session, urls: Urls, new: NewCollective, made: ActorKeys, now: datetime
) -> CollectiveRow:
    """Keep a collective and its keys."""
    row = collectives.add(session, new, now)
    record_keys(session, urls, new.uri, made, now)
    return row


def record_keys(session: Session, urls: Urls, owner_uri: str, made: ActorKeys, now: datetime) -> None:
    """Keep an actor's keys: RSA to sign requests, Ed25519 for proofs, and one more for co-signing alone."""
    for purpose, fragment, key in (
        ("delivery", MAIN_KEY, made.delivery),
        ("proof", PROOF_KEY, made.proof),
        ("cosign", COSIGN_KEY, made.cosign),
    ):
        public = key.public
        new = NewKey(
            owner_uri=owner_uri,
            key_id=urls.key(owner_uri, fragment),
            purpose=purpose,
            algorithm=public.algorithm,
            public=public.pem() if public.algorithm is keys.KeyAlgorithm.RSA else public.multikey(),
            private_pem=key.pem(),
        )
        signing_keys.add(session, new, now)


def _summary(session: Session, urls: Urls, row: CollectiveRow) -> CollectiveSummary:
    names = collectives.display_names(session, row.id)
    return CollectiveSummary(
        name=row.name,
        uri=row.uri,
        handle=urls.handle(row.name),
        display_name=names.get(row.primary_language, row.name),
        language=row.primary_language,
        followers=follows.count(session, "in", row.id),
        posts=posts.count_public(session, row.id),
    )


# -- accounts


async def make_sign_in_link(cap: Capabilities, email: str) -> SignInLink:
    """Return a new one-time link for an account; earlier unused links of it end. Raises NotFound."""

    def write(session: Session) -> SignInLink:
        account = accounts.find_by_email(session, email)
        if account is None:
            raise NotFound(f"There is no account with the address {email}.")
        return record_link(session, cap.urls, account.id, email, cap.clock())

    return await cap.database.write(write)


def require_email(email: str) -> None:
    """Raise UsageError unless mail could be sent to an address."""
    if not _EMAIL.fullmatch(email):
        raise UsageError(N_('"{written}" is not a mail address.'), written=email[:100])


def record_account(
    session: Session, urls: Urls, collective: CollectiveRow, email: str, role: str, now: datetime
) -> SignInLink:
    """Keep an account with a role, and a one-time link for it; owners may manage the node."""
    account = find_or_add_account(session, email, is_operator=role == "owner", now=now)
    accounts.add_role(session, account.id, collective.id, role, now)
    return record_link(session, urls, account.id, email, now)


def find_or_add_account(session: Session, email: str, *, is_operator: bool, now: datetime) -> AccountRow:
    """Return the account of an address, a new one where there is none; it has no role yet."""
    known = accounts.find_by_email(session, email)
    if known is None:
        name = email.partition("@")[0]
        accounts.add(session, email=email, name=name, is_operator=is_operator, now=now)
    return known or accounts.require_by_email(session, email)


def record_link(session: Session, urls: Urls, account_id: int, email: str, now: datetime) -> SignInLink:
    """Keep a new one-time link for an account, in place of its unused ones."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = now + SIGN_IN_AFTER
    accounts.add_link(session, account_id, token, now=now, expires_at=expires_at)
    return SignInLink(email=email, url=urls.sign_in(token), expires_at=expires_at)
