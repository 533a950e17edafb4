"""What a post says to machines that do not speak ActivityPub: JSON-LD in the words of schema.org.

Mastodon makes its link cards from this first. Pure.
"""

import json
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from fedinode.manuscripts import EventFacts, Person
from fedinode.services.presenting import CollectiveView, PostView
from fedinode.text import plain
from fedinode.web import formats

_ATTENDANCE: Final = {
    "place": "https://schema.org/OfflineEventAttendanceMode",
    "online": "https://schema.org/OnlineEventAttendanceMode",
    "both": "https://schema.org/MixedEventAttendanceMode",
}


def structured(post: PostView) -> Markup:
    """Return the JSON-LD of a post, safe to stand inside a script element."""
    return _written(_event(post) if post.event else _article(post))


def organisation(collective: CollectiveView) -> Markup:
    """Return the JSON-LD of a collective, safe to stand inside a script element."""
    return _written(
        {
            **_collective(collective),
            "description": plain(collective.about_html),
            "inLanguage": collective.language,
            "identifier": collective.handle,
        }
    )


def _written(members: dict[str, Any]) -> Markup:
    document = {"@context": "https://schema.org", **members}
    words = json.dumps(_without_empty(document), ensure_ascii=False)
    # Nothing in it may end the element or begin another.
    safe = words.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)


def _article(post: PostView) -> dict[str, Any]:
    return {
        "@type": "NewsArticle",
        "headline": post.title,
        "author": [
            _collective(post.collective),
            *(_person(author, post.language) for author in post.authors),
        ],
        "publisher": _collective(post.collective),
        "datePublished": formats.machine_time(post.published_at),
        "dateModified": formats.machine_time(post.updated_at or post.published_at),
        "keywords": list(post.tags),
        "isBasedOn": [source.url for source in post.sources if source.url],
        "translationOfWork": _original(post),
        "translator": _translator(post),
        "license": post.licence,
        **_common(post),
    }


def _event(post: PostView) -> dict[str, Any]:
    event = post.event
    assert event is not None
    organisers = [_body(organiser, post.language) for organiser in event.organisers]
    return {
        "@type": "Event",
        "name": post.title,
        "startDate": _local(event, is_end=False),
        "endDate": _local(event, is_end=True) if event.ends else None,
        "eventAttendanceMode": _ATTENDANCE[event.attendance],
        "eventStatus": f"https://schema.org/{_status(event)}",
        "previousStartDate": _previous_start(event),
        "location": _locations(post, event),
        "organizer": organisers or [_collective(post.collective)],
        "performer": [_person(speaker, post.language) for speaker in event.speakers],
        **_common(post),
    }


def _status(event: EventFacts) -> str:
    if event.cancelled:
        return "EventCancelled"
    return "EventRescheduled" if event.is_moved else "EventScheduled"


def _previous_start(event: EventFacts) -> str | None:
    was = event.before
    if was is None or not event.is_moved:
        return None
    return formats.machine_time(was.starts_at.astimezone(ZoneInfo(was.timezone)))


def _common(post: PostView) -> dict[str, Any]:
    return {
        "description": post.plain_summary,
        "inLanguage": post.language,
        "url": post.url,
        "image": [picture.url for picture in post.pictures],
        "isAccessibleForFree": True,
    }


def _collective(collective: CollectiveView) -> dict[str, Any]:
    logo = collective.icon.url if collective.icon else None
    return {"@type": "Organization", "name": collective.title, "url": collective.url, "logo": logo}


def _person(who: Person, language: str) -> dict[str, Any]:
    return {"@type": "Person", "name": who.name_in(language), "url": who.url}


def _body(who: Person, language: str) -> dict[str, Any]:
    return {"@type": "Organization", "name": who.name_in(language), "url": who.url}


def _original(post: PostView) -> dict[str, Any] | None:
    if post.current.is_original:
        return None
    return {"@type": "NewsArticle", "url": post.original.url, "inLanguage": post.original.language}


def _translator(post: PostView) -> dict[str, Any] | None:
    name = post.current.translator
    return None if name is None else {"@type": "Person", "name": name}


def _local(event: EventFacts, *, is_end: bool) -> str:
    moment = event.ends_at if is_end else event.starts_at
    assert moment is not None
    return formats.machine_time(moment.astimezone(ZoneInfo(event.timezone)))


def _locations(post: PostView, event: EventFacts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if event.attendance != "online":
        name = post.place or event.address
        found.append({"@type": "Place", "name": name, "address": event.address or post.place})
    if event.attendance != "place":
        found.append({"@type": "VirtualLocation", "url": event.url or post.url})
    return found


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_empty(inner) for name, inner in value.items() if inner not in (None, "", [])}
    if isinstance(value, list):
        return [_without_empty(inner) for inner in value]
    return value
