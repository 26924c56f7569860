"""The page in a real browser: headless Chromium, where there is one."""

import base64

import pytest

from kgan import report
from tests.browser import driven


@pytest.fixture(scope="module")
def browser():
    for driver in driven():
        # Nothing may be fetched: what the page asks for fails, and is told in the console.
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["http://*", "https://*"]})
        yield driver


@pytest.fixture(scope="module")
def path(run, generator, reals):
    return report.write(run, generator, {"dataset": "digits", "d_optimizer": "adam(" + "0" * 100 + ")"}, reals)


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["wide", "phone"])
def opened(request, browser, path):
    width, height = request.param
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())
    return browser


def test_the_slider_shows_another_epoch(opened, path):
    frame, epoch = (opened.find_element("id", name) for name in ("frame", "epoch"))
    slider = opened.find_element("id", "slider")
    picture = lambda number: base64.b64encode(  # noqa: E731
        (path.parent / "samples" / f"epoch-{number:04d}.png").read_bytes()
    ).decode()
    assert epoch.text == "epoch 6" and frame.get_attribute("src").endswith(picture(6))
    from selenium.webdriver import Keys

    slider.send_keys(Keys.HOME)
    assert epoch.text == "epoch 1" and frame.get_attribute("src").endswith(picture(1))
    slider.send_keys(Keys.ARROW_RIGHT)
    assert epoch.text == "epoch 2" and frame.get_attribute("src").endswith(picture(2))
    assert opened.get_log("browser") == []


def test_nothing_sticks_out_and_every_picture_is_shown(opened):
    wide, window = opened.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window
    broken = opened.execute_script("return [...document.images].filter(i => !(i.complete && i.naturalWidth)).length")
    assert broken == 0
    assert opened.get_log("browser") == []


def test_the_figures_fit_a_phone(opened):
    """No column is cut: the table is no wider than its place."""
    wide, place = opened.execute_script(
        "const t = document.querySelector('#figures + .scroll'); return [t.scrollWidth, t.clientWidth]"
    )
    assert wide <= place
