"""A program that runs `fedinode` commands in forked processes: real ones, without the second of importing.

It is warm: it has done itself what they do (`warming`). It reads one request a line and answers each with one
line. It has a single thread, so that forking it is sound. `tests.nodes.forking` is the other side.
"""

import io
import json
import os
import signal
import sys
import traceback
from typing import Any

from fedinode.cli.main import main
from tests.nodes.warming import warm


def serve() -> None:
    """Answer requests until there are no more, then end what still runs."""
    ended: dict[int, int] = {}
    children: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        answer: int | None
        if request["do"] == "start":
            answer = _fork(request)
            children.add(answer)
        else:
            answer = _status(request["pid"], ended)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    for pid in children - ended.keys():
        os.kill(pid, signal.SIGKILL)


def _status(pid: int, ended: dict[int, int]) -> int | None:
    if pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(status)
    return ended.get(pid)


def _fork(request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _take_place(request)
        code = main(request["arguments"])
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # Not sys.exit: the loop that forked is the parent's.
        os._exit(code)
    raise AssertionError("unreachable: the process ended")


def _take_place(request: dict[str, Any]) -> None:
    """Become what a new process would be: its folder, variables and files."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    flags = (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2)
    for number, (name, mode) in enumerate(zip(("stdin", "stdout", "stderr"), flags, strict=True)):
        opened = os.open(request[name], mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = _unbuffered(1)
    sys.stderr = _unbuffered(2)


def _unbuffered(number: int) -> io.TextIOWrapper:
    raw = os.fdopen(number, "wb", buffering=0, closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


if __name__ == "__main__":
    warm()
    serve()
