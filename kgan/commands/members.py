"""The members of an ensemble: runs in folders beside each other, each in a process of its own."""

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kgan import process
from kgan.process import Begun
from kgan.runs import checkpoints


class Failed(Exception):
    """A member that has not come to its end; says why."""


def name(number: int) -> str:
    """The name of member `number`, from 0: its folder in RUN."""
    return f"member-{number + 1}"


def start(member: Path, flags: Sequence[str], epochs: int) -> Begun | None:
    """Begins to train a member, or goes on with it; None if it is done. What it prints goes to MEMBER.txt."""
    newest = checkpoints.latest(member)
    if newest is not None and checkpoints.describe(newest)["epoch"] >= epochs:
        return None
    member.parent.mkdir(parents=True, exist_ok=True)
    return process.start(["train", *flags, f"--run_dir={member}", f"--epochs={epochs}"], said(member))


def said(member: Path) -> Path:
    """The file of what a member's process prints."""
    return member.with_name(f"{member.name}.txt")


def finish(member: Path, begun: Begun | None) -> None:
    """Waits for the process of a member.

    Raises:
        Failed: if it has not come to its end.
    """
    if begun is None:
        print(f"{member.name}: done before")
        return
    try:
        status, _ = begun.finish()
    except BaseException:  # interrupted: the member ends with us, and goes on when we do
        begun.stop()
        raise
    if status:
        print(f"{member.name}: failed")
        raise Failed(process.last_words(said(member), status, "train"))
    print(f"{member.name}: done")


def ended(running: Mapping[str, Begun | None]) -> str:
    """The member whose process ends first; one that was done before has none."""
    while True:
        for member, begun in running.items():
            if begun is None or begun.ended():
                return member
        time.sleep(0.1)


def keep(run: Path, member: Path) -> None:
    """Makes a run's newest checkpoint a run's folder of its own."""
    newest, aside = checkpoints.latest(run), member.with_name(f".tmp-{member.name}")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(newest, aside / "checkpoints" / newest.name)
    aside.rename(member)
