"""What fits in memory, before it is asked for: else the system would end the process without a word."""

import os
from pathlib import Path

from kgan.checks import InputError

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # a container's


def total() -> int:
    """The bytes of memory that the machine, or the container, has."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in LIMITS:
        try:
            sizes.append(int(Path(path).read_text()))
        except (OSError, ValueError):  # there is no such file, or no limit: "max"
            continue
    return min(sizes)


def check(name: str, what: str, size: int) -> None:
    """Looks at whether `size` bytes fit in memory.

    Args:
        name: the argument that asks for them, for the message.
        what: what they are, likewise.
        size: a lower bound.

    Raises:
        InputError: if they do not.
    """
    if size > total():
        raise InputError(f"{name}: {what} take {size / 2**30:,.0f} GiB, this machine has {total() / 2**30:,.0f} GiB")
