"""Processes of members, and which of them ends first."""

import time

from kgan import process
from kgan.commands import members


def test_the_next_member_begins_when_any_of_those_that_train_has_ended(tmp_path):
    long, short = (process.start([s], tmp_path / s, play=wait) for s in ("60", "0"))
    assert members.ended({"member-1": long, "member-2": short}) == "member-2"
    assert not long.ended() and members.ended({"member-1": long, "member-3": None}) == "member-3"
    long.stop()
    assert members.ended({"member-1": long}) == "member-1"
    assert short.finish()[0] == 0 and long.finish()[0] < 0


def wait(seconds):
    time.sleep(float(seconds))
