"""What is computed or fetched once and kept: KGAN_CACHE, else ~/.cache/kgan."""

import hashlib
import io
import os
import tempfile
import urllib.request
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kgan import files
from kgan.checks import InputError

CHUNK = 1 << 20
HASH = "hash"  # of the other arrays in a file


def folder() -> Path:
    """Where it is kept; need not exist."""
    return Path(os.environ.get("KGAN_CACHE") or Path.home() / ".cache" / "kgan")


def digest(*parts: np.ndarray | bytes) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of arrays (with their dtypes and shapes) and bytes."""
    sha = hashlib.sha256()
    for part in parts:
        if not isinstance(part, bytes):
            part = np.ascontiguousarray(part)
            sha.update(f"{part.dtype} {part.shape} ".encode())
        sha.update(part)
    return sha.hexdigest()[:16]


def kept(name: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of the cache's file NAME.npz, numbers by name; computed and written if it is absent or damaged.

    Warns where it is damaged (its content has another hash than was written with it) or cannot be written.
    """
    path = folder() / f"{name}.npz"
    if path.exists():
        try:
            return _read(path)
        except Exception:  # zipfile, zlib and NumPy raise of many kinds
            warnings.warn(f"cache: {path} is damaged; computing it again", stacklevel=2)
    arrays, content = compute(), io.BytesIO()
    np.savez(content, **arrays, **{HASH: np.array(_sum(arrays))})
    try:
        files.write(path, content.getvalue())
    except OSError as error:
        warnings.warn(f"cache: {path} cannot be kept: {error.strerror}", stacklevel=2)
    return arrays


def _read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        arrays = dict(file)
    if arrays.pop(HASH, None) != _sum(arrays):
        raise ValueError("other arrays than were written")
    return arrays


def _sum(arrays: dict[str, np.ndarray]) -> str:
    return digest(*(part for name in sorted(arrays) for part in (name.encode(), np.asarray(arrays[name]))))


def fetch(url: str, name: str, sha256: str) -> Path:
    """The cache's file `name`, downloaded from `url` if it is absent; its hash is checked each time.

    Raises:
        InputError: if it cannot be downloaded, or its SHA-256 is another.
    """
    path = folder() / name
    if path.exists():
        check(path, sha256)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=path.parent) as scratch:
        aside = Path(scratch) / name
        try:
            with urllib.request.urlopen(url, timeout=30) as source, aside.open("wb") as file:
                while chunk := source.read(CHUNK):
                    file.write(chunk)
        except OSError as error:  # URLError and time-outs are
            reason = getattr(error, "reason", error)
            raise InputError(f"cannot fetch {url} ({reason}); with a copy of it at hand, place it at {path}") from error
        check(aside, sha256)
        aside.replace(path)
    return path


def check(path: Path, sha256: str) -> None:
    """Looks at a file's hash.

    Raises:
        InputError: if it is another than `sha256`.
    """
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sha.update(chunk)
    if sha.hexdigest() != sha256:
        raise InputError(
            f"{path}: wanted the SHA-256 {sha256}, got {sha.hexdigest()}; remove it, and it is fetched anew"
        )
