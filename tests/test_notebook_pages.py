"""What is made of all chapters: glossary, summary, minutes, class copies, slides."""

import base64
import re
import struct
from collections import Counter

import assembling
import build
import keeping
import kit
import nbformat
import pages
import prose
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A {{term:rate}} is this:\n\n- a", "A rate is this."),
        ("先看别的。这叫{{term:学习率}}：\n\n- 一", "这叫学习率。"),
        ("Other: that. One is {{term:rate}}. And more.", "One is rate."),
    ],
)
def test_a_sentence_of_the_glossary_ends_as_one(text, said):
    assert pages.sentence(text, *prose.TERM.findall(text)) == said


def test_the_pages_are_what_the_build_makes():
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


def test_the_class_has_no_links_to_what_it_does_not_get():
    links = re.findall(r"\]\(([^)#]+)", kit.class_readme())
    assert "en/01_background.ipynb" in links and "../README.md" in links
    assert not [link for link in links if "teaching" in link or "solutions" in link]
    assert "solutions/" not in kit.class_readme()


def test_class_copies_are_never_written_over_the_notebooks(capsys):
    for folder in (sources.FOLDER, sources.FOLDER / "en", sources.FOLDER.parent):
        with pytest.raises(SystemExit, match="name a folder of its own"):
            kit.main(["class", "--to", str(folder)])


def test_what_a_class_changed_stays_and_is_named(tmp_path):
    folder = keeping.Folder(tmp_path / "class")
    folder.write("en/a.ipynb", "1")
    folder.write("en/b.ipynb", "1")
    (folder.path / "en" / "b.ipynb").write_text("an answer")
    again = keeping.Folder(tmp_path / "class")
    for name in ("en/a.ipynb", "en/b.ipynb"):
        again.write(name, "2")
    assert (folder.path / "en" / "a.ipynb").read_text() == "2"
    assert (folder.path / "en" / "b.ipynb").read_text() == "an answer"
    assert "(1): en/b.ipynb. Delete them" in again.tell() and not folder.tell()


def test_a_folder_of_others_is_never_written_to(tmp_path):
    (tmp_path / "cat.jpg").write_bytes(b"1")
    for place, said in [(tmp_path, "other files"), (tmp_path / "cat.jpg", "a file")]:
        with pytest.raises(SystemExit, match=said):
            kit.main(["class", "--to", str(place)])
    assert [path.name for path in tmp_path.iterdir()] == ["cat.jpg"]


def test_slides_show_figures_and_sentences_and_need_no_network(chapter, tmp_path):
    folder = keeping.Folder(tmp_path / "class")
    for name in slides.REVEAL:
        folder.write(f"reveal/{name}", f"/* {name} */")
    english, chinese = slides.write_slides(folder, [chapter])
    assert english == folder.path / "en" / "01_tiny.html"
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


def drawn(width, height):
    """Return an output with a figure of so many pixels; its first bytes are enough."""
    start = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height)
    data = {"image/png": base64.b64encode(start).decode()}
    return nbformat.v4.new_output("display_data", data=data)


def sections(*cells):
    """Return the slides of cells that are all tagged, as HTML."""
    new = nbformat.v4
    nodes = [
        new.new_markdown_cell(cell, metadata={"tags": ["slide"]})
        if isinstance(cell, str)
        else new.new_code_cell("1", outputs=cell, metadata={"tags": ["slide"]})
        for cell in cells
    ]
    text = nbformat.writes(new.new_notebook(cells=nodes))
    page = slides.slides_of(text, "en", dict.fromkeys(slides.REVEAL, ""))
    return re.findall("<section.*?</section>", page, re.S)


def test_what_fits_shares_a_slide_and_each_slide_has_a_heading():
    chart = '\n```mermaid\ngraph LR\nA["o<br/>ne"] --> B[two]\nB --> C[three]\n```\n'
    title = f"# Title\n\n[Contents](00_index.ipynb)\n{chart}"
    figure, printed = [drawn(600, 400)], [nbformat.v4.new_output("stream", text="3\n")]
    first, second = sections(title, figure, "It shows this. " * 60)
    assert "o ne → two → three" in first and "image/png;base64,iVBOR" in first
    assert "Contents" not in first and "mermaid" not in first
    assert second.count("<h3>Title</h3>") == 1 and "<img" not in second
    (both,) = sections("# Title", figure, "It shows this.")
    assert both.index("<img") < both.index("It shows this.")
    one, two = sections("# Title\n" + "long " * 300, figure)
    assert "<img" not in one and "<h3>Title</h3><img" in two
    one, two = sections("# Title\n\nSaid.", printed, "And then.")
    assert "3\n" in one and "And then" in two and "<h3>Title</h3>" in two


def test_a_flowchart_that_is_no_chain_is_told_by_its_arrows():
    chart = 'X([Texts]) --> B["Labels<br/>2"]\nB --> L([Some])\nB --> K([Others])'
    (page,) = sections(f"# T\n\nSo:\n\n```mermaid\ngraph LR\n{chart}\n```\n")
    assert "<li>Texts → Labels 2</li>" in page
    assert "<li>Labels 2 → Some, Others</li>" in page


def test_a_heading_inside_a_cell_begins_a_slide():
    _, two, three = sections("# Title", "The end.\n\n## Next\n### Inner\nMore.")
    assert "<h3>Title</h3>" in two and "The end." in two and "Next" not in two
    assert "Next</h2>" in three and "Inner</h3>" in three and "More." in three


def test_a_wide_figure_joins_more_text_than_a_high_one():
    text = "# Title\n" + "long " * 150
    assert len(sections(text, [drawn(1200, 150)])) == 1
    assert len(sections(text, [drawn(600, 600)])) == 2


def test_too_much_text_is_set_smaller():
    (short,) = sections("# Title\nshort")
    (long,) = sections("# Title\n" + "\n".join(f"- {n}" for n in range(30)))
    size = [float(re.search("font-size: ([0-9.]+)em", s)[1]) for s in (short, long)]
    assert size[0] == 1 > size[1] >= 0.7
