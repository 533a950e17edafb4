"""Every address that this node mints: ids of actors and objects, and pages for people.

Ids are opaque, ASCII and without query; pages have addresses of their own, one per language.
What a peer's address looks like is no business of this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

MAIN_KEY = "main-key"
PROOF_KEY = "ed25519-1"
COSIGN_KEY = "cosign-1"


@dataclass(frozen=True, slots=True)
class Urls:
    """Mints addresses under one origin, such as `https://berlin.example` (no slash at the end)."""

    origin: str

    @property
    def host(self) -> str:
        """The host, with the port where the origin names one: the right half of our handles."""
        return urlsplit(self.origin).netloc

    def handle(self, collective: str) -> str:
        """Return the handle as people write it, `@berlin@berlin.example`."""
        return f"@{collective}@{self.host}"

    def acct(self, collective: str) -> str:
        """Return the WebFinger subject, `acct:berlin@berlin.example`."""
        return f"acct:{collective}@{self.host}"

    def is_ours(self, uri: str) -> bool:
        """Tell whether `uri` lies under our origin."""
        return uri == self.origin or uri.startswith(self.origin + "/")

    # -- ids: actors

    def node_actor(self) -> str:
        """Return the id of the node's own actor, which signs our fetches."""
        return f"{self.origin}/actor"

    def node_outbox(self) -> str:
        """Return the address of the node actor's outbox."""
        return f"{self.origin}/actor/outbox"

    def node_inbox(self) -> str:
        """Return the address of the node actor's own inbox."""
        return f"{self.origin}/actor/inbox"

    def shared_inbox(self) -> str:
        """Return the inbox that all our actors share."""
        return f"{self.origin}/inbox"

    def collective(self, name: str) -> str:
        """Return the actor id of a collective."""
        return f"{self.origin}/collectives/{name}"

    def collective_inbox(self, name: str) -> str:
        """Return the inbox of a collective."""
        return f"{self.collective(name)}/inbox"

    def collective_outbox(self, name: str) -> str:
        """Return the outbox of a collective."""
        return f"{self.collective(name)}/outbox"

    def collective_followers(self, name: str) -> str:
        """Return the followers collection of a collective."""
        return f"{self.collective(name)}/followers"

    def collective_following(self, name: str) -> str:
        """Return the collection of actors that a collective follows."""
        return f"{self.collective(name)}/following"

    def collective_featured(self, name: str) -> str:
        """Return the collection of a collective's pinned posts."""
        return f"{self.collective(name)}/featured"

    def key(self, actor_uri: str, fragment: str = MAIN_KEY) -> str:
        """Return a key id: snac2 takes edits only when it is the actor id with a fragment."""
        return f"{actor_uri}#{fragment}"

    # -- ids: what is published

    def post(self, uid: str) -> str:
        """Return the id of a news item, an event or a page."""
        return f"{self.origin}/posts/{uid}"

    def statement(self, uid: str) -> str:
        """Return the id of a statement."""
        return f"{self.origin}/statements/{uid}"

    def co_signature(self, uid: str) -> str:
        """Return the id of a consent of one of our collectives."""
        return f"{self.origin}/cosignatures/{uid}"

    def authorization(self, uid: str) -> str:
        """Return the id of a stamp for a consent to one of our statements."""
        return f"{self.origin}/cosign-authorizations/{uid}"

    def mirror(self, text_digest: str) -> str:
        """Return the address of our copy of a statement with all that verifies it."""
        return f"{self.origin}/mirror/{text_digest}"

    def sign(self, statement_uri: str, language: str | None = None) -> str:
        """Return the form where people sign a statement, in one of its languages."""
        return f"{statement_uri}/sign" + (f"/{language}" if language else "")

    def signers(self, statement_uri: str) -> str:
        """Return the page that says who signed a statement without a node, and leads to the form."""
        return f"{statement_uri}/signers"

    def confirm(self, token: str) -> str:
        """Return the secret address under which somebody confirms a signature."""
        return f"{self.origin}/sign/confirm/{token}"

    def leave(self, token: str) -> str:
        """Return the secret address under which somebody takes a signature back."""
        return f"{self.origin}/sign/leave/{token}"

    def ask_to_leave(self, statement_uri: str, language: str) -> str:
        """Return the form that sends somebody the address to take a signature back."""
        return f"{statement_uri}/sign/{language}/leave"

    def updates_off(self, token: str) -> str:
        """Return the secret address that ends news about a statement."""
        return f"{self.origin}/sign/updates-off/{token}"

    def kept_text(self, text_digest: str, language: str) -> str:
        """Return the page of our copy of a statement in one language."""
        return f"{self.mirror(text_digest)}/text/{language}"

    def object_replies(self, object_uri: str) -> str:
        """Return the collection of shown replies to one of our objects."""
        return f"{object_uri}/replies"

    def object_likes(self, object_uri: str) -> str:
        """Return the collection of likes of one of our objects."""
        return f"{object_uri}/likes"

    def object_shares(self, object_uri: str) -> str:
        """Return the collection of boosts of one of our objects."""
        return f"{object_uri}/shares"

    def activity(self, uid: str) -> str:
        """Return the id of an activity of ours."""
        return f"{self.origin}/activities/{uid}"

    def media(self, file_name: str) -> str:
        """Return the address of a media file; the name is ours (digest and suffix)."""
        return f"{self.origin}/media/{file_name}"

    # -- pages for people

    def sign_in(self, token: str) -> str:
        """Return the address that signs an account in once."""
        return f"{self.origin}/sign-in/{token}"

    def private_feed(self, token: str) -> str:
        """Return the secret address under which one member reads that something waits."""
        return f"{self.origin}/waiting/{token}.atom"

    def page(self, path: str) -> str:
        """Return the address of one of the node's own pages, such as `/about`."""
        return f"{self.origin}{path}"

    def front(self, language: str | None = None) -> str:
        """Return the front page, with all posts or those in one language."""
        return f"{self.origin}/{language or ''}"

    def front_feed(self, language: str | None = None) -> str:
        """Return the Atom feed of all collectives, in one language where given."""
        return f"{self.origin}/{language}/feed.atom" if language else f"{self.origin}/feed.atom"

    def archive(self, parameters: Iterable[tuple[str, str]] = ()) -> str:
        """Return the archive, narrowed by these parameters."""
        query = urlencode(tuple(parameters))
        return f"{self.origin}/archive" + (f"?{query}" if query else "")

    def archive_feed(self, parameters: Iterable[tuple[str, str]] = ()) -> str:
        """Return the Atom feed of a part of the archive."""
        query = urlencode(tuple(parameters))
        return f"{self.origin}/archive/feed.atom" + (f"?{query}" if query else "")

    def search(self, words: str, language: str | None = None) -> str:
        """Return the page of a search."""
        parameters = [("q", words), *((("language", language),) if language else ())]
        return f"{self.origin}/search?{urlencode(parameters)}"

    def calendar(self, name: str | None = None) -> str:
        """Return the calendar of a collective's events, or of everybody's."""
        return f"{self.profile(name)}/events.ics" if name else f"{self.origin}/events.ics"

    def profile(self, name: str, language: str | None = None) -> str:
        """Return the page of a collective, in one language where given."""
        return f"{self.origin}/@{name}" + (f"/{language}" if language else "")

    def signed(self, name: str) -> str:
        """Return the page with the statements that a collective signed."""
        return f"{self.profile(name)}/signed"

    def post_page(self, name: str, language: str, slug: str) -> str:
        """Return the page of a post in one language."""
        return f"{self.origin}/@{name}/{language}/{slug}"

    def feed(self, name: str, language: str | None = None) -> str:
        """Return the Atom feed of a collective, in one language where given."""
        return f"{self.profile(name, language)}/feed.atom"
