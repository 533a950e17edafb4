"""What can go wrong on this node, as exceptions whose message is one plain sentence.

NodeError
 |-- UsageError            the command was called wrongly (exit code 2)
 |-- ConfigError           fedinode.toml or a FEDINODE_* variable is wrong
 |    |-- OriginChanged    the origin is not the one this node was made with
 |-- ManuscriptError       a Markdown file or its front matter is wrong
 |-- PictureRefused        a picture cannot be read or is too large
 |-- NotFound              what was asked for is not here
 |-- Conflict              it exists already, or its state does not allow this
 |-- NotAllowed            this account or actor may not do this
 |    |-- Halted           everything was stopped by a member, or the node is read-only
 |-- Blocked               the server or actor is blocked here
 |-- PeerUnavailable       another server does not answer, or says no
 |    |-- HandleUnknown    a handle that no server knows
 |    |-- ServerSilent     there is no server of this name, or it does not answer
 |-- Busy                  too much is waiting; try again later
 |-- DatabaseError         the database cannot be used
 |    |-- DatabaseMissing  there is no database in this folder yet
 |    |-- DatabaseLocked   another program holds the database
 |    |-- DatabaseNewer    the database was made by a newer fedinode
 |    |-- DatabaseOlder    the database needs `fedinode upgrade`
 |-- DiskFull              no room is left for the data folder
 |-- PortOccupied          another program listens on this port
 |-- AlreadyRunning        a second process works on the same data folder
 |-- ClockWrong            the clock of this machine is wrong

The message names the culprit and says what to do. It is shown to the operator as it is,
and never to a peer.
"""

from collections.abc import Callable
from typing import ClassVar


class NodeError(Exception):
    """Something on this node is wrong; the message is one plain sentence.

    A sentence that members read at the desk is marked with `N_` and gets its `values` by name, so that it can
    be translated before they stand in it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str = "", **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self._sentence, self._values = sentence, values

    def translated(self, translate: Callable[[str], str]) -> str:
        """Return the sentence in another language; as it is, where nobody translated it."""
        words = translate(self._sentence)
        return words.format(**self._values) if self._values else words


class UsageError(NodeError):
    """The command was called wrongly."""

    exit_code = 2


class ConfigError(NodeError):
    """A setting is missing, unknown or wrong."""


class OriginChanged(ConfigError):
    """The configured origin is not the one that this node's addresses were made with."""


class ManuscriptError(NodeError):
    """A Markdown file cannot be published as it is; the message names file, line and key."""


class PictureRefused(NodeError):
    """A picture cannot be decoded, is too large, or is of a kind we do not publish."""


class NotFound(NodeError):
    """What was asked for does not exist here."""


class NoSuchPage(NotFound):
    """A list is there, and has fewer pages than were asked for."""


class Conflict(NodeError):
    """The thing exists already, or is in a state that does not allow this."""


class NotAllowed(NodeError):
    """This account or actor may not do this."""


class Halted(NotAllowed):
    """Everything was stopped by a member, or the node is read-only: nothing goes out and nothing changes."""


class Blocked(NodeError):
    """The server or actor is blocked on this node."""


class PeerUnavailable(NodeError):
    """Another server does not answer, or answers that it will not."""


class HandleUnknown(PeerUnavailable):
    """No server knows this handle."""


class ServerSilent(PeerUnavailable):
    """There is no server of this name, or it does not answer."""


class Busy(NodeError):
    """Too much is waiting at the moment; try again later."""


class DatabaseError(NodeError):
    """The database cannot be used."""


class DatabaseMissing(DatabaseError):
    """There is no database in this data folder yet."""


class DatabaseLocked(DatabaseError):
    """Another program holds the database."""


class DatabaseNewer(DatabaseError):
    """The database was made by a newer fedinode."""


class DatabaseOlder(DatabaseError):
    """The database is older than this fedinode and wants `fedinode upgrade`."""


class DiskFull(NodeError):
    """No room is left on the disk of the data folder."""


class PortOccupied(NodeError):
    """Another program listens on the port already."""


class AlreadyRunning(NodeError):
    """Another process works on the same data folder."""


class ClockWrong(NodeError):
    """The clock of this machine is wrong."""


class ListRefused(NodeError):
    """A list of people in a file cannot be taken."""


class TypesettingFailed(NodeError):
    """A document could not be set as PDF."""
