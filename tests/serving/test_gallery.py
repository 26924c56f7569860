"""The gallery: what its server answers and refuses, and the page in a real browser."""

import base64
import http.client
import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgan
from kgan.checks import InputError
from kgan.sampling import Sampler
from kgan.serving import gallery
from tests import PATIENCE
from tests.browser import driven
from tests.models.games import GAMES, made
from tests.serving.exports import lively

SHAPE = (16, 16, 3)


def served(sampler, title):
    server = gallery.serve(gallery.Gallery(sampler, title))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def labelled():
    network = lively(kgan.networks.mlp_generator(SHAPE, 4, width=8, depth=1, num_classes=3))
    return Sampler.of(network, 4, {"labels": kgan.priors.Labels(3)}, sample_shape=SHAPE)


@pytest.fixture(scope="module")
def drawing(labelled):
    server = served(labelled, "saved_models/<b>")
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def translating():
    model = made(GAMES["cyclegan"])
    lively(model.averages["g_ab"].network)
    server = served(model.sampler(), "cyclegan")
    yield server
    server.shutdown()


def ask(server, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def pixels(url):
    return tf.io.decode_png(base64.b64decode(url.removeprefix("data:image/png;base64,"))).numpy()


def test_what_it_answers(drawing, labelled):
    response, page = ask(drawing, "/")
    assert response.status == 200 and b"<script>" in page and b"{{" not in page
    assert b"http://" not in page and b"https://" not in page  # nothing from the network
    about = json.loads(ask(drawing, "/about")[1])
    assert about == {"title": "saved_models/<b>", "translates": False, "classes": 3, "truncates": True,
                     "height": 16, "width": 16, "channels": 3}  # fmt: skip
    shown = json.loads(ask(drawing, "/samples?seed=2147483647&num=3&truncation=0.5&label=2")[1])
    assert shown["seeds"] == [2147483647, 0, 1]
    expected = (labelled.of_seeds([2147483647, 0, 1], truncation=0.5, labels=2) + 1) * 127.5
    for url, image in zip(shown["images"], expected, strict=True):
        assert np.abs(pixels(url) - image).max() <= 0.51
    way = json.loads(ask(drawing, "/between?from=1&to=2&num=3&label=0")[1])["images"]
    ends = (labelled.of_seeds([1, 2], labels=0) + 1) * 127.5
    assert np.abs(pixels(way[0]) - ends[0]).max() <= 0.51 and np.abs(pixels(way[2]) - ends[1]).max() <= 0.51
    response, grid = ask(drawing, "/grid.png?seed=5&num=4")
    assert response.headers["Content-Disposition"] == 'attachment; filename="saved-models--b-5.png"'
    assert tf.io.decode_png(grid).shape == (34, 34, 3)


def test_it_shows_a_generator_that_truncates_by_itself():
    sampler = made(GAMES["stylegan2"]).sampler()
    server = served(sampler, "styles")
    try:
        assert json.loads(ask(server, "/about")[1])["truncates"]
        shown = json.loads(ask(server, "/samples?seed=4&num=2&truncation=0.5")[1])["images"]
    finally:
        server.shutdown()
    expected = np.clip((sampler.of_seeds([4, 5], truncation=0.5) + 1) * 127.5, 0, 255)
    for url, image in zip(shown, expected, strict=True):
        assert np.abs(pixels(url).astype("float32") - image).max() <= 0.51


def test_it_translates(translating):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 20, 3), "uint8"))
    file = io.BytesIO()
    image.save(file, "PNG")
    answer = json.loads(ask(translating, "/translate", "POST", file.getvalue())[1])
    assert pixels(answer["source"]).shape == pixels(answer["result"]).shape == (8, 8, 1)
    levels, file = np.linspace(0, 65535, 64).astype("uint16").reshape(8, 8), io.BytesIO()
    Image.fromarray(levels).save(file, "PNG")
    source = json.loads(ask(translating, "/translate", "POST", file.getvalue())[1])["source"]
    assert np.abs(pixels(source)[..., 0] - levels / 257).max() <= 1  # as a viewer shows 16 bits
    for body, words in ((b"no picture", "wanted a picture"), (b"", "wanted a picture")):
        response, text = ask(translating, "/translate", "POST", body)
        assert response.status == 400 and words in json.loads(text)["error"]
    response, _ = ask(translating, "/translate", "POST", None, Content_Length=str(gallery.LARGEST + 1))
    assert response.status == 413
    assert ask(translating, "/samples")[0].status == 404


@pytest.mark.parametrize("status, path, headers", [
    (403, "/", {"Host": "evil.example"}),
    (403, "/about", {"Host": "127.0.0.1:1"}),
    (403, "/samples", {"Origin": "http://evil.example"}),
    (403, "/samples", {"Origin": "null"}),
    (403, "/about", {"Sec_Fetch_Site": "cross-site"}),
    (404, "/../setup.py", {}),
    (404, "/page.js", {}),
    (404, "/%2e%2e/etc/passwd", {}),
    (404, "//evil.example", {}),
    (400, "/samples?num=101", {}),
    (400, "/samples?seed=-1", {}),
    (400, "/samples?seed=" + "9" * 5000, {}),
    (400, "/samples?truncation=2", {}),
    (400, "/samples?truncation=nan", {}),
    (400, "/samples?label=3", {}),
])  # fmt: skip
def test_what_it_refuses(drawing, status, path, headers):
    response, text = ask(drawing, path, **headers)
    assert response.status == status and json.loads(text)["error"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert ask(drawing, "/about", Origin=f"http://localhost:{drawing.port}")[0].status == 200


def test_other_methods_and_places(drawing):
    assert ask(drawing, "/samples", "POST", b"x")[0].status == 405
    assert drawing.host == "127.0.0.1"
    with pytest.raises(InputError, match=f"port: {drawing.port} cannot be had"):
        gallery.serve(gallery.Gallery(made(GAMES["gan"]).sampler(), "x"), drawing.port)
    points = Sampler.of(kgan.networks.mlp_generator((2,), 3, width=4), 3, sample_shape=(2,))
    with pytest.raises(InputError, match=r"gallery: wanted a generator of pictures, this one's samples are \(2,\)"):
        gallery.Gallery(points, "points")


def test_at_the_command_line(tmp_path):
    digits = Path(__file__).parents[2] / "saved_models/digits"
    command = [sys.executable, "-m", "kgan", "gallery", f"--saved_model={digits}"]
    environment = os.environ | {"PYTHONPATH": str(digits.parents[1])}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    line = running.stdout.readline()
    assert line.startswith("look at: http://127.0.0.1:"), running.stderr.read()
    connection = http.client.HTTPConnection("127.0.0.1", int(line.rstrip("/\n").rpartition(":")[2]))
    connection.request("GET", "/samples?num=2")
    assert len(json.load(connection.getresponse())["images"]) == 2
    running.send_signal(signal.SIGINT)
    assert running.wait(PATIENCE) == 0 and running.stderr.read() == ""


@pytest.fixture(scope="module")
def browser():
    yield from driven()


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["wide", "phone"])
def opened(request, browser):
    width, height = request.param

    def open_page(server, query=""):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(f"http://127.0.0.1:{server.port}/{query}")
        return browser

    yield open_page
    if "KGAN_SCREENSHOTS" in os.environ:  # a folder, for a person to look at
        name = request.node.name.replace("[", "-").strip("]")
        browser.save_screenshot(f"{os.environ['KGAN_SCREENSHOTS']}/{name}.png")
    assert browser.get_log("browser") == []


def until(browser, script):
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(browser, 20, 0.05).until(lambda b: b.execute_script(f"return {script}"))


DONE = "document.getElementById('grid').getAttribute('aria-busy') === 'false'"
GRID = "[...document.querySelectorAll('#grid img')].map(i => i.src).join()"


def test_every_control_changes_the_picture(opened, drawing):
    from selenium.webdriver import Keys

    page = opened(drawing, "?seed=7&label=1")
    until(page, DONE)
    by = lambda name: page.find_element("id", name)  # noqa: E731
    seen = [page.execute_script(f"return {GRID}")]

    def changed():
        until(page, f"{DONE} && {GRID} !== {json.dumps(seen[-1])}")
        seen.append(page.execute_script(f"return {GRID}"))

    assert by("seed").get_attribute("value") == "7" and by("label").get_attribute("value") == "1"
    by("next").click()
    changed()
    assert by("seed").get_attribute("value") == "31" and "seed=31" in page.current_url
    by("previous").click()
    changed()
    assert seen[-1] == seen[0]  # a picture is its address
    by("truncation").send_keys(Keys.ARROW_LEFT * 6)
    changed()
    assert by("psi").text == "0.70" and "truncation=0.7" in page.current_url
    by("label").send_keys("2")
    changed()
    by("shuffle").click()
    changed()
    by("title").click()
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.execute_script("document.activeElement.blur()")
    page.find_element("tag name", "body").send_keys("n")
    changed()
    page.get(page.current_url)  # the address is the view
    until(page, f"{DONE} && {GRID} === {json.dumps(seen[-1])}")
    assert by("download").get_attribute("href").endswith(page.current_url.partition("?")[2].replace("&", "&num=24&", 1))


def test_the_way_between_two_samples(opened, drawing):
    from selenium.webdriver import Keys

    page = opened(drawing)
    until(page, DONE)
    tiles = page.find_elements("css selector", ".tile")
    tiles[0].click()
    tiles[0].send_keys(Keys.ARROW_RIGHT)
    page.switch_to.active_element.send_keys(Keys.ENTER)  # by key
    until(page, "!document.getElementById('way').hidden")
    assert page.find_element("id", "ends").text == "From seed 0 to seed 1"
    step = page.find_element("id", "step")
    before = step.get_attribute("src")
    page.find_element("id", "position").send_keys(Keys.END)
    assert step.get_attribute("src") != before
    assert step.get_attribute("src") == tiles[1].find_element("tag name", "img").get_attribute("src")
    assert "from=0&to=1" in page.current_url
    wide, window = page.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window
    page.find_element("id", "clear").click()
    assert not page.find_element("id", "way").is_displayed() and "from" not in page.current_url


def test_a_picture_is_translated(opened, translating, tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 12, 3), "uint8")).save(tmp_path / "a.png")
    page = opened(translating)
    until(page, "!document.getElementById('translating').hidden")
    page.find_element("id", "file").send_keys(str(tmp_path / "a.png"))
    until(page, "document.getElementById('result').naturalWidth === 8")
    sources = [page.find_element("id", name).get_attribute("src") for name in ("source", "result")]
    assert sources[0] != sources[1] and page.find_element("id", "keep").get_attribute("href") == sources[1]
    # Dropped, as a file from the desktop.
    page.execute_script("""
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0))], "b.png"));
        document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
    """, sources[0].partition(",")[2])  # fmt: skip
    until(page, "document.getElementById('result').naturalWidth === 8 && document.getElementById('message').hidden")
