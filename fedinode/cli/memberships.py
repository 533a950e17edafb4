"""Commands for the members of collectives: who they are, how they sign in, who comes and goes."""

from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.services import registering
from fedinode.services.members import enrolling, securing, telling


async def add(call: Call, cap: Capabilities) -> None:
    """Give somebody a role, or ask the members to."""
    args = call.args
    done = await enrolling.add(cap, args.email, args.role, collective=args.collective, account=args.account)
    if done.standing is not None and not done.standing.is_approved:
        agreeing.tell_standing(call, done.standing, None, "")
        call.output.say(
            f"`fedinode account link {args.email}` makes a link to sign in with, once they agree."
        )
    elif done.link is not None:
        _tell_link(call, done.link)


async def link(call: Call, cap: Capabilities) -> None:
    """Make a new sign-in link."""
    _tell_link(call, await registering.make_sign_in_link(cap, call.args.email))


def _tell_link(call: Call, made: registering.SignInLink) -> None:
    call.output.line(made.url)
    call.output.say(f"This link signs {made.email} in once, until {made.expires_at:%Y-%m-%d %H:%M} UTC.")


async def list_all(call: Call, cap: Capabilities) -> None:
    """List the members."""
    found = await enrolling.list_members(cap, collective=call.args.collective)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.collective, each.email, each.roles, each.seen_at, "lapsed" if each.has_lapsed else "")
        for each in found
    ]
    call.output.table(("collective", "member", "roles", "last seen", ""), rows, "There are no members yet.")


async def remove(call: Call, cap: Capabilities) -> None:
    """Take roles from a member, or ask the members to."""
    args = call.args
    what = f"the role {args.role}" if args.role else "every role"
    call.require_yes(f"{args.email} would lose {what}; open votes of theirs would count no more.")
    done = await enrolling.remove(
        cap, args.email, role=args.role, collective=args.collective, account=args.account
    )
    waiting = [each.standing for each in done if each.standing and not each.standing.is_approved]
    for standing in waiting:
        agreeing.tell_standing(call, standing, None, "")
    if len(done) > len(waiting):
        call.output.say(f"{counted(len(done) - len(waiting), 'role')} taken from {args.email}.")


async def wake(call: Call, cap: Capabilities) -> None:
    """Let a member count again."""
    await enrolling.wake(cap, call.args.email)
    call.output.say(f"{call.args.email} counts again; this is in the audit.")


async def reset(call: Call, cap: Capabilities) -> None:
    """Forget a member's password and second factor."""
    email = call.args.email
    call.require_yes(f"{email} would lose password and second factor, and be signed out everywhere.")
    count = await securing.reset(cap, email)
    call.output.say(
        f"Password and second factor are forgotten, {counted(count, 'browser')} signed out. "
        f"`fedinode account link {email}` makes a link to sign in with."
    )


async def feed(call: Call, cap: Capabilities) -> None:
    """Make a new secret address of a member's feed, or none."""
    if call.args.off:
        await telling.end_feed(cap, call.args.email)
        call.output.say("The feed has no address any more.")
        return
    call.output.line(await telling.make_feed(cap, call.args.email))
    call.output.say(
        "Whoever knows this address sees that something waits, and not what. "
        "It is shown this once; the address before it leads nowhere now."
    )


_EMAIL = argument("email", metavar="EMAIL", help="the member's mail address")

COMMANDS = (
    Command(
        name="account add",
        summary="make a member's account and a link that signs it in once, or ask the members to",
        run=on_node(add),
        arguments=(
            _EMAIL,
            argument("--role", required=True, choices=registering.ROLES, help="what the member may do"),
            AS,
            agreeing.ACCOUNT,
        ),
    ),
    Command(
        name="account link",
        summary="make a new link that signs a member in once",
        run=on_node(link),
        arguments=(_EMAIL,),
    ),
    Command(
        name="account list",
        summary="list the members, and who was not seen for so long that they do not count",
        run=on_node(list_all),
        arguments=(AS,),
        lists=True,
    ),
    Command(
        name="account remove",
        summary="take a role from a member, or all of them, or ask the members to",
        run=on_node(remove),
        arguments=(
            _EMAIL,
            argument("--role", choices=registering.ROLES, help="this one alone"),
            AS,
            agreeing.ACCOUNT,
        ),
        destroys=True,
    ),
    Command(
        name="account wake",
        summary="let a member count again who was not seen for long",
        run=on_node(wake),
        arguments=(_EMAIL,),
    ),
    Command(
        name="account reset",
        summary="forget the password and second factor of a member who lost them",
        run=on_node(reset),
        arguments=(_EMAIL,),
        destroys=True,
    ),
    Command(
        name="account feed",
        summary="make the secret address of a feed that says when something waits for a member",
        run=on_node(feed),
        arguments=(_EMAIL, argument("--off", action="store_true", help="let it have no address")),
    ),
)
