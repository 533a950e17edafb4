"""The audit in plain words: one sentence for each kind of deed, and the groups that members look for.

`{who}` is the member's name, or the machine; `{about}` is what the entry is about; the rest are the entry's
details by name. A deed without a sentence is shown by its own name, so that nothing is ever left out.
"""

from collections.abc import Callable, Mapping
from typing import Final

from fedinode.i18n import N_

Translate = Callable[[str], str]

#: Who did it where no member did.
NOBODY: Final = N_("The machine")
#: What the members are asked, as it is called in a sentence.
QUESTIONS: Final[Mapping[str, str]] = {
    "publish": N_("publish a text"),
    "publish-joint": N_("publish a joint statement"),
    "edit": N_("change a public text"),
    "edit-joint": N_("change a joint statement"),
    "delete": N_("delete a text"),
    "cosign": N_("sign a statement of others"),
    "withdraw": N_("withdraw a signature"),
    "remove": N_("take a signature off a list"),
    "keep-copy": N_("publish the copy of a statement"),
    "drop-copy": N_("drop the copy of a statement"),
    "threshold": N_("change how many must agree"),
    "member": N_("take in a member, or let one go"),
    "block": N_("block a whole server"),
    "keys": N_("make new keys"),
}

SENTENCES: Final[Mapping[str, str]] = {
    "decision.asked": N_("{who} asked the members: {question} ({subject})"),
    "decision.voted-yes": N_("{who} said yes: {question} ({subject})"),
    "decision.voted-no": N_("{who} said no: {question} ({subject})"),
    "decision.approved": N_("Enough members agreed: {question} ({subject})"),
    "decision.refused": N_("The members said no: {question} ({subject})"),
    "decision.executed": N_("It was done as decided: {question} ({subject})"),
    "decision.cancelled": N_("A question was taken back: {question} ({subject})"),
    "decision.expired": N_("A question ended without an answer: {question} ({subject})"),
    "threshold.raised": N_("{who} raised how many must agree: publish {publish}, sign {cosign}"),
    "threshold.lowered": N_("Fewer must agree from now on: publish {publish}, sign {cosign}"),
    "text.begun": N_("{who} began a text: {about}"),
    "text.brought-back": N_("{who} brought an old version of a text back: {about}"),
    "text.dropped": N_("{who} threw a text away: {about}"),
    "text.taken-back": N_("{who} took a text back that was thrown away: {about}"),
    "member.signed-in": N_("{who} signed in"),
    "member.password": N_("{who} set a new password"),
    "member.second-factor": N_("{who} set up a second factor"),
    "member.second-factor-ended": N_("{who} does without a second factor from now on"),
    "member.recovery-codes": N_("{who} made new recovery codes"),
    "member.reset": N_("At the machine, password and second factor of {about} were taken away"),
    "member.woken": N_("{about} was woken and counts again"),
    "member.added": N_("{who} gave {about} the role {role} in {collective}"),
    "member.removed": N_("{who} took the role {role} in {collective} from {about}"),
    "level.set": N_("{who} decided about {about}: {level}"),
    "level.lifted": N_("{who} lifted what was decided about {about}: {was}"),
    "level.imported": N_("{who} brought a list of domains: {written} of {lines} lines changed something"),
    "rule.added": N_("{who} added a rule: {about}"),
    "rule.removed": N_("{who} removed a rule: {about}"),
    "federate.listed": N_("{who} let only listed servers federate"),
    "federate.everybody": N_("{who} let every server federate again"),
    "federate.allowed": N_("{who} listed a server: {about}"),
    "federate.disallowed": N_("{who} took a server off the list: {about}"),
    "attack.begun": N_("{who} held everything that comes in: {how}"),
    "attack.ended": N_("What comes in is no longer held: {how}"),
    "cosign.invited": N_("{cell} was asked to sign {about}"),
    "cosign.uninvited": N_("{cell} is no longer asked to sign {about}"),
    "cosign.rejected": N_("The author did not take our signature under {about}: {reason}"),
    "cosign.refused": N_("Something about a signature was refused, from {from}: {reason}"),
    "cosign.removal-wanted": N_("A signature by {cell} is to come off the list: {reason}"),
    "cosign.removed": N_("Our signature was taken off a list by {author}"),
    "cosign.retracted": N_("{author} took a statement back that we keep a copy of: {about}"),
    "cosign.copy-dropped": N_("The copy of a statement was dropped: {about}"),
    "cosign.entry-refused": N_("A signature was not listed under {statement}: {reason}"),
    "cosign.key-conflict": N_("A signature under {statement} came with another key than before: {key}"),
    "cosign.alarm": N_("The list of signatures under {statement} is not as it should be: {reason}"),
    "cosign.mismatch": N_("The text that we signed was changed: {about}"),
    "cosign.log-broken": N_("The log of signatures was tampered with, at event {about}"),
    "cosign.name-removal-asked": N_("Somebody asked that a name be taken off the copy of {about}"),
    "cosign.name-erased": N_("A name was taken off the copy of {about}"),
    "cosign.declined": N_("{who} declined to sign {about}"),
    "cosign.listed": N_("{who} listed the signature of {cell}"),
    "cosign.not-listed": N_("{who} did not list the signature of {cell}"),
    "reshare.made": N_("{who} reshared {about} in the name of {collective}"),
    "reshare.undone": N_("{who} took the reshare of {about} by {collective} back"),
    "reshare.declined": N_("{who} left what a rule of {collective} proposed: {about}"),
    "reshare.by-rule": N_("A rule of {collective} reshared {about}"),
    "reshare.ended": N_("The reshare of {about} by {collective} ended: its author deleted it"),
    "reshare.suspended": N_("The reshare of {about} by {collective} ended: its author was suspended here"),
    "share.rule": N_("{who} set a rule of {collective} about {about}: {mode} ({kinds})"),
    "takeover.made": N_("{who} took {about} over for {collective}"),
    "follow.asked": N_("{who} asked to follow {about} in the name of {collective}"),
    "follow.ended": N_("{who} ended that {collective} follows {about}"),
    "follower.removed": N_("{who} removed a follower of {collective} on {about}"),
    "delivery.retried": N_("{who} let deliveries to {about} be tried again"),
    "delivery.woken": N_("{who} greeted all servers"),
    "keys.rotated": N_("New keys were made for {about}"),
    "export-signers": N_("The list of people who signed {about} was handed out: {signatures} signatures"),
    "import-signers": N_(
        "A list on paper was added to {about}: {added} signatures, {suspect} of them doubtful"
    ),
    "erase-signer": N_("Everything about one person who had signed was erased: {signatures}"),
    "invalidate-signers": N_("Signatures under {about} count no longer: {signatures} ({reason})"),
    "restore-signers": N_("Signatures under {about} count again: {signatures}"),
    "suspect-signers": N_("Signatures under {about} are doubtful: {signatures} ({reason})"),
    "node.stopped": N_("{who} stopped everything: {why}"),
    "node.read-only": N_("{who} made the node read-only"),
    "node.resumed": N_("{who} let everything go on"),
    "decision.agreed": N_("Enough members agreed; it can still be stopped: {question} ({subject})"),
    "decision.agreed-no-more": N_("Not enough members agree any more: {question} ({subject})"),
    "decision.stopped": N_("{who} stopped what was agreed: {question} ({subject})"),
    "member.link-made": N_("{who} made a link that signs {about} in once"),
    "text.translated": N_("{who} saved a translation, {language} ({about})"),
    "text.picture-added": N_("{who} added a picture to a text ({about})"),
    "text.picture-removed": N_("{who} took a picture out of a text ({about})"),
    "text.released": N_("{who} released version {version} of a text, or asked the members to ({about})"),
    "text.kept-as-draft": N_("{who} kept version {version} of a text as a draft ({about})"),
    "text.called-off": N_("{who} called off what was to be published later ({about})"),
    "text.amended": N_("{who} began an amendment of a statement ({about})"),
    "text.delete-wanted": N_("{who} took a public text back, or asked the members to ({about})"),
    "follower.accept": N_("{who} let followers in: {about}"),
    "follower.reject": N_("{who} refused followers: {about}"),
    "reply.show": N_("{who} showed replies: number {numbers}"),
    "reply.hide": N_("{who} hid replies: number {numbers}"),
    "moderation.note": N_("{who} wrote a note about {about}"),
    "moderation.take": N_("{who} took {about} to deal with"),
    "moderation.hand-back": N_("{who} handed {about} back"),
    "report.dismissed": N_("{who} dismissed complaints: {about}"),
    "report.resolved": N_("{who} dealt with a complaint: {about}"),
    "report.sent": N_("{who} complained to another server about {about}"),
    "collective.described": N_("{who} changed how {about} describes itself"),
    "collective.federate": N_("{who} changed how posts of {about} in several languages go out: {how}"),
    "collective.banner": N_("{who} changed the banner of the site"),
    "post.pinned": N_("{who} pinned a post: {about}"),
    "post.unpinned": N_("{who} unpinned a post: {about}"),
    "node.backup": N_("A backup was noted: {where}"),
    "panic.begun": N_("{who} shut the node in a panic; wiped: {wipes}"),
    "panic.finished": N_("The panic was finished"),
    "audit.pruned": N_("{entries} entries older than 180 days were taken off the beginning of this list"),
}

#: Kinds that members look for: word of the address, what it is called, how the names of its deeds begin.
KINDS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("decisions", N_("Questions and votes"), ("decision.", "threshold.")),
    ("members", N_("Members and signing in"), ("member.",)),
    ("texts", N_("Texts"), ("post.", "text.", "picture.")),
    ("network", N_("Network"), ("follow", "share.", "reshare.", "takeover.", "delivery.")),
    (
        "moderation",
        N_("Moderation"),
        ("reply.", "report.", "moderation.", "level.", "rule.", "federate.", "attack."),
    ),
    ("signatures", N_("Signatures of collectives"), ("cosign.", "keys.")),
    (
        "people",
        N_("Signatures of people"),
        ("export-", "import-", "erase-", "invalidate-", "restore-", "suspect-", "sign-form."),
    ),
    ("node", N_("The node"), ("node.", "audit.", "panic.", "halt.", "collective.")),
)


class _Values(dict[str, str]):
    """What an entry says; what it does not say is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def sentence(deed: str, who: str, about: str, details: Mapping[str, str] | None, translate: Translate) -> str:
    """Return an entry as a sentence in the reader's language, without a full stop."""
    known = details or {}
    words = SENTENCES.get(deed)
    if words is None:
        listed = "; ".join(f"{name}: {value}" for name, value in known.items())
        return f"{who}: {deed} ({about})" + (f" {listed}" if listed else "")
    question = QUESTIONS.get(known.get("about", ""), "")
    values = {**known, "who": who, "about": about, "question": translate(question) if question else "–"}
    return translate(words).format_map(_Values(values))


def beginnings_of(kind: str) -> tuple[str, ...]:
    """Return how the deeds of a kind begin; nothing for a kind that is none."""
    return next((beginnings for word, _, beginnings in KINDS if word == kind), ())
