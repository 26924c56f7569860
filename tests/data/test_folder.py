import os

import pytest

from kgan.checks import InputError
from kgan.data.folder import pictures, told


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_pictures_by_suffix_in_sorted_order(tmp_path):
    names = ["a.jpg", "b.JPEG", "c.jfif", "d.png", "e.webp", "f/g.bmp", "h.tif", "i.TIFF", "j.gif"]
    touch(*(tmp_path / name for name in reversed(names)))
    touch(tmp_path / "k.txt", tmp_path / "l.heic", tmp_path / "f" / "m.txt", tmp_path / "README")
    found = pictures(tmp_path)
    assert found.names == names and found.paths == [str(tmp_path / name) for name in names]
    assert told(found.left_out) == "1 .heic, 2 .txt, 1 without suffix"


def test_what_is_hidden_is_left_out(tmp_path):
    root = tmp_path / ".mine"  # the folder itself may be
    touch(root / "a.png", root / ".ipynb_checkpoints" / "a-checkpoint.png", root / "b" / "._c.png", root / ".DS_Store")
    assert pictures(root).names == ["a.png"] and told(pictures(root).left_out) == "3 hidden"


def test_links_are_followed_but_not_into_themselves(tmp_path):
    touch(tmp_path / "elsewhere" / "a.png", tmp_path / "root" / "b" / "c.png", tmp_path / "d.png")
    root = tmp_path / "root"
    for name, target in {"x": "../elsewhere", "y.png": "../d.png", "b/up": "..", "b/twin": "../../elsewhere"}.items():
        (root / name).symlink_to(target)
    (root / "z.png").symlink_to("absent.png")
    found = pictures(root)
    assert found.names == ["b/c.png", "b/twin/a.png", "x/a.png", "y.png"]
    assert told(found.left_out) == "1 broken link, 1 linked into itself"
    assert found.folders == ["b", "x"] and found.loose() == ["y.png"]


def test_names_that_are_not_utf8(tmp_path):
    root = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(root)
    open(root + b"/\xe9t\xe9.png", "wb").close()
    found = pictures(os.fsdecode(root))
    assert [os.fsencode(path) for path in found.paths] == [root + b"/\xe9t\xe9.png"]
    os.remove(root + b"/\xe9t\xe9.png")
    with pytest.raises(InputError, match=r"no image in folder .*\\xff; wanted files of bmp, gif"):
        pictures(os.fsdecode(root))


@pytest.mark.parametrize("name", ["absent", "a.png", "a" * 5000, "~nobody/here", "nul\0"])
def test_no_folder(tmp_path, name):
    touch(tmp_path / "a.png")
    with pytest.raises(InputError, match="dataset: no such folder: "):
        pictures(name if name.startswith("~") else os.path.join(tmp_path, name))


def test_no_picture(tmp_path):
    touch(tmp_path / "a.heic")
    with pytest.raises(InputError, match=r"dataset: no image in folder .*; wanted files of bmp, .*; found 1 .heic$"):
        pictures(tmp_path)
