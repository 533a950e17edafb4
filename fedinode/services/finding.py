"""Our posts by what people paste: the id of an object, or the address of a page."""

from urllib.parse import unquote, urlsplit

from fedinode.errors import NotFound
from fedinode.storage import federated_objects, posts
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import ObjectRow
from fedinode.storage.posts import PostRow
from fedinode.urls import Urls


def require_post(session: Session, urls: Urls, url: str) -> PostRow:
    """Return a post of ours, drafts and withdrawn ones too. Raises NotFound."""
    found = posts.find_by_object_uri(session, url) or _by_page(session, urls, url)
    if found is None:
        raise NotFound(f"There is no post of ours at {url}.")
    return found


def require_object(session: Session, urls: Urls, url: str) -> ObjectRow:
    """Return the object at an address, or the first one of the post whose page it is. Raises NotFound."""
    found = federated_objects.find_by_uri(session, url)
    if found is not None:
        return found
    post = require_post(session, urls, url)
    return federated_objects.list_of_post(session, post.id)[0]


def object_uris(session: Session, urls: Urls, url: str) -> tuple[str, ...]:
    """Return the ids of all objects of the post at an address. Raises NotFound."""
    post = require_post(session, urls, url)
    return tuple(each.uri for each in federated_objects.list_of_post(session, post.id))


def _by_page(session: Session, urls: Urls, url: str) -> PostRow | None:
    if not urls.is_ours(url):
        return None
    parts = unquote(urlsplit(url).path).strip("/").split("/")
    if len(parts) != 3 or not parts[0].startswith("@"):
        return None
    return posts.find_by_slug(session, parts[0][1:], parts[1], parts[2])
