"""A SavedModel through TensorFlow's C API: graph, variables and initialisation, as TensorFlow Serving loads it."""

import ctypes
from pathlib import Path

import tensorflow as tf

LIBRARY = ctypes.CDLL(str(Path(tf.__file__).with_name("libtensorflow_cc.so.2")))
POINTERS = "TF_NewStatus", "TF_NewSessionOptions", "TF_NewGraph", "TF_LoadSessionFromSavedModel"
for name in POINTERS:
    getattr(LIBRARY, name).restype = ctypes.c_void_p
LIBRARY.TF_Message.restype = ctypes.c_char_p


def load(folder):
    """Loads a version's folder, and lets go of it.

    Raises:
        RuntimeError: in TensorFlow's words, if it cannot be loaded.
    """
    status, options, graph = (ctypes.c_void_p(getattr(LIBRARY, name)()) for name in POINTERS[:3])
    tags = (ctypes.c_char_p * 1)(b"serve")
    path = ctypes.c_char_p(str(folder).encode())
    session = ctypes.c_void_p(LIBRARY.TF_LoadSessionFromSavedModel(options, None, path, tags, 1, graph, None, status))
    code, words = LIBRARY.TF_GetCode(status), LIBRARY.TF_Message(status).decode()
    if session:
        LIBRARY.TF_DeleteSession(session, status)
    LIBRARY.TF_DeleteGraph(graph)
    LIBRARY.TF_DeleteSessionOptions(options)
    LIBRARY.TF_DeleteStatus(status)
    if code:
        raise RuntimeError(f"{folder}: {words}")
