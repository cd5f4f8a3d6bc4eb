"""What is made of all chapters: glossary, summary, minutes, class copies, slides."""

import re
from collections import Counter

import assembling
import build
import kit
import nbformat
import pages
import pytest
import slides
import source as sources

CHAPTER = """\
# %% [markdown] lang="en"
# # 1. Tiny: small
#
# Article §1. One class is rare: {{term:class imbalance}}. Then more. See
# [the rest](02_more.ipynb).
# %% [markdown] lang="zh"
# # 1. 小：很小
#
# 对应原文 §1。一类样本很少，
# 这叫{{term:类别不平衡}}。然后是别的。见[其余](02_more.ipynb)。
# %% tags=["short", "slide"] minutes=2.5
print("3 < 4")
# %% tags=["answer"]
JUDGED = [1]
# %% [markdown] lang="en" tags=["answer", "slide"]
# ## What was judged
# One: $x_1$ costs \\$3.
# %% [markdown] lang="zh" tags=["answer", "slide"]
# ## 判断的结果
# 一个：$x_1$ 要 3 元。
# %% [markdown] lang="en" tags=["summary", "short"] minutes=1
# ## Summary
# - Rare is hard.
# %% [markdown] lang="zh" tags=["summary", "short"] minutes=1
# ## 小结
# - 少则难。
"""


@pytest.fixture
def chapter(tiny):
    """A chapter's source, built, its one printing cell with an output."""
    source = tiny(CHAPTER)
    for path, text in build.render(source).items():
        notebook = nbformat.reads(text, 4)
        cell = next(c for c in notebook.cells if "3 < 4" in c.source)
        cell.outputs = [nbformat.v4.new_output("stream", text="3 < 4\n")]
        build.write(path, nbformat.writes(notebook))
    return source


def test_the_glossary_has_each_term_with_its_sentence(chapter):
    folder = chapter.parents[1]
    assert pages.glossary("en", folder).splitlines()[-1] == (
        "- **class imbalance** (类别不平衡). One class is rare: class imbalance. "
        "[1. Tiny](01_tiny.ipynb)"
    )
    assert pages.glossary("zh", folder).splitlines()[-1] == (
        "- **类别不平衡**（class imbalance）：一类样本很少，这叫类别不平衡。"
        "[1. 小](01_tiny.ipynb)"
    )


def test_the_summary_and_the_minutes(chapter):
    folder = chapter.parents[1]
    assert pages.summary("zh", folder).endswith(
        "## [1. 小](01_tiny.ipynb)\n\n- 少则难。\n"
    )
    sheet = folder / "teaching" / "en" / "01_tiny.md"
    sheet.parent.mkdir(parents=True)
    sheet.touch()
    assert pages.short_path("en", folder).splitlines()[-4:] == [
        "| chapter | minutes | cells | for the teacher |",
        "|---|---:|---:|---|",
        "| [1. Tiny](../../en/01_tiny.ipynb) | 3.5 | 2 | [sheet](01_tiny.md) |",
        "| all | 3.5 | 2 | |",
    ]
    chinese = pages.short_path("zh", folder).splitlines()
    assert chinese[-2] == "| [1. 小](../../zh/01_tiny.ipynb) | 3.5 | 2 |  |"


@pytest.mark.parametrize("lang", sources.LANGUAGES)
def test_the_pages_are_what_the_build_makes(lang):
    for path, text in pages.pages().items():
        again = "python notebooks/build.py --no-run 00_index"
        assert path.read_text(encoding="utf-8") == text, f"{path} is old: {again}"


@pytest.mark.parametrize("head", ["| minutes | what |", "| 分钟 | 内容 |"])
def test_the_half_day_is_made_of_the_short_paths(head):
    text = (sources.FOLDER / "README.md").read_text(encoding="utf-8")
    table = text[text.index(head) :].split("\n\n")[0]
    rows = re.findall(r"^\| (\d+) \| (?:第 )?(\d)?", table, re.M)
    assert sum(int(minutes) for minutes, _ in rows) == 210
    short = Counter()
    for source in assembling.chapters_in_order(sources.FOLDER):
        short[str(sources.number_of(source)[0])] += pages.minutes_of(source)
    planned = {chapter: int(minutes) for minutes, chapter in rows if chapter}
    assert set(planned) == {"1", "2", "3", "5"}
    for chapter, minutes in planned.items():
        spare = minutes - short[chapter]
        assert 0 <= spare <= 5 or spare == minutes, f"{chapter}: {short[chapter]}"


def test_class_copies_have_no_outputs_and_fold_the_answers(chapter):
    path = next(iter(sources.targets(chapter)))
    copy = kit.class_copy(chapter, path, "src")
    assert not any(cell.get("outputs") for cell in copy.cells)
    judged = next(c for c in copy.cells if "JUDGED" in c.source)
    assert judged.metadata["jupyter"] == {"source_hidden": True}
    prose = next(c.source for c in copy.cells if "What was judged" in c.source)
    assert prose.startswith(
        "## What was judged\n<details><summary>Answer</summary>\n\n"
    )
    assert prose.endswith("\n\n</details>")
    printed = next(c for c in copy.cells if "3 < 4" in c.source)
    assert "jupyter" not in printed.metadata


def test_class_copies_are_never_written_over_the_notebooks(capsys):
    for folder in (sources.FOLDER, sources.FOLDER / "en", sources.FOLDER.parent):
        with pytest.raises(SystemExit, match="name a folder of its own"):
            kit.main(["class", "--to", str(folder)])


def test_slides_show_figures_and_sentences_and_need_no_network(chapter, tmp_path):
    (tmp_path / "reveal").mkdir()
    for name in slides.REVEAL:
        (tmp_path / "reveal" / name).write_text(f"/* {name} */")
    english, chinese = slides.write_slides(tmp_path, [chapter])
    assert english == tmp_path / "en" / "01_tiny.html"
    page = english.read_text()
    assert page.count("<section") == 3  # the title, the output, the prose
    assert "<h3>1. Tiny: small</h3><pre>3 &lt; 4\n</pre>" in page
    assert "<math" in page and "$x_1$" not in page and "costs $3." in page
    assert (
        "/* reveal.js */" in page
        and "src=" not in page
        and "http" not in (page.replace("http://www.w3.org/1998/Math/MathML", ""))
    )
    assert '<html lang="zh">' in chinese.read_text()


def test_a_figure_joins_the_short_prose_above_it():
    new = nbformat.v4
    tagged = {"metadata": {"tags": ["slide"]}}
    shown = new.new_output("display_data", data={"image/png": "AAAA"})
    chart = "\n```mermaid\ngraph LR\nA[one] --> B[two]\nB --> C[three]\n```\n"
    cells = [
        new.new_markdown_cell(
            f"# Title\n\n[Contents](00_index.ipynb)\n{chart}", **tagged
        ),
        new.new_code_cell("1", outputs=[shown], **tagged),
        new.new_markdown_cell("long " * 100, **tagged),
        new.new_code_cell("2", outputs=[shown], **tagged),
        new.new_markdown_cell("not a slide"),
    ]
    text = nbformat.writes(new.new_notebook(cells=cells))
    page = slides.slides_of(text, "en", dict.fromkeys(slides.REVEAL, ""))
    first, second, third = re.findall("<section.*?</section>", page, re.S)
    assert "one → two → three" in first and "image/png;base64,AAAA" in first
    assert "Contents" not in first and "mermaid" not in page
    assert "long" in second and "image" not in second
    assert "<h3>Title</h3><img" in third
