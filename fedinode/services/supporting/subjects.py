"""Statements that people sign from their own account: found by what a message answers or links to."""

from dataclasses import dataclass
from datetime import datetime

from federation import jsonld
from federation.jsonld import Document
from fedinode import i18n
from fedinode.errors import NotFound
from fedinode.services import finding
from fedinode.storage import collectives, federated_objects, publications, sign_forms
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.sign_forms import SignFormRow
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A public statement that its author lets people sign, or did."""

    object_id: int
    uri: str
    collective: CollectiveRow
    document: Document
    form: SignFormRow

    @property
    def text_digest(self) -> str:
        """The digest of the text that is signed."""
        return str(self.document["textDigest"])

    @property
    def language(self) -> str:
        """The language that counts."""
        return str(self.document["authoritativeLanguage"])

    def title(self, language: str) -> str:
        """Return its title in a language, or in the one that counts."""
        titles: dict[str, str] = self.document["nameMap"]
        return titles.get(language, str(self.document["name"]))

    def admits(self, now: datetime) -> bool:
        """Tell whether people may sign now."""
        return self.form.admits(now)

    def form_url(self, urls: Urls, language: str) -> str:
        """Return the page with the form, in a language of the interface."""
        return urls.sign(self.uri, i18n.interface_language(language))


def find(session: Session, urls: Urls, uri: str) -> Subject | None:
    """Return the statement with this id, if people are or were asked to sign it."""
    found = publications.find_object(session, uri)
    if found is None or found.is_gone:
        return None
    form = sign_forms.find(session, found.id)
    document = jsonld.load(found.body)
    collective = collectives.find_by_uri(session, str(jsonld.id_of(document["attributedTo"])))
    if form is None or collective is None or "textDigest" not in document:
        return None
    return Subject(object_id=found.id, uri=uri, collective=collective, document=document, form=form)


def get(session: Session, urls: Urls, object_id: int) -> Subject | None:
    """Return the statement of a signature, if it is still public."""
    row = federated_objects.get(session, object_id)
    return find(session, urls, row.uri)


def find_meant(session: Session, urls: Urls, addresses: tuple[str | None, ...]) -> Subject | None:
    """Return the first statement that one of some addresses leads to: its id, its page, its form."""
    for address in addresses[:20]:
        if address is None or not urls.is_ours(address):
            continue
        bare = address.partition("?")[0].partition("#")[0].partition("/sign")[0]
        try:
            row = finding.require_object(session, urls, bare)
        except NotFound:
            continue
        found = find(session, urls, row.uri)
        if found is not None:
            return found
    return None
