"""Figures as they are printed, and how memory and signing speed are read."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from federation import keys

_SIGNING_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. `note` says what it was measured over."""

    name: str
    value: float
    unit: str
    note: str = ""

    def __str__(self) -> str:
        digits = 1 if self.value < 100 else 0
        note = f"  ({self.note})" if self.note else ""
        return f"{self.name:<44} {self.value:>10,.{digits}f} {self.unit}{note}"


def pss_of_tree(pid: int) -> float:
    """Return the proportional memory of a process and all its children, in MB."""
    own = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            own = int(line.split()[1])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return own / 1024 + sum(pss_of_tree(int(child)) for child in children)


def processor_seconds(pid: int) -> float:
    """Return how long a process has computed so far, in all threads; other work of the machine apart."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rsa_signing_rate() -> Figure:
    """Measure how many RSA-2048 signatures one core makes in a second: the ceiling of signed deliveries."""
    key = keys.generate_rsa()
    began = time.perf_counter()
    count = 0
    while time.perf_counter() - began < _SIGNING_SECONDS:
        for _ in range(50):
            key.sign(b"the bytes that are signed" * 10)
        count += 50
    return Figure(
        name="RSA-2048 signatures, one core", value=count / (time.perf_counter() - began), unit="/s"
    )
