# %% [markdown] lang="en" tags=["short", "slide"] minutes=1
# # 5. The project, part three: a pretrained encoder on the same labels
#
# Article: §5.3 beside §3.3 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - what a pretrained encoder adds on the very same labels, frozen and fine-tuned;
# - to set a simple control beside every network: counting words;
# - to ask whether a lead could be chance, with nothing but the answers of two models;
# - that the same program, and another encoder, serve the other language.
#
# The program of [part two](05_decisions.ipynb) learns the language from its labels alone.
# Here a model comes to the same labels that has read a great deal before.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=1
# # 5. 项目实战（三）：同样的标注，换上预训练编码器
#
# 对应原文 §5.3，并参照 §3.3 · 双核 CPU 实测用时：{{run_time}}
#
# 本节内容：
#
# - 标注一条不加，换上预训练编码器，冻结和微调各能好多少；
# - 给每个网络配一个简单的对照：TF-IDF；
# - 领先会不会是碰巧？只用两个模型的答案就能判断；
# - 同一个程序怎样用在另一种语言上。
#
# [第二部分](05_decisions.ipynb)的程序，只能靠这些标注去学语言本身。
# 这里换一个事先读过大量文本的模型，看看同样的标注能做到什么程度。

# %%
import time

import numpy as np
import pandas as pd
from scipy.stats import binomtest

import sftkeras as sft
from sftkeras import plots

pd.set_option("display.max_colwidth", None)
FILES = ("train", "val", "test")
train, val, test = (sft.load_texts(f"data/reviews/{name}_data.txt") for name in FILES)

# %% [markdown] lang="en" tags=["short"] minutes=4
# ## Two models without pretraining
#
# The same reviews to train on, the same to stop by, the same to test on, for all models of
# this notebook. First two that know nothing beforehand: the LSTM of part two, and a control
# that any network has to beat. TF-IDF counts the words of a review, gives more weight to
# those that few reviews have, and logistic regression draws one straight line through
# the counts.

# %% [markdown] lang="zh" tags=["short"] minutes=4
# ## 两个没有预训练的模型
#
# 本节所有模型都用同样的评论训练，用同样的评论选轮次，在同样的评论上测试。先看两个没有预训练的：
# 一个是第二部分的 LSTM；另一个是任何网络都应当超过的对照，TF-IDF 加逻辑回归：
# TF-IDF 统计每条评论里的单字和相邻两字，越少见的权重越大；逻辑回归再用一个线性分界把两类分开。

# %% tags=["short"]
tokenizer = sft.Tokenizer().fit_on_texts(train.texts)
lstm = sft.create_model(tokenizer=tokenizer)
sft.train_model(
    lstm, train.texts, train.labels, val.texts, val.labels, patience=10, verbose=0
)
started = time.perf_counter()
tfidf = sft.tfidf_classifier(train.texts, train.labels)
seconds = time.perf_counter() - started
counting = tfidf.score(test.texts, test.labels)
print(f"TF-IDF + logistic: {counting:.3f}")


# %% tags=["short"]
def judge(model):
    """Return the wrong answers of a network, and what the figure below needs."""
    wrong = sft.confident_mistakes(model, test.texts, test.labels, len(test))
    accuracy = 1 - len(wrong) / len(test)
    seconds = model.history.train_seconds
    return wrong, {"accuracy": accuracy, "train_seconds": seconds}


results = {"TF-IDF + logistic": {"accuracy": counting, "train_seconds": seconds}}
lstm_wrong, results["LSTM from scratch"] = judge(lstm)
scratch = results["LSTM from scratch"]["accuracy"]
print(f"LSTM from scratch: {scratch:.3f}")
assert counting > scratch

# %% [markdown] lang="en" tags=["short"] minutes=6
# ## The encoder, frozen and fine-tuned
#
# Then MiniLM, twice: with all its layers frozen, so that only a new head is trained on
# what it already knows (feature extraction, in chapter 1's words); and with all layers
# fine-tuned. Both times it is `sft.fine_tune`, the article's §3.3.

# %% [markdown] lang="zh" tags=["short"] minutes=6
# ## 编码器：冻结与微调
#
# 再看编码器，做两遍：一遍冻结全部层，只在它已有的知识上训练一个新的分类头（即第 1 章说的特征提取）；
# 一遍把靠近输出的四层也放开，一起微调（这个编码器有 12 层，全部微调也可以，只是要慢一倍多）。
# 两遍用的都是 `sft.fine_tune`，即原文 §3.3。

# %% lang="en" tags=["short"]
jobs = {"frozen": (None, 20), "fine-tuned": ("all", 3)}

# %% lang="zh" tags=["short"]
upper = [f"transformer_layer_{number}" for number in range(8, 12)]
jobs = {"冻结": (None, 20), "微调": (upper, 3)}

# %% [markdown] lang="en" tags=["short"]
# Guess which of the two comes out ahead, and by how much. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# 先猜一猜：两遍相差多少？{{cell_time}}

# %% tags=["short"]
encoder = sft.load_pretrained_model("minilm", num_classes=2)
encoders, wrong = {}, {}
for name, (layers, epochs) in jobs.items():
    shown = f"encoder, {name}"
    encoders[shown] = sft.fine_tune(
        encoder, train.texts, train.labels, layers, epochs=epochs, batch_size=16,
        validation_data=(val.texts, val.labels), verbose=0,
    )  # fmt: skip
    wrong[shown], results[shown] = judge(encoders[shown])
    print(f"{shown}: {results[shown]['accuracy']:.3f}", flush=True)

# %% tags=["short", "slide"]
best = results["encoder, fine-tuned"]["accuracy"]
rivals = [result["accuracy"] for result in [*results.values()][:-1]]
assert best > max(rivals) + 0.02
plots.plot_comparison(results, floor=0.5)

# %% [markdown] lang="en" tags=["short", "slide"]
# The bars show accuracy on the test file and the seconds of training. Counting words
# beats the LSTM: always measure the simple control. The frozen encoder is no better than
# counting here, or hardly, since many of these reviews were written so that the words alone
# do not give the feeling away. Fine-tuning makes the difference.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 横条是测试集准确率和训练用时。TF-IDF 只统计字词出现的次数，却胜过了 LSTM，所以简单的对照一定要测。
# 冻结的编码器在这里也没有比它强：这些评论里有许多是特意写成光看用词看不出褒贬的。
# 真正拉开差距的是微调。

# %% [markdown] lang="en"
# ## Could it be chance?
#
# Not a label was added. Could the encoder's lead over the LSTM be chance? Count the test
# reviews that one of the two models gets right and the other wrong: were they equally good,
# these would split evenly, like tosses of a coin. The {{term:sign test}} asks how likely so
# uneven a split is by chance.

# %% [markdown] lang="zh"
# ## 会不会是碰巧？
#
# 标注一条没加，编码器却领先 LSTM 这么多，会不会是碰巧？
# 数一数两个模型一对一错的测试评论：如果两者水平相当，这些评论应当像抛硬币一样对半分。
# 算出碰巧分得这么不均的概率，就是{{term:符号检验}}。

# %% tags=["slide"]
tuned_wrong = wrong["encoder, fine-tuned"]
gained = len(lstm_wrong.index.difference(tuned_wrong.index))
lost = len(tuned_wrong.index.difference(lstm_wrong.index))
chance = binomtest(gained, gained + lost).pvalue
print(f"only the encoder is right: {gained} reviews; only the LSTM is right: {lost}")
print(f"probability of so uneven a split by chance: {chance:.1e}")
assert gained > lost and chance < 0.01

# %% [markdown] lang="en" tags=["slide"]
# That speaks of chance in the *test reviews*. Chance in the *training* is another matter:
# another seed gives another head, another order of the rows, another score. Chapter 3 draws
# three seeds of each model, and the table in the project's README names the lowest and the
# highest of them.

# %% [markdown] lang="zh" tags=["slide"]
# 这里排除的只是**测试评论**带来的偶然。**训练**中的偶然是另一回事：换一个随机种子，分类头的初值变了，
# 样本的顺序变了，分数也会变。第 3 章给每个模型画了三个种子，项目 README 的表里也写明了其中的最低和最高。

# %% [markdown] lang="en"
# ## Learning curves
#
# The three networks in one picture. See where each stands after its first epochs.

# %% [markdown] lang="zh"
# ## 学习曲线
#
# 三个网络画在一起，看看头几个轮次之后各到了哪里。

# %% tags=["slide"]
curves = {"LSTM": lstm.history, **{n: m.history for n, m in encoders.items()}}
validation = {name: past.history["val_accuracy"] for name, past in curves.items()}
assert validation["encoder, fine-tuned"][1] > max(validation["LSTM"]) - 0.02
plots.plot_history(curves)

# %% [markdown] lang="en"
# By its second epoch at the latest the fine-tuned encoder is about where the LSTM was at
# its best, or above.

# %% [markdown] lang="zh"
# 微调的编码器最迟到第二轮，就到了 LSTM 最好时的水平，或者更高。

# %% [markdown] lang="en"
# ## What remains wrong
#
# The table shows the surest mistakes of the fine-tuned encoder, and whether the LSTM had
# been right about the same reviews.

# %% [markdown] lang="zh"
# ## 还剩哪些错
#
# 下表是微调后的编码器最有把握的错误，最后一列是 LSTM 对同一条评论判断得对不对。

# %% tags=["slide"]
left = tuned_wrong.head(8).round(3)
both = left.index.isin(lstm_wrong.index)
left.assign(LSTM=np.where(both, "wrong as well", "right"))

# %% [markdown] lang="en"
# Most of them state a fact and leave the feeling to the reader. A person knows what a
# ten-minute wait means to a customer; 720 labels hold few facts of each kind. If you find
# a label here that you would dispute, you have found another use of this table: it is the
# quickest way to wrong labels.
#
# You save it with `save_classifier`, as in part two, and ask it like any other model.
# Does it get these right?

# %% [markdown] lang="zh"
# 它们大多先抑后扬，或者只摆事实：前半句全是糟心事，到最后才转好，喜怒还要读者自己体会。
# 人一看就懂，而 720 条标注里，每一种写法都没有几条。
# 如果你觉得其中某条的标签有争议，那就发现了这张表的另一个用处：找错标，没有比它更快的办法。
#
# 保存同样用 `save_classifier`（见第二部分），用起来和别的模型没有两样。下面两句它判得对吗？

# %%
tuned = encoders["encoder, fine-tuned"]
texts = ["Not a single complaint, and I complain for a living.", "Save your money."]
labels, sure = sft.predict(tuned, texts, return_probabilities=True)
for text, label, row in zip(texts, labels, sure, strict=True):
    print(f"{label} ({row.max():.0%}) {text}")

# %% [markdown] lang="en"
# ## The other language
#
# [Part one](05_project.ipynb) showed that the article's tokenizer loses Chinese whole. Our
# `Tokenizer` cuts Chinese into characters, and everything else in the program stays as it
# was.

# %% [markdown] lang="zh"
# ## 换一种语言
#
# [第一部分](05_project.ipynb)里，中文要先改成按字切分。换成英文，程序一个字都不用改：
# 我们的 `Tokenizer` 遇到中文按字切分，遇到英文按空格切词。下面是英文评论 `data/reviews`，
# 模型还是 LSTM 和 TF-IDF。

# %%
t, v, s = (sft.load_texts(f"data/reviews_zh/{name}_data.txt") for name in FILES)
pieces = sft.Tokenizer().fit_on_texts(t.texts)
sample = "续航不行，一天三充。"
print(pieces.split(sample))
print(f"{len(pieces.word_index)} entries")
ids = pieces.texts_to_sequences(s.texts)
known = np.mean([number != 1 for row in ids for number in row])
print(f"known in the test file: {known:.1%}")
assert known > 0.7

# %%
other = sft.create_model(tokenizer=pieces)
sft.train_model(other, t.texts, t.labels, v.texts, v.labels, patience=10, verbose=0)
counts = sft.tfidf_classifier(t.texts, t.labels)
there = {
    "LSTM from scratch": sft.evaluate_model(other, s, verbose=False)["accuracy"],
    "TF-IDF + logistic": counts.score(s.texts, s.labels),
}
assert there["LSTM from scratch"] > 0.56
assert there["TF-IDF + logistic"] > there["LSTM from scratch"]
pd.Series(there, name="accuracy").round(3).to_frame()

# %% [markdown] lang="en"
# The same picture as in English: the LSTM learns something, and counting (here characters,
# and pairs of them) beats it. For the encoder, MiniLM will not do, since it knows English only;
# `e5-small` was pretrained on both languages. The Chinese edition of this notebook (its link
# is at the top) runs this very program on these reviews with `e5-small`: its figures can
# be read without Chinese. In your own program it is one word,
# `sft.load_pretrained_model("e5-small", num_classes=2)`.

# %% [markdown] lang="zh"
# 情形和中文一样：LSTM 学到了一点东西，而 TF-IDF 胜过了它。编码器也不用换：`e5-small` 预训练时两种语言都读过，
# 把上文的数据换成 `data/reviews` 就能跑，留给你来试。本节的英文版（链接在页首）用的是只懂英文的 MiniLM，
# 只有 6 层，所有层一起微调；那里的图即使不懂英文也看得懂，可以和这里对照。

# %% [markdown] lang="en" tags=["short", "summary"] minutes=1
# ## Summary
#
# - On the same labels, the fine-tuned encoder beat what was trained from scratch, by more
#   than chance in the test reviews explains. That is what the rest of the article is about.
# - The simple control (counting words) beats the LSTM. Without it, one would have praised
#   the LSTM, and the encoder's lead would have looked larger.
# - A frozen encoder need not beat counting; whether it pays to fine-tune is a question for
#   measurement, not for belief.
# - Two models and one test file: look at the reviews on which they differ.
# - What remains wrong states facts, and leaves the feeling to the reader.
# - The program is the same for Chinese and for English; tokenizer and encoder must know the
#   language.
#
# ## Exercises
#
# [exercises/05_project.ipynb](exercises/05_project.ipynb), number 6, and the open ones:
#
# 6. Could it be chance?

# %% [markdown] lang="zh" tags=["short", "summary"] minutes=1
# ## 小结
#
# - 标注完全相同，微调过的编码器胜过从零训练的模型，差距之大，不能归因于碰巧用了这批测试评论。
#   这正是全书其余各章要讲的。
# - 简单的对照（TF-IDF）胜过 LSTM。没有这个对照，很容易误以为 LSTM 已经不错，编码器的领先也会显得更大。
# - 冻结的编码器不一定胜过 TF-IDF；要不要微调，靠测量，不靠信念。
# - 比较两个模型，就看同一个测试集里它们答得不一样的那些评论。
# - 还错着的，多是只摆事实、不露感情的评论。
# - 中文英文，程序一样；但分词器和编码器都必须懂这门语言。
#
# ## 练习
#
# [exercises/05_project.ipynb](exercises/05_project.ipynb) 的第 6 题和开放题：
#
# 6. 会不会是碰巧？

# %% [markdown] lang="en"
# ## Questions
#
# 1. Counting words beats the LSTM here. Why is that worth a bar in the figure?
#
# - A. It proves that networks are useless for text.
# - B. Beside the LSTM alone, the encoder's lead would look larger than it is.
# - C. It shows that the LSTM has a fault in its code.
# - D. It makes the figure more colourful.
#
# <details><summary>Answer</summary>
#
# **B.** A lead is a lead over something; the best cheap rival is the honest measure. A: the
# fine-tuned encoder is a network. C: an LSTM that learns the language from 720 labels may
# well be this weak; part two found no fault. D: no.
#
# </details>
#
# 2. The encoder is frozen. What is trained?
#
# - A. Nothing.
# - B. The head, on features that stay as they are.
# - C. The upper layers.
# - D. The embedding table.
#
# <details><summary>Answer</summary>
#
# **B.** A: then the answers would be a toss. C and D belong to the encoder, and `fine_tune`
# proves that no byte of it has changed.
#
# </details>
#
# 3. Two models differ on 300 test reviews: 200 to 100. Two others differ on 30: 20 to 10.
# Which lead is surer?
#
# - A. The first.
# - B. The second.
# - C. Both alike, since the ratio is the same.
# - D. One cannot say without the accuracies.
#
# <details><summary>Answer</summary>
#
# **A.** Three hundred tosses hardly ever split two to one, thirty do now and then (exercise 6
# counts it). B: fewer reviews, less proof. C: the ratio is not enough. D: the reviews on
# which both are right or both wrong say nothing about which is better.
#
# </details>
#
# 4. The sign test gives a tiny probability. What is *not* shown by it?
#
# - A. That the lead is more than luck with these test reviews.
# - B. That another seed of the training would give the same lead.
# - C. That the two models differ.
# - D. That the split is uneven.
#
# <details><summary>Answer</summary>
#
# **B.** One trained model was compared with one other: the chance in the training needs other
# seeds. A, C and D are what it does show.
#
# </details>
#
# 5. You have reviews in a language that your encoder has never seen. What happens?
#
# - A. `fit` stops.
# - B. It works as well, since language is language.
# - C. It runs, with features that mean little; other models may be better.
# - D. The tokenizer translates.
#
# <details><summary>Answer</summary>
#
# **C.** The pieces are mostly unknown or single letters. A: numbers are numbers; some programs
# warn. B: what was learned is bound to what was read. D: a tokenizer only cuts.
#
# </details>
#
# 6. Among the surest mistakes of the best model you find a review whose label you dispute.
# What do you do with the test file?
#
# - A. Delete the row, and report the higher accuracy.
# - B. Turn the label, if it helps.
# - C. Have it labelled anew by others who see no prediction, along with rows that the model
#   got right.
# - D. Nothing; a test file must never be touched.
#
# <details><summary>Answer</summary>
#
# **C.** A and B correct only what hurts the model, so the score rises whatever the truth. D: a
# wrong label may be mended, if the mending does not know the model's answer.
#
# </details>
#
# To discuss:
#
# 7. Would you pay for the encoder (memory, seconds, a file of many megabytes) in a shop with ten
#    reviews a day? With a million?
# 8. What did the encoder read before, that helps it with reviews? What could it have read
#    that would make this comparison unfair?
# 9. The article calls its program fine-tuning. Which sentence of it would you change?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 在这里，TF-IDF 胜过了 LSTM。图里为什么要为它画一条？
#
# - A. 证明神经网络对文本没有用。
# - B. 如果只和 LSTM 比，编码器的领先会显得比实际更大。
# - C. 说明 LSTM 的代码有错。
# - D. 图会更好看。
#
# <details><summary>答案</summary>
#
# **B。** 领先总是相对于某个对手而言，最强的低成本对手才是公道的尺子。A：微调过的编码器也是神经网络。
# C：只靠 720 条标注学语言，LSTM 本来就只能到这个水平，第二部分没有发现它有错。D：不是理由。
#
# </details>
#
# 2. 编码器冻结之后，训练的是什么？
#
# - A. 什么也不训练。
# - B. 分类头；输入它的特征保持不变。
# - C. 靠近输出的几层。
# - D. 嵌入表。
#
# <details><summary>答案</summary>
#
# **B。** A：那样答案就等于随机猜测。C 和 D 都属于编码器，`fine_tune` 会证明它们一个字节也没变。
#
# </details>
#
# 3. 甲组两个模型在 300 条测试评论上答得不一样，200 比 100；乙组两个模型在 30 条上不一样，20 比 10。
# 哪一组的领先更可靠？
#
# - A. 甲组。
# - B. 乙组。
# - C. 一样，因为比例相同。
# - D. 不知道准确率就没法说。
#
# <details><summary>答案</summary>
#
# **A。** 抛三百次硬币，几乎不会分成二比一；抛三十次，偶尔就会（练习 6 会算）。B：评论越少，证据越弱。
# C：光看比例不够。D：两个模型都对或都错的评论，说明不了哪个更好。
#
# </details>
#
# 4. 符号检验给出的概率极小，它**没有**说明什么？
#
# - A. 这个领先不只是碰上了这批测试评论的运气。
# - B. 换一个训练的随机种子，还会有同样的领先。
# - C. 两个模型确实不同。
# - D. 分得不均。
#
# <details><summary>答案</summary>
#
# **B。** 比较的是训练好的一个模型和另一个模型；训练里的偶然，要换种子才看得出。A、C、D 正是它说明了的。
#
# </details>
#
# 5. 评论所用的语言，编码器从来没有读过，会怎么样？
#
# - A. `fit` 报错停下。
# - B. 效果一样好，语言都是相通的。
# - C. 能跑，但特征没有多少意义，换别的模型可能更好。
# - D. 分词器会先翻译。
#
# <details><summary>答案</summary>
#
# **C。** 切出来的多半是未知词元或单个字母。A：编号只是数字；有的程序会给出警告。B：学到什么，取决于读过什么。
# D：分词器只管切分。
#
# </details>
#
# 6. 在最好的模型最有把握的错误里，你发现一条评论的标签有争议。测试集怎么处理？
#
# - A. 删掉这条，报更高的准确率。
# - B. 如果改标签对分数有利，就改。
# - C. 连同一些模型答对的评论，请没看过预测的人重新标注。
# - D. 什么也不做，测试集绝对不能动。
#
# <details><summary>答案</summary>
#
# **C。** A 和 B 只改对模型不利的地方，无论真相如何，分数都会升高。D：标错了可以改，前提是改的人不知道模型的答案。
#
# </details>
#
# 讨论：
#
# 7. 每天十条评论的小店，值不值得用编码器（占内存、费时间、文件有几十兆）？每天一百万条呢？
# 8. 编码器以前读过的东西里，什么对判断评论有帮助？如果它读过什么，这场比较就不公平了？
# 9. 原文把自己的程序叫做微调。你会改它的哪一句话？

# %% [raw] words
# f"data/reviews/{name}_data.txt" = f"data/reviews_zh/{name}_data.txt"
# f"data/reviews_zh/{name}_data.txt" = f"data/reviews/{name}_data.txt"
# "TF-IDF + logistic" = "TF-IDF＋逻辑回归"
# "LSTM from scratch" = "LSTM，从零训练"
# "minilm" = "e5-small"
# f"encoder, {name}" = f"编码器，{name}"
# f"only the encoder is right: {gained} reviews; only the LSTM is right: {lost}" = f"只有编码器答对：{gained} 条；只有 LSTM 答对：{lost} 条"
# f"probability of so uneven a split by chance: {chance:.1e}" = f"碰巧分得这么不均的概率：{chance:.1e}"
# f"TF-IDF + logistic: {counting:.3f}" = f"TF-IDF＋逻辑回归：{counting:.3f}"
# f"LSTM from scratch: {scratch:.3f}" = f"LSTM，从零训练：{scratch:.3f}"
# f"{shown}: {results[shown]['accuracy']:.3f}" = f"{shown}：{results[shown]['accuracy']:.3f}"
# f"{label} ({row.max():.0%}) {text}" = f"{label}（{row.max():.0%}）{text}"
# "encoder, fine-tuned" = "编码器，微调"
# "wrong as well" = "也错"
# "right" = "对"
# "Not a single complaint, and I complain for a living." = "投诉电话我都背下来了，愣是没用上。"
# "Save your money." = "钱留着干点别的吧。"
# "续航不行，一天三充。" = "Dead by noon, every single day."
# f"{len(pieces.word_index)} entries" = f"词表有 {len(pieces.word_index)} 项"
# f"known in the test file: {known:.1%}" = f"测试集里认识的占 {known:.1%}"
