# %% [markdown] lang="en" tags=["short", "slide"] minutes=1
# # 5. The project, part one: the article's program, and what is wrong with it
#
# Article: §5.1, §5.2 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - what happens when the article's program (§5.2) is run today, line by line: what stops,
#   what goes on and gives a wrong answer, and how each is mended;
# - to tell a garbled test from overfitting, when both look alike;
# - to ask of every printed number which file it was measured on.
#
# Chapter 5 has three parts: this one; [the program mended](05_decisions.ipynb), with its
# mistakes, its threshold and a model that is saved; and
# [a pretrained encoder](05_encoder.ipynb) on the same labels.
#
# One thing first. The article calls this project an example of fine-tuning, but its program
# contains no pretrained model: an Embedding and an LSTM start from random numbers. We mend
# and measure that program, and fine-tune a real encoder in part three.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=1
# # 5. 项目实战（一）：原文的程序，以及它的问题
#
# 对应原文 §5.1、§5.2 · 双核 CPU 实测用时：{{run_time}}
#
# 本节内容：
#
# - 原文 §5.2 的程序今天跑起来会怎样：哪一行直接报错，哪一行不报错却给出错误的结果，
#   各自怎么改；
# - 测试题被弄乱和过拟合，表面上一模一样，怎样区分；
# - 程序打印出的每一个分数，都要问一句：这是在哪个文件上测的？
#
# 第 5 章分三部分：除了本节，还有[修好的程序](05_decisions.ipynb)（错例、阈值、保存），
# 以及在同样的标注上换用[预训练编码器](05_encoder.ipynb)。
#
# 先说明一点：原文把这个项目当作微调的实例，程序里却没有预训练模型，
# Embedding 和 LSTM 都从随机数开始训练。前两部分把这个程序修好、测准，第三部分再真正微调一个编码器。

# %% [markdown] lang="en"
# ## 5.1 The environment
#
# The article asks for three things. Beside them, what this notebook runs on.

# %% [markdown] lang="zh"
# ## 5.1 环境
#
# 原文要求三样东西。下表左列是原文的要求，右列是本笔记本实际使用的版本。

# %%
import re
import tempfile
import time
import warnings
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

import sftkeras as sft
from sftkeras import plots

# %%
here = sft.machine.versions()
asked = {
    "python": "3.8 or newer",
    "tensorflow": "2.5 or newer",
    "jupyterlab": "Jupyter",
}
pd.DataFrame({"the article": asked, "here": here}).reindex(here).fillna("")

# %% [markdown] lang="en"
# "TensorFlow 2.5 or newer" covers two different libraries. Up to 2.15, `tf.keras` was
# Keras 2; since 2.16 it is Keras 3, rewritten, and much that Keras 2 let pass is an error
# now. So an environment needs exact versions: ours are in `requirements.txt`, and
# `make setup` installs them.

# %% [markdown] lang="zh"
# “TensorFlow 2.5 及以上”其实跨了两代库：2.15 及以前，`tf.keras` 是 Keras 2；
# 从 2.16 起换成了重写过的 Keras 3，许多旧写法从“能凑合”变成了报错。所以环境要写明确切的版本：
# 我们的写在 `requirements.txt` 里，由 `make setup` 安装。

# %%
assert int(keras.__version__.split(".")[0]) == 3
print("tf.keras is Keras", tf.keras.__version__)

# %% [markdown] lang="en" tags=["short"] minutes=2
# The data: short reviews, `text⇥label` on each line, as the article's files have it; 1 is
# praise, 0 a complaint. There are three files: one to train on, one to choose by (the
# {{term:validation set}}), one for the final question (the test set). `load_texts` reads and
# checks them. A text that stands in two of them would be {{term:data leakage}}, and make any
# test worthless: `find_leaks` looks for it.

# %% [markdown] lang="zh" tags=["short"] minutes=2
# 数据是简短的评论，格式与原文相同，每行是 `文本⇥标签`：1 是好评，0 是差评。
# 三个文件各有用途：训练集用来训练，测试集只用来回答最后的问题，两者之间的一切选择都在{{term:验证集}}上做。
# `load_texts` 负责读取和检查。同一条文本出现在两个文件里，叫做{{term:数据泄漏}}，测试就失去了意义；
# `find_leaks` 专门查找这种情况。

# %% tags=["short"]
pd.set_option("display.max_colwidth", None)
FILES = {"train": "training file", "val": "validation file", "test": "test file"}
parts = {name: sft.load_texts(f"data/reviews/{name}_data.txt") for name in FILES}
train, val, test = parts.values()
for name, part in parts.items():
    print(f"{FILES[name]}: {len(part)} reviews, {part.labels.mean():.0%} praise")
for one, other in [(train, val), (train, test), (val, test)]:
    assert sft.find_leaks(one, other) == []
pd.DataFrame({"text": train.texts, "label": train.labels}).head(6)

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## 5.2 The article's program, line by line
#
# We re-create the program in our own code, keep its settings, and quote single lines where
# they matter. The order is that in which you would meet the problems: first what stops the
# program, then what it gets wrong without a word.
#
# This is its preparation of the data. A tokenizer numbers the words, `pad_sequences` brings
# every review to the same length by filling it up with zeros (padding). The line to
# remember is `tokenizer.fit_on_texts(texts)`: it stands inside the function that reads a
# file, so each file gets a tokenizer of its own.

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 5.2 逐行运行原文的程序
#
# 下面用我们自己的代码重写这个程序，参数保持原样，只在需要时引用原文的某一行。
# 先看让程序停下来的错误，再看不报错却出错的地方，这也是你自己运行时会遇到的顺序。
#
# 先是数据准备：分词器给词编号，`pad_sequences` 用零把每条评论填充到同样的长度。
# 请记住 `tokenizer.fit_on_texts(texts)` 这一行：它写在读文件的函数里，
# 于是每个文件都有一个自己的分词器。


# %% tags=["short"]
def prepare(texts, **settings):
    """Fit a tokenizer on these texts alone, as §5.2 does for each file."""
    tokenizer = tf.keras.preprocessing.text.Tokenizer(**settings)
    tokenizer.fit_on_texts(texts)
    ids = tokenizer.texts_to_sequences(texts)
    return tokenizer, keras.utils.pad_sequences(ids, maxlen=100)


# %% [markdown] lang="en" tags=["short"] minutes=5
# ### Cut at spaces: Chinese is lost whole
#
# `tokenizer = tf.keras.preprocessing.text.Tokenizer()`
#
# The article is written in Chinese, but its tokenizer cuts at spaces and punctuation marks
# of English, and Chinese has neither. We give it the Chinese reviews of
# `data/reviews_zh`.

# %% [markdown] lang="zh" tags=["short"] minutes=5
# ### 按空格切词：中文评论整条丢失
#
# `tokenizer = tf.keras.preprocessing.text.Tokenizer()`
#
# 原文是写给中文读者的，它的分词器却只认空格和英文标点，而中文词与词之间没有空格。
# 把中文评论交给它，会怎么样？

# %% tags=["short"]
texts = {
    name: sft.load_texts(f"data/reviews_zh/{name}_data.txt").texts
    for name in ("train", "test")
}
by_spaces, _ = prepare(texts["train"])
print(f'{len(texts["train"])} reviews, {len(by_spaces.word_index)} "words", such as:')
print(next(iter(by_spaces.word_index)))
left = [len(ids) for ids in by_spaces.texts_to_sequences(texts["test"])]
print(f"{len(left)} test reviews, {np.count_nonzero(left)} with a word that it knows")
assert len(by_spaces.word_index) >= len(texts["train"])
assert np.count_nonzero(left) < 0.01 * len(left)

# %% [markdown] lang="en" tags=["short"]
# A review became one "word", so no two reviews have any in common, and of the test
# file nothing is left: a network would be given rows of zeros. No error, no warning. Our
# `sft.Tokenizer` cuts scripts without spaces into characters;
# [part three](05_encoder.ipynb) uses it. English has spaces: here we go on with the
# article's settings.

# %% [markdown] lang="zh" tags=["short"]
# 一条评论成了一个“词”，任何两条评论都没有共同之处；测试集一个词也不剩，
# 送进网络的全是零。既不报错，也不警告。我们的 `sft.Tokenizer` 遇到不用空格的文字就按字切分，
# [第三部分](05_encoder.ipynb)会用到。这里仍用原文的分词器，只加一个参数 `char_level=True`，
# 让它按字编号；其余一字不改，接着往下看。下文说的“词”，指的都是这样切出来的一个字。

# %% lang="en" tags=["short"]
cut = {}  # nothing beyond what the article sets

# %% lang="zh" tags=["short"]
cut = {"char_level": True}  # a number for each character

# %% tags=["short"]
prepared = {name: prepare(part.texts, **cut) for name, part in parts.items()}
tokenizers = {name: tokenizer for name, (tokenizer, _) in prepared.items()}
x = {name: ids for name, (_, ids) in prepared.items()}
print({FILES[name]: ids.shape for name, ids in x.items()})

# %% [markdown] lang="en" tags=["short"]
# And this is its network. The Embedding is a table that holds a vector for each id; the
# LSTM, a recurrent layer, reads the vectors one after the other and carries along what
# it has noted of those before; `Dense` makes one score of its last state. Two switches are
# ours, and are needed below.

# %% [markdown] lang="zh" tags=["short"]
# 再是网络。Embedding 是一张表，每个编号对应一个向量；LSTM 是循环层，按顺序逐个读入这些向量，
# 并把前面读到的要点记在状态里带到后面；`Dense` 把最后的状态变成一个得分。
# 函数多了两个开关，后面要用。


# %% tags=["short"]
def article_model(recurrent_dropout=0.2, mask_zero=False, seed=0):
    """Embedding, LSTM and Dense with the sizes of §5.2."""
    keras.utils.set_random_seed(seed)
    embed = keras.layers.Embedding(10000, 32, mask_zero=mask_zero)
    lstm = keras.layers.LSTM(64, dropout=0.2, recurrent_dropout=recurrent_dropout)
    model = keras.Sequential([embed, lstm, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


# %% tags=["fold"]
work = tempfile.mkdtemp()  # whatever this notebook writes goes there


def show_error(action):
    """Run what should fail, and print the error, shortened."""
    try:
        action()
    except Exception as error:
        message = " ".join(str(error).replace(f"{work}/", "").split())
        message = re.sub(r"\x1b\[\d*m|{{.*?}} ", "", message)  # colours, op names
        short = message if len(message) < 160 else f"{message[:98]} … {message[-55:]}"
        return print(f"{type(error).__name__}: {short}")
    raise AssertionError("Nothing failed.")


# %% [markdown] lang="en" tags=["short"] minutes=1
# ### Labels in a list: the program stops
#
# `labels = [int(line.split('\t')[1]) for line in lines]`
#
# The labels are a Python list, and `fit` refuses it. Read the message: it complains of `x`,
# which is a perfectly good array.

# %% [markdown] lang="zh" tags=["short"] minutes=1
# ### 标签是列表：程序停下
#
# `labels = [int(line.split('\t')[1]) for line in lines]`
#
# 标签是 Python 列表，`fit` 不接受。注意报错信息：它怪的是 `x`，而 `x` 是个没有毛病的数组。

# %% tags=["short"]
model = article_model()
show_error(lambda: model.fit(x["train"], train.labels.tolist(), verbose=0))

# %% [markdown] lang="en"
# The remedy is one word, `np.array(labels)`. `load_texts` returns an array, and our
# `train_model` takes either.
#
# The same line fails in another way on a file that ends in a blank line or lacks a label.
# Python says neither which file nor which line; `load_texts` says both.

# %% [markdown] lang="zh"
# 改法只是加一个 `np.array(labels)`。`load_texts` 返回的就是数组，我们的 `train_model` 两种都接受。
#
# 同一行还有一个毛病：文件末尾多一个空行，或者某行漏了标签，它就出错，
# 而且不说是哪个文件、哪一行。`load_texts` 两样都会告诉你。

# %%
file = Path(work, "mine.txt")
file.write_text(
    "Worth every cent.\t1\nNever again.\t0\nThe soup was cold.\n", encoding="utf-8"
)
lines = file.read_text(encoding="utf-8").splitlines()
show_error(lambda: [int(line.split("\t")[1]) for line in lines])
show_error(lambda: sft.load_texts(file))

# %% [markdown] lang="en" tags=["short"] minutes=5
# ### It runs, and the result is no better than a coin
#
# With labels in an array the program runs to its end: ten epochs, batches of 32.
# Guess before you run: what accuracy on each of the three files?
#
# (One seed, for the time's sake. One run can be luck: write `SEEDS = [0, 1, 2]`, run again
# over your coffee, and see which differences below stay.)

# %% [markdown] lang="zh" tags=["short"] minutes=5
# ### 能跑了，结果却和抛硬币差不多
#
# 标签换成数组，程序就能跑完：10 个轮次，每批 32 条。
# 运行之前先猜一猜：三个文件上的准确率各是多少？
#
# （为了省时间，这里只用一个随机种子。一次运行可能碰巧，课后不妨改成 `SEEDS = [0, 1, 2]` 再跑一遍，
# 看看下面的差距哪些还在。）

# %% tags=["short"]
SEEDS = [0]


def tell(epoch, logs):
    """Print a line an epoch."""
    on_train, on_val = logs["accuracy"], logs["val_accuracy"]
    print(f"epoch {epoch + 1}: training {on_train:.3f}, validation {on_val:.3f}")


# %% [markdown] lang="en" tags=["short"]
# It prints a line an epoch. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# 每个轮次打印一行。{{cell_time}}

# %% tags=["short"]
models, histories = {}, {}
for seed in SEEDS:
    print(f"seed {seed}")
    started = time.perf_counter()
    models[seed] = article_model(seed=seed)
    histories[seed] = models[seed].fit(
        x["train"], train.labels, epochs=10, batch_size=32, verbose=0,
        validation_data=(x["val"], val.labels),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=tell)],
    )  # fmt: skip
    print(f"{time.perf_counter() - started:.0f} s of training")


# %% tags=["short", "slide"]
def mean_accuracies(x):
    """Return {file: accuracy, the mean over the seeds}."""
    found = {}
    for name, part in parts.items():
        rows = [m.evaluate(x[name], part.labels, verbose=0)[1] for m in models.values()]
        found[FILES[name]] = np.mean(rows)
    return found


ladder = {"as printed, labels in an array": mean_accuracies(x)}
on_train, on_val, on_test = ladder["as printed, labels in an array"].values()
assert on_train > 0.9 and on_val < 0.6 and on_test < 0.6
pd.DataFrame(ladder).T.round(3)

# %% [markdown] lang="en" tags=["short", "slide"]
# On the training file nearly everything is right; on the other two the network guesses. It
# looks like overfitting pure and simple, and one would now reach for dropout or for more
# data. First ask another question: was the network asked in the language that it had
# learned?

# %% [markdown] lang="zh" tags=["short", "slide"]
# 训练集上几乎全对，另外两个文件上却和随机猜测差不多。看上去就是过拟合，
# 接下来似乎该加 dropout、加数据。且慢，先问一个问题：考试用的编号，和学习时用的编号，是同一套吗？

# %% [markdown] lang="en" tags=["short", "slide"] minutes=6
# ### A tokenizer per file: one word, several ids
#
# `tokenizer.fit_on_texts(texts)`
#
# A tokenizer numbers words by how frequent they are *in its texts*. Three files, three
# numberings:

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=6
# ### 每个文件一个分词器：同一个词，编号各不相同
#
# `tokenizer.fit_on_texts(texts)`
#
# 分词器按词在**这批文本里**的频次编号。三个文件，就有三套编号：

# %% tags=["short", "slide"]
words = ["the", "not", "never", "love", "great", "terrible", "perfect"]
ids = {
    FILES[name]: [tokenizer.word_index.get(word) for word in words]
    for name, tokenizer in tokenizers.items()
}
numberings = [*ids.values()]
assert numberings[0] != numberings[1] and numberings[0] != numberings[2]
pd.DataFrame(ids, index=words).astype("Int64")

# %% [markdown] lang="en" tags=["short"]
# The network knows the numbering of the training file only. This is how three test reviews
# read to it: encoded with the test file's tokenizer, decoded with the one it was trained on.

# %% [markdown] lang="zh" tags=["short"]
# 网络只认得训练集的那套编号。下面三条测试评论，用测试集的分词器编码，
# 再按训练时的编号还原，这就是网络眼里的样子。


# %% tags=["short"]
def as_read(text):
    """Return a test review as the trained network reads it."""
    [ids] = tokenizers["test"].texts_to_sequences([text])
    meant = tokenizers["train"].index_word
    return "".join(f"{meant.get(i, '')} " for i in ids).strip()


encoded = tokenizers["test"].texts_to_sequences(test.texts)
meant, said = tokenizers["train"].index_word, tokenizers["test"].index_word
right = np.mean([meant.get(i) == said[i] for ids in encoded for i in ids])
print(f"read as the word that stands there: {right:.0%} of all words")
assert right < 0.5
shown = [test.texts[row] for row in (1, 3, 6)]
pd.DataFrame({"review": shown, "as the network reads it": map(as_read, shown)})

# %% [markdown] lang="en" tags=["short"]
# So we ask again, without training anything: the *same* weights, the words numbered by the
# tokenizer of the training file.

# %% [markdown] lang="zh" tags=["short"]
# 那就重新提问，什么也不训练：权重**原封不动**，只是统一用训练集的分词器编号。

# %% tags=["short", "slide"]
x = {
    name: keras.utils.pad_sequences(
        tokenizers["train"].texts_to_sequences(part.texts), maxlen=100
    )
    for name, part in parts.items()
}
ladder["the same weights, one tokenizer"] = mean_accuracies(x)
table = pd.DataFrame(ladder).T
table["training minus test"] = table["training file"] - table["test file"]
before, after = table["training minus test"]
assert table["test file"].diff().iloc[-1] > 0.03
assert before / 2 < after < before
table.round(3)

# %% [markdown] lang="en" tags=["short", "slide"]
# The first gap was two things at once. Part of it was no overfitting at all: the questions
# were garbled, and no dropout and no amount of data would have mended that. What is left
# *is* overfitting, and it is the larger part: the network answers its own reviews without a
# mistake, and new ones much worse. So the order is: first make sure that the test asks
# what was learned; only then see how much overfitting is left, and fight it.
#
# Our `load_data(file, tokenizer)` cannot be called without the tokenizer.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 开始时的差距，其实是两件事叠在一起。一部分根本不是过拟合：题目被弄乱了，
# 加多少 dropout、多少数据都没有用。剩下的才是过拟合，而且占了大头：
# 训练过的评论全部答对，没见过的就差得多。所以顺序是：先确认测试问的就是学过的东西，
# 再看还剩多少过拟合，然后才谈得上怎样减轻它。
#
# 我们的 `load_data(file, tokenizer)` 必须传入分词器，不传就报错。

# %% tags=["short"]
show_error(lambda: sft.load_data("data/reviews/test_data.txt"))
tokenizer = sft.Tokenizer().fit_on_texts(train.texts)
x_test, y_test = sft.load_data("data/reviews/test_data.txt", tokenizer)
print(x_test.shape, x_test.dtype, y_test.shape)

# %% [markdown] lang="en"
# ### Padding in front, and no mask: the score depends on the padding
#
# `padded_sequences = pad_sequences(sequences, maxlen=100)`
#
# Every review is filled up with zeros, in front, to 100 numbers. The Embedding has no
# `mask_zero=True`, so the LSTM takes each zero for a word and reads up to ninety of them
# before the review begins. We give short test reviews more and more padding. On the right
# are the same weights in a network with a {{term:padding mask}}, which skips the
# zeros; above the dashed line the answer is praise.

# %% [markdown] lang="zh"
# ### 填充在前而不加掩码：得分随填充的多少而变
#
# `padded_sequences = pad_sequences(sequences, maxlen=100)`
#
# 每条评论前面都填充零，直到凑满 100 个数。Embedding 没有设 `mask_zero=True`，
# LSTM 就把每个零都当成一个词，一条短评要先读八九十个零才轮到正文。下面给几条短评加上越来越多的填充；
# 右图是同一套权重，只是网络加了{{term:填充掩码}}，会跳过这些零。虚线以上判为好评。

# %%
model = models[0]
encoded = tokenizers["train"].texts_to_sequences(test.texts)
short = [ids for ids in encoded if 3 <= len(ids) <= 12]
lengths = [12, 15, 20, 25, 30, 40, 60, 100]
masked = article_model(mask_zero=True)
masked(x["test"][:1])  # builds it
masked.set_weights(model.get_weights())
scores = {}
for name, network in {"as printed": model, "with a mask": masked}.items():
    padded = [keras.utils.pad_sequences(short, maxlen=length) for length in lengths]
    scores[name] = np.array([network(ids).numpy()[:, 0] for ids in padded])
spread = {name: np.ptp(values, axis=0) for name, values in scores.items()}
print(f"{len(short)} short reviews; how many change their label with the padding:")
for name, values in scores.items():
    praise = values > 0.5
    print(f"{name}: {(praise.any(axis=0) & ~praise.all(axis=0)).sum()}")
assert spread["as printed"].max() > 0.05 and spread["with a mask"].max() < 1e-4

# %% tags=["fold", "slide"]
chosen = np.argsort(spread["as printed"])[-6:]
figure, axes = plots.new_figure(1, 2, width=9.5)
for axis, (name, values) in zip(axes, scores.items(), strict=True):
    for color, row in zip(plots.COLORS, chosen, strict=False):
        axis.plot(lengths, values[:, row], color=color, marker="o", ms=3)
    axis.axhline(0.5, color="gray", lw=1, ls="--")
    axis.set(title=name, xlabel="Length after padding", ylabel="Score", ylim=(0, 1))
figure

# %% [markdown] lang="en"
# Each line is one review. At a fixed length of 100 the article's program is at least
# consistent; but call the model with one sentence at its natural length, as anyone would
# who uses it, and the answers shift. Our `create_model` masks, and puts the padding at the
# end, where a batch need be no longer than its longest text.

# %% [markdown] lang="zh"
# 每条线是一条评论。固定填充到 100 时，原文的程序至少前后一致；可真正使用模型的人，
# 多半会直接送进一句原样长度的话，答案就变了。我们的 `create_model` 加了掩码，填充放在末尾，
# 一个批次也只需填充到其中最长的一条。

# %% [markdown] lang="en"
# ### Ids without a limit beside a table with one
#
# `model.add(Embedding(input_dim=10000, output_dim=32, input_length=100))`
#
# `Tokenizer()` without `num_words` hands out as many ids as there are words. The table has
# 10,000 rows. Is that enough?

# %% [markdown] lang="zh"
# ### 编号没有上限，嵌入表却有
#
# `model.add(Embedding(input_dim=10000, output_dim=32, input_length=100))`
#
# `Tokenizer()` 不设 `num_words`，有多少个词就发多少个编号；嵌入表却只有 10,000 行。够用吗？

# %%
counts = np.array([90, 180, 360, 720])
distinct = [len(prepare(train.texts[:n], **cut)[0].word_index) for n in counts]
for count, number in zip(counts, distinct, strict=True):
    print(f"{count} reviews: {number} different words")
assert distinct == sorted(distinct) and distinct[-1] < 10000

# %% lang="en"
slope, start = np.polyfit(np.log(counts), np.log(distinct), 1)
limit = np.exp((np.log(10000) - start) / slope)
print(f"At this rate, 10,000 words are reached at about {limit:,.0f} reviews.")
assert limit < 10 * counts[-1]

# %% lang="zh"
whole = [len(prepare(train.texts[:n])[0].word_index) for n in counts]
print("不设 char_level 时：", dict(zip(counts.tolist(), whole, strict=True)))
limit = 10000 * counts[-1] / whole[-1]
print(f"照这样，大约 {limit:,.0f} 条评论就有 10,000 个编号。")
assert limit < 15 * counts[-1]

# %% [markdown] lang="en"
# Here it happens to be. A corpus ten times as large would not fit, and then a CPU stops
# with an error; a GPU does not, and goes on with wrong vectors. A table that is too small
# for our words shows the error today.

# %% [markdown] lang="zh"
# 按字编号，10,000 行绰绰有余，因为常用字只有几千个；可原文没有设 `char_level`，差不多每条评论都是一个新编号，
# 数据再多十几倍就装不下了。装不下的时候，CPU 上会报错；GPU 上不报错，拿着错误的向量接着算。
# 下面用一张装不下我们字表的小表，现在就看看这个错误。

# %%
table = keras.layers.Embedding(1000, 32)
with keras.device("cpu"):
    show_error(lambda: table(x["train"]))
small = sft.Tokenizer(num_words=1000).fit_on_texts(train.texts)
largest = max(max(ids) for ids in small.texts_to_sequences(train.texts))
print(f"our Tokenizer(num_words=1000): largest id {largest}")
assert largest < 1000
embedding = sft.create_model(tokenizer=tokenizer).get_layer("embedding")
print(f"rows of create_model's table: {embedding.input_dim}")
assert embedding.input_dim == len(tokenizer.word_index) + 2

# %% [markdown] lang="en"
# Words beyond the limit and words never seen, together {{term:out of vocabulary}}, share one
# id (`[UNK]`, 1), and `create_model(tokenizer=…)` makes the table exactly as large as the
# tokenizer needs. The article's Tokenizer drops unknown words without a trace.
#
# The same line brings a warning:

# %% [markdown] lang="zh"
# 超出上限的词和没见过的词，统称{{term:未登录词}}，共用一个编号（`[UNK]`，即 1）；
# `create_model(tokenizer=…)` 会照分词器的需要来定表的大小。原文的 Tokenizer 则把没见过的词悄悄丢掉，不留痕迹。
#
# 同一行还会引出一条警告：

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    keras.layers.Embedding(10000, 32, input_length=100)
print(caught[0].category.__name__, "-", caught[0].message)

# %% [markdown] lang="en"
# ### Recurrent dropout: the slow way
#
# `model.add(LSTM(64, dropout=0.2, recurrent_dropout=0.2))`
#
# `recurrent_dropout` above 0 rules out the fast, fused LSTM on a GPU, and on a CPU it costs
# time as well. One training step of 32 reviews, in turn, with and without; how large the
# ratio is depends on your machine:

# %% [markdown] lang="zh"
# ### recurrent_dropout：拖慢训练
#
# `model.add(LSTM(64, dropout=0.2, recurrent_dropout=0.2))`
#
# `recurrent_dropout` 只要大于 0，GPU 上就用不了融合的快速 LSTM，在 CPU 上也更费时间。
# 下面轮流测一步训练（32 条评论）的用时，一个带，一个不带；相差几倍，因机器而异：

# %%
networks = {0.2: article_model(0.2), 0.0: article_model(0.0)}
seconds = {rate: [] for rate in networks}
for _ in range(10):
    for rate, network in networks.items():
        started = time.perf_counter()
        network.train_on_batch(x["train"][:32], train.labels[:32])
        seconds[rate].append(time.perf_counter() - started)
best = {rate: min(values) * 1000 for rate, values in seconds.items()}
print({f"recurrent_dropout={rate}": f"{ms:.1f} ms" for rate, ms in best.items()})
print(f"{best[0.2] / best[0.0]:.1f} times as long")

# %% [markdown] lang="en"
# Our default is 0; the argument is still there for those who want it.

# %% [markdown] lang="zh"
# 我们默认取 0；想用的人仍可以传这个参数。

# %% [markdown] lang="en"
# ### The same number three times, and a test file that nobody looks at
#
# `loss, accuracy = model.evaluate(x_val, y_val)`
#
# This line stands in `train_model` and again in the main program. Both repeat what `fit`
# has just reported for its last epoch:

# %% [markdown] lang="zh"
# ### 同一个数报三遍，测试集却没人看
#
# `loss, accuracy = model.evaluate(x_val, y_val)`
#
# 这一行在 `train_model` 里有，主程序里又有一次。两次都只是重复 `fit` 最后一个轮次报过的数：

# %%
_, own_val = prepared["val"]  # what `fit` was given above
reported = histories[0].history["val_accuracy"][-1]
first = model.evaluate(own_val, val.labels, verbose=0)[1]
second = model.evaluate(own_val, val.labels, verbose=0)[1]
print(f"fit: {reported:.4f}   train_model: {first:.4f}   main program: {second:.4f}")
assert abs(reported - first) < 1e-6 and first == second

# %% [markdown] lang="en" tags=["slide"]
# Meanwhile `y_test` is loaded and never used. The validation file is where you compare
# epochs, sizes and thresholds; whatever you choose by it fits it a little too well. The
# test file is for one question, asked once, at the end: how good is what I chose? The
# article prints the predictions for it instead, and leaves it to the reader to check
# them:

# %% [markdown] lang="zh" tags=["slide"]
# 而 `y_test` 读进来以后再没用过。验证集是用来比较轮次、规模和阈值的，凡是照它挑出来的东西，
# 在它上面的分数总会偏高一点。测试集只回答一个问题，而且最后只问一次：挑出来的这个，到底有多好？
# 原文没有问，只把测试集的预测打印出来，对不对要读者自己去数：

# %% tags=["slide"]
predictions = model.predict(x["test"], verbose=0)
predicted_labels = [1 if p > 0.5 else 0 for p in predictions]
print("Predicted Labels:", predicted_labels[:30], "…")
accuracy = np.mean(np.array(predicted_labels) == test.labels)
print(f"accuracy on the {len(test)} test reviews, seed 0: {accuracy:.3f}")
again = model.evaluate(x["test"], test.labels, verbose=0)[1]
assert abs(accuracy - again) < 1e-6

# %% [markdown] lang="en"
# ### A decision for two classes only
#
# `predicted_labels = [1 if p > 0.5 else 0 for p in predictions]`
#
# Each `p` is an array of one number, which Python is willing to compare. With three classes
# it is an array of three:

# %% [markdown] lang="zh"
# ### 只管两类的判定
#
# `predicted_labels = [1 if p > 0.5 else 0 for p in predictions]`
#
# 这里每个 `p` 是只含一个数的数组，Python 允许直接把它当作真假值。换成三类，`p` 就有三个数：

# %%
three = np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]])
show_error(lambda: [1 if p > 0.5 else 0 for p in three])

# %% [markdown] lang="en"
# And even with two, it gives numbers where the file may have had names, throws the
# probability away, and fixes the threshold at one half, which is a choice
# ([part two](05_decisions.ipynb)). Our `predict` returns the labels as the file had them,
# the probabilities on request, and takes the threshold as an argument.

# %% [markdown] lang="zh"
# 就算只有两类，它也有三处不足：文件里的标签可能是名字，它给的是数字；概率丢了；
# 阈值写死为 0.5，而阈值本该由人来选（见[第二部分](05_decisions.ipynb)）。
# 我们的 `predict` 按文件里的写法返回标签，需要时给出概率，阈值是参数。

# %% [markdown] lang="en" tags=["short", "summary"] minutes=1
# ## Summary
#
# - Three things stop the program or will stop it: labels in a list, a blank line in a
#   file, ids beyond the table. Each is an error that one can read and mend.
# - The worst faults give no error. Fitting a tokenizer for each file garbles every file but
#   the first; cutting at spaces loses a Chinese review whole; without a mask, padding is read
#   as words.
# - Only a number that looked wrong, and the will to find out why, brought them to light.
# - A gap between training and test may be a garbled test, overfitting, or both. First
#   mend the test; what is left is overfitting.
# - Recurrent dropout costs time; a number that is printed three times is still one number.
# - Validation data is for choosing. Test data is for one honest number, which the article
#   never computes.
#
# ## Exercises
#
# [exercises/05_project.ipynb](exercises/05_project.ipynb), numbers 1 to 3:
#
# 1. How many words of the test file does the network know?
# 2. How much padding does a batch need?
# 3. A decision for any number of classes.

# %% [markdown] lang="zh" tags=["short", "summary"] minutes=1
# ## 小结
#
# - 程序里有三处会报错，或者迟早会报错：标签用列表，文件里有空行，编号超出嵌入表。
#   这类错误看得见，读懂了就能改。
# - 最严重的毛病都不报错：每个文件一个分词器，训练集以外的文件全被弄乱；按空格切词，中文评论整条丢失；
#   不加掩码，填充的零被当成词读。
# - 看到一个不对劲的数，并且愿意追究到底，才能把它们找出来。
# - 训练分数和测试分数之间的差距，可能是测试题被弄乱了，可能是过拟合，也可能两者都有。
#   先把测试改对，剩下的才是过拟合。
# - recurrent_dropout 费时；同一个数打印三遍，还是一个数。
# - 验证集用来做选择；测试集只用来报一个诚实的数，而原文始终没有算过这个数。
#
# ## 练习
#
# [exercises/05_project.ipynb](exercises/05_project.ipynb) 的第 1 至 3 题：
#
# 1. 测试集里的词，网络认识多少？
# 2. 一个批次要填充多少？
# 3. 类别再多也能用的判定。

# %% [markdown] lang="en"
# ## Questions
#
# 1. `fit_on_texts` is called for each of the three files. What follows?
#
# - A. `fit` stops with an error.
# - B. The network is asked about other words than those that stand in the test file.
# - C. The vocabulary becomes three times as large.
# - D. Nothing, as long as the files are about the same subject.
#
# <details><summary>Answer</summary>
#
# **B.** Each tokenizer numbers by its own frequencies, so an id means another word. A: ids
# are ids; nothing can notice. C: each tokenizer has only its own file's words. D: even on
# one subject the order of frequencies differs, and with it every id after the first few.
#
# </details>
#
# 2. Training accuracy is near one, test accuracy is near one half. What do you do first?
#
# - A. More dropout.
# - B. More labels.
# - C. Check that the test rows went through the very same preparation as the training rows.
# - D. Fewer epochs.
#
# <details><summary>Answer</summary>
#
# **C.** It costs a minute, and a garbled test makes every other measure meaningless. A, B and
# D are remedies for overfitting, and may well be due, but only for the gap that is left.
#
# </details>
#
# 3. After one tokenizer the training score is unchanged and the test score has risen, but
# there is still a gap. What is that gap?
#
# - A. Overfitting: the network knows its own reviews far better than new ones.
# - B. What is left of the garbled numbering.
# - C. Proof that the test file is harder.
# - D. The effect of the padding.
#
# <details><summary>Answer</summary>
#
# **A.** The question is now put in the numbering that was learned, so B is ruled out. C: both
# files were drawn alike; nothing here speaks for it. D: both files are padded to the same
# length.
#
# </details>
#
# 4. Why does the score of an unmasked LSTM depend on the padding?
#
# - A. Zeros are divided by.
# - B. The zeros take part in the loss.
# - C. Each zero is looked up and read like a word, and changes the state.
# - D. Padding in front changes the order of the words.
#
# <details><summary>Answer</summary>
#
# **C.** Row 0 of the table is a vector like any other. A: nothing is divided. B: the loss sees
# only the score. D: the order of the words stays.
#
# </details>
#
# 5. A file has one class too many for `1 if p > 0.5 else 0`. What happens?
#
# - A. The third class is never predicted, silently.
# - B. An error: an array of three has no single truth.
# - C. The most probable class is taken.
# - D. The first class is taken.
#
# <details><summary>Answer</summary>
#
# **B.** Here at least Python stops. A and D would be silent faults; C is what one wants, and
# what `argmax` does.
#
# </details>
#
# 6. Which number tells a customer how good the chosen model is?
#
# - A. The training accuracy.
# - B. The validation accuracy, since the model has not been trained on these rows.
# - C. The test accuracy, measured once at the end.
# - D. The mean of B and C.
#
# <details><summary>Answer</summary>
#
# **C.** A: those rows it knows. B: it was not trained on them, but chosen by them, so it fits
# them a little too well. D: half of a flattering number still flatters.
#
# </details>
#
# To discuss:
#
# 7. A program that stops, and a program that goes on with a wrong result: which fault would
#    you rather have, and what in a program turns the second kind into the first?
# 8. How would you notice a tokenizer per file in somebody else's project, without reading the
#    code?
# 9. The article prints the validation score three times and the test score never. What
#    could make an author do that?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 三个文件各自调用一次 `fit_on_texts`，会有什么后果？
#
# - A. `fit` 报错停下。
# - B. 测试时，网络读到的词并不是测试文件里写的词。
# - C. 词表变成原来的三倍。
# - D. 只要三个文件谈的是同一类内容，就没有影响。
#
# <details><summary>答案</summary>
#
# **B。** 每个分词器按自己那批文本的频次编号，同一个编号代表的词就不同了。A：编号只是数字，程序看不出问题。
# C：每个分词器只收自己文件里的词。D：内容再接近，频次的次序也不会完全一样，后面的编号全都会错开。
#
# </details>
#
# 2. 训练准确率接近 1，测试准确率接近一半，第一步该做什么？
#
# - A. 加大 dropout。
# - B. 增加标注。
# - C. 检查测试数据和训练数据是否经过了完全相同的处理。
# - D. 减少轮次。
#
# <details><summary>答案</summary>
#
# **C。** 检查只要一分钟；题目要是被弄乱了，别的办法都无从谈起。A、B、D 都是针对过拟合的，
# 也许确实需要，但那是处理剩下的差距时的事。
#
# </details>
#
# 3. 统一分词器以后，训练分数没变，测试分数升高了，但还有差距。这个差距是什么？
#
# - A. 过拟合：网络对训练过的评论远比对新评论熟悉。
# - B. 编号还没有完全理顺。
# - C. 说明测试集更难。
# - D. 填充造成的。
#
# <details><summary>答案</summary>
#
# **A。** 现在用的就是学习时的编号，B 可以排除。C：两个文件的来源和写法相同，没有证据说测试集更难。
# D：两个文件都填充到同样的长度。
#
# </details>
#
# 4. 不加掩码的 LSTM，得分为什么会随填充的多少而变？
#
# - A. 计算中除以了零。
# - B. 填充的零参与了损失的计算。
# - C. 每个零都被当成一个词查表、读入，改变了状态。
# - D. 填充在前面，打乱了词序。
#
# <details><summary>答案</summary>
#
# **C。** 嵌入表的第 0 行也是一个普通的向量。A：没有除法。B：损失只看最后的得分。D：词的先后次序没有变。
#
# </details>
#
# 5. 数据有三类，仍用 `1 if p > 0.5 else 0`，会怎么样？
#
# - A. 第三类永远不会被预测，也不报错。
# - B. 报错：含三个数的数组没有唯一的真假值。
# - C. 取概率最大的一类。
# - D. 取第一类。
#
# <details><summary>答案</summary>
#
# **B。** 好在 Python 会停下来。A 和 D 都是不报错的错误；C 才是想要的结果，用 `argmax` 就能做到。
#
# </details>
#
# 6. 要告诉客户选定的模型有多好，该报哪个数？
#
# - A. 训练准确率。
# - B. 验证准确率，反正模型没有在这些样本上训练过。
# - C. 最后测一次的测试准确率。
# - D. B 和 C 的平均。
#
# <details><summary>答案</summary>
#
# **C。** A：那些样本它学过。B：虽然没在上面训练，却是照着它们挑出来的，分数会偏高一点。
# D：偏高的数掺进去一半，仍然偏高。
#
# </details>
#
# 讨论：
#
# 7. 一种程序出错就停，一种程序带着错误的结果继续跑，你宁愿遇到哪一种？怎样写程序，能把后一种变成前一种？
# 8. 不看代码，怎样发现别人的项目里每个文件用了一个分词器？
# 9. 原文把验证分数打印了三遍，测试分数一次也没有。是什么让作者写成了这样？

# %% [raw] words
# f"data/reviews/{name}_data.txt" = f"data/reviews_zh/{name}_data.txt"
# "data/reviews/test_data.txt" = "data/reviews_zh/test_data.txt"
# "3.8 or newer" = "3.8 及以上"
# "2.5 or newer" = "2.5 及以上"
# "the article" = "原文"
# "here" = "这里"
# "tf.keras is Keras" = "tf.keras 就是 Keras"
# "training file" = "训练集"
# "validation file" = "验证集"
# "test file" = "测试集"
# f"{FILES[name]}: {len(part)} reviews, {part.labels.mean():.0%} praise" = f"{FILES[name]}：{len(part)} 条评论，其中好评 {part.labels.mean():.0%}"
# "text" = "文本"
# "label" = "标签"
# f'{len(texts["train"])} reviews, {len(by_spaces.word_index)} "words", such as:' = f'{len(texts["train"])} 条评论，{len(by_spaces.word_index)} 个“词”，例如：'
# f"{len(left)} test reviews, {np.count_nonzero(left)} with a word that it knows" = f"测试集 {len(left)} 条评论，其中 {np.count_nonzero(left)} 条含有它认识的词"
# "Nothing failed." = "没有出错。"
# "Worth every cent.\t1\nNever again.\t0\nThe soup was cold.\n" = "每一分钱都花得值。\t1\n再也不来了。\t0\n汤是凉的。\n"
# f"epoch {epoch + 1}: training {on_train:.3f}, validation {on_val:.3f}" = f"第 {epoch + 1} 轮：训练集 {on_train:.3f}，验证集 {on_val:.3f}"
# f"seed {seed}" = f"种子 {seed}"
# f"{time.perf_counter() - started:.0f} s of training" = f"训练用时 {time.perf_counter() - started:.0f} 秒"
# "as printed, labels in an array" = "照原文，标签改为数组"
# "the" = "的"
# "not" = "不"
# "never" = "没"
# "love" = "爱"
# "great" = "好"
# "terrible" = "差"
# "perfect" = "稳"
# f"{meant.get(i, '')} " = f"{meant.get(i, '')}"
# f"read as the word that stands there: {right:.0%} of all words" = f"读对的词占 {right:.0%}"
# "review" = "评论"
# "as the network reads it" = "网络读到的"
# "the same weights, one tokenizer" = "权重不变，统一分词器"
# "training minus test" = "训练减测试"
# "as printed" = "照原文"
# "with a mask" = "加掩码"
# f"{len(short)} short reviews; how many change their label with the padding:" = f"{len(short)} 条短评；判定结果随填充长度改变的有多少条："
# f"{name}: {(praise.any(axis=0) & ~praise.all(axis=0)).sum()}" = f"{name}：{(praise.any(axis=0) & ~praise.all(axis=0)).sum()}"
# "Length after padding" = "填充后的长度"
# "Score" = "得分"
# f"{count} reviews: {number} different words" = f"{count} 条评论：{number} 个不同的字"
# f"our Tokenizer(num_words=1000): largest id {largest}" = f"我们的 Tokenizer(num_words=1000)：最大编号 {largest}"
# f"rows of create_model's table: {embedding.input_dim}" = f"create_model 的嵌入表有 {embedding.input_dim} 行"
# f"{best[0.2] / best[0.0]:.1f} times as long" = f"用时是 {best[0.2] / best[0.0]:.1f} 倍"
# f"fit: {reported:.4f}   train_model: {first:.4f}   main program: {second:.4f}" = f"fit：{reported:.4f}   train_model：{first:.4f}   主程序：{second:.4f}"
# f"accuracy on the {len(test)} test reviews, seed 0: {accuracy:.3f}" = f"{len(test)} 条测试评论上的准确率（种子 0）：{accuracy:.3f}"
