"""A small page to look at a generator with: on this machine alone, and without anything from the network.

The page (`page.html`, `page.css`, `page.js`) is served as one document; it asks for pictures as JSON:

    GET  /                                                          the page
    GET  /about                                                     what the generator can be asked for
    GET  /samples?seed=0&num=24[&truncation=0.7][&label=3]          {"seeds", "images"}: data URLs of PNGs
    GET  /between?from=3&to=8&num=9[&truncation][&label]            {"images"}
    GET  /grid.png?seed=0&num=24...                                 one picture, to keep
    POST /translate                                                 {"source", "result"} of the picture in the body

It listens on the loopback address. A page of another origin cannot use it: a request whose Host is not this server's
(DNS that was bent) or that another site's page has sent is refused, as are other paths, methods and large bodies.
"""

import base64
import hashlib
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps
from werkzeug import Request, Response
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from kgan import pictures, priors
from kgan.checks import InputError
from kgan.sampling import Sampler
from kgan.shown import FORMATS, shown

HOST = "127.0.0.1"
MOST = 100  # pictures in one answer
LARGEST = 20 * 2**20  # bytes of a picture that is dropped on the page
PIXELS = 2**25  # that such a picture may have
SIDE = 256  # of a picture to translate, where the generator takes any size
PAGE = Path(__file__).parent


class Gallery:
    """The page's server, a WSGI application.

    Args:
        sampler: of pictures with one or three channels.
        title: of the page.

    Raises:
        InputError: for samples that are no pictures, or a condition that the page has no control for.
    """

    def __init__(self, sampler: Sampler, title: str) -> None:
        shape = sampler.sample_shape
        if not isinstance(shape, tuple) or len(shape) != 3 or shape[-1] not in (1, 3):
            raise InputError(f"gallery: wanted a generator of pictures, this one's samples are {shape}")
        # The page's truncation is that of a generator that does it itself (StyleGAN2) too.
        given = {name: law for name, law in sampler.given.items() if not isinstance(law, priors.Truncation)}
        self.labels, self.source = given.pop("labels", None), given.pop("images", None)
        if given or (self.source is not None and set(sampler.laws) != {"images"}):
            raise InputError(f"gallery: wanted labels or pictures to translate, this one takes {sorted(sampler.laws)}")
        self.sampler, self.title = sampler, title
        self.lock = threading.Lock()  # one request at a time is worked on
        self.page, self.policy = _page()

    def __call__(self, environ: dict, start_response: Callable) -> Any:
        """WSGI."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except InputError as error:
            response = _json({"error": str(error)}, 400)
        except HTTPException as error:
            response = _json({"error": error.description}, error.code)
        response.headers.update(
            {
                "Content-Security-Policy": self.policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Cache-Control": "no-store",
            }
        )
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        _own(request)
        drawing = {"/samples": self._samples, "/between": self._between, "/grid.png": self._grid}
        routes: dict[str, Any] = {"/": self._index, "/about": self._about}
        routes |= {"/translate": self._translate} if self.source is not None else drawing
        if request.path not in routes:
            raise NotFound(f"there is no {request.path}")
        method = "POST" if request.path == "/translate" else "GET"
        if request.method != method:
            raise MethodNotAllowed([method], f"wanted {method}, got {request.method}")
        with self.lock:
            return routes[request.path](request)

    def _index(self, _: Request) -> Response:
        return Response(self.page, mimetype="text/html")

    def _about(self, _: Request) -> Response:
        height, width, channels = self.sampler.sample_shape
        return _json(
            {
                "title": self.title,
                "translates": self.source is not None,
                "classes": self.labels.classes if self.labels else 0,
                "truncates": any(isinstance(law, priors.Normal) for law in self.sampler.prior.values()),
                "height": height or SIDE,
                "width": width or SIDE,
                "channels": channels,
            }
        )

    def _samples(self, request: Request) -> Response:
        seeds, images = self._drawn(request)
        return _json({"seeds": seeds, "images": [_url(image) for image in images]})

    def _grid(self, request: Request) -> Response:
        _, images = self._drawn(request)
        name = f'attachment; filename="{_word(self.title)}-{_whole(request, "seed")}.png"'
        return Response(_png(pictures.grid(images)), mimetype="image/png", headers={"Content-Disposition": name})

    def _drawn(self, request: Request) -> tuple[list[int], np.ndarray]:
        first, num = _whole(request, "seed"), _whole(request, "num", 24, 1, MOST)
        seeds = [(first + place) % 2**31 for place in range(num)]
        return seeds, self.sampler.of_seeds(seeds, **self._asked(request))

    def _between(self, request: Request) -> Response:
        num = _whole(request, "num", 9, 2, MOST)
        start, end = ([_whole(request, name)] * num for name in ("from", "to"))
        position = np.linspace(0.0, 1.0, num, dtype="float32")
        images = self.sampler(**self.sampler.between(start, end, position, **self._asked(request)))
        return _json({"images": [_url(image) for image in images]})

    def _asked(self, request: Request) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        if "truncation" in request.args:
            try:
                asked["truncation"] = float(request.args["truncation"])
            except ValueError:
                raise BadRequest(f"truncation: wanted a number, got {request.args['truncation']!r}") from None
        if request.args.get("label"):
            asked["labels"] = _whole(request, "label")
        return asked

    def _translate(self, request: Request) -> Response:
        if (request.content_length or 0) > LARGEST:
            raise RequestEntityTooLarge(f"wanted a picture of at most {LARGEST // 2**20} MiB")
        source = _read(request.get_data(cache=False), self.source.shape)
        result = self.sampler.sample(1, images=source)
        return _json({"source": _url(source), "result": _url(result[0])})


def serve(gallery: Gallery, port: int = 0) -> BaseWSGIServer:
    """The server, bound to the loopback address and a port, a free one for 0; its `serve_forever` runs it.

    Raises:
        InputError: for a port that cannot be had.
    """
    try:
        return make_server(HOST, port, gallery, threaded=True, request_handler=_Quiet)
    except (OSError, SystemExit) as error:
        raise InputError(f"port: {port} cannot be had, wanted another one or 0: {error}") from error


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Says nothing of requests."""


def _own(request: Request) -> None:
    """Refuses what no page of this server's has asked for."""
    port = request.environ["SERVER_PORT"]
    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
    if request.headers.get("Host") not in hosts:
        raise Forbidden(f"wanted the host {HOST}:{port}")
    if request.headers.get("Origin", f"http://{HOST}:{port}") not in {f"http://{host}" for host in hosts}:
        raise Forbidden("this page belongs to another origin")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Forbidden("this page belongs to another site")


def _page() -> tuple[str, str]:
    """(the page, its Content-Security-Policy: its own script and style and pictures, nothing else)."""
    parts = {kind: (PAGE / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js")}
    page = (PAGE / "page.html").read_text(encoding="utf-8")
    for kind, text in parts.items():
        page = page.replace(f"{{{{ {kind} }}}}", text)
    digest = {k: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for k, text in parts.items()}
    return page, (
        f"default-src 'none'; script-src 'sha256-{digest['js']}'; style-src 'sha256-{digest['css']}'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _read(content: bytes, shape: tuple) -> np.ndarray:
    """The picture in a file, as the generator takes it: as a viewer shows it, its centre, float32 in [-1, 1]."""
    height, width, channels = shape
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as file:
            if file.width * file.height > PIXELS:
                raise BadRequest(f"wanted a picture of at most {PIXELS:,} pixels, got {file.width} x {file.height}")
            image = shown(file).image
    except BadRequest:
        raise
    except Exception:  # Pillow's decoders raise of many kinds
        raise BadRequest(f"wanted a picture ({', '.join(FORMATS)})") from None
    image = image.convert("L" if channels == 1 else "RGB")
    image = ImageOps.fit(image, (width or SIDE, height or SIDE), Image.Resampling.BILINEAR)
    return (np.asarray(image, "float32").reshape(height or SIDE, width or SIDE, -1) / 127.5) - 1.0


def _whole(request: Request, name: str, default: int = 0, least: int = 0, most: int = 2**31 - 1) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or not least <= int(text) <= most:
        raise BadRequest(f"{name}: wanted a whole number from {least} to {most}, got {text[:20]!r}")
    return int(text)


def _word(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text).strip("-") or "samples"


def _png(pixels: np.ndarray) -> bytes:
    return tf.io.encode_png(pixels).numpy()


def _url(image: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(_png(pictures.grid(image[None]))).decode()


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")
