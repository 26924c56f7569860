"""A folder of pictures as TFRecord shards: few large files, where a disk on the network is slow at many small ones."""

import os
from pathlib import Path

import tensorflow as tf

from kgan import files
from kgan.checks import InputError
from kgan.data.folder import pictures
from kgan.data.picture import printable
from kgan.data.shards import CLASSES, IMAGES, LABELS

SHARD = 128 << 20  # bytes, after which another begins


def pack(folder: str | os.PathLike, out: str | os.PathLike) -> Path:
    """Writes the pictures under a folder as shards that `load("tfrecord:DIR")` serves as it serves "images:FOLDER".

    A record is a `tf.train.Example` with a picture's file as it is; where sub-folders are classes, also its class's
    number, and their names in DIR/classes.txt. A file that is no picture is found when it is asked for.

    Args:
        folder: of pictures, as `images:FOLDER` takes it.
        out: the folder to make.

    Returns:
        It.

    Raises:
        InputError: no folder, or one without pictures; `out`, if there is something.
    """
    folder, out = Path(os.path.expanduser(folder)), Path(os.path.expanduser(out))
    if not folder.is_dir():
        raise InputError(f"from: no such folder: {printable(str(folder))}")
    listing = pictures(folder)
    if out.exists():
        raise InputError(f"data_dir: {printable(str(out))} exists; wanted the name of a folder to make")
    labels = None if listing.unlabelled() else listing.classes()
    out.parent.mkdir(parents=True, exist_ok=True)
    with files.aside(out.parent) as scratch:
        made = scratch / "shards"
        made.mkdir()
        shard, written, number = None, SHARD, 0
        for place, name in enumerate(listing.names):
            if written >= SHARD:
                if shard is not None:
                    shard.close()
                shard, written, number = tf.io.TFRecordWriter(str(made / f"{number:05d}.tfrecord")), 0, number + 1
            content = Path(listing.root, name).read_bytes()
            shard.write(_example(content, None if labels is None else labels[place]))
            written += len(content)
        shard.close()
        if labels is not None:
            (made / CLASSES).write_text("\n".join(map(printable, listing.folders)) + "\n", encoding="utf-8")
        made.rename(out)
    return out


def _example(content: bytes, label: int | None) -> bytes:
    features = {IMAGES[0]: tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))}
    if label is not None:
        features[LABELS[0]] = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
