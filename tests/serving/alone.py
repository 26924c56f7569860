"""Exported models in a process without kgan and Keras: FOLDER holds models/NAME/1, requests.pkl; gets answers.pkl."""

import pickle
import sys
from pathlib import Path

sys.modules["kgan"] = sys.modules["keras"] = None
sys.path.insert(0, str(Path(__file__).parent))

from loader import Loaded  # noqa: E402

folder = Path(sys.argv[1])
answers = {}
for name, signature, parts in pickle.loads((folder / "requests.pkl").read_bytes()):
    model = answers.get(name) or answers.setdefault(name, Loaded(folder / "models" / name / "1"))
    key = name, signature, len(answers)
    try:
        if signature == "sample":
            answers[key] = model.run(signature, parts[0])
        else:
            answers[key] = model.batched(signature, parts), [model.run(signature, part) for part in parts]
    except Exception as error:
        answers[key] = f"{type(error).__name__}: {error}"
answers = [answer for key, answer in answers.items() if isinstance(key, tuple)]
(folder / "answers.pkl").write_bytes(pickle.dumps(answers))
