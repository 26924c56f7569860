"""Who trains together: the workers' addresses and this process's place among them, read from its environment.

Every launcher says it in its own words, and all of them come to one thing, a list HOST:PORT and a number in it:

    TF_CONFIG   {"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}, by hand, or as Ray
                Train's TensorflowTrainer, Kubeflow and others set it; a "chief" comes before the workers
    SLURM       srun's SLURM_STEP_NODELIST, SLURM_STEP_TASKS_PER_NODE and SLURM_PROCID, in a step of several tasks
    Kubernetes  an indexed job's JOB_COMPLETION_INDEX and HOSTNAME (JOB-INDEX), with KGAN_WORKERS, how many pods there
                are, and KGAN_SERVICE, the headless service that gives them names

The first that is there is taken. Worker 0 is the chief, who writes the files.
"""

import contextlib
import dataclasses
import itertools
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any

from kgan.checks import InputError

EXAMPLE = '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}'
# Below the ports that Linux gives to those who ask for any (32768 on), so many for the tasks of each job.
FIRST_PORT, JOBS, PORTS = 12000, 1250, 16
POD_PORT = 2222
RANGES = r"\[\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*\]"
NODES = rf"(?:[\w.-]|{RANGES})+"
SHOWN = 8  # workers that are named in a line


class WorkerLost(RuntimeError):
    """Another worker of the cluster has ended or cannot be reached: this one cannot go on alone.

    Whoever started the group is to start all of it again, and it goes on from its newest checkpoint.
    """


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers that train together.

    Attributes:
        workers: HOST:PORT of each; one or none, if this process trains alone.
        index: which of them is this process; 0 is the chief.
        source: who said so.
    """

    workers: tuple[str, ...] = ()
    index: int = 0
    source: str = ""

    def tf_config(self) -> str:
        """It in the form that TensorFlow reads."""
        return json.dumps({"cluster": {"worker": self.workers}, "task": {"type": "worker", "index": self.index}})

    def __str__(self) -> str:
        named = [f"{i} {address}" for i, address in enumerate(self.workers)][:SHOWN]
        more = [f"{len(self.workers) - SHOWN} more"] if len(self.workers) > SHOWN else []
        who = f"worker {self.index}" + (", the chief, who writes the files" if self.index == 0 else "")
        return f"{len(self.workers)} workers by {self.source}: {', '.join(named + more)}; this is {who}"


def find(environment: Mapping[str, str]) -> Cluster:
    """The cluster that the environment's variables tell of; one without workers if they tell of none.

    Raises:
        InputError: for variables that contradict themselves or are of another form.
    """
    found = (by(environment) for by in (_tf_config, _slurm, _kubernetes))
    return next((cluster for cluster in found if cluster is not None), Cluster())


def _tf_config(environment: Mapping[str, str]) -> Cluster | None:
    text = environment.get("TF_CONFIG")
    if not text or text == "{}":
        return None
    try:
        config = json.loads(text)
        cluster, task = config.get("cluster", {}), config.get("task", {})
        known = all(isinstance(host, str) for hosts in cluster.values() for host in _list(hosts))
        kind, index = task.get("type", "worker"), task.get("index", 0)
        known = known and isinstance(kind, str) and isinstance(index, int) and not isinstance(index, bool)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"TF_CONFIG: wanted JSON such as {EXAMPLE}, got {text!r}") from error
    if not known:
        raise InputError(f"TF_CONFIG: wanted JSON such as {EXAMPLE}, got {text!r}")
    players = {name: hosts for name, hosts in cluster.items() if name in ("chief", "worker") and hosts}
    if cluster and not 0 <= index < len(players.get(kind, [])):
        tasks = ", ".join(f"{name} 0 to {len(hosts) - 1}" for name, hosts in players.items()) or "nobody"
        raise InputError(f"TF_CONFIG: the task {kind} {index} is not in its cluster, which has {tasks} to train")
    chiefs = players.get("chief", [])
    index += len(chiefs) if kind == "worker" else 0
    return Cluster((*chiefs, *players.get("worker", [])), index, "TF_CONFIG")


def _list(hosts: Any) -> list:
    if not isinstance(hosts, list):
        raise TypeError
    return hosts


def _slurm(environment: Mapping[str, str]) -> Cluster | None:
    if _number(environment, "SLURM_STEP_NUM_TASKS", 1) < 2:  # no step of srun, or one that trains alone
        return None
    job, index = _number(environment, "SLURM_JOB_ID"), _number(environment, "SLURM_PROCID")
    nodes = hosts(_wanted(environment, "SLURM_STEP_NODELIST"))
    tasks = tasks_per_node(_wanted(environment, "SLURM_STEP_TASKS_PER_NODE"))
    if len(tasks) != len(nodes):
        raise InputError(f"SLURM_STEP_TASKS_PER_NODE: it tells of {len(tasks)} nodes, the node list of {len(nodes)}")
    port = FIRST_PORT + job % JOBS * PORTS
    places = [(i, f"{node}:{port + local}") for i, node in enumerate(nodes) for local in range(tasks[i])]
    if not 0 <= index < len(places):
        raise InputError(f"SLURM_PROCID: wanted a task of 0 to {len(places) - 1}, got {index}")
    node, _ = places[index]
    if _number(environment, "SLURM_NODEID", node) != node:
        raise InputError("SLURM: the tasks of a node have to follow each other; wanted srun --distribution=block")
    return Cluster(tuple(address for _, address in places), index, f"SLURM job {job}")


def hosts(nodes: str) -> list[str]:
    """The names in a node list of SLURM's: "gpu[01-03,7],login" has five.

    Raises:
        InputError: for a list of another form.
    """
    if not re.fullmatch(rf"{NODES}(,{NODES})*", nodes):
        raise InputError(f"SLURM_STEP_NODELIST: wanted a list such as gpu[01-03,7],login, got {nodes!r}")
    found = []
    for group in re.findall(NODES, nodes):
        parts = re.split(r"\[(.*?)\]", group)  # every other one stood in brackets
        choices = [_numbers(part) if place % 2 else [part] for place, part in enumerate(parts)]
        found += ["".join(choice) for choice in itertools.product(*choices)]
    return found


def _numbers(ranges: str) -> list[str]:
    """ "01-03,7" has four, of which those of a range are as wide as its first."""
    found = []
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        found += [str(number).zfill(len(first)) for number in range(int(first), int(last or first) + 1)]
    return found


def tasks_per_node(counts: str) -> list[int]:
    """How many tasks each node has: "2(x3),1" means 2, 2, 2 and 1.

    Raises:
        InputError: for counts of another form.
    """
    found = []
    for part in counts.split(","):
        match = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part.strip())
        if match is None:
            raise InputError(f"SLURM_STEP_TASKS_PER_NODE: wanted counts such as 2(x3),1, got {counts!r}")
        found += [int(match[1])] * int(match[2] or 1)
    return found


def _kubernetes(environment: Mapping[str, str]) -> Cluster | None:
    if "JOB_COMPLETION_INDEX" not in environment or _number(environment, "KGAN_WORKERS", 1) < 2:
        return None
    index, count = _number(environment, "JOB_COMPLETION_INDEX"), _number(environment, "KGAN_WORKERS")
    pod, service = _wanted(environment, "HOSTNAME"), _wanted(environment, "KGAN_SERVICE")
    job = pod.removesuffix(f"-{index}")
    if job == pod:
        raise InputError(f"HOSTNAME: wanted a pod of an indexed job, JOB-{index}, got {pod!r}")
    if index >= count:
        raise InputError(f"KGAN_WORKERS: wanted the job's completions, more than {index}, this pod's, got {count}")
    return Cluster(tuple(f"{job}-{i}.{service}:{POD_PORT}" for i in range(count)), index, f"the Kubernetes job {job}")


def _wanted(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise InputError(f"{name}: wanted it in the environment, beside what else tells of a cluster")
    return environment[name]


def _number(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    if default is not None and not environment.get(name):
        return default
    text = _wanted(environment, name)
    if not text.isdigit():
        raise InputError(f"{name}: wanted a whole number from 0 on, got {text!r}")
    return int(text)


def meet(cluster: Cluster, timeout: float) -> None:
    """Waits until every other worker can be reached at its address, and lets itself be reached meanwhile.

    TensorFlow would wait for an hour, without a word.

    Args:
        cluster: of two workers or more.
        timeout: seconds.

    Raises:
        InputError: if one is not there in time, with the reason; if this worker's own port is taken.
    """
    deadline, missing = time.monotonic() + timeout, set(range(len(cluster.workers))) - {cluster.index}
    with _listening(cluster.workers[cluster.index]):
        while True:
            reasons = {i: reason for i in sorted(missing) if (reason := unreachable(cluster.workers[i]))}
            missing = set(reasons)
            if not missing:
                return
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
    named = [f"worker {i} at {cluster.workers[i]} ({reason})" for i, reason in reasons.items()]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    there = f"not there after {timeout:g} s; wanted all {len(cluster.workers)} to be started within that time"
    raise InputError(f"start_timeout: {', '.join(named[:SHOWN])}{more}: {there}")


def unreachable(address: str, timeout: float = 2.0) -> str:
    """Why nobody can be reached at HOST:PORT; "" if somebody can."""
    try:
        socket.create_connection(_parts(address), timeout).close()
    except OSError as error:  # of names that are not known (yet), and of time-outs, too
        return str(error.strerror or error).lower()
    return ""


@contextlib.contextmanager
def _listening(address: str) -> Iterator[None]:
    _, port = _parts(address)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError as error:
            raise InputError(f"cluster: port {port} of {address} cannot be had here ({error.strerror})") from error
        listener.listen(128)
        yield


def _parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise InputError(f"TF_CONFIG: wanted a worker as HOST:PORT, got {address!r}")
    return host.strip("[]"), int(port)
