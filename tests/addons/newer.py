"""The Python of the other stack, beside which this one's results are held."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = os.environ.get("KGAN_NEWER_PYTHON", ROOT / ".venv" / "bin" / "python")  # `make test-addons` sees to it


def run(*command, python=PYTHON):
    """Runs a command of Python in the root of the repository; returns what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [str(python), *map(str, command)], cwd=ROOT, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout
