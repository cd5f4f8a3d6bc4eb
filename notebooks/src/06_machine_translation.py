# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# # 6. Machine translation: a program it never saw
#
# Article: §6.4 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - how a network writes a text, unit after unit, and what it is given while it learns to;
# - what three hundred translated strings of a new program are worth;
# - what is forgotten meanwhile, and what brings it back;
# - why a score can flatter, and which control shows it;
# - how a localiser's file becomes a draft in which no placeholder is lost.
#
# Article §6.4 says that fine-tuning adapts a pretrained translator to a task, and has no
# code. This translator is small and real: the encoder is `e5-small`, which Microsoft trained
# on a hundred languages; the decoder we trained on the texts of seven programs, English to
# Chinese. The new program is the one that you have in front of you, JupyterLab.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# # 6. 机器翻译：没见过的软件
#
# 对应原文 §6.4 · 双核 CPU 实测用时：{{run_time}}
#
# 本章内容：
#
# - 网络怎样一个单元接一个单元地写出译文，训练时又给它看什么；
# - 新软件的三百条界面文字及其译文值多少；
# - 学新的同时忘了什么，怎样找回来；
# - 分数为什么会虚高，用什么对照能看出来；
# - 怎样把本地化人员手里的文件变成译文草稿，占位符一个不丢。
#
# 原文 §6.4 说，微调能让预训练的翻译模型适应特定任务，但没有给代码。这里的翻译模型虽小，却是真的：
# 编码器是 `e5-small`，微软用一百种语言训练；解码器由我们用七个软件的界面文字训练，英译中。
# 新软件就是你面前的 JupyterLab。

# %% tags=["short"]
import numpy as np
import pandas as pd

import sftkeras as sft
from sftkeras import plots
from sftkeras.data.interface_strings import FAR, base_strings, likeness
from sftkeras.data.placeholders import placeholders
from sftkeras.evaluation.translating import source_attention
from sftkeras.graph import task_of
from sftkeras.scenarios import machine_translation as scenario
from sftkeras.scenarios import running
from sftkeras.tasks.texts import text_scores

# %% [markdown] lang="en" tags=["short"]
# ## The strings
#
# JupyterLab's {{term:language pack}} is a package like any other; pip installed it with the
# rest, and the strings are read from it. (So your JupyterLab can speak Chinese: menu
# *Settings*, *Language*.) None of them was in what the decoder was trained on. Strings that
# are alike but for a letter or two form a family, and a family is on one side of the split.

# %% [markdown] lang="zh" tags=["short"]
# ## 界面文字
#
# JupyterLab 的{{term:语言包}}和别的包一样，已由 pip 装好，文字就从里面读。（所以你的 JupyterLab
# 可以切换成中文：菜单 *Settings* → *Language* → *Chinese (Simplified, China)*。）训练解码器时，这些文字一条也没有用过。
# 只差一两个字母的算一家，划分时一家只在一边。

# %% tags=["short"]
examples = scenario.load_examples()
pool, test = (examples.take(rows) for rows in scenario.split(examples, 0))
train = running.draw(pool, 300, 0)
english, chinese = list(test.inputs), test.labels.tolist()
print(
    f"{len(pool)} strings to draw from, {len(test)} to test, {len(train)} to train on"
)
pd.DataFrame({"English": train.inputs, "Chinese": train.labels}).head(5)

# %% [markdown] lang="en" tags=["short"] minutes=4
# ## Step 1: the pretrained translator
#
# Nothing of JupyterLab has been used so far. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"] minutes=4
# ## 第一步：预训练的翻译模型
#
# 到这里为止，JupyterLab 的文字一条也没有用过。{{cell_time}}

# %% tags=["short"]
model = sft.load_translator()
first = sft.predict(model, english)
before = text_scores(chinese, first)
low, high = before["bleu_interval"]
print(f"before: BLEU {before['bleu']:.1f} ({low:.1f} to {high:.1f})")
print(f"word for word as the reference: {before['exact']:.0%}")
table = pd.DataFrame({"English": english, "reference": chinese, "before": first})
table.head(6)

# %% [markdown] lang="en" tags=["slide"]
# {{term:BLEU}} (Papineni et al. 2002) asks which runs of one to four characters of an answer
# stand in the {{term:reference translation}} too, from 0 to 100; a text that is too short is
# marked down. Two good translators differ, so that nobody reaches 100. The interval is that
# of resamples of the test strings: differences within it may be luck.
#
# ## How it writes
#
# The encoder reads the English once. The {{term:decoder}} then writes a unit after the
# other, and each is chosen by what was read and by what has been written. A unit is a
# frequent piece of Chinese, of one character or some. In training the decoder is given the
# reference, moved by one place ({{term:teacher forcing}}): after the start it is to answer
# the first unit, after the first the second, and in the end the end.

# %% [markdown] lang="zh" tags=["slide"]
# {{term:双语评估替补}}（Papineni 等，2002）看译文里连续一到四个字的片段有多少也出现在{{term:参考译文}}里，从 0 到 100；
# 译文太短要扣分。两位好译者的译文也不会一样，所以谁也到不了 100。括号里的区间来自对测试条目的重抽样：差别落在区间之内，可能只是运气。
#
# ## 译文是怎样写出来的
#
# 编码器把英文读一遍。{{term:解码器}}再一个单元接一个单元地写：写哪一个，取决于读到的原文和已经写出的部分。
# 单元是常见的中文片段，一个字或几个字。训练时给解码器看的是错开一位的参考译文（{{term:教师强制}}）：
# 看到开始符，应答第一个单元；看到第一个，应答第二个；最后应答结束符。

# %%
task = task_of(model)
rows = task.encode(model, english[:1], chinese[:1])
front = task.preprocessor
pd.DataFrame(
    {
        "given": front.pieces(rows.inputs["target_ids"][0]),
        "to answer": front.pieces(rows.targets[0]),
    }
).T

# %% [markdown] lang="en"
# The loss is the cross-entropy of each unit. Texts of a batch differ in length, so the
# shorter ones are filled up; those places weigh nothing, or the loss would hang on the
# padding. A little of the probability is to go to all units alike
# ({{term:label smoothing}}), which keeps the network from being too sure.
#
# ## What must not be touched
#
# `%1` or `{name}` stands for what the program puts there. A {{term:placeholder}} that is
# lost breaks the program, so it is taken out before the network sees the text, and put back
# after. The decoder may write each mask once, and may not end before all are written. Names
# that look like code go the same way.

# %% [markdown] lang="zh"
# 损失是每个单元上的交叉熵。同一批译文长短不一，短的要填充；填充的位置权重为零，否则损失会随填充的多少而变。
# 再把一小部分概率平均分给所有单元（{{term:标签平滑}}），免得网络过于自信。
#
# ## 不能动的部分
#
# `%1`、`{name}` 代表程序运行时填进去的内容。丢了一个{{term:占位符}}，程序就会出错。所以网络看到的原文里，占位符已换成记号，
# 译完再换回来；每个记号解码器只能写一次，没写全不许结束。像代码的专有名词也这样处理。

# %%
masked, kept = front.masked(
    "Delete %1 from {folder}? See <b>README.md</b> in JupyterLab."
)
print(masked)
print(kept)
with_some = [text for text in examples.inputs if placeholders(text)][:50]
for text, answer in zip(with_some, sft.predict(model, with_some), strict=True):
    assert sorted(placeholders(text)) == sorted(placeholders(answer)), text
print(f"{len(with_some)} strings with placeholders: none is lost, none invented")

# %% [markdown] lang="en" tags=["short", "slide"] minutes=5
# ## Steps 2 to 5: three hundred strings
#
# The encoder stays as it is; what it makes of a text is computed once. All of the decoder is
# trained. {{cell_time}}

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=5
# ## 第二步到第五步：三百条
#
# 编码器不动，它读出来的结果只计算一次；解码器全部训练。{{cell_time}}

# %% tags=["short"]
tuned = sft.fine_tune(
    model, train.inputs, train.labels.tolist(), scenario.DECODER, verbose=0
)
second = sft.predict(tuned, english)
after = text_scores(chinese, second)
low, high = after["bleu_interval"]
print(f"after 300 strings: BLEU {after['bleu']:.1f} ({low:.1f} to {high:.1f})")
print(f"word for word as the reference: {after['exact']:.0%}")
assert after["bleu"] > before["bleu"] + 2

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# Read ten of them, and look for faults: what is left out, what is said twice, which word is
# another than the reference's and just as good.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# 读十条，挑挑毛病：漏了什么，重复了什么，哪个词和参考译文不同，却一样好。

# %% tags=["short"]
table["after"] = second
changed = table[table["before"] != table["after"]]
changed.sample(10, random_state=1)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# ## What is forgotten
#
# The decoder knew the strings of seven other programs. Here are 100 of those that were kept
# aside, before and after it learned JupyterLab's. {{cell_time}}

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# ## 忘了什么
#
# 解码器原来熟悉另外七个软件的文字。下面是其中没有参加训练的 100 条，看看学了 JupyterLab 之后变成怎样。{{cell_time}}

# %% tags=["short"]
old = base_strings("test").take(range(100))
old_chinese = old.labels.tolist()
known = {
    name: text_scores(old_chinese, sft.predict(m, old.inputs))["bleu"]
    for name, m in (("before", model), ("after", tuned))
}
print(f"the old programs: BLEU {known['before']:.1f}, after {known['after']:.1f}")
assert known["after"] < known["before"]

# %% [markdown] lang="en"
# {{term:Replay}} mixes as many old strings into the new ones, so that the decoder sees some
# of what it knew again. And what would a decoder have learned from the three hundred that knew
# nothing before, on the same encoder and with more epochs? {{cell_time}}

# %% [markdown] lang="zh"
# {{term:经验回放}}的做法是：新的训练多少条，就掺进多少条旧的，让解码器重温一部分。
# 再看一个对照：编码器相同、解码器一无所知，用同样的三百条从零训练，轮次更多，能学成怎样？{{cell_time}}

# %%
replayed = scenario.with_replay(model, train, 0)
scratch = scenario.from_scratch(model, train, 0)
answers = {"with replay": replayed, "from scratch": scratch}
answers = {name: sft.predict(m, english) for name, m in answers.items()}
table_of = {"before": first, "after": second, **answers}
scores = {name: text_scores(chinese, found) for name, found in table_of.items()}
scores = pd.DataFrame(scores).T[["bleu", "chrf", "exact"]].astype(float)
scores["old programs"] = [
    *known.values(),
    *(
        text_scores(old_chinese, sft.predict(m, old.inputs))["bleu"]
        for m in (replayed, scratch)
    ),
]
assert scores.loc["after", "bleu"] > scores.loc["from scratch", "bleu"] + 5
scores.round(2)

# %% [markdown] lang="en" tags=["slide"]
# One run each, on one draw of strings: look at the intervals above before you call two rows
# different. What the pretrained decoder is worth, no interval hides.
#
# ## Which part, and how many strings
#
# Which part of the decoder is worth training? And what do 1,800 strings give, six times as
# many? Measured with `python benchmarks/translation.py run`; a dot is a draw of strings.

# %% [markdown] lang="zh" tags=["slide"]
# 每行只跑了一次，只抽了一组条目：要说两行有差别，先看上面的区间有多宽。预训练的解码器值多少，则一目了然。
#
# ## 训练哪一部分，用多少条
#
# 解码器里哪一部分值得训练？条目增加到六倍，即 1,800 条，又如何？下面的结果由
# `python benchmarks/translation.py run` 测得；一个点是一次抽样。

# %%
runs = pd.read_csv("benchmarks/translation.csv")
means = runs.pivot_table([scenario.METRIC, scenario.OLD], "model", "labels", sort=False)
lost = means[scenario.OLD][1800]
assert lost[scenario.WITH_REPLAY] > lost["whole decoder"]
means.round(1).astype(object).fillna("–")

# %%
few = runs[runs["labels"] == 300]
plots.plot_old_and_new(few, scenario.METRIC, scenario.OLD)

# %% [markdown] lang="en" tags=["slide"]
# The more layers learn, the better the new program and the worse the old ones. The top layer
# alone forgets next to nothing. With 1,800 strings the whole decoder forgets more, as it takes
# more steps, and replay gives back more than half of that at no cost to the new program.
# (The dash: from scratch was not run on 1,800.)

# %% [markdown] lang="zh" tags=["slide"]
# 训练的层越多，新软件译得越好，旧软件译得越差；只训练最上面一层，旧的几乎不忘。用 1,800 条时训练步数更多，
# 整个解码器忘得也更多；经验回放能找回其中一半以上，新软件的译文并不因此变差。
# （短横表示没有测：1,800 条的从零训练没有跑。）

# %% [markdown] lang="en" tags=["slide"]
# ## Why the score flatters
#
# Interfaces repeat themselves: who has translated "Close all tabs" has almost translated
# "Close all files". The honest control knows no Chinese at all: it answers with the
# translation of the training string that is spelt most like the new one. On strings that
# are like none in training it fails, and the network does not.

# %% [markdown] lang="zh" tags=["slide"]
# ## 分数为什么虚高
#
# 界面文字的重复很多：译过“Close all tabs”，“Close all files”就差不多也会了。老实的对照完全不懂中文：
# 在训练集里找拼写最像的一条，把它的译文原样交上去。遇到训练集里没有相像的，它就不行了，网络却还行。

# %%
seen = base_strings("train")
like = likeness(english, [*seen.inputs, *train.inputs])
both = sft.Examples([*seen.inputs, *train.inputs], [*seen.labels, *train.labels])
copied = scenario.NearestString(both).predict(english)
far = np.flatnonzero(like < FAR)
scores = {}
for name, answers in (("the network", second), ("nearest string", copied)):
    of_far = text_scores([chinese[n] for n in far], [answers[n] for n in far])
    whole = text_scores(chinese, answers)
    scores[name] = [whole["bleu"], of_far["bleu"], 100 * whole["exact"]]
columns = ["BLEU", "BLEU, far strings", "word for word, %"]
scores = pd.DataFrame(scores, columns).T
print(f"{len(far)} of {len(test)} strings are far from all in training")
assert scores.loc["the network", columns[1]] > scores.loc["nearest string", columns[1]]
scores.round(1)

# %% [markdown] lang="en" tags=["slide"]
# ## Where it looks
#
# While it writes a unit, the decoder looks at tokens of the English: attention, from the
# translation to the original. A row is a unit, and adds up to 1. Chinese puts words in
# another order, which shows as cells off the diagonal.

# %% [markdown] lang="zh" tags=["slide"]
# ## 它在看哪里
#
# 解码器每写一个单元，都在看英文里的某些词元：这是从译文到原文的注意力。每行是一个单元，一行加起来等于 1。
# 中文语序不同的地方，深色格子就偏离对角线。

# %%
weights, tokens, units = source_attention(
    tuned, "Close all files in the current folder"
)
assert np.allclose(weights.sum(axis=1), 1, atol=1e-3)
plots.plot_alignment(weights, tokens, units)

# %% [markdown] lang="en"
# ## One term, one word
#
# In JupyterLab "notebook" is 笔记本, everywhere. A translator that writes it three ways is
# not wrong in any of them, and of no use. Whether it keeps to the {{term:terminology}} can be
# counted; BLEU does not tell.
#
# None of the seven programs says 笔. The decoder has a unit for it, and never wrote it.

# %% [markdown] lang="zh"
# ## 一个术语一个译名
#
# 在 JupyterLab 里，“notebook”处处都译“笔记本”。同一个词译成三种，哪一种都不算错，却没法用。
# {{term:术语}}是否统一可以数出来，BLEU 里看不出来。
#
# 七个软件的界面文字里没有“笔”字：解码器有这个单元，却从没写过。

# %%
asked = [n for n, text in enumerate(english) if "notebook" in text.lower()]
kept_to = {
    name: np.mean(["笔记本" in answers[n] for n in asked])
    for name, answers in (("before", first), ("after", second), ("reference", chinese))
}
print(f"{len(asked)} strings with notebook; the share with 笔记本:")
assert kept_to["after"] > kept_to["before"] + 0.2
pd.Series(kept_to).map("{:.0%}".format)

# %% [markdown] lang="en"
# ## Where it fails
#
# It knows interfaces. Of sentences as people say them it makes nonsense, and it does not
# say so: nothing in its training told it what it does not know.

# %% [markdown] lang="zh"
# ## 它不会什么
#
# 它只懂界面文字。碰到日常的句子，译出来不知所云，而且自己并不知道：训练数据里没有任何东西告诉它什么是它不懂的。

# %%
sentences = ["My sister bought a red bicycle yesterday.", "Would you like more tea?"]
sentences += ["It rained all night, so we stayed at home."]
pd.DataFrame({"English": sentences, "answer": sft.predict(tuned, sentences)})

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## Your own program
#
# A translator's file goes in, a draft comes out: only what is not translated yet, flagged as
# fuzzy, the placeholders checked. `.po`, `.json`, `.tmx` and `.tsv` are read. The first
# command adapts the translator to your program, where some of it is translated already.
#
# ```bash
# python -m sftkeras scenario machine_translation --data app.po --labels 300 --seeds 1
# python -m sftkeras translate --model runs/machine_translation/model \
#     --file app.po --out app.draft.po
# ```
#
# With a network and more memory a larger pretrained model takes the place of this one, and
# the measures and controls of this chapter stay as they are.

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 你自己的软件
#
# 译者手里的文件进去，草稿出来：只译还没有译文的条目，标上 fuzzy，占位符都检查过。能读 `.po`、`.json`、`.tmx` 和 `.tsv`。
# 如果你的软件已经译了一部分，先用第一条命令让翻译模型适应它。
#
# ```bash
# python -m sftkeras scenario machine_translation --data app.po --labels 300 --seeds 1
# python -m sftkeras translate --model runs/machine_translation/model \
#     --file app.po --out app.draft.po
# ```
#
# 有网络、内存也够的时候，可以换成更大的预训练模型；本章的度量和对照照样适用。

# %% [markdown] lang="en" tags=["summary"]
# ## Summary: what to remember
#
# - An encoder reads; a decoder writes unit after unit, by what was read and written.
# - In training it is given the reference moved by one place, and only real places count.
# - Some hundred strings adapt a pretrained translator to a program; from scratch they do not
#   suffice.
# - What it knew before fades meanwhile; replay brings part of it back.
# - BLEU flatters where texts repeat themselves: measure the nearest string too, and strings
#   that are like none in training.
# - Placeholders are masked, so that none can be lost; terms are counted, since no score shows
#   them.
# - It does not say what it cannot translate: a person reads every draft.

# %% [markdown] lang="zh" tags=["summary"]
# ## 小结
#
# - 编码器读，解码器写：一个单元接一个单元，看读到的原文，也看已经写出的部分。
# - 训练时给解码器看错开一位的参考译文，只有真实的位置计入损失。
# - 几百条就能让预训练的翻译模型适应一个软件，从零训练则不够。
# - 原来会的会淡忘，经验回放能找回一部分。
# - 文字重复多的地方 BLEU 虚高：要同时测“最像的一条”这个对照，还要单看训练集里没有相像的条目。
# - 占位符换成记号，就不会丢；术语要数，分数看不出来。
# - 译不了的，它不会说：每一条草稿都要有人看过。

# %% [markdown] lang="en"
# ## Questions
#
# 1. While it learns, the decoder is given at each place
#
# (a) its own last answer · (b) the reference's units before that place · (c) the whole reference
#
# <details><summary>Answer</summary>
#
# (b). (a) is what happens when it translates. (c) would show it the unit that it is to answer.
#
# </details>
#
# 2. A batch holds two texts, of 4 and of 10 units with their ends. The loss is divided by
#
# (a) 14 · (b) 20 · (c) 2
#
# <details><summary>Answer</summary>
#
# (a): the places that are real. (b) counts the padding too. (c) would make a long text
# weigh more than a short one.
#
# </details>
#
# 3. BLEU rises from 30.1 to 30.9; the interval is three points wide either way. You say
#
# (a) it is better · (b) it may be luck · (c) it is worse for users
#
# <details><summary>Answer</summary>
#
# (b). (a) needs more strings, or the same strings compared in pairs. (c) is a guess at what
# was not measured.
#
# </details>
#
# 4. Copying the nearest string's translation reaches nearly the network's BLEU. Then
#
# (a) the network has learned nothing · (b) the test strings are like those of training · (c) BLEU is useless
#
# <details><summary>Answer</summary>
#
# (b). Look at the strings that are far from all in training, and at exact matches: (a) is
# wrong if the network wins there. (c) goes too far; it needs its control.
#
# </details>
#
# 5. After fine-tuning on your program, the old programs fare worse. Replay means
#
# (a) to train for longer · (b) to mix old strings into the new ones · (c) to freeze the decoder
#
# <details><summary>Answer</summary>
#
# (b). (a) forgets more. (c) forgets nothing and learns nothing.
#
# </details>
#
# 6. `%s of %d` comes back as `%d 中的 %s`. The program
#
# (a) may crash, for these two are filled in order · (b) runs as before · (c) shows English
#
# <details><summary>Answer</summary>
#
# (a). The first value is put where `%d` stands. (b) holds for named ones, as `%(name)s`.
# (c): it does so where a translation is missing.
#
# </details>
#
# To discuss, without answers:
#
# 7. Volunteers wrote the translations from which the decoder learned. What do you owe them?
#
# 8. A draft that is right nine times in ten: is the tenth mistake found more easily than in a
# text that was translated by hand?
#
# 9. Whose Chinese is it? The mainland's, Taiwan's and Singapore's programs use other words.

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 训练时，在每个位置上给解码器看的是
#
# （a）它自己上一步的答案 ·（b）参考译文在这个位置之前的单元 ·（c）整条参考译文
#
# <details><summary>答案</summary>
#
# 选（b）。（a）是翻译时的情形。（c）等于把答案给它看了。
#
# </details>
#
# 2. 一批里有两条译文，连同结束符分别有 4 个和 10 个单元，损失要除以
#
# （a）14 ·（b）20 ·（c）2
#
# <details><summary>答案</summary>
#
# 选（a）：只算真实的位置。（b）把填充也算进去了。（c）会让长的译文比短的分量重。
#
# </details>
#
# 3. BLEU 从 30.1 升到 30.9，区间左右各三分。你会说
#
# （a）变好了 ·（b）可能只是运气 ·（c）对用户来说变差了
#
# <details><summary>答案</summary>
#
# 选（b）。要说（a），得有更多条目，或者逐条配对比较。（c）是拿没测过的东西来猜。
#
# </details>
#
# 4. 照抄最像的一条，BLEU 几乎赶上网络。这说明
#
# （a）网络什么也没学到 ·（b）测试条目和训练条目很像 ·（c）BLEU 没有用
#
# <details><summary>答案</summary>
#
# 选（b）。再看训练集里没有相像的那些条目，以及一字不差的比例：如果网络在那里胜出，（a）就不对。（c）说过头了，BLEU 只是需要对照。
#
# </details>
#
# 5. 在你的软件上微调之后，旧软件的译文变差了。经验回放是指
#
# （a）训练更久 ·（b）把旧条目掺进新条目里 ·（c）冻结解码器
#
# <details><summary>答案</summary>
#
# 选（b）。（a）忘得更多。（c）什么也没忘，什么也没学。
#
# </details>
#
# 6. `%s of %d` 译成了 `%d 中的 %s`，程序
#
# （a）可能崩溃，因为这两个按顺序填入 ·（b）照常运行 ·（c）显示英文
#
# <details><summary>答案</summary>
#
# 选（a）：第一个值会填到 `%d` 的位置。（b）只对有名字的占位符成立，例如 `%(name)s`。（c）是没有译文时的情形。
#
# </details>
#
# 下面三题供讨论，没有标准答案：
#
# 7. 解码器学的译文是志愿者写的。你欠他们什么？
#
# 8. 草稿十条对九条。剩下那一条的错，比人工译文里的错更容易发现吗？
#
# 9. 这是谁的中文？大陆、台湾、新加坡的软件用词并不一样。

# %% [markdown] lang="en"
# Now do the [exercises](exercises/06_machine_translation.ipynb).

# %% [markdown] lang="zh"
# 接下来请做[练习](exercises/06_machine_translation.ipynb)。

# %% [raw] words
# f"{len(pool)} strings to draw from, {len(test)} to test, {len(train)} to train on" = f"可抽取 {len(pool)} 条，测试 {len(test)} 条，训练 {len(train)} 条"
# "English" = "英文"
# "Chinese" = "中文"
# "reference" = "参考译文"
# "before" = "微调前"
# "after" = "微调后"
# f"before: BLEU {before['bleu']:.1f} ({low:.1f} to {high:.1f})" = f"微调前：BLEU {before['bleu']:.1f}（{low:.1f} 到 {high:.1f}）"
# f"word for word as the reference: {before['exact']:.0%}" = f"与参考译文一字不差：{before['exact']:.0%}"
# f"after 300 strings: BLEU {after['bleu']:.1f} ({low:.1f} to {high:.1f})" = f"训练 300 条之后：BLEU {after['bleu']:.1f}（{low:.1f} 到 {high:.1f}）"
# f"word for word as the reference: {after['exact']:.0%}" = f"与参考译文一字不差：{after['exact']:.0%}"
# "given" = "给出"
# "to answer" = "应答"
# f"{len(with_some)} strings with placeholders: none is lost, none invented" = f"{len(with_some)} 条含占位符的文字：一个没丢，一个没多"
# f"the old programs: BLEU {known['before']:.1f}, after {known['after']:.1f}" = f"旧软件：BLEU {known['微调前']:.1f}，微调后 {known['微调后']:.1f}"
# "with replay" = "加经验回放"
# "from scratch" = "从零训练"
# "nearest string" = "最像的一条"
# "old programs" = "旧软件 BLEU"
# "the network" = "网络"
# "BLEU, far strings" = "BLEU（没有相像的）"
# "word for word, %" = "一字不差，%"
# f"{len(far)} of {len(test)} strings are far from all in training" = f"{len(test)} 条里有 {len(far)} 条在训练集里没有相像的"
# f"{len(asked)} strings with notebook; the share with 笔记本:" = f"含 notebook 的有 {len(asked)} 条，译成“笔记本”的比例："
# "answer" = "译文"
