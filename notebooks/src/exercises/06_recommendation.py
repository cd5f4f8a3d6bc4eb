# %% [markdown] lang="en"
# # Exercises: recommendation
#
# To chapter 6, recommendation (article §6.6). Replace each `...  # your code` and run the check below
# it: it says *Right*, or what is wrong. Each exercise can be done alone. Nothing is trained here, so
# every answer comes at once. The last two are open: a classmate can check them.

# %% [markdown] lang="zh"
# # 练习：推荐系统
#
# 对应第 6 章的推荐系统（原文 §6.6）。把每个 `...  # your code` 换成你的代码，再运行下面的检查格，
# 它会说对不对、错在哪里。各题互不依赖，可以单独做。这里不训练模型，马上就有结果。最后两题是开放题，请同学来看。

# %%
import numpy as np
import pandas as pd

from sftkeras.evaluation import ranking
from sftkeras.models.cooccurrence import ItemNeighbours, taken
from sftkeras.scenarios import recommendation

users = recommendation.load_examples(language="en")
shop = users.shop
titles = np.array(shop.titles)
print(f"{len(shop.others)} customers, {len(titles)} articles")

# %% [markdown] lang="en"
# ## 1. Recall@10 by hand
#
# Write `recall_at_10(found, wanted)` for *one* customer: `found` are the articles that were
# recommended, `wanted` those that he took later. Hits divided by what a list of this length could
# have found at most.

# %% [markdown] lang="zh"
# ## 1. 手算前十召回率
#
# 为**一位**顾客写出 `recall_at_10(found, wanted)`：`found` 是推荐的商品，`wanted` 是他后来买的。
# 命中的件数，除以这样长的推荐列表最多可能命中的件数。


# %%
def recall_at_10(found, wanted):
    # solution
    hits = len({*found} & {*wanted})
    return hits / min(len(found), len(wanted))
    # end solution


# %%
hint = "a list of ten cannot find more than ten, and not more than there are"
check(lambda: recall_at_10([1, 2, 3, 4], [3, 9]), 0.5, "one of two", hint)
long = list(range(15))
check(lambda: recall_at_10(list(range(10)), long), 1, "all ten are right", hint)
check(lambda: recall_at_10([20, 21], [1]), 0, "nothing right")
random = np.random.default_rng(0)
found = [random.choice(400, 10, False) for _ in users.inputs]
wanted = [history[20:] for history in users.inputs]
check(
    lambda: np.mean([recall_at_10(f, w) for f, w in zip(found, wanted)]),
    ranking.recall(found, wanted),
    "the mean over all customers, as the chapter has it",
)
check.right(f"Ten drawn by lot: {ranking.recall(found, wanted):.3f}")

# %% [markdown] lang="en"
# ## 2. The cosine of two articles
#
# `table` has a row a customer, a column an article, 1 where he took it. Write `cosine(table, a, b)`: the
# cosine between two columns, which item-kNN calls how near the articles are. Nobody reads a title
# for it.

# %% [markdown] lang="zh"
# ## 2. 两件商品的余弦
#
# `table` 每行一位顾客，每列一件商品，买过为 1。写出 `cosine(table, a, b)`：两列之间的余弦，
# item-kNN 用它衡量两件商品有多近。这里完全不看标题。


# %%
def cosine(table, a, b):
    # solution
    one, other = table[:, a], table[:, b]
    return one @ other / np.sqrt((one @ one) * (other @ other))
    # end solution


# %%
toy = np.array([[1.0, 1, 0], [1, 0, 0], [0, 1, 1], [1, 1, 0]])
hint = "the product of the columns, divided by both lengths"
check(lambda: cosine(toy, 0, 1), 2 / 3, "two took both; three took each", hint)
check(lambda: cosine(toy, 0, 2), 0, "nobody took both", hint)
bought = taken(shop.others, len(titles))
near = ItemNeighbours(shop.others, len(titles), neighbours=len(titles), shrink=1e-9)
check(lambda: cosine(bought, 7, 30), near.weights[7, 30], "as item-kNN has it")
best = np.argsort(-near.weights[7])[:4]
print(titles[7], *titles[best], sep="\n  ")
check.right("The first line, and what was taken by the same people.")

# %% [markdown] lang="en"
# ## 3. A mean that forgets
#
# The model takes the mean of a customer's articles, each earlier one weighing `decay` times the one
# after it. Write `forgetful_mean(vectors, decay)` for `vectors` of shape `(T, W)`, the latest last. The
# weights sum to one.

# %% [markdown] lang="zh"
# ## 3. 会遗忘的平均
#
# 模型对顾客买过的商品取平均，每件的权重是它后一件的 `decay` 倍。写出 `forgetful_mean(vectors, decay)`：
# `vectors` 的形状是 `(T, W)`，最近的在最后。权重之和为一。


# %%
def forgetful_mean(vectors, decay):
    # solution
    weights = decay ** np.arange(len(vectors))[::-1]
    return weights @ vectors / weights.sum()
    # end solution


# %%
rows = np.array([[1.0, 0], [0, 1]])
hint = "the weights of three are decay², decay, 1, divided by their sum"
check(lambda: forgetful_mean(rows, 0.5), [1 / 3, 2 / 3], "weights 1/3, 2/3", hint)
check(lambda: forgetful_mean(rows, 1.0), [0.5, 0.5], "nothing is forgotten", hint)
check(lambda: forgetful_mean(rows[:1], 0.5), [1, 0], "one alone is the mean")
check.right("With decay 0.95, the twentieth from the end weighs about a third.")

# %% [markdown] lang="en"
# ## 4. A new shop: read an honest table
#
# A second shop opens, with other articles: can what the first one's model learned be moved there?
# `benchmarks/recommendation.py shop` has tried it, for three seeds: both shops' titles are read by one
# encoder (`e5-small`, the second shop is Chinese). The table is recall@10 by the number of customers
# of the new shop that were to be had.
#
# Name, as strings: `best[n]`, the line that is first with n customers, for 10, 40 and 160; and
# `from_other_helps`, whether at 10 customers the network that comes *from the other shop* and is
# trained here beats the same network that only has the titles, by more than a hundredth.

# %% [markdown] lang="zh"
# ## 4. 一家新商店：如实读一张表
#
# 第二家商店开张，商品完全不同：第一家的模型学到的东西能搬过去吗？`benchmarks/recommendation.py shop` 用三个种子试过：
# 两家商店的标题由同一个编码器读取（`e5-small`，两家一家英文、一家中文）。表中是前十召回率，列是新商店已有的顾客数。
#
# 填写：`best[n]`，顾客数 n 为 10、40、160 时第一名的名称（字符串）；
# `from_other_helps`，只有 10 位顾客时，**来自另一家商店**、再在这里训练的网络，是否比只有标题的同一网络高出一个百分点以上。

# %%
runs = pd.read_csv("benchmarks/recommendation_shop.csv")
table = runs.pivot_table("recall@10", "model", "labels", sort=False)
NAMES = "titles and counts, untrained|from the other shop, untrained here"
NAMES += "|trained here, from the other shop|trained here, from the titles"
table = table.set_axis([*NAMES.split("|"), "popularity", "item-kNN", "EASE"])
table.round(3)

# %%
# solution
best = {n: table[n].idxmax() for n in table}
moved = table.loc["trained here, from the other shop", 10]
from_other_helps = bool(moved > table.loc["trained here, from the titles", 10] + 0.01)
# end solution

# %%
check(
    lambda: best,
    {n: table[n].idxmax() for n in (10, 40, 160)},
    "the largest number of each column",
    hint="table[10].idxmax()",
)
gain = table.loc["trained here, from the other shop"]
gain = gain - table.loc["trained here, from the titles"]
check(lambda: from_other_helps, bool(gain[10] > 0.01), "compare the two lines at 10")
check.right(f"What the other shop is worth, by customers: {gain.round(3).to_dict()}")

# %% [markdown] lang="en"
# ## 5. Open: a customer who is misunderstood
#
# Take the chapter's `pretrained` model and find a customer of the app for whom none of the ten is
# right. Read his first ten articles aloud: what would *you* have recommended, and which knowledge did
# you use that the model does not have? A classmate judges, then looks at what he really took.

# %% [markdown] lang="zh"
# ## 5. 开放题：一位被误解的顾客
#
# 用正文里的 `pretrained` 模型，找一位推荐的十件一件也没中的应用顾客。把他先买的十件念出来：
# 换作**你**会推荐什么？你用到了哪些模型没有的知识？请同学评判，再看他后来实际买了什么。

# %% [markdown] lang="en"
# ## 6. Open: the history of your own week
#
# Write down twenty things that you watched, read or listened to last week, in their order, as titles.
# Give the first ten to `recommendation.title_vectors`, with fifty titles of your own choice in which
# the other ten are hidden, and rank those by the product with the mean of the ten. How many of
# the ten come first? Would you have *liked* them to?

# %% [markdown] lang="zh"
# ## 6. 开放题：你自己这一周的记录
#
# 按顺序写下上周看过、读过、听过的二十样东西的标题。把前十样，连同你自选的五十个标题（后十样藏在其中），
# 交给 `recommendation.title_vectors`，再按与前十样的平均向量的内积排序。后十样里有几样排进前十？
# 你**愿意**它们排在前面吗？

# %% [raw] words
# "en" = "zh"
# f"{len(shop.others)} customers, {len(titles)} articles" = f"{len(shop.others)} 位顾客，{len(titles)} 件商品"
# "a list of ten cannot find more than ten, and not more than there are" = "推荐十件，最多命中十件；要找的不足十件，就以实际件数为限"
# "one of two" = "两件中了一件"
# "all ten are right" = "十件全中"
# "nothing right" = "一件也没中"
# "the mean over all customers, as the chapter has it" = "所有顾客的平均，应与正文的算法一致"
# f"Ten drawn by lot: {ranking.recall(found, wanted):.3f}" = f"随机抽十件：{ranking.recall(found, wanted):.3f}"
# "the product of the columns, divided by both lengths" = "两列的内积，除以两列各自的长度"
# "two took both; three took each" = "两件都买的有两人；每件各有三人买"
# "nobody took both" = "没有人两件都买"
# "as item-kNN has it" = "应与 item-kNN 的结果一致"
# "The first line, and what was taken by the same people." = "第一行是这件商品，下面是同一批人买的。"
# "the weights of three are decay², decay, 1, divided by their sum" = "三件的权重是 decay²、decay、1，再除以它们的和"
# "weights 1/3, 2/3" = "权重是 1/3 和 2/3"
# "nothing is forgotten" = "什么也不忘"
# "one alone is the mean" = "只有一件，平均就是它"
# "With decay 0.95, the twentieth from the end weighs about a third." = "decay 取 0.95 时，倒数第二十件的权重约为最近一件的三分之一。"
# "titles and counts, untrained|from the other shop, untrained here" = "标题加计数，未训练|来自另一家，未在这里训练"
# "|trained here, from the other shop|trained here, from the titles" = "|来自另一家，在这里训练|只有标题，在这里训练"
# "trained here, from the other shop" = "来自另一家，在这里训练"
# "trained here, from the titles" = "只有标题，在这里训练"
# "popularity" = "热门"
# "the largest number of each column" = "每一列里最大的数"
# "table[10].idxmax()" = "可以用 table[10].idxmax()"
# "compare the two lines at 10" = "比较顾客数为 10 时的两行"
# f"What the other shop is worth, by customers: {gain.round(3).to_dict()}" = f"另一家商店值多少，按顾客数：{gain.round(3).to_dict()}"
