"""What examples/distributed start, as far as it can be started here: the cluster that each worker then finds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kgan.cluster import find

FOLDER = Path(__file__).parents[1] / "examples" / "distributed"


@pytest.fixture
def told(tmp_path):
    """Runs a script with a `kgan` that prints its cluster and flags, and an `srun` of four tasks on two nodes."""
    program = "import os, sys; from kgan.cluster import find; print(f'{find(os.environ)} {sys.argv[1:]}')"
    (tmp_path / "kgan").write_text(f'#!/bin/sh\nexec {sys.executable} -c "{program}" "$@"\n')
    srun = 'for i in 0 1 2 3; do SLURM_PROCID=$i SLURM_NODEID=$((i / 2)) "$@" || status=$?; done; exit $status'
    skip = 'while [ "${1#--}" != "$1" ]; do echo "srun $1"; shift; done'
    (tmp_path / "srun").write_text(f"#!/bin/sh\nstatus=0; {skip}\n{srun}\n")
    for name in ("kgan", "srun"):
        (tmp_path / name).chmod(0o755)

    def run(script, **environment):
        path = f"{tmp_path}:{os.environ['PATH']}"
        env = os.environ | {"PATH": path, "PYTHONPATH": str(FOLDER.parents[1])} | environment
        command = ["bash", FOLDER / script, "--run_dir=a b"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=tmp_path)
        return done.returncode, sorted(done.stdout.splitlines()), done.stderr

    return run


def test_tf_config_by_hand(told):
    status, lines, _ = told("tf_config.sh")
    workers = "2 workers by TF_CONFIG: 0 127.0.0.1:23451, 1 127.0.0.1:23452; this is worker"
    assert status == 0
    assert lines == [
        f"{workers} 0, the chief, who writes the files ['train', '--run_dir=a b']",
        f"{workers} 1 ['train', '--run_dir=a b']",
    ]


def test_slurm(told):
    text = (FOLDER / "slurm.sh").read_text()
    assert re.findall(r"^#SBATCH --(nodes|ntasks-per-node)=(\d+)", text, re.MULTILINE) == [
        ("nodes", "4"),
        ("ntasks-per-node", "1"),
    ]
    nodes = {"SLURM_STEP_NODELIST": "n[1-2]", "SLURM_STEP_TASKS_PER_NODE": "2(x2)", "SLURM_STEP_NUM_TASKS": "4"}
    status, lines, _ = told("slurm.sh", SLURM_JOB_ID="1", **nodes)
    port = 12000 + 16
    workers = f"4 workers by SLURM job 1: 0 n1:{port}, 1 n1:{port + 1}, 2 n2:{port}, 3 n2:{port + 1}; this is worker"
    assert status == 0 and [line[: len(workers) + 2] for line in lines[:4]] == [f"{workers} {i}" for i in range(4)]
    assert lines[3].endswith("['train', '--strategy=multi_worker', '--run_dir=a b']")
    assert lines[4:] == ["srun --distribution=block", "srun --kill-on-bad-exit=1"]
    status, lines, err = told("slurm.sh", SLURM_JOB_ID="none", **nodes)  # which kgan refuses: five attempts
    assert status == 1 and lines.count("attempt 5 ended with 1") == 1
    assert "SLURM_JOB_ID: wanted a whole number from 0 on, got 'none'" in err


def test_kubernetes():
    service, job = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert service["spec"]["clusterIP"] == "None" and service["spec"]["publishNotReadyAddresses"]
    assert service["spec"]["selector"].items() <= spec["template"]["metadata"]["labels"].items()
    assert pod["subdomain"] == service["metadata"]["name"] and spec["completionMode"] == "Indexed"
    assert container["args"][:2] == ["kgan", "train"] and pod["restartPolicy"] == "OnFailure"
    given = {one["name"]: one["value"] for one in container["env"]}
    name, count = job["metadata"]["name"], spec["completions"]
    for index in range(count):  # what Kubernetes sets in each pod of an indexed job
        found = find(given | {"JOB_COMPLETION_INDEX": str(index), "HOSTNAME": f"{name}-{index}"})
        port = container["ports"][0]["containerPort"]
        assert found.workers == tuple(f"{name}-{i}.{pod['subdomain']}:{port}" for i in range(spec["parallelism"]))
        assert (len(found.workers), found.index) == (count, index)
