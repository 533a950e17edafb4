"""A statement of ours as the pages around it need it: what it is called, where it is, what its author set.

The words come from the public document itself, so that a version that was superseded keeps its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from federation import jsonld
from federation.jsonld import Document
from fedinode import text
from fedinode.cache import NODE_KEY, collective_key, post_key
from fedinode.errors import NotFound
from fedinode.services import shelving
from fedinode.services.presenting import CollectiveView, NodeView, PostView, Version
from fedinode.services.reading import House, whole_entry
from fedinode.storage import public_posts, publications, sign_forms
from fedinode.storage.database import Session
from fedinode.storage.public_posts import ListedPost
from fedinode.storage.sign_forms import SignFormRow

_NOT_HERE: Final = "There is nothing at this address."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A statement in one language; the HTML was cleaned."""

    language: str
    title: str
    summary_html: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A public statement of ours, seen in one language."""

    node: NodeView
    collective: CollectiveView
    object_id: int
    uri: str
    document: Document
    #: In all its languages, the one that counts first.
    wordings: tuple[Wording, ...]
    language: str
    #: The post in each language, where its present text is this one.
    posts: tuple[PostView, ...]
    #: The page of the statement in each language; one at least.
    pages: Mapping[str, str]
    form: SignFormRow | None
    depends_on: tuple[str, ...]

    @property
    def uid(self) -> str:
        """The end of its id."""
        return self.uri.rpartition("/")[2]

    @property
    def wording(self) -> Wording:
        """The statement in the language that it is seen in."""
        return next(each for each in self.wordings if each.language == self.language)

    @property
    def url(self) -> str:
        """Its page, in the language that it is seen in where there is one."""
        return self.pages.get(self.language) or next(iter(self.pages.values()))

    def versions(self, stem: str) -> tuple[Version, ...]:
        """Return the pages about it in all its languages, under addresses `stem/{language}`."""
        return tuple(
            Version(
                language=each.language,
                url=stem if index == 0 else f"{stem}/{each.language}",
                title=each.title,
                is_current=each.language == self.language,
                is_original=index == 0,
            )
            for index, each in enumerate(self.wordings)
        )


def frame(session: Session, house: House, uid: str, language: str | None) -> Framed:
    """Return a public statement of ours, in a language or in the one that counts. Raises: NotFound."""
    uri = house.urls.statement(uid)
    served = publications.find_object(session, uri)
    post = public_posts.find_post(session, served.post_id) if served else None
    if served is None or post is None or served.is_gone or post.state != "public":
        raise NotFound(_NOT_HERE)
    document = jsonld.load(served.body)
    wordings = _wordings(document, served.language)
    seen = language or wordings[0].language
    if all(each.language != seen for each in wordings):
        raise NotFound("This statement is not there in this language.")
    row = house.row_of(post)
    views = _posts(session, house, post, uri)
    keys = (NODE_KEY, collective_key(row.name), post_key(served.post_uid))
    digest = document.get("textDigest")
    return Framed(
        node=house.view(seen),
        collective=shelving.collective_view(house.urls, row, seen),
        object_id=served.id,
        uri=uri,
        document=document,
        wordings=wordings,
        language=seen,
        posts=views,
        pages={view.language: view.url for view in views} or {wordings[0].language: _page(document, uri)},
        form=sign_forms.find(session, served.id),
        depends_on=(*keys, post_key(digest)) if isinstance(digest, str) else keys,
    )


def _posts(session: Session, house: House, post: ListedPost, uri: str) -> tuple[PostView, ...]:
    return tuple(
        whole_entry(session, house, post, each.language) for each in post.texts if each.object_uri == uri
    )


def _page(document: Document, uri: str) -> str:
    url = document.get("url")
    return url if isinstance(url, str) else uri


def _wordings(document: Document, primary: str) -> tuple[Wording, ...]:
    contents = _by_language(document, "content", primary)
    titles = _by_language(document, "name", primary)
    summaries = _by_language(document, "summary", primary)
    order = sorted(contents, key=lambda language: language != primary)
    return tuple(
        Wording(
            language=language,
            title=titles.get(language) or titles.get(primary, ""),
            summary_html=text.clean_remote_html(summaries.get(language, "")),
            html=_without_title(text.clean_remote_html(contents[language]), titles.get(language, "")),
        )
        for language in order
    )


def _by_language(document: Document, name: str, primary: str) -> dict[str, str]:
    mapped = document.get(f"{name}Map")
    if isinstance(mapped, dict) and mapped:
        return {str(language): str(words) for language, words in mapped.items()}
    plain = document.get(name)
    return {primary: plain} if isinstance(plain, str) else {}


def _without_title(html: str, title: str) -> str:
    # Statements begin with their own title, because some servers show nothing else of it.
    return html.removeprefix(f"<h2>{text.escape(title)}</h2>").lstrip()
