"""A tiny chapter and a tiny exercise, for the tests of what builds the notebooks."""

import pytest

TINY = """\
# %% [markdown] lang="en"
# # 1. Tiny, {{run_time}}
# %% [markdown] lang="zh"
# # 1. 小，{{run_time}}
# %%
print(2 + 2)
"""
EXERCISE = '''\
# %% [markdown] lang="en"
# One more.
# %% [markdown] lang="zh"
# 加一。
# %%
def more(x):
    """Add one."""
    # solution
    y = x + 1
    return y
    # end solution
# %%
check(lambda: more(1), 2, "one more than 1")
'''
WORDS = """\
# %% [raw] words
# "a review" = "一条评论"
# f"seed {seed}: {score:.2f}" = f'种子 {seed}：{score:.2f}'
"""


@pytest.fixture
def tiny(tmp_path):
    """A function that writes a source and returns its path."""

    def write(text=TINY, name="01_tiny.py"):
        path = tmp_path / "notebooks" / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
