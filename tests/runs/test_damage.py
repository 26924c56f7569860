"""Every damage of a run's file is one line that names the file; the other files' tests are beside this one."""

import os
import subprocess
import sys

import pytest
from absl import flags as absl_flags

from kgan.checks import InputError
from kgan.runs import Run, alarms, collapse, equilibrium, flags, lock, logs, samples

DIAGNOSED = {"diagnosis": "rotating"}


def measured(step, **more):
    return {"step": step, **dict.fromkeys(equilibrium.COLUMNS, 0.5), **DIAGNOSED, **more}


def looked(step, **more):
    return {"step": step, **dict.fromkeys(collapse.COLUMNS, 0.1 + 0.2), "wrong": 0, **more}


WHOLE = {
    "logs": (logs, [{"epoch": 1, "step": 4, "a": 1e-300}, {"epoch": 2, "step": 8, "a": float("-inf"), "b": 0.1 + 0.2}]),
    "equilibrium": (equilibrium, [measured(4), measured(9, rotation=1e-300, eigenvalue_real=-2.0)]),
    "collapse": (collapse, [looked(5), looked(10, wrong=3)]),
    "alarms": (alarms, [{"step": 5, "action": "", "seen": ["x"], "try": "y", "figures": {"coverage": 0.1 + 0.2}}]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_written_reads_back(tmp_path, name):
    module, rows = WHOLE[name]
    assert module.read(tmp_path) == []
    if name == "equilibrium":
        rows = [row | {"eigenvalue_real": row.get("eigenvalue_real", 1.0)} for row in rows]
    module.write(tmp_path, rows)
    assert module.read(tmp_path) == rows


CUT, BYTES = "cut", b"\xff\xfe\x00"


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("length", [0, 1, 0.5, -1, -2, BYTES])
def test_a_file_that_is_cut_off_or_no_text(tmp_path, name, length):
    module, rows = WHOLE[name]
    module.write(tmp_path, [rows[-1]])
    path = tmp_path / module.FILE
    content = path.read_bytes()
    if length is BYTES:
        path.write_bytes(content + length + b"\n")
    else:
        path.write_bytes(content[: int(length * len(content)) if length == 0.5 else length])
    named(module, tmp_path)


def named(module, folder, *words):
    with pytest.raises(InputError) as error:
        module.read(folder)
    message = str(error.value)
    assert message.startswith(f"run_dir: {str(folder / module.FILE)!r} is no ") and "\n" not in message, message
    assert message.endswith("; mend or remove it") and len(message) < 600
    assert all(word in message for word in words), message


ROW = "1" + ",1" * 8 + ",rotating\n"
HEAD = "step," + ",".join(equilibrium.COLUMNS) + ",diagnosis\n"


@pytest.mark.parametrize(
    ("module", "text", "word"),
    [
        (logs, "name,value\nx,1\n", "it has no column 'epoch'"),
        (logs, "epoch,step,a\nx,1,2\n", "line 2 has 'x' for 'epoch', wanted a whole number"),
        (logs, "epoch,step\n1\n", "line 2 has not one cell for each of the 2 columns"),
        (logs, "epoch,step\n1,2,3\n", "line 2 has not one cell"),
        (logs, "epoch,step,a\n1,,3\n", "line 2 has nothing for 'step'"),
        (logs, "epoch,step,a\n1,2,many\n", "line 2 has 'many' for 'a', wanted a number"),
        (logs, "epoch,step\n-1,2\n", "'-1'"),
        (logs, "epoch,step\n²,2\n", "'²'"),
        (logs, "epoch,step\n2,2\n1,4\n", "epoch 1 stands after 2"),
        (logs, "epoch,step\n1,2\n1,4\n", "epoch 1 stands after 1"),
        (logs, "epoch,step,a,a\n1,2,3,4\n", "two of its columns have one name"),
        (logs, 'epoch,step\n1,"2\n', "unexpected end"),
        (logs, "epoch,step\n1,2\x00\n", ""),
        (logs, f"epoch,step\n1,{'9' * 9999}\n", ""),
        (
            equilibrium,
            HEAD + ROW.replace("rotating", "fine"),
            "'fine' for 'diagnosis', wanted one of generator starved",
        ),
        (equilibrium, HEAD + ROW.replace("rotating", "1.0"), "diagnosis"),
        (equilibrium, HEAD.replace("rotation", "rotaton") + ROW, "no column 'rotation'"),
        (collapse, "a,b\n1,2\n", "no column 'step'"),
        (collapse, "step\n1\n", "no column 'wrong'"),
        (alarms, "no json\n", "Invalid JSON"),
        (alarms, "[]\n", "should be an object"),
        (alarms, '{"step": -5, "action": "", "seen": [], "try": "", "figures": {}}\n', "step: "),
        (alarms, '{"step": 5, "action": "", "seen": "x", "try": "", "figures": {}}\n', "seen: "),
        (alarms, '{"step": 5, "action": "", "seen": []}\n', "try: "),
    ],
)
def test_edited(tmp_path, module, text, word):
    (tmp_path / module.FILE).write_text(text)
    named(module, tmp_path, word)


def test_a_folder_in_its_place(tmp_path):
    (tmp_path / logs.FILE).mkdir()
    named(logs, tmp_path, "directory")


class TestFlags:
    @pytest.fixture
    def values(self):
        def given(*argv):
            values = absl_flags.FlagValues()
            absl_flags.DEFINE_string("loss", None, "", flag_values=values)
            absl_flags.DEFINE_multi_string("penalty", None, "", flag_values=values)
            absl_flags.DEFINE_boolean("jit", None, "", flag_values=values)
            absl_flags.DEFINE_integer("epochs", 20, "", flag_values=values)
            values(["", *argv])
            return values

        return given

    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "checkpoints" / "step-00000001").mkdir(parents=True)
        return tmp_path

    def test_what_is_written_is_the_same_run(self, folder, values):
        given = values("--loss=hinge", "--penalty=r1(gamma=1)", "--penalty=r2", "--nojit")
        flags.write(folder, given)
        lines = {"--loss=hinge", "--nojit", "--epochs=20", "--penalty=r1(gamma=1)", "--penalty=r2"}
        assert set((folder / flags.FILE).read_text().splitlines()) == lines
        assert Run(folder).flags()["penalty"] == "r1(gamma=1); r2" and Run(folder).flags()["jit"] == "false"
        flags.check(folder, given, ())
        with pytest.raises(InputError, match=r"loss: the run in .* has 'hinge', got 'wgan'; wanted the same"):
            flags.check(folder, values("--loss=wgan", *(f"--penalty={p}" for p in given.penalty), "--nojit"), ())

    @pytest.mark.parametrize(
        ("content", "word"),
        [
            (b"", "it is empty"),
            (b"--epochs=20", "cut off"),
            (b"--loss=\xff\n", "utf-8"),
            (b"--epochs=20\nnonsense\n", "'nonsense' is no --NAME=VALUE"),
            (b"--flagfile=flags.txt\n", "'--flagfile=flags.txt' is no --NAME=VALUE"),
            (b"--epochs=x\n", "invalid literal"),
            (b"--gone=1\n", "Unknown command line flag 'gone'"),
        ],
    )
    def test_damaged(self, folder, values, content, word):
        (folder / flags.FILE).write_bytes(content)
        with pytest.raises(InputError, match=r"run_dir: .*flags\.txt' is no file of flags: ") as error:
            flags.check(folder, values(), ())
        assert word in str(error.value) and "\n" not in str(error.value)


def test_pictures_by_epoch_and_nothing_else(tmp_path):
    for name in ("epoch-0010.png", "epoch-0002.png", "epoch-x.png", "epoch-².png", "other.png"):
        path = tmp_path / "samples" / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert list(Run(tmp_path).samples()) == [2, 10] and Run(tmp_path).samples()[10] == samples.path(tmp_path, 10)


def test_no_folder_has_no_view(tmp_path):
    with pytest.raises(InputError, match=r"run_dir: wanted a folder, got ''; '\.' is the one"):
        Run("")
    with pytest.raises(InputError, match="run_dir: there is no folder"):
        Run(tmp_path / "none")


HOLDS = """
import pathlib, sys, time
from kgan.runs import lock
held = lock.take(pathlib.Path(sys.argv[1]))
print("has it", flush=True)
time.sleep(60)
"""


def test_one_process_at_a_time_and_the_death_of_one_frees_the_folder(tmp_path):
    lock.check(tmp_path)
    assert not list(tmp_path.iterdir())
    mine = lock.take(tmp_path)
    assert lock.take(tmp_path) is mine  # the callbacks of one process share it
    del mine
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as other:
        try:
            assert other.stdout.readline() == "has it\n"
            for call in (lock.take, lock.check):
                with pytest.raises(InputError, match=f"run_dir: process {other.pid} on .* is training in .*; wait"):
                    call(tmp_path)
        finally:
            other.kill()
    lock.take(tmp_path)
