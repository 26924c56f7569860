"""What launchers say of a cluster, as dicts; and how its workers meet, by real sockets."""

import json
import socket
import threading
import time

import pytest

from kgan import cluster
from kgan.checks import InputError
from kgan.cluster import Cluster, find


def tf_config(task, **jobs):
    return {"TF_CONFIG": json.dumps({"cluster": jobs, "task": task})}


SLURM = {
    "SLURM_JOB_ID": "2503",
    "SLURM_STEP_NUM_TASKS": "5",
    "SLURM_STEP_NODELIST": "gpu[08-09],big",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2),1",
    "SLURM_PROCID": "3",
    "SLURM_NODEID": "1",
}
POD = {"JOB_COMPLETION_INDEX": "2", "HOSTNAME": "digits-a-2", "KGAN_WORKERS": "3", "KGAN_SERVICE": "kgan"}


def test_nobody_tells_of_one():
    alone = [{}, {"TF_CONFIG": ""}, {"TF_CONFIG": "{}"}, SLURM | {"SLURM_STEP_NUM_TASKS": "1"}]
    alone += [{"SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"}]  # a batch script, outside of srun
    alone += [{"JOB_COMPLETION_INDEX": "2", "HOSTNAME": "digits-2"}, POD | {"KGAN_WORKERS": "1"}]
    for environment in alone:
        assert find(environment) == Cluster()


def test_tf_config():
    assert find(tf_config({"type": "worker", "index": 1}, worker=["a:1", "b:2"])) == Cluster(
        ("a:1", "b:2"), 1, "TF_CONFIG"
    )
    both = {"chief": ["a:1"], "worker": ["b:2", "c:3"]}
    assert find(tf_config({"type": "worker", "index": 1}, **both)) == Cluster(("a:1", "b:2", "c:3"), 2, "TF_CONFIG")
    assert find(tf_config({"type": "chief", "index": 0}, **both)).index == 0
    found = find(tf_config({"type": "worker", "index": 0}, **both) | SLURM | POD)  # TF_CONFIG has the first word
    assert json.loads(found.tf_config()) == {
        "cluster": {"worker": ["a:1", "b:2", "c:3"]},
        "task": {"type": "worker", "index": 1},
    }
    assert str(found) == "3 workers by TF_CONFIG: 0 a:1, 1 b:2, 2 c:3; this is worker 1"
    many = Cluster(tuple(f"host{i}:1" for i in range(256)), 0, "x")
    assert str(many).endswith("7 host7:1, 248 more; this is worker 0, the chief, who writes the files")


@pytest.mark.parametrize("task", [("worker", 2), ("worker", -1), ("ps", 0), ("evaluator", 0)])
def test_a_task_that_does_not_train(task):
    jobs = {"worker": ["a:1", "b:1"], "ps": ["c:1"], "evaluator": ["d:1"]}
    with pytest.raises(InputError, match=rf"the task {task[0]} {task[1]} is not in its cluster, which has worker 0 to"):
        find(tf_config({"type": task[0], "index": task[1]}, **jobs))


def test_slurm():
    port = 12000 + 2503 % 1250 * 16
    workers = (f"gpu08:{port}", f"gpu08:{port + 1}", f"gpu09:{port}", f"gpu09:{port + 1}", f"big:{port}")
    assert find(SLURM) == Cluster(workers, 3, "SLURM job 2503")
    assert port >= 12000 and 12000 + 1249 * 16 + 15 < 32768  # where Linux begins to give ports to anybody
    assert cluster.hosts("rack[1-2]n[1,3]") == ["rack1n1", "rack1n3", "rack2n1", "rack2n3"]
    assert cluster.hosts("c[098-101]") == ["c098", "c099", "c100", "c101"]
    assert cluster.hosts("a.b-c_1") == ["a.b-c_1"]
    assert cluster.tasks_per_node("4,1(x3)") == [4, 1, 1, 1]


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("SLURM_STEP_NODELIST", "gpu[08-09", "wanted a list such as"),
        ("SLURM_STEP_NODELIST", "gpu[x]", "wanted a list such as"),
        ("SLURM_STEP_NODELIST", "a,,b", "wanted a list such as"),
        ("SLURM_STEP_NODELIST", "", "SLURM_STEP_NODELIST: wanted it in the environment"),
        ("SLURM_STEP_TASKS_PER_NODE", "2(x2", "wanted counts such as"),
        ("SLURM_STEP_TASKS_PER_NODE", "2", "it tells of 1 nodes, the node list of 3"),
        ("SLURM_PROCID", "5", "wanted a task of 0 to 4, got 5"),
        ("SLURM_PROCID", "x", "wanted a whole number from 0 on, got 'x'"),
        ("SLURM_NODEID", "0", "wanted srun --distribution=block"),
    ],
)
def test_what_slurm_would_not_say(name, value, message):
    with pytest.raises(InputError, match=message):
        find(SLURM | {name: value})


def test_kubernetes():
    workers = ("digits-a-0.kgan:2222", "digits-a-1.kgan:2222", "digits-a-2.kgan:2222")
    assert find(POD) == Cluster(workers, 2, "the Kubernetes job digits-a")
    for bad, message in [
        ({"HOSTNAME": "node-7"}, "HOSTNAME: wanted a pod of an indexed job, JOB-2, got 'node-7'"),
        ({"KGAN_WORKERS": "2"}, "KGAN_WORKERS: wanted the job's completions, more than 2"),
        ({"KGAN_SERVICE": ""}, "KGAN_SERVICE: wanted it in the environment"),
    ]:
        with pytest.raises(InputError, match=message):
            find(POD | bad)


@pytest.fixture
def addresses():
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    found = tuple(f"127.0.0.1:{s.getsockname()[1]}" for s in sockets)
    for s in sockets:
        s.close()
    return found


def test_workers_meet_whoever_comes_first(addresses):
    ends, begun = [], time.monotonic()

    def worker(index):
        time.sleep(0.3 * index)
        cluster.meet(Cluster(addresses, index, "x"), timeout=20)
        with socket.create_server(("127.0.0.1", int(addresses[index].rpartition(":")[2]))):  # as TensorFlow's server
            ends.append(time.monotonic() - begun)
            while len(ends) < 3:
                time.sleep(0.01)

    threads = [threading.Thread(target=worker, args=[index]) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 3 and min(ends) >= 0.6


def test_one_who_is_not_there_in_time(addresses):
    with (
        socket.create_server(("127.0.0.1", int(addresses[1].rpartition(":")[2]))),
        pytest.raises(InputError) as told,
    ):
        cluster.meet(Cluster((*addresses, "no-such-host.invalid:1"), 0, "x"), timeout=0.3)
    assert str(told.value).startswith(
        f"start_timeout: worker 2 at {addresses[2]} (connection refused), worker 3 at no-"
    )
    assert str(told.value).endswith("not there after 0.3 s; wanted all 4 to be started within that time")
    assert "worker 1" not in str(told.value)


def test_a_port_that_is_taken_and_one_that_is_none(addresses):
    taken = f"cluster: port .* of {addresses[0]} cannot be had here .*in use"
    server = socket.create_server(("127.0.0.1", int(addresses[0].rpartition(":")[2])))
    with server, pytest.raises(InputError, match=taken):
        cluster.meet(Cluster(addresses, 0, "x"), timeout=5)
    for bad in ("a", "a:b", "a:70000", ":1"):
        with pytest.raises(InputError, match=f"wanted a worker as HOST:PORT, got '{bad}'"):
            cluster.meet(Cluster((bad, *addresses), 1, "x"), timeout=5)
