"""`kgan train` that kills itself after the round KILL_AT_STEP of the environment: python dying_script.py FLAGS."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from kgan import commands
from kgan.commands import run
from tests.callbacks.resume_script import Death

watch = run.watch
run.watch = lambda *where, **what: [*watch(*where, **what), Death(int(os.environ.get("KILL_AT_STEP", 0)))]
sys.exit(commands.main(["train", *sys.argv[1:]]))
