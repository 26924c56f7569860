"""No penalty depends on the number of replicas: not its value, its gradients or its state."""

import os
import pathlib
import subprocess
import sys

from tests.penalties import cases

SCRIPT = pathlib.Path(__file__).with_name("replicas_script.py")


def test_two_replicas_see_what_one_sees():
    env = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])}
    run = subprocess.run([sys.executable, str(SCRIPT)], env=env, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-3000:]
    differences = dict(line.split("\t") for line in run.stdout.splitlines() if "\t" in line)
    assert {name.rsplit(" ", 1)[0] for name in differences} == set(cases.PENALTIES)
    assert {name: d for name, d in differences.items() if not float(d) < 1e-4} == {}
