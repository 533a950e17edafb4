"""What a job may use, and how it says that it refuses: the same for every job that reads an author's file."""

import resource
from typing import Final

#: A picture of 40 million pixels takes about 500 MB while it is turned, made smaller and written.
MEMORY_BYTES: Final = 1536 * 1024 * 1024
CPU_SECONDS: Final = 30
REFUSED: Final = 3


def limit() -> None:
    """Let this process have so much memory and time, and no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    # It writes to its pipe alone.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
