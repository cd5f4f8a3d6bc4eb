"""Open the notebooks in Chromium as a reader does, and keep screenshots.

    make browser-test                  # all scenes, in both languages
    make browser-test ARGS="links"     # one scene: its name stands in SCENES

Needs Chromium or Chrome (Debian, Ubuntu: apt install chromium) and the Python package
playwright, which `make browser-test` installs; without a browser it says so and passes.
It works on a copy of the notebooks, in a folder of its own. A browser on a busy machine
may be late: a scene that fails is played once more, and both outcomes are printed.
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "notebooks"), str(ROOT)]

from browser_scenes import SCENES, TITLES  # noqa: E402

PLAYWRIGHT = "playwright==1.65.2"
FONT = "NotoSansSC-Regular.otf"
SHOTS = ROOT / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Chromium's own: it beeps once a second, and nobody is asked.
MICROPHONE = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
# All cells are drawn, also those below the window; no question about news.
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false"}',
}


class Reader:
    """A browser's page in JupyterLab, on a copy of the project."""

    def __init__(self, page, address, folder):
        self.page, self.address, self.folder = page, address, folder
        self.shots = 0

    def open(self, path):
        """Open a notebook, given from the project's folder, wait for text and kernel.

        What is run before the kernel is there is lost without a word.
        """
        if (ROOT / path).is_file():  # as it was, also at the second try
            shutil.copy(ROOT / path, self.folder / path)
        self.page.goto(f"{self.address}/lab/tree/{path}?reset")
        self.panel.locator(".jp-MarkdownOutput h1").first.wait_for(timeout=60_000)
        kernel = ".jp-Notebook-ExecutionIndicator[data-status='idle']"
        self.panel.locator(kernel).first.wait_for(timeout=120_000)

    def close(self):
        """End the kernels that the page started, which keep their memory, and it."""
        cookies = {one["name"]: one["value"] for one in self.page.context.cookies()}
        kernels = f"{self.address}/api/kernels"
        for kernel in self.page.request.get(kernels).json():
            token = {"X-XSRFToken": cookies.get("_xsrf", "")}
            ended = self.page.request.delete(f"{kernels}/{kernel['id']}", headers=token)
            assert ended.ok, f"a kernel does not end: {ended.status}"
        self.page.close()

    @property
    def panel(self):
        """The notebook that is shown."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").last

    def is_modified(self):
        """Return whether the notebook that is shown has something to save."""
        tab = self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current")
        return "jp-mod-dirty" in tab.last.get_attribute("class")

    def shoot(self, name):
        """Keep a screenshot."""
        SHOTS.mkdir(exist_ok=True)
        self.shots += 1
        self.page.wait_for_timeout(800)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def cell(self, text):
        """Return the code cell that holds a text."""
        cells = self.panel.locator(".jp-CodeCell").filter(has_text=text)
        cells.first.scroll_into_view_if_needed(timeout=30_000)
        return cells.first

    def run(self, cell):
        """Select a cell, run it, wait until it has run; return its output's text."""
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        cell.locator(".jp-InputArea, .jp-Placeholder").first.click()
        self.page.keyboard.press("Control+Enter")
        deadline = time.monotonic() + 300
        while prompt.inner_text() in (before, "[*]:"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"a cell runs too long: {cell.inner_text()[:200]}")
            self.page.wait_for_timeout(300)
        self.page.wait_for_timeout(300)
        return "\n".join(cell.locator(".jp-OutputArea-output").all_inner_texts())

    def type(self, cell, text):
        """Replace what stands in a code cell, as one pastes."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)


@contextlib.contextmanager
def jupyter(folder):
    """Start JupyterLab on a copy of the project in a folder; yield its address."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    for name in ("sftkeras", "data"):
        (folder / name).symlink_to(ROOT / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {
        f"JUPYTER_{kind}_DIR": str(folder / ".jupyter") for kind in ("CONFIG", "DATA")
    }
    settings = folder / ".jupyter" / "lab" / "user-settings" / "@jupyterlab"
    for name, text in SETTINGS.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--IdentityProvider.token=", "--ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={folder}"]
    server = subprocess.Popen(
        command, env=os.environ | home, stdout=subprocess.DEVNULL,
        stderr=(folder / "jupyter.log").open("w"),
    )  # fmt: skip
    try:
        for _ in range(120):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", port)),
            ):
                break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def play_scene(chrome, address, folder, name, lang, attempt=""):
    """Play a scene on a page of its own; return "ok" or what failed."""
    page = chrome.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(30_000)
    page.on("dialog", lambda dialog: dialog.accept())
    reader = Reader(page, address, folder)
    try:
        SCENES[name](reader, lang)
        return "ok"
    except Exception as error:  # one scene's fault leaves the others
        reader.shoot(f"{lang}-{name}-FAILED{attempt}")
        return f"FAILED: {error!r:.1500}"
    finally:
        reader.close()


def main():
    """Play the scenes that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help="default: all")
    parser.add_argument("--lang", choices=TITLES, help="default: both")
    options = parser.parse_args()
    if unknown := set(options.scenes) - set(SCENES):
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(SCENES)}")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("No Chromium here, so no browser test (Debian: apt install chromium).")
        return 0
    if importlib.util.find_spec("playwright") is None:
        pip = [sys.executable, "-m", "pip", "install", "-q", PLAYWRIGHT]
        subprocess.run(pip, check=True)
    import pylopdf_fonts_zh_cn
    from playwright.sync_api import sync_playwright

    failed = 0
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = stack.enter_context(jupyter(folder))
        play = stack.enter_context(sync_playwright())
        fonts = folder / "fonts"  # the browser, too, finds the Chinese font
        fonts.mkdir()
        shutil.copy(Path(pylopdf_fonts_zh_cn.__file__).parent / FONT, fonts)
        chrome = play.chromium.launch(
            executable_path=browser,
            args=["--no-sandbox", *MICROPHONE],
            env=os.environ | {"XDG_DATA_HOME": str(folder)},
        )
        for name in options.scenes or SCENES:
            for lang in [options.lang] if options.lang else TITLES:
                for attempt in ("", "-again"):
                    started = time.monotonic()
                    said = play_scene(chrome, address, folder, name, lang, attempt)
                    seconds = time.monotonic() - started
                    print(f"{name:<12} {lang}  {seconds:3.0f} s  {said}", flush=True)
                    if said == "ok":
                        break
                failed += said != "ok"
        chrome.close()
    print(f"Screenshots are in {SHOTS}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
