"""How others find out who and what is here: WebFinger, host-meta, NodeInfo, robots.txt."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from federation import jsonld, negotiation, nodeinfo, webfinger
from federation.errors import Malformed
from fedinode.cache import NODE_KEY, CachedAnswer
from fedinode.services import introducing
from fedinode.web import answers
from fedinode.web.answers import Site

_FOR_ALL: Final = (
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
)
_MAX_RESOURCE_CHARS: Final = 2_048

#: Crawlers that feed language models: asked to stay away. Servers of the network are not named here, they
#: call themselves bots too.
_MODEL_CRAWLERS: Final = (
    "AI2Bot",
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "cohere-ai",
    "Diffbot",
    "FacebookBot",
    "Google-Extended",
    "GPTBot",
    "Meta-ExternalAgent",
    "omgili",
    "PerplexityBot",
    "Timpibot",
)


async def answer_webfinger(site: Site, request: Request) -> Response:
    """`/.well-known/webfinger?resource=`: by handle, actor id or profile page."""
    resources = request.query_params.getlist("resource")
    if len(resources) != 1 or len(resources[0]) > _MAX_RESOURCE_CHARS:
        raise HTTPException(400)
    resource = resources[0]

    async def make() -> CachedAnswer:
        found = await introducing.introduce(site.cap, resource)
        return answers.make_answer(
            jsonld.dump(found.document),
            negotiation.JRD_JSON,
            depends_on=found.depends_on,
            headers=_FOR_ALL,
        )

    try:
        return await answers.cached(site, request, f"webfinger:{resource}", make)
    except Malformed as error:
        # RFC 7033 section 4.2: a resource that is none is a bad request.
        raise HTTPException(400) from error


async def host_meta(site: Site, request: Request) -> Response:
    """`/.well-known/host-meta`: where WebFinger is, for servers that ask here first."""

    async def make() -> CachedAnswer:
        body = webfinger.render_host_meta(site.cap.urls.origin)
        return answers.make_answer(body, webfinger.XRD_XML, depends_on=(), headers=_FOR_ALL)

    return await answers.cached(site, request, "host-meta", make)


async def nodeinfo_discovery(site: Site, request: Request) -> Response:
    """`/.well-known/nodeinfo`: where the NodeInfo document is."""

    async def make() -> CachedAnswer:
        urls = site.cap.urls
        body = jsonld.dump(nodeinfo.render_discovery(urls.page("/nodeinfo/2.1"), urls.node_actor()))
        return answers.make_answer(body, answers.JSON, depends_on=(), headers=_FOR_ALL)

    return await answers.cached(site, request, "nodeinfo-discovery", make)


async def node_info(site: Site, request: Request) -> Response:
    """`/nodeinfo/2.1`."""

    async def make() -> CachedAnswer:
        found = await introducing.describe(site.cap)
        return answers.make_answer(
            jsonld.dump(found.document),
            nodeinfo.MEDIA_TYPE,
            depends_on=found.depends_on,
            headers=_FOR_ALL,
        )

    return await answers.cached(site, request, "nodeinfo", make)


async def robots(site: Site, request: Request) -> Response:
    """`/robots.txt`: pages and feeds may be read, not used to train language models."""

    async def make() -> CachedAnswer:
        shut_out = "".join(f"User-agent: {name}\n" for name in _MODEL_CRAWLERS) + "Disallow: /\n"
        sitemap = site.cap.urls.page("/sitemap.xml")
        body = f"{shut_out}\nUser-agent: *\nDisallow: /search\nDisallow: /report\n\nSitemap: {sitemap}\n"
        return answers.make_answer(body.encode(), "text/plain; charset=utf-8", depends_on=(NODE_KEY,))

    return await answers.cached(site, request, "robots", make)
