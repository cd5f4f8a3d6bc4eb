"""What `browser.py` plays: each scene opens a notebook and does what a reader does."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from assembling import METADATA
from source import FOLDER, read_source, words_of
from words import translate

TITLES = {"en": "Supervised fine-tuning", "zh": "有监督微调"}
SAYS = {"en": ("expected", "Right."), "zh": ("应", "正确。")}
HINTS = {"en": "Hint: ", "zh": "提示："}
# The smallest training that TensorBoard can show.
TRAINED = """\
import os, sys
import sftkeras as sft

logs = root / "runs" / "browser"
texts = sft.load_texts("data/reviews/train_data.txt")
tokenizer = sft.Tokenizer().fit_on_texts(texts.texts)
sft.train_model(sft.create_model(tokenizer=tokenizer), texts.texts[:60],
                texts.labels[:60], epochs=2, log_dir=logs, verbose=0)"""
RECORDED = """\
from recorder import recorder

recorder("voice_{lang}", ["one two", "two one"], "{lang}")"""


def links(reader, lang):
    """The contents, a chapter by its link, the next one, the other language."""
    reader.open(f"notebooks/{lang}/00_index.ipynb")
    title = reader.panel.locator(".jp-MarkdownOutput h1").first
    assert TITLES[lang] in title.inner_text(), title.inner_text()
    reader.shoot(f"{lang}-contents")
    other = {"en": "zh", "zh": "en"}[lang]
    for link, name in [
        ("01_background.ipynb", f"{lang}-chapter-1"),
        ("02_core_concepts.ipynb", f"{lang}-chapter-2"),
        (f"../{other}/02_core_concepts.ipynb", f"{lang}-to-{other}"),
    ]:
        panels = reader.page.locator(".jp-NotebookPanel").count()
        reader.panel.locator(f"a[href*='{Path(link).name}']").filter(
            has_text=re.compile("English|中文") if ".." in link else re.compile(r"\d")
        ).first.click()
        reader.page.wait_for_function(
            f"document.querySelectorAll('.jp-NotebookPanel').length > {panels}"
        )
        reader.panel.locator(".jp-MarkdownOutput h1").first.wait_for(timeout=60_000)
        setup = reader.panel.locator(".jp-CodeCell").first
        assert setup.locator(".cm-content").count() == 0, (
            "the set-up cell is not folded"
        )
        reader.shoot(name)


def pictures(reader, lang):
    """Chapter 2: flowcharts are drawn, a table's text columns begin at the left."""
    reader.open(f"notebooks/{lang}/02_core_concepts.ipynb")
    charts = reader.panel.locator(".jp-RenderedMermaid img")
    charts.nth(1).wait_for(timeout=60_000)
    charts.nth(1).scroll_into_view_if_needed()
    reader.shoot(f"{lang}-flowchart")
    table = reader.panel.locator("table.dataframe").first
    table.scroll_into_view_if_needed()
    reader.shoot(f"{lang}-table")
    aligned = table.locator("td").first.evaluate("e => getComputedStyle(e).textAlign")
    assert aligned == "left", f"a column of text is aligned: {aligned}"


def exercise(reader, lang):
    """Exercise 1.2, alone: unsolved, wrong, right; and nothing to save before."""
    name = "exercises/01_background"
    source = FOLDER / "src" / f"{name}.py"
    code = [c for c in read_source(source) if c.kind == "code" and c.lang != "en"]
    table = words_of(source) if lang == "zh" else {}
    texts = [translate(cell.text, table) for cell in code]
    place = next(n for n, text in enumerate(texts) if "def neuron(" in text)
    reader.open(f"notebooks/{lang}/{name}.ipynb")
    cells = reader.panel.locator(".jp-CodeCell")
    reader.page.wait_for_timeout(6_000)  # the kernel starts and says what it is
    if METADATA["language_info"]["version"] == platform.python_version():
        assert not reader.is_modified(), "to be saved as soon as it is open"
    for number in range(2):  # the set-up, the imports
        reader.run(cells.nth(number))
    answer, check = cells.nth(place + 1), cells.nth(place + 2)
    reader.run(answer)
    assert reader.is_modified()  # it was run
    said = reader.run(check)
    assert "Traceback" not in said and "✗" in said, said
    reader.shoot(f"{lang}-exercise-unsolved")
    head = texts[place].partition("    # solution")[0]
    reader.type(answer, f"{head}    return x @ w + b")
    reader.run(answer)
    said = reader.run(check)
    assert SAYS[lang][0] in said.lower() and "Traceback" not in said, said
    said = reader.run(check)
    assert HINTS[lang] in said, said
    reader.shoot(f"{lang}-exercise-wrong")
    reader.type(answer, texts[place])
    reader.run(answer)
    said = reader.run(check)
    assert said.startswith(SAYS[lang][1]), said
    reader.shoot(f"{lang}-exercise-right")


def slider(reader, lang):
    """A figure of chapter 4 that follows its slider."""
    reader.open(f"notebooks/{lang}/04_mathematics.ipynb")
    reader.page.get_by_role("menuitem", name="Run", exact=True).click()
    reader.page.get_by_text("Run All Cells", exact=True).click()
    handle = reader.panel.locator(".widget-slider .noUi-handle").first
    handle.wait_for(timeout=300_000)
    handle.scroll_into_view_if_needed()
    picture = reader.panel.locator(".widget-output img").first
    picture.wait_for(timeout=120_000)
    before = picture.get_attribute("src")
    reader.page.locator("[data-status='idle']").first.wait_for(timeout=400_000)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    reader.page.mouse.move(box["x"] + 5, box["y"] + 5)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] - 60, box["y"] + 5, steps=6)
    reader.page.mouse.up()
    for _ in range(120):
        reader.page.wait_for_timeout(500)
        if (
            reader.panel.locator(".widget-output img").first.get_attribute("src")
            != before
        ):
            break
    else:
        raise AssertionError("the figure does not follow its slider")
    reader.shoot(f"{lang}-slider")


def tensorboard(reader, lang):
    """The chapter's TensorBoard cell, after a training of a second."""
    sources = sorted((FOLDER / lang).glob("[0-9]*.ipynb"))
    cells = [c for path in sources for c in nbformat.read(path, 4).cells]
    cell = next(c for c in cells if c.source.startswith("SHOW_TENSORBOARD"))
    setup = next(c for c in cells if c.id == "set-up")
    cell.source = cell.source.replace("= False", "= True", 1)
    new = nbformat.v4.new_markdown_cell("# TensorBoard"), setup
    new += nbformat.v4.new_code_cell(TRAINED), cell
    notebook = nbformat.v4.new_notebook(cells=[*new], metadata=METADATA)
    path = f"notebooks/{lang}/tensorboard.ipynb"
    nbformat.write(notebook, reader.folder / path)
    reader.open(path)
    shown = reader.panel.locator(".jp-CodeCell")
    for number in range(3):
        reader.run(shown.nth(number))
    frame = reader.panel.frame_locator("iframe")
    frame.get_by_text("epoch_loss").first.wait_for(timeout=120_000)
    reader.panel.locator("iframe").scroll_into_view_if_needed()
    reader.page.wait_for_timeout(5_000)  # it draws its curves
    reader.shoot(f"{lang}-tensorboard")


def microphone(reader, lang):
    """The recorder of chapter 6.2: two sentences, the second one twice."""
    import soundfile

    source = FOLDER / lang / "06_speech_recognition.ipynb"
    setup = next(c for c in nbformat.read(source, 4).cells if c.id == "set-up")
    cell = nbformat.v4.new_code_cell(RECORDED.format(lang=lang))
    title = nbformat.v4.new_markdown_cell("# Recorder")
    notebook = nbformat.v4.new_notebook(cells=[title, setup, cell], metadata=METADATA)
    path = f"notebooks/{lang}/recorder.ipynb"
    nbformat.write(notebook, reader.folder / path)
    reader.open(path)
    for number in range(2):
        reader.run(reader.panel.locator(".jp-CodeCell").nth(number))
    place = reader.panel.locator("[id^=sftkeras-recorder]")
    record, again = place.locator("button").nth(0), place.locator("button").nth(1)
    said = place.locator("p").nth(1)
    for file in ("000.wav", "001.wav", "001.wav"):
        record.click()
        reader.page.wait_for_timeout(1_500)
        record.click()
        said.get_by_text(file).wait_for(timeout=10_000)
        reader.shoot(f"{lang}-recorder-{file}")
        if again.is_enabled() and record.is_disabled():
            again.click()
    folder = reader.folder / f"voice_{lang}"
    assert (folder / "transcripts.csv").read_text() == (
        "file,text\n000.wav,one two\n001.wav,two one\n"
    )
    samples, rate = soundfile.read(folder / "001.wav")
    assert rate == 16000 and len(samples) > 12000 and abs(samples).max() > 0.01


def class_copy(reader, lang):
    """A class copy and the slides, both of them in the browser."""
    kit = [sys.executable, str(FOLDER / "kit.py")]
    folder = reader.folder / "class"
    subprocess.run([*kit, "class", "--to", str(folder)], check=True)
    reader.open(f"class/{lang}/02_core_concepts.ipynb")
    reader.shoot(f"{lang}-class")
    assert not reader.panel.locator(".jp-OutputArea-output").count()
    done = subprocess.run([*kit, "slides", "--to", str(folder)], capture_output=True)
    pages = sorted((folder / lang).glob("*.html"))
    if done.returncode or not pages:
        print(f"  no slides: {done.stderr.decode().strip() or 'no cell is tagged'}")
        return
    for slide in (0, 1, 2):
        reader.page.goto(f"file://{pages[0]}#/{slide}")
        reader.page.locator(".reveal section.present").wait_for()
        reader.shoot(f"{lang}-slide-{slide}")


SCENES = {
    "links": links,
    "pictures": pictures,
    "exercise": exercise,
    "slider": slider,
    "tensorboard": tensorboard,
    "microphone": microphone,
    "class": class_copy,
}
