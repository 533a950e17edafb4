"""Making the node, its collectives and the accounts of its members.

What lives here: everything that creates an actor of ours or somebody who may log in. Actors are
collectives and the node; no person is ever an actor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fedinode.capabilities import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """What `fedinode init` was told."""

    origin: str
    collective: str
    name: str
    language: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedNode:
    """What `fedinode init` made; `sign_in_url` works once."""

    collective_uri: str
    handle: str
    sign_in_url: str


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


def create_node(data_dir: Path, order: NewNode, *, environ: Mapping[str, str], now: datetime) -> CreatedNode:
    """Make fedinode.toml, the data key, the database, the node's and the first collective's keys, an owner.

    Nothing is left behind if any step fails. Raises Conflict if the folder holds a node already.
    """
    raise NotImplementedError


async def add_collective(cap: Capabilities, name: str, display_name: str, language: str) -> CollectiveSummary:
    """Make a further collective with keys of its own. Raises Conflict for a name that is taken."""
    raise NotImplementedError


async def list_collectives(cap: Capabilities) -> tuple[CollectiveSummary, ...]:
    """Return all collectives, in order of name."""
    raise NotImplementedError


async def add_account(
    cap: Capabilities, email: str, role: str, *, collective: str | None = None
) -> SignInLink:
    """Make an account, or give an existing one a further role, and return its one-time link."""
    raise NotImplementedError


async def make_sign_in_link(cap: Capabilities, email: str) -> SignInLink:
    """Return a new one-time link for an account; earlier unused links of it end. Raises NotFound."""
    raise NotImplementedError
