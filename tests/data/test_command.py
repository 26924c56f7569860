import os
import subprocess
import sys

import pytest

# In a process of its own, which has not imported TensorFlow.
SCRIPT = """
import sys
from kgan.commands import data
from kgan.checks import InputError
assert "tensorflow" not in sys.modules
for line in sys.argv[1:]:
    data.FLAGS.unparse_flags()
    for name in ("from", "data_dir"):
        data.FLAGS[name].value = None
    try:
        data.main(data.FLAGS(["kgan data", *line.split()]))
    except InputError as error:
        print("refused", error)
"""


@pytest.mark.slow
def test_import(idx_folder, tmp_path):
    lines = [
        "",
        "imprt --from=x",
        "import folder",
        "import",
        "import --from=/nowhere --name=mnist",
        f"import --from={idx_folder} --data_dir={tmp_path / 'data'}",
        f"pack --from={idx_folder}",
        f"pack --from=/nowhere --data_dir={tmp_path / 'shards'}",
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT, *lines], capture_output=True, text=True, env=environment)
    path = tmp_path / "data" / "fashion_mnist" / "3.0.1"
    assert done.stdout.splitlines() == [
        "refused got no action, wanted: import or pack",
        "refused action: unknown name 'imprt'; did you mean 'import'? known: import, pack",
        "refused import: got 'folder' too, wanted flags only (see --help)",
        "refused from: got nothing, wanted --from=FOLDER, the folder of the four IDX files",
        "refused from: no such folder: /nowhere",
        f"wrote fashion_mnist to {path}; next: kgan train --dataset=fashion_mnist --data_dir={tmp_path / 'data'}",
        "refused data_dir: got nothing, wanted --data_dir=DIR, the folder to make",
        "refused from: no such folder: /nowhere",
    ], done.stderr[-2000:]
    assert path.is_dir()
