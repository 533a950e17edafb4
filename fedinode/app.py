"""The web application: every route in one table, made from the capabilities of a node."""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fedinode.admin import table
from fedinode.admin.doors import House
from fedinode.capabilities import Capabilities
from fedinode.resources import resource_dir
from fedinode.services.supporting.limiting import Gate
from fedinode.web import (
    activitypub,
    answers,
    archive_pages,
    calendars,
    copied_names,
    copies,
    cosigner_pages,
    downloads,
    embeds,
    errors,
    feeds,
    health,
    inbox_posts,
    interactions,
    letter_links,
    own_requests,
    pages,
    report_pages,
    search_pages,
    signature_lists,
    signer_pages,
    signing_pages,
    sitemaps,
    wellknown,
)
from fedinode.web.answers import Handler, Site
from fedinode.web.assets import Assets
from fedinode.web.board import Board
from fedinode.web.directory import Directory
from fedinode.web.headers import Headers
from fedinode.web.rendering import Renderer
from fedinode.web.shortcuts import Shortcuts

#: Path and handler of everything that is read, in order: the first that fits counts.
READ: Final[tuple[tuple[str, Handler], ...]] = (
    ("/", pages.front),
    ("/about", pages.node_page),
    ("/imprint", pages.node_page),
    ("/privacy", pages.node_page),
    ("/interact", interactions.ask),
    ("/report", report_pages.ask),
    ("/network", pages.network),
    ("/search", search_pages.search),
    ("/archive", archive_pages.archive),
    ("/archive/feed.atom", feeds.archive_atom),
    ("/archive/feed.rss", feeds.archive_rss),
    ("/archive/feed.json", feeds.archive_json_feed),
    ("/feed.atom", feeds.atom),
    ("/feed.rss", feeds.rss),
    ("/feed.json", feeds.json_feed),
    ("/events.ics", calendars.events),
    ("/waiting/{token}.atom", feeds.waiting),
    ("/robots.txt", wellknown.robots),
    ("/sitemap.xml", sitemaps.index),
    ("/sitemaps/{part:int}.xml", sitemaps.part),
    ("/favicon.ico", downloads.favicon),
    ("/healthz", health.healthz),
    ("/metrics", health.metrics),
    ("/static/{file}", downloads.static_file),
    ("/media/{file}", downloads.media_file),
    ("/.well-known/webfinger", wellknown.answer_webfinger),
    ("/.well-known/host-meta", wellknown.host_meta),
    ("/.well-known/nodeinfo", wellknown.nodeinfo_discovery),
    ("/nodeinfo/2.1", wellknown.node_info),
    ("/actor", activitypub.node_actor),
    ("/actor/outbox", activitypub.node_outbox),
    ("/collectives/{name}", activitypub.collective),
    ("/collectives/{name}/outbox", activitypub.outbox),
    ("/collectives/{name}/outbox/{page:int}", activitypub.outbox_page),
    ("/collectives/{name}/followers", activitypub.followers),
    ("/collectives/{name}/followers/{page:int}", activitypub.follows_page),
    ("/collectives/{name}/following", activitypub.following),
    ("/collectives/{name}/following/{page:int}", activitypub.follows_page),
    ("/collectives/{name}/featured", activitypub.featured),
    ("/posts/{uid}", activitypub.published_object),
    ("/posts/{uid}/likes", activitypub.object_answers),
    ("/posts/{uid}/shares", activitypub.object_answers),
    ("/posts/{uid}/replies", activitypub.object_answers),
    ("/statements/{uid}", activitypub.published_object),
    ("/statements/{uid}/likes", activitypub.object_answers),
    ("/statements/{uid}/shares", activitypub.object_answers),
    ("/statements/{uid}/replies", activitypub.object_answers),
    ("/statements/{uid}/bundle.json", signature_lists.bundle_json),
    ("/statements/{uid}/bundle.jsonl", signature_lists.bundle_lines),
    ("/statements/{uid}/signers", signer_pages.signers),
    ("/statements/{uid}/signers/{language}", signer_pages.signers),
    ("/statements/{uid}/cosigners", cosigner_pages.cosigners),
    ("/statements/{uid}/leaflet", signer_pages.leaflet),
    ("/statements/{uid}/leaflet/{language}", signer_pages.leaflet),
    ("/statements/{uid}/qr.svg", signer_pages.qr_code),
    ("/statements/{uid}/pack.zip", signer_pages.pack),
    ("/statements/{uid}/sign", signing_pages.choose_language),
    ("/statements/{uid}/sign/{language}", signing_pages.show),
    ("/statements/{uid}/sign/{language}/leave", signing_pages.ask_to_leave),
    ("/sign/confirm/{token}", letter_links.show_confirmation),
    ("/sign/leave/{token}", letter_links.show_leaving),
    ("/sign/leave/{token}/data", letter_links.own_data),
    ("/sign/updates-off/{token}", letter_links.show_news),
    ("/statements/{uid}/badge.svg", embeds.badge),
    ("/statements/{uid}/badge/{language}.svg", embeds.badge),
    ("/statements/{uid}/embed", embeds.embed),
    ("/statements/{uid}/embed/{language}", embeds.embed),
    ("/statements/{uid}/cosignatures", signature_lists.collection),
    ("/statements/{uid}/cosignatures/{page:int}", signature_lists.collection),
    ("/statements/{uid}/cosignatures/checkpoint", signature_lists.checkpoint),
    ("/statements/{uid}/signer-lists/{page:int}", signature_lists.names),
    ("/cosignatures/{uid}", signature_lists.co_signature),
    ("/cosign-authorizations/{uid}", signature_lists.authorization),
    ("/signed-texts/{digest}", signature_lists.signed_text),
    ("/mirror", signature_lists.find_mirror),
    ("/mirror/{digest}", copies.mirror),
    ("/mirror/{digest}/bundle.json", signature_lists.mirror),
    ("/mirror/{digest}/text/{language}", copies.kept_text),
    ("/mirror/{digest}/badge.svg", embeds.copy_badge),
    ("/mirror/{digest}/badge/{language}.svg", embeds.copy_badge),
    ("/mirror/{digest}/embed", embeds.copy_embed),
    ("/mirror/{digest}/embed/{language}", embeds.copy_embed),
    ("/mirror/{digest}/cosigners", cosigner_pages.copy_cosigners),
    ("/mirror/{digest}/witness", signature_lists.witness),
    ("/mirror/{digest}/signers", copied_names.names),
    ("/mirror/{digest}/signers/erase", copied_names.ask),
    ("/mirror/{digest}/{file}", signature_lists.mirrored_file),
    ("/activities/{uid}", activitypub.activity),
    ("/@{name}", pages.profile),
    ("/@{name}/feed.atom", feeds.atom),
    ("/@{name}/feed.rss", feeds.rss),
    ("/@{name}/feed.json", feeds.json_feed),
    ("/@{name}/events.ics", calendars.events),
    ("/@{name}/signed", copies.signed),
    ("/@{name}/{language}", pages.profile),
    ("/@{name}/{language}/feed.atom", feeds.atom),
    ("/@{name}/{language}/feed.rss", feeds.rss),
    ("/@{name}/{language}/feed.json", feeds.json_feed),
    ("/@{name}/{language}/{slug}", pages.post),
    ("/@{name}/{language}/{slug}/event.ics", calendars.event_file),
    ("/theme-{name}.css", downloads.theme),
    ("/{language}", pages.front),
    ("/{language}/feed.atom", feeds.atom),
    ("/{language}/feed.rss", feeds.rss),
    ("/{language}/feed.json", feeds.json_feed),
)

#: What is sent here: to inboxes by servers, and forms by readers, who need no account.
RECEIVED: Final[tuple[tuple[str, Handler], ...]] = (
    ("/inbox", inbox_posts.post_inbox),
    ("/actor/inbox", inbox_posts.post_inbox),
    ("/collectives/{name}/inbox", inbox_posts.post_inbox),
    ("/interact", interactions.lead),
    ("/report", report_pages.take),
    ("/mirror/{digest}/signers/erase", copied_names.take),
    ("/statements/{uid}/sign", signing_pages.sign),
    ("/statements/{uid}/sign/{language}/leave", signing_pages.send_way_out),
    ("/sign/confirm/{token}", letter_links.confirm),
    ("/sign/leave/{token}", letter_links.leave),
    ("/sign/updates-off/{token}", letter_links.end_news),
)


def create_app(cap: Capabilities) -> ASGIApp:
    """Make the application of a node that is open."""
    templates = resource_dir("templates")
    assets = Assets(templates / "static")
    board = Board(cap)
    renderer = Renderer(templates, assets, cap.urls, board)
    gate = Gate(cap.settings.limits, cap.clock, time.monotonic)
    complaints = Gate(cap.settings.limits, cap.clock, time.monotonic)
    site = Site(cap=cap, assets=assets, board=board, gate=gate, complaints=complaints, renderer=renderer)
    app = Starlette(exception_handlers=errors.handlers(site))
    app.router = Directory(routes(site))
    whole = Shortcuts(Headers(app, cap.settings.origin), cap.cache, partial(answers.drop_stale, site))
    cap.own_site.open(own_requests.asker(whole, cap.urls))
    return whole


def routes(site: Site) -> list[Route]:
    """Return the table of routes, bound to the site."""
    house = House(site=site)
    return [
        *(Route(path, partial(handler, house), methods=[verb]) for path, verb, handler in table.DOORS),
        *(Route(path, _bound(handler, site), methods=["POST"]) for path, handler in RECEIVED),
        *(Route(path, _bound(handler, site), methods=["GET"]) for path, handler in READ),
    ]


def _bound(handler: Handler, site: Site) -> Callable[[Request], Awaitable[Response]]:
    return partial(handler, site)
