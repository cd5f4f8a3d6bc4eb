# %% [markdown] lang="en"
# # Machine translation: exercises
#
# To chapter 6, machine translation (article §6.4). Replace each `...  # your code` and run
# the check below it: it says *Right*, or what is wrong, with a hint after the second try.
# Each can be done without the others; the last two are open. All of it runs in {{run_time}}.

# %% [markdown] lang="zh"
# # 机器翻译：练习
#
# 对应第 6 章的机器翻译（原文 §6.4）。把每处 `...  # your code` 换成你的代码，再运行下面的检查格：
# 做对了会显示“正确”，否则会告诉你哪里不对，第二次还不对就给提示。每道题都可以单独做；最后两道是开放题。
# 全部运行{{run_time}}。

# %%
from collections import Counter

import numpy as np
from sacrebleu.metrics import BLEU

from sftkeras.data.placeholders import placeholders
from sftkeras.inputs.translation import END, START, shifted
from sftkeras.tasks.texts import UnitCrossEntropy

# %% [markdown] lang="en"
# ## 1. Moved by one place
#
# While it learns, the decoder is given the start and the units, and is to answer the units
# and the end. Write `pair(units)`, which returns both lists. `START` and `END` are numbers.

# %% [markdown] lang="zh"
# ## 1. 错开一位
#
# 训练时给解码器看的是开始符加各个单元，应答的是各个单元加结束符。请写 `pair(units)`，返回这两个列表。
# `START` 和 `END` 是两个编号。


# %%
def pair(units):
    """units: list of int. Returns (given, to answer), two lists of int."""
    # solution
    return [START, *units], [*units, END]
    # end solution


# %%
for units in ([7, 8, 9], [5]):
    both = tuple(column[0].tolist() for column in shifted([np.array(units)]))
    check(lambda units=units: pair(units), both, "the start first, the end last",
          hint="both lists have one number more than the units")  # fmt: skip
check.right()

# %% [markdown] lang="en"
# ## 2. The loss, without the padding
#
# `p` holds probabilities `(texts, places, units)`, `targets` the right unit of each place,
# `weights` 1 where a place is real and 0 where it only fills up. Write `mean_loss(p, targets,
# weights)`: minus the logarithm of the right unit's probability, mean over the real places.

# %% [markdown] lang="zh"
# ## 2. 不算填充的损失
#
# `p` 是概率 `(译文, 位置, 单元)`，`targets` 是每个位置上正确的单元，`weights` 在真实的位置是 1，在填充的位置是 0。
# 请写 `mean_loss(p, targets, weights)`：正确单元概率的负对数，对真实的位置求平均。


# %%
def mean_loss(p, targets, weights):
    """p: (B, T, U); targets, weights: (B, T). Returns a number."""
    # solution
    right = np.take_along_axis(p, targets[..., None], axis=-1)[..., 0]
    return -(np.log(right) * weights).sum() / weights.sum()
    # end solution


# %%
random = np.random.default_rng(0)
logits = random.normal(size=(2, 4, 5)).astype("float32")
p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
targets = random.integers(0, 5, (2, 4))
weights = np.array([[1, 1, 1, 1], [1, 0, 0, 0]], "float32")
expected = float(UnitCrossEntropy()(targets, logits, sample_weight=weights))
check(lambda: mean_loss(p, targets, weights), expected, "five places are real",
      hint="divide by weights.sum(), not by the number of places")  # fmt: skip
longer = [np.concatenate([x, x[:, :2]], axis=1) for x in (p, targets)]
filled = np.pad(weights, ((0, 0), (0, 2)))
check(lambda: mean_loss(*longer, filled), expected, "two more places of padding")
check.right("However far a batch is filled up, the loss stays.")

# %% [markdown] lang="en"
# ## 3. Which runs are in the reference?
#
# BLEU counts runs of n characters of the answer that stand in the reference too, each run at
# most as often as it stands there: 的的的的 is not four times right. Write
# `matches(answer, reference, n)`, that count.

# %% [markdown] lang="zh"
# ## 3. 片段命中
#
# BLEU 数的是：译文里长度为 n 的片段，有多少个也出现在参考译文里；每种片段最多算到参考译文里的次数，
# 所以“的的的的”不能算对四次。请写 `matches(answer, reference, n)`，返回这个个数。


# %%
def matches(answer, reference, n):
    """answer, reference: str; n: int. Returns int."""
    # solution
    runs = [
        Counter(text[i : i + n] for i in range(len(text) - n + 1))
        for text in (answer, reference)
    ]
    return sum((runs[0] & runs[1]).values())
    # end solution


# %%
check(lambda: matches("的的的的", "我的", 1), 1, "it stands there once",
      hint="two Counters: a & b keeps the smaller count of each")  # fmt: skip
score = BLEU(tokenize="zh").corpus_score(["打开所有的文件夹"], [["打开全部的文件"]])
for n in (1, 2, 3, 4):
    answer = check.given(lambda n=n: matches("打开所有的文件夹", "打开全部的文件", n))
    check(answer, score.counts[n - 1], f"runs of {n}, as sacrebleu counts them")
check.right(
    "BLEU is the geometric mean of these four shares, marked down if too short."
)

# %% [markdown] lang="en"
# ## 4. A step of a beam
#
# `beams` is a list of (units, log-probability); `table[a, b]` is the probability that `b`
# follows `a`. Write `step(beams, table, width)`: go on with each beginning by each unit, and
# keep the `width` most probable, the best first. (A log-probability of a sequence is the sum.)

# %% [markdown] lang="zh"
# ## 4. 束搜索的一步
#
# `beams` 是（单元列表，对数概率）的列表；`table[a, b]` 是 `a` 之后出现 `b` 的概率。
# 请写 `step(beams, table, width)`：每个开头接上每个单元，只留最可能的 `width` 个，最好的排最前。（序列的对数概率是各步之和。）


# %%
def step(beams, table, width):
    """beams: list of (list of int, number). Returns such a list."""
    # solution
    longer = [
        ([*units, unit], score + np.log(table[units[-1], unit]))
        for units, score in beams
        for unit in range(len(table))
    ]
    return sorted(longer, key=lambda beam: -beam[1])[:width]
    # end solution


# %%
table = np.array([[0.04, 0.55, 0.41], [0.35, 0.33, 0.32], [0.02, 0.03, 0.95]])


def after_two(width):
    """Return the best two units after 0, by a beam."""
    beams = [([0], 0.0)]
    for _ in range(2):
        beams = step(beams, table, width)
    return beams[0][0][1:]


kept = check.given(lambda: step([([0], 0.0)], table, 2))
check(kept and len(kept), 2, "as many are kept as the width")
check(lambda: after_two(1), [1, 0], "a beam of one is greedy",
      hint="the last unit of a beginning chooses the row of the table")  # fmt: skip
check(lambda: after_two(2), [2, 2], "a beam of two sees that 2 leads further")
check.right("What looks best now may lead nowhere.")

# %% [markdown] lang="en"
# ## 5. Before the draft goes out
#
# `placeholders(text)` lists what a program replaces. Write `faults(original, translation)`,
# which returns two sorted lists: those that are lost, and those that are invented. One may
# occur several times.

# %% [markdown] lang="zh"
# ## 5. 交稿之前
#
# `placeholders(text)` 列出程序要替换的部分。请写 `faults(original, translation)`，返回两个排好序的列表：
# 丢了的和多出来的。同一个占位符可能出现几次。


# %%
def faults(original, translation):
    """original, translation: str. Returns (lost, invented), two lists of str."""
    # solution
    there, here = (Counter(placeholders(text)) for text in (original, translation))
    return sorted((there - here).elements()), sorted((here - there).elements())
    # end solution


# %%
check(lambda: faults("{a} of {b}", "{b} 中的 {a}"), ([], []), "the order may change")
check(lambda: faults("%s and %s", "%s"), (["%s"], []), "one of two is lost",
      hint="Counter(a) - Counter(b) keeps what a has more")  # fmt: skip
check(lambda: faults("<b>all</b>", "全部<i>"), (["</b>", "<b>"], ["<i>"]), "tags too")
check.right("Any translator's work can be checked so, a person's too.")

# %% [markdown] lang="en"
# ## 6. Open: a glossary
#
# Choose a term of JupyterLab that the translator writes in several ways ("kernel", "cell",
# "notebook"). Write twenty pairs with it, in the words of the glossary, and fine-tune on them
# and 300 others. How often does it keep to the term now? What did the rest lose?
#
# ## 7. Open: a program of yours
#
# Take the catalogue of a program that you use (`.po` files lie in its source). Draft what is
# missing, then correct fifty drafts by hand, with a watch: how many are right, how many are
# quicker to correct than to write?

# %% [markdown] lang="zh"
# ## 6. 开放题：术语表
#
# 选一个译法不统一的 JupyterLab 术语（“kernel”“cell”“notebook”都行），按术语表写二十对含有它的句子，
# 和另外 300 条一起微调。现在它有多少次用对了术语？别的条目变差了多少？
#
# ## 7. 开放题：你用的软件
#
# 找一个你常用的软件的语言文件（源码里的 `.po`）。先让程序译出缺的条目，再亲手改五十条，记下时间：
# 多少条直接能用？多少条改起来比自己译还快？

# %% [raw] words
# "the start first, the end last" = "开始符在最前，结束符在最后"
# "both lists have one number more than the units" = "两个列表都比单元多一个编号"
# "five places are real" = "五个位置是真实的"
# "divide by weights.sum(), not by the number of places" = "除以 weights.sum()，不是位置的个数"
# "two more places of padding" = "再填充两个位置"
# "However far a batch is filled up, the loss stays." = "不管填充多长，损失不变。"
# "it stands there once" = "参考译文里只有一个"
# "two Counters: a & b keeps the smaller count of each" = "用两个 Counter：a & b 取每种片段较小的次数"
# f"runs of {n}, as sacrebleu counts them" = f"长度为 {n} 的片段，与 sacrebleu 数的一致"
# "BLEU is the geometric mean of these four shares, marked down if too short." = "BLEU 就是这四个比例的几何平均，译文太短再扣分。"
# "as many are kept as the width" = "束宽是几就留几个"
# "a beam of one is greedy" = "束宽为一就是贪心解码"
# "the last unit of a beginning chooses the row of the table" = "开头的最后一个单元决定查表的哪一行"
# "a beam of two sees that 2 leads further" = "束宽为二就能看出走 2 更好"
# "What looks best now may lead nowhere." = "眼下最好的一步，未必通向最好的结果。"
# "the order may change" = "次序可以变"
# "one of two is lost" = "两个丢了一个"
# "Counter(a) - Counter(b) keeps what a has more" = "Counter(a) - Counter(b) 得到 a 多出来的部分"
# "tags too" = "标签也算"
# "Any translator's work can be checked so, a person's too." = "谁的译文都能这样检查，人译的也一样。"
