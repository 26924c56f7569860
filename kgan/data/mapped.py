"""A file of the cache that is mapped into memory: bytes, then JSON with what is known of them, then the JSON's length
and the CRC-32 of all before, in eight bytes each."""

import functools
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

NUMBER, ENDS = "<Q", 16  # the last two numbers, and their bytes


def write(file: BinaryIO, content: Iterable[bytes], facts: Callable[[], dict[str, Any]]) -> None:
    """Writes `content`, and after it what `facts` then says of it."""
    total = 0
    for part in content:
        file.write(part)
        total = zlib.crc32(part, total)
    tail = json.dumps(facts()).encode()
    tail += struct.pack(NUMBER, len(tail))
    file.write(tail + struct.pack(NUMBER, zlib.crc32(tail, total)))
    file.flush()


def read(path: Path) -> dict[str, Any]:
    """The facts of a file, which is whole: its content may be mapped.

    Raises:
        OSError, ValueError: for a file that is absent or damaged.
    """
    status = path.stat()
    if not _is_whole(path, status.st_size, status.st_mtime_ns):
        raise ValueError("not what was written")
    with path.open("rb") as file:
        end = file.seek(-ENDS, os.SEEK_END)
        (length,) = struct.unpack(NUMBER, file.read(8))
        file.seek(end - length)
        return json.loads(file.read(length))


@functools.lru_cache(maxsize=64)  # looked at once a process, as long as the file is the same
def _is_whole(path: Path, size: int, time: int) -> bool:
    total, left = 0, size - 8
    with path.open("rb") as file:
        while left > 0:
            chunk = file.read(min(left, 1 << 20))
            total, left = zlib.crc32(chunk, total), left - len(chunk)
        return size > ENDS and file.read() == struct.pack(NUMBER, total)
