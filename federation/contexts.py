"""The JSON-LD contexts of what we send.

Peers that do process JSON-LD (Fedify, activitypub.bot) throw when a context cannot be had, so these lists
name only contexts that such software carries with it; every other term is spelled out inline. Nobody changes
the lists: whoever builds a document takes a copy.
"""

from __future__ import annotations

from typing import Any, Final

ACTIVITY_STREAMS: Final = "https://www.w3.org/ns/activitystreams"
_SECURITY: Final = "https://w3id.org/security/v1"
_DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
_DID: Final = "https://www.w3.org/ns/did/v1"
_MULTIKEY: Final = "https://w3id.org/security/multikey/v1"

#: For an activity that embeds no object.
ACTIVITY_CONTEXT: Final[list[Any]] = [ACTIVITY_STREAMS, _DATA_INTEGRITY]

#: For an object, and for a Create or Update that embeds it.
OBJECT_CONTEXT: Final[list[Any]] = [
    ACTIVITY_STREAMS,
    _DATA_INTEGRITY,
    {
        "Hashtag": "as:Hashtag",
        "sensitive": "as:sensitive",
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "canReply": {"@id": "gts:canReply", "@type": "@id"},
        "canLike": {"@id": "gts:canLike", "@type": "@id"},
        "canAnnounce": {"@id": "gts:canAnnounce", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
        "timezone": "https://w3id.org/fep/8a8e/timezone",
        "joinMode": "https://w3id.org/fep/8a8e/joinMode",
        "ical": "http://www.w3.org/2002/12/cal/ical#",
        "externalParticipationUrl": "https://w3id.org/fep/8a8e/externalParticipationUrl",
        "organizers": {"@id": "https://w3id.org/fep/8a8e/organizers", "@type": "@id"},
        "OrganizersCollection": "https://w3id.org/fep/8a8e/OrganizersCollection",
        "VirtualLocation": "https://schema.org/VirtualLocation",
        "address": "https://schema.org/address",
        "license": "https://schema.org/license",
        "cs": "https://w3id.org/fep/d2e1#",
        "translationOf": {"@id": "cs:translationOf", "@type": "@id"},
        "translations": {"@id": "cs:translations", "@type": "@id"},
        "translatesDigest": "cs:translatesDigest",
        "translators": {"@id": "cs:translators", "@container": "@language"},
        "translationStatus": {"@id": "cs:translationStatus", "@container": "@language"},
    },
]

#: For an actor. Fedify sees no key in ``assertionMethod`` unless did/v1 and multikey/v1 define both terms.
ACTOR_CONTEXT: Final[list[Any]] = [
    ACTIVITY_STREAMS,
    _SECURITY,
    _DID,
    _MULTIKEY,
    {
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "toot": "http://joinmastodon.org/ns#",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "PostalAddress": "schema:PostalAddress",
        "address": "schema:address",
        "addressCountry": "schema:addressCountry",
        "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@set"},
        "coSigning": {"@id": "https://w3id.org/fep/d2e1#coSigning", "@type": "@id"},
    },
]
