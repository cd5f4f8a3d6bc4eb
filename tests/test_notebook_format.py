"""The format of the notebooks' sources: what becomes of each of its marks."""

import assembling
import build
import nbformat
import prose
import pytest
import source as sources
from tiny_source import EXERCISE, TINY, WORDS
from words import literals


def test_code_is_shared_and_prose_is_not(tiny):
    en, zh = (nbformat.reads(t, 4) for t in build.render(tiny()).values())
    setup, code = (c.source for c in en.cells if c.cell_type == "code")
    assert setup == assembling.SETUP.replace("LANGUAGE", "en") != zh.cells[1].source
    assert code == "print(2 + 2)" and en.cells[2] == zh.cells[2]
    assert en.cells[1].metadata["jupyter"]["source_hidden"]
    assert "not measured yet" in en.cells[0].source
    assert "尚未测量" in zh.cells[0].source
    assert en.cells[-1].source.endswith("[中文](../zh/01_tiny.ipynb)")


def test_links_stand_below_the_title_and_at_the_end(tiny):
    first = tiny(TINY.replace("Tiny,", "Tiny: small. §1"))
    last = tiny(TINY.replace("Tiny,", "Last. §6.2:"), "06_a.py")
    middle = tiny(TINY.replace("Tiny,", "Middle: §6.1"), "06_b.py")
    for source, expected in [
        (first, "[Contents](00_index.ipynb) · [1. Middle →](06_b.ipynb) · [中文]("),
        (middle, "[← 1. Tiny](01_tiny.ipynb) · [Contents](00_index.ipynb) · [1. Last"),
        (last, "[← 1. Middle](06_b.ipynb) · [Contents](00_index.ipynb) · [中文]("),
    ]:
        notebook = nbformat.reads(next(iter(build.render(source).values())), 4)
        links = notebook.cells[-1].source
        assert links.startswith(expected)
        assert notebook.cells[0].source.splitlines()[1:] == ["", links]
    exercise = tiny(EXERCISE, "exercises/01_tiny.py")
    texts = {str(p): t for p, t in build.render(exercise).items()}
    text = next(t for p, t in texts.items() if "en/exercises" in p)
    assert "[Solutions](../solutions/01_tiny.ipynb)" in text


def test_chinese_code_has_chinese_words(tiny):
    code = "text = 'a review'\nprint(f'seed {seed}: {score:.2f}', f'{\"a review\"}')\n"
    source = tiny(TINY + "# %%\n%matplotlib inline\n" + code + WORDS)
    en, zh = (nbformat.reads(t, 4) for t in build.render(source).values())
    assert en.cells[3].source == "%matplotlib inline\n" + code.strip()
    assert zh.cells[3].source == (
        '%matplotlib inline\ntext = "一条评论"\n'
        "print(f'种子 {seed}：{score:.2f}', f'{\"a review\"}')"
    )
    assert en.cells[2] == zh.cells[2]


def test_code_of_one_language_comes_in_pairs(tiny):
    pair = '# %% lang="en"\nprint("a")\n# %% lang="zh"\nprint("甲")\n'
    en, zh = (nbformat.reads(t, 4) for t in build.render(tiny(TINY + pair)).values())
    assert [len(en.cells), len(zh.cells)] == [5, 5]
    assert [en.cells[3].source, zh.cells[3].source] == ['print("a")', 'print("甲")']


def test_terms_are_bold_and_chinese_ones_have_the_english(tiny):
    text = TINY.replace("# # 1. Tiny", "# {{term:early stopping}}, {{term:loss}}")
    text = text.replace("# # 1. 小", "# {{term:早停}}和{{term:损失}}")
    en, zh = (nbformat.reads(t, 4) for t in build.render(tiny(text)).values())
    assert en.cells[0].source.endswith("**early stopping**, **loss**, not measured yet")
    expected = "**早停**（early stopping）和**损失**（loss）"
    assert expected in zh.cells[0].source
    same = text.replace("early stopping", "transformer").replace("早停", "Transformer")
    _, zh = build.render(tiny(same)).values()
    assert "**Transformer**和**损失**（loss）" in zh
    with pytest.raises(sources.BuildError, match=":3: not as many terms"):
        build.render(tiny(text.replace("{{term:损失}}", "损失")))


def test_the_short_path_is_marked(tiny):
    text = (
        '# %% [markdown] lang="en" tags=["short"] minutes=2\n# # Go\n'
        '# %% [markdown] lang="zh" tags=["short"] minutes=2\n# # 走\n'
        '# %% tags=["short"]\n1\n# %% tags=["short", "fold"] minutes=1\n2\n# %%\n3\n'
    )
    en, zh = (nbformat.reads(t, 4) for t in build.render(tiny(text)).values())
    cells = [(c.cell_type, c.source) for c in en.cells if c.id != "set-up"]
    assert cells[0][1].split("\n\n")[2] == "▶ *Short path: 2 minutes.*"
    assert cells[1:-1] == [
        ("code", "1"),
        ("markdown", "▶ *Short path: 1 minute.*"),
        ("code", "2"),
        ("markdown", "▷ *Not on the short path.*"),
        ("code", "3"),
    ]
    assert "▶ *精简路线：2 分钟。*" in zh.cells[0].source
    folded = next(c for c in en.cells if c.source == "2")
    assert folded.metadata["jupyter"]["source_hidden"]
    assert folded.metadata["tags"] == ["short", "fold", "hide-input"]


def test_chinese_lines_are_joined_without_a_blank():
    assert prose.join_lines("一行，\n接着") == "一行，接着"
    assert prose.join_lines("数据\n标注") == "数据标注"
    assert prose.join_lines("用。\nKeras 训练") == "用。Keras 训练"
    assert prose.join_lines("用 Keras\n训练") == "用 Keras\n训练"
    assert prose.join_lines("- 一，\n  二；\n- 三") == "- 一，二；\n- 三"
    for kept in (
        "# 题\n正文",
        "一\n\n二",
        "| 甲 |\n| 乙 |",
        "```\n甲\n乙\n```",
        "$$\n甲\n$$",
    ):
        assert prose.join_lines(kept) == kept
    assert prose.join_lines("# 题\n\n一，\n二\n\n```\n甲\n```") == (
        "# 题\n\n一，二\n\n```\n甲\n```"
    )


def test_solutions_are_cut_out():
    code = (
        "a = 0\nif a:\n    # solution\n    a = 1\n    b = 2\n    # end solution\nc = 3"
    )
    stub = "a = 0\nif a:\n    ...  # your code\nc = 3"
    assert sources.cut(code) == stub
    two = "# solution\nx = 1\n# end solution\ny\n# solution\nz = 1\n# end solution"
    assert sources.cut(two) == "...  # your code\ny\n...  # your code"


@pytest.mark.parametrize(
    "text, line, message",
    [
        (TINY.replace('lang="zh"', 'lang="en"'), 3, "must be 'zh'. Found: prose"),
        (TINY.replace('lang="zh"', ""), 3, "lang=None"),
        (TINY.replace('# %% [markdown] lang="zh"\n', ""), 4, "Found: code"),
        (TINY + '# %% [markdown] lang="en"\n# End.\n', 7, "Found: the end"),
        ("x = 1\n" + TINY, 1, "each cell must begin"),
        ("# %%\nx = 1\n" + TINY, 1, "begins with prose"),
        (EXERCISE.replace("    # end solution\n", ""), 5, "needs its"),
        (EXERCISE.replace("# solution", "# solution:"), 5, "alone on their lines"),
        (TINY + '# %% lang="en"\n1\n# %%\n2\n', 9, "code of one language comes in"),
        (TINY + '# %% lang="zh"\n1\n', 7, "Here it must be None"),
        (TINY + '# %% tags=["shrt"]\n1\n', 7, "unknown tags ['shrt']"),
        (TINY + "# %% minutes=3\n1\n", 7, 'tags=["short"] is missing'),
        (TINY.replace('"zh"', '"zh" tags=["slide"]'), 3, "tags or minutes differ"),
        (WORDS + TINY, 1, "the table of words is the last cell"),
    ],
)
def test_a_wrong_source_is_named_with_its_line(tiny, text, line, message):
    path = tiny(text)
    with pytest.raises(sources.BuildError) as error:
        sources.read_source(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "line, message",
    [
        ('# "a" "b"', ':8: a line is "English" = "中文". Found: "a" "b"'),
        ('# "a = b', ":8: a line is"),
        ('# "2" = "3"\n# \'2\' = "4"', ":9: '2' stands there twice"),
        ('# "nowhere" = "无"', ': words that stand in no code cell: "nowhere"'),
    ],
)
def test_a_wrong_word_is_named(tiny, line, message):
    path = tiny(f"{TINY}# %% [raw] words\n{line}\n")
    with pytest.raises(sources.BuildError) as error:
        build.render(path)
    assert str(error.value).startswith(f"{path}{message}")


def test_a_slow_cell_tells_its_time(tiny):
    text = TINY.replace("Tiny", "{{cell_time}}").replace("小", "{{cell_time}}")
    source = tiny(text)
    path, _ = sources.targets(source)
    notebook = assembling.assemble(source, path, "src")
    assert "not timed yet." in notebook.cells[0].source
    known = {"cell_seconds": {notebook.cells[2].id: 31.5}}
    known["cell_seconds"] |= {notebook.cells[1].id: 12}
    texts = [
        assembling.assemble(source, path, "src", known).cells[0].source
        for path in sources.targets(source)
    ]
    assert "This cell takes about 40 seconds." in texts[0]
    assert "这一格约需 40 秒。" in texts[1]
    quick = assembling.assemble(source, path, "src", {"run_seconds": 9.0})
    assert "This cell takes a few seconds." in quick.cells[0].source


def test_the_run_time_in_words():
    said = [prose.in_words(s, "en") for s in (3, 41, 55, 61, 119, 150.2)]
    assert said == [
        "about 10 seconds",
        "about 50 seconds",
        "about 1 minute",
        "about 1½ minutes",
        "about 2 minutes",
        "about 3 minutes",
    ]
    said = [prose.in_words(s, "zh") for s in (41, 55, 61, 119)]
    assert said == ["约 50 秒", "约 1 分钟", "约 1 分半钟", "约 2 分钟"]


def test_literals_are_found_whole_on_every_python():
    code = 'A = """好评 好\n实惠"""\nB = f"""多\n{A}完""" + f"好{A}" + "x"\n'
    assert [text for _, _, text in literals(code)] == [
        '"""好评 好\n实惠"""', 'f"""多\n{A}完"""', 'f"好{A}"', '"x"',
    ]  # fmt: skip
