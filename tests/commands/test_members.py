"""Processes of members, and which of them ends first."""

import subprocess
import sys

from kgan.commands import members


def test_the_next_member_begins_when_any_of_those_that_train_has_ended():
    long, short = (subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({s})"]) for s in (60, 0))
    assert members.ended({"member-1": long, "member-2": short}) == "member-2"
    assert long.poll() is None and members.ended({"member-1": long, "member-3": None}) == "member-3"
    long.terminate()
    assert members.ended({"member-1": long}) == "member-1" and long.wait()
