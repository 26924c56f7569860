import io

import numpy as np
import pytest

from kgan import cache


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_computed_once_and_again_if_damaged(folder):
    calls = []

    def compute():
        calls.append(1)
        return {"mean": np.arange(3.0), "count": np.array(7)}

    for _ in range(2):
        assert cache.kept("statistics", compute)["count"] == 7
    assert len(calls) == 1
    content = (folder / "statistics.npz").read_bytes()
    other, changed = io.BytesIO(), io.BytesIO()
    np.savez(other, mean=np.zeros(3))  # sound, but not what was written
    with np.load(folder / "statistics.npz") as kept:
        np.savez(changed, **{**kept, "mean": np.zeros(3)})
    cut, retyped = content[:-40], content.replace(b"<f8", b"<i8")
    for damaged in (b"PK damaged", b"", cut, other.getvalue(), changed.getvalue(), retyped):
        (folder / "statistics.npz").write_bytes(damaged)
        calls.clear()
        with pytest.warns(UserWarning, match=r"^cache: .*/statistics.npz is damaged; computing it again$"):
            np.testing.assert_array_equal(cache.kept("statistics", compute)["mean"], np.arange(3.0))
        assert len(calls) == 1 and (folder / "statistics.npz").read_bytes() == content
    assert [path.name for path in folder.iterdir()] == ["statistics.npz"]


def test_a_cache_that_cannot_be_written_is_a_warning(folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file, where a folder is wanted")
    with pytest.warns(UserWarning, match="cannot be kept: "):
        assert cache.kept("statistics", lambda: {"count": np.array(7)})["count"] == 7


def test_digest_knows_content_shape_and_dtype():
    x = np.arange(6, dtype="float32")
    others = [x.reshape(2, 3), x.astype("float64"), x + 1, x[::-1]]
    assert len({cache.digest(y) for y in [x, *others]}) == 5
    assert cache.digest(x) == cache.digest(x.copy()) and cache.digest(x, b"a") != cache.digest(x)
