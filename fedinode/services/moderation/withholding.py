"""Rules that let something wait for a moderator, whoever sent it, and say which rule it was.

Nothing is dropped by them. They look at replies, requests to follow, consents of other cells, and what people
who sign write. Whoever is trusted passes, except while the node is under attack.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from federation.errors import FederationError
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.keeping import Submission
from fedinode.services.moderation import level_words
from fedinode.storage import accounts, alarms, audit_log, holding_rules
from fedinode.storage.accounts import Named
from fedinode.storage.database import Session
from fedinode.storage.holding_rules import RuleRow
from fedinode.storage.levels import Rank
from fedinode.storage.remote_actors import RemoteActor
from fedinode.text import matching, plain
from fedinode.text.numerals import whole_number

RuleKind = Literal["word", "part", "domain", "shortener", "new-account", "links", "mentions"]
KINDS: Final[tuple[RuleKind, ...]] = get_args(RuleKind)
#: Of these there is one at most; the others are lists.
SINGLE: Final = frozenset({"shortener", "new-account", "links", "mentions"})
MAX_RULES: Final = 2_000
MAX_VALUE: Final = 100
_MIN_PART: Final = 3
_MAX_NUMBER: Final = 10_000
#: Whoever shortens addresses hides where they lead.
SHORTENERS: Final = frozenset(
    {
        *("adf.ly", "bit.ly", "bl.ink", "buff.ly", "clck.ru", "cutt.ly", "dub.sh", "goo.gl", "is.gd"),
        *("kurzelinks.de", "lnkd.in", "ow.ly", "qr.ae", "rb.gy", "rebrand.ly", "s.id", "shorturl.at"),
        *("soo.gd", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "u.to", "v.gd", "vk.cc"),
    }
)
#: Why something waits: by the word before the colon, a sentence about what stands behind it.
REASONS: Final[Mapping[str, str]] = {
    "word": N_("A rule holds the word “{value}”."),
    "part": N_("A rule holds words that contain “{value}”."),
    "domain": N_("A rule holds links to {value}."),
    "shortener": N_("A rule holds shortened links, here {value}."),
    "new-account": N_("A rule holds accounts that are younger than {value} days."),
    "links": N_("A rule holds what has more than {value} links."),
    "mentions": N_("A rule holds what names more than {value} people."),
    "level": N_("What comes from there waits: {value}."),
    "attack": N_("The node was under attack when it came."),
}
_EMPTY: Final = N_("Write what the rule is about.")
_SHORT: Final = N_("A part of a word has at least three letters.")
_NO_DOMAIN: Final = N_("This is no domain.")
_NO_NUMBER: Final = N_("Write a number from 1 to 10,000.")
_MANY: Final = N_("There are 2,000 rules, which is the most.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What rules look at."""

    words: str
    links: tuple[str, ...] = ()
    mentions: int = 0
    #: When the account was made, or was first met here; None: not known, or no account.
    since: datetime | None = None


class Sieve:
    """All rules, made ready once for many pieces."""

    def __init__(self, rules: Iterable[RuleRow], *, is_attack: bool, now: datetime) -> None:
        self._is_attack = is_attack
        self._now = now
        self._needles: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._domains: set[str] = set()
        self._numbers: dict[str, int] = {}
        for rule in rules:
            if rule.kind == "word":
                self._needles[matching.needle(rule.value)] = rule.value
            elif rule.kind == "part":
                self._parts[matching.needle(rule.value)] = rule.value
            elif rule.kind == "domain":
                self._domains.add(rule.value)
            else:
                self._numbers[rule.kind] = int(rule.value or "0")

    def reason(self, rank: Rank, piece: Piece) -> str | None:
        """Return why something waits, in the form `kind:value`; None if nothing holds it."""
        if self._is_attack:
            return "attack:"
        if rank.level == "trusted":
            return None
        if rank.waits:
            return f"level:{rank.subject}"
        return self.rule(piece)

    def rule(self, piece: Piece) -> str | None:
        """Return the first rule that holds a piece, whoever wrote it."""
        return self._by_words(piece) or self._by_domains(piece) or self._by_numbers(piece)

    def _by_words(self, piece: Piece) -> str | None:
        if not self._needles and not self._parts:
            return None
        hay = matching.haystack(piece.words)
        single = set(hay.split())
        for needle, value in self._needles.items():
            if needle in single or (" " in needle and f" {needle} " in hay):
                return f"word:{value}"
        return next((f"part:{value}" for needle, value in self._parts.items() if needle in hay), None)

    def _by_domains(self, piece: Piece) -> str | None:
        if not self._domains and "shortener" not in self._numbers:
            return None
        found = matching.domains("\n".join((piece.words, *piece.links)))
        names = {".".join(host.split(".")[start:]) for host in found for start in range(host.count("."))}
        held = sorted(self._domains & names)
        if held:
            return f"domain:{held[0]}"
        short = sorted(SHORTENERS & names) if "shortener" in self._numbers else []
        return f"shortener:{short[0]}" if short else None

    def _by_numbers(self, piece: Piece) -> str | None:
        numbers = self._numbers
        days = numbers.get("new-account")
        if days is not None and piece.since is not None and self._now - piece.since < timedelta(days=days):
            return f"new-account:{days}"
        for kind, count in (("links", len(piece.links)), ("mentions", piece.mentions)):
            if kind in numbers and count > numbers[kind]:
                return f"{kind}:{numbers[kind]}"
        return None


def open_sieve(session: Session, now: datetime) -> Sieve:
    """Return all rules as they are now."""
    return Sieve(holding_rules.list_all(session), is_attack=alarms.is_on(session, now), now=now)


def piece_of(submission: Submission, author: RemoteActor) -> Piece:
    """Return what rules look at in something that somebody wrote."""
    html, subject = submission.html, submission.subject
    words = "\n".join((plain(html), subject.name or "", *_called(author)))
    return Piece(
        words=words,
        links=matching.links(html),
        mentions=sum(1 for tag in subject.tags if tag.type == "Mention"),
        since=author.made_at or author.first_seen_at,
    )


def piece_of_actor(author: RemoteActor) -> Piece:
    """Return what rules look at in somebody who asks for something without words."""
    return Piece(words="\n".join(_called(author)), since=author.made_at or author.first_seen_at)


def piece_of_words(*words: str | None) -> Piece:
    """Return what rules look at in what a person writes into a form."""
    return Piece(words="\n".join(each for each in words if each))


def _called(author: RemoteActor) -> tuple[str, ...]:
    return tuple(each for each in (author.name, author.preferred_username, author.handle) if each)


def split(reason: str) -> tuple[str, str]:
    """Return the sentence, marked for translation, about a reason, and the value that belongs into it."""
    kind, _, value = reason.partition(":")
    return REASONS.get(kind, "{value}"), value or reason


# -- keeping rules


async def rules(cap: Capabilities) -> tuple[RuleRow, ...]:
    """Return all rules, by kind and value."""
    return await cap.database.read(holding_rules.list_all)


async def add(cap: Capabilities, kind: RuleKind, written: str, *, account: Named = None) -> int:
    """Add a rule, or for words and domains one for each line; return how many are new.

    Raises: UsageError, Conflict.
    """
    values = _values(kind, written)

    def write(session: Session) -> int:
        now, account_id = cap.clock(), accounts.id_of(session, account)
        if kind in SINGLE:
            holding_rules.remove_kind(session, kind)
        present = holding_rules.list_all(session)
        known = {(rule.kind, rule.value) for rule in present}
        new = [value for value in values if (kind, value) not in known]
        if len(present) + len(new) > MAX_RULES:
            raise Conflict(_MANY)
        holding_rules.add(session, kind, new, now=now, account_id=account_id)
        for value in new:
            audit_log.add(session, "rule.added", f"{kind}:{value}", now=now, account_id=account_id)
        return len(new)

    return await cap.database.write(write)


async def remove(cap: Capabilities, rule_id: int, *, account: Named = None) -> RuleRow:
    """Drop a rule. Raises: NotFound."""

    def write(session: Session) -> RuleRow:
        found = next((rule for rule in holding_rules.list_all(session) if rule.id == rule_id), None)
        if found is None:
            raise NotFound(f"There is no rule {rule_id}.")
        holding_rules.remove(session, rule_id)
        audit_log.add(
            session,
            "rule.removed",
            f"{found.kind}:{found.value}",
            now=cap.clock(),
            account_id=accounts.id_of(session, account),
        )
        return found

    return await cap.database.write(write)


async def try_on(cap: Capabilities, text: str) -> str | None:
    """Return which rule would hold a text, as `kind:value`; None if none would."""
    found = await cap.database.read(holding_rules.list_all)
    sieve = Sieve(found, is_attack=False, now=cap.clock())
    addresses = [word for word in text.split() if word.startswith(("https://", "http://"))]
    mentions = sum(word.startswith("@") for word in text.split())
    return sieve.rule(Piece(words=text, links=tuple(addresses), mentions=mentions))


def _values(kind: RuleKind, written: str) -> list[str]:
    if kind == "shortener":
        return ["0"]
    if kind in SINGLE:
        return [str(_number(written))]
    lines = [line.strip()[:MAX_VALUE] for line in written.splitlines() if line.strip()]
    if not lines:
        raise UsageError(_EMPTY)
    read = {"word": _word, "part": _part, "domain": _domain}[kind]
    return list(dict.fromkeys(map(read, lines)))


def _number(written: str) -> int:
    number = whole_number(written.strip(), 5)
    if number is None or not 1 <= number <= _MAX_NUMBER:
        raise UsageError(_NO_NUMBER)
    return number


def _word(line: str) -> str:
    if not matching.needle(line):
        raise UsageError(_EMPTY)
    return line


def _part(line: str) -> str:
    if len(matching.needle(line)) < _MIN_PART:
        raise UsageError(_SHORT)
    return line


def _domain(line: str) -> str:
    try:
        return level_words.parse_domain(line.removeprefix("https://").partition("/")[0]).host
    except FederationError as error:
        raise UsageError(_NO_DOMAIN) from error
