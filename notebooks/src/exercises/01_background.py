# %% [markdown] lang="en"
# # 1. Background: exercises
#
# Replace each `...  # your code` and run the check below it: it says *Right*, or what is
# wrong, with a hint after the second try. Each can be done without the others; the last
# two are open. All of it runs in {{run_time}}.

# %% [markdown] lang="zh"
# # 1. 背景：练习
#
# 把每处 `...  # your code` 换成你的代码，再运行下面的检查格：做对了会显示“正确”，否则会告诉你哪里不对，
# 第二次还不对就给提示。每道题都可以单独做；最后两道是开放题。全部运行{{run_time}}。

# %%
import keras
import numpy as np

import sftkeras as sft

train = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")

# %% [markdown] lang="en"
# ## 1.1 Annotation: three are better than one
#
# Three annotators label the same sentences; their labels are an array `votes` of shape
# (sentences, 3), with 0 and 1. Write a function that returns the majority's label of each
# sentence, and a list of the numbers of those sentences on which the three do not all
# agree: those one should talk about.
#
# The check then lets three annotators label the test sentences, each of whom errs on one
# in five, at random. First predict: how often is their majority right?

# %% [markdown] lang="zh"
# ## 1.1 数据标注：三个人比一个人强
#
# 三位标注者标了同一批句子，结果放在数组 `votes` 里，形状是（句数，3），取值 0 和 1。
# 请写一个函数，返回两样东西：每个句子的多数票标签；三人意见不全一致的句子的编号列表，这些句子应当拿出来讨论。
#
# 检查格会让三个人去标测试集，每人都随机地标错五分之一。先猜一猜：多数票的准确率是多少？


# %%
def settle(votes):
    """Return (labels, to_discuss): an array (N,), and a list of row numbers."""
    # solution
    ones = votes.sum(axis=1)
    return (ones >= 2).astype(int), [n for n, k in enumerate(ones) if k in (1, 2)]
    # end solution


# %%
votes = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 1, 1], [1, 1, 1]])
answer = check.given(lambda: settle(votes))
check.that(lambda: len(answer) == 2, "Return two things: labels, to_discuss")
check(lambda: answer[0], [1, 0, 0, 1, 1], "two of three decide",
      hint="count the ones in each row: votes.sum(axis=1)")  # fmt: skip
check(lambda: list(answer[1]), [0, 1, 3], "the rows without full agreement",
      hint="there, the number of ones is neither 0 nor 3")  # fmt: skip
random = np.random.default_rng(0)
errs = random.random((len(test), 3)) < 0.2
votes = np.where(errs, 1 - test.labels[:, None], test.labels[:, None])
labels, to_discuss = settle(votes)
alone, together = np.mean(votes[:, 0] == test.labels), np.mean(labels == test.labels)
check.right(f"One alone {alone:.2f}, the majority {together:.2f}; they should talk "
            f"about {len(to_discuss)} of {len(test)} sentences.")  # fmt: skip

# %% [markdown] lang="en"
# ## 1.2 A neuron
#
# Write a neuron: $\sigma(w \cdot x + b)$ for each row of `x`. Then Keras must say the same.

# %% [markdown] lang="zh"
# ## 1.2 神经元
#
# 写一个神经元：对 `x` 的每一行计算 $\sigma(w \cdot x + b)$。然后看 Keras 算出来的是否一样。


# %%
def neuron(x, w, b):
    """x: (N, inputs), w: (inputs,), b: a number. Returns (N,)."""
    # solution
    return 1 / (1 + np.exp(-(x @ w + b)))
    # end solution


# %%
rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(5, 3)), rng.normal(size=3), 0.7
layer = keras.layers.Dense(1, activation="sigmoid")
layer.build((None, 3))
layer.set_weights([w[:, None], np.array([b])])
expected = keras.ops.convert_to_numpy(layer(x.astype("float32")))[:, 0]
check(lambda: neuron(x, w, b), expected, "that is what Keras says",
      hint="the logit is x @ w + b; then the sigmoid: 1 / (1 + exp(-logit))",
      within=1e-5)  # fmt: skip
check.right()

# %% [markdown] lang="en"
# ## 1.3 How many weights are trained?
#
# First predict, then count. A transformer layer of width $d$ with an inner width $m$ has
#
# - four square maps $d \to d$ with a bias each (queries, keys, values, output),
# - one map $d \to m$ and one $m \to d$, with a bias each,
# - two normalisations, each with $2d$ numbers.
#
# The encoder has $d = 384$, $m = 1536$, and a head with one output. How many weights has
# the head (`head`), and how many has the last transformer layer (`last_layer`)?

# %% [markdown] lang="zh"
# ## 1.3 有多少权重参加训练？
#
# 先算，再数。宽度为 $d$、内层宽度为 $m$ 的 Transformer 层里有
#
# - 四个 $d \to d$ 的方阵，各带一个偏置（查询、键、值、输出）；
# - 一个 $d \to m$ 和一个 $m \to d$ 的映射，各带一个偏置；
# - 两个归一化，各有 $2d$ 个数。
#
# 这个编码器 $d = 384$，$m = 1536$，分类头只有一个输出。分类头（`head`）有多少权重？最后一个 Transformer 层（`last_layer`）呢？

# %%
d, m = 384, 1536
# solution
head = d + 1
last_layer = 4 * (d * d + d) + (d * m + m) + (m * d + d) + 2 * 2 * d
# end solution

# %%
model = sft.load_pretrained_model("minilm", num_classes=2)
sft.set_trainable(model, None)
counted = int(sft.describe_layers(model)["trainable_params"].sum())
check.that(lambda: head == counted, "The head has another number of weights.",
           hint="a weight for each of the 384 inputs, and the bias")  # fmt: skip
sft.set_trainable(model, ["transformer_layer_5"])
both = int(sft.describe_layers(model)["trainable_params"].sum())
check.that(lambda: last_layer == both - counted,
           "The last layer has another number of weights.",
           hint="a square map has d * d weights and d biases, and there are four; "
           "do not forget the other biases and the two normalisations")  # fmt: skip
check.right(f"{counted:,} or {both:,} of {model.count_params():,} are trained.")

# %% [markdown] lang="en"
# ## 1.4 Does the LSTM beat random guessing?
#
# Of a hundred labels the LSTM learned little. Little, or nothing? Train it on five draws of
# a hundred labels (seeds 0 to 4) and put its five test accuracies
# (`sft.evaluate_model(…)["accuracy"]`) into the list `scores`. Then write a function
# `beats(scores)`: is the mean more than two standard errors (`standard_error`) above one
# half, which is what guessing gets? `train_lstm` trains as the chapter does.

# %% [markdown] lang="zh"
# ## 1.4 LSTM 比随机猜测强吗？
#
# 一百个标注样本，LSTM 没学到多少。是少，还是根本没学到？请抽五次、每次一百个样本（随机种子 0 到 4）训练它，
# 把五个测试准确率（`sft.evaluate_model(…)["accuracy"]`）放进列表 `scores`。再写一个函数 `beats(scores)`：
# 随机猜测的准确率是二分之一，平均值比它高出两倍标准误（`standard_error`）以上就返回 `True`，否则返回 `False`。
# `train_lstm` 的训练方法和正文里一样。


# %%
def train_lstm(data, seed):
    tokenizer = sft.Tokenizer().fit_on_texts(data.texts)
    model = sft.create_model(tokenizer=tokenizer, seed=seed)
    sft.train_model(model, data.texts, data.labels, epochs=20, seed=seed, verbose=0)
    return model


def standard_error(values):
    return np.std(values, ddof=1) / np.sqrt(len(values))


# %%
# solution
scores = []
for seed in range(5):
    _, labelled = sft.split_texts(train, test_size=100, seed=seed)
    lstm = train_lstm(labelled, seed)
    report = sft.evaluate_model(lstm, test.texts, test.labels, verbose=False)
    scores.append(report["accuracy"])


def beats(scores):
    return bool(np.mean(scores) - 2 * standard_error(scores) > 0.5)


# end solution

# %%
check(lambda: len(scores), 5, "five draws, five scores")
for score in scores:
    check.between(score, 0.3, 0.75, "an accuracy on the test set, as a share of 1")
check.that(lambda: len({round(s, 4) for s in scores}) > 1,
           "All five are equal: each seed must draw other labels.",
           hint="split_texts(train, test_size=100, seed=seed)")  # fmt: skip
hint = "compare np.mean(scores) - 2 * standard_error(scores) with 0.5"
near, above = [0.48, 0.58, 0.47, 0.56, 0.51], [0.55, 0.57, 0.56, 0.54, 0.58]
why = f"for {near}: less than two standard errors above"
check(lambda: beats(near), False, why, hint)
check(lambda: beats(above), True, f"for {above}: far above one half", hint)
far = (np.mean(scores) - 0.5) / standard_error(scores)
check(lambda: beats(scores), bool(far > 2), "your five scores", hint)
check.right(f"Mean {np.mean(scores):.3f}, {far:.1f} standard errors above guessing.")

# %% [markdown] lang="en"
# ## 1.5 Fool the encoder
#
# Here is an encoder with a new head trained on all the training sentences. Write at least
# three sentences on which this model is wrong into the dictionary `fooled`
# (`fooled["…"] = 1`), each with the label that any reader would give it. Irony helps; so does praise that names a fault and says that it was not there.

# %% [markdown] lang="zh"
# ## 1.5 骗过编码器
#
# 下面这个编码器用全部训练句子训练了一个新的分类头。请写至少三句话，标上任何读者都会给的标签，
# 让模型判错。写进字典 `fooled`，例如 `fooled["……"] = 1`。反话很管用；正面评价里提到毛病、却说它“没有”（如“从不死机”），也很管用。

# %%
encoder = sft.load_pretrained_model("minilm", num_classes=2)
encoder = sft.fine_tune(encoder, train.texts, train.labels, None, verbose=0)

# %%
fooled = {}
# solution
fooled["I kept waiting for the catch, the delay, the hidden fee: none came."] = 1
fooled["I was sure it would break within a week, and five years on I was wrong."] = 1
fooled["It never crashed, never froze, never lost a file."] = 1
fooled["Great, my third replacement, and this one also arrived in pieces."] = 0
fooled["Beautiful box, beautiful leaflet, and no sign of life inside."] = 0
fooled["If you love waiting two hours for cold fries, this is your place."] = 0
# end solution

# %%
check.that(isinstance(fooled, dict), "A dictionary, please: sentence: label.")
check.that(len(fooled) >= 3, "Write at least three sentences into `fooled`.")
sentences = all(isinstance(s, str) and len(s) >= 8 for s in fooled)
check.that(sentences, "Sentences, please, not single words.")
check.that(all(label in (0, 1) for label in fooled.values()), "A label is 0 or 1.")
predictions = sft.predict(encoder, list(fooled))
wrong = [s for s, p in zip(fooled, predictions) if p != fooled[s]]
print("It was fooled by:", *wrong, sep="\n  ")
check.that(len(wrong) >= 3, f"Only {len(wrong)} of {len(fooled)} fooled it.",
           hint="name a fault, and say that it never happened")  # fmt: skip
check.right()

# %% [markdown] lang="en"
# ## 1.6 Open: what does it take to teach *not*?
#
# Add twenty sentences of your own to the hundred: ten pairs that differ in a negation, with
# their labels, about other things than the pairs of section 1.4. In how many of the pairs
# of section 1.4 (copy `PAIRS` and `turned` from there) does the answer turn now? Not
# enough? Then change one thing at a time: more pairs, more layers, more epochs, all 720
# labels. Draw three times before you believe a difference. Ten pairs, all layers and all
# 720 labels did not turn all eight when we tried, so report how far you came.

# %% [markdown] lang="zh"
# ## 1.6 开放题：要怎样才能教会它“不”？
#
# 给那一百个样本加上自己写的二十句：十对只差一个否定的句子，标好标签，说的是 1.4 节里没提到的事情。
# 1.4 节的那些句子对（`PAIRS` 和 `turned` 从正文里复制过来），现在有几对的答案会变？还不够的话，每次只改一样再试：
# 多写几对，多解冻几层，多训练几个轮次，或者用上全部 720 个样本。差别是不是真的，抽三次样再下结论。
# 不必八对全变过来：做到几对，就如实写几对。

# %% [markdown] lang="en"
# ## 1.7 Open: your own hundred labels
#
# Collect a hundred sentences of a kind that you care about (messages, headlines, reviews)
# and label each with 0 or 1; keep fifty more to test with. Which of the two ways of
# section 1.3 is better on yours? Which sentences are both wrong on, and what do those have
# in common? Keep the file: you will need it in the chapters to come.

# %% [markdown] lang="zh"
# ## 1.7 开放题：你自己的一百个标注样本
#
# 收集一百句你关心的那类文本（消息、标题、评论都行），逐句标上 0 或 1；另外再标五十句留作测试。
# 正文 1.3 节的两种做法，在你的数据上哪一种更好？哪些句子两个模型都判错，它们有什么共同点？
# 文件请留好，后面几章还会用到。

# %% [raw] words
# "data/reviews/train_data.txt" = "data/reviews_zh/train_data.txt"
# "data/reviews/test_data.txt" = "data/reviews_zh/test_data.txt"
# "minilm" = "e5-small"
# "transformer_layer_5" = "transformer_layer_11"
# "Return two things: labels, to_discuss" = "要返回两样东西：labels, to_discuss"
# "two of three decide" = "三票里两票说了算"
# "count the ones in each row: votes.sum(axis=1)" = "数一数每行有几个 1：votes.sum(axis=1)"
# "the rows without full agreement" = "意见不全一致的行"
# "there, the number of ones is neither 0 nor 3" = "这些行里 1 的个数既不是 0，也不是 3"
# f"One alone {alone:.2f}, the majority {together:.2f}; they should talk " = f"单独一人 {alone:.2f}，多数票 {together:.2f}；{len(test)} 句里"
# f"about {len(to_discuss)} of {len(test)} sentences." = f"有 {len(to_discuss)} 句需要讨论。"
# "that is what Keras says" = "这是 Keras 的结果"
# "the logit is x @ w + b; then the sigmoid: 1 / (1 + exp(-logit))" = "先算对数几率 x @ w + b，再套上 sigmoid：1 / (1 + exp(-logit))"
# "The head has another number of weights." = "分类头的权重不是这么多。"
# "a weight for each of the 384 inputs, and the bias" = "384 个输入各有一个权重，再加一个偏置"
# "The last layer has another number of weights." = "最后一层的权重不是这么多。"
# "a square map has d * d weights and d biases, and there are four; " = "一个方阵有 d * d 个权重和 d 个偏置，共有四个方阵；"
# "do not forget the other biases and the two normalisations" = "别忘了另外两个映射的偏置，还有两个归一化"
# f"{counted:,} or {both:,} of {model.count_params():,} are trained." = f"{model.count_params():,} 个权重中，只训练分类头是 {counted:,} 个，加上最后一层是 {both:,} 个。"
# "five draws, five scores" = "抽五次，应有五个准确率"
# "an accuracy on the test set, as a share of 1" = "应是测试集上的准确率，写成小数"
# "All five are equal: each seed must draw other labels." = "五个结果完全一样：每个随机种子应当抽到不同的样本。"
# f"for {near}: less than two standard errors above" = f"{near} 这五个数，平均值比二分之一高，但不到两倍标准误"
# f"for {above}: far above one half" = f"{above} 这五个数，平均值远高于二分之一"
# "your five scores" = "你的五个准确率"
# "compare np.mean(scores) - 2 * standard_error(scores) with 0.5" = "把 np.mean(scores) - 2 * standard_error(scores) 和 0.5 比一比"
# f"Mean {np.mean(scores):.3f}, {far:.1f} standard errors above guessing." = f"平均 {np.mean(scores):.3f}，比随机猜测高出 {far:.1f} 倍标准误。"
# "I kept waiting for the catch, the delay, the hidden fee: none came." = "等着看它出什么幺蛾子，结果一样毛病都没有。"
# "I was sure it would break within a week, and five years on I was wrong." = "都说用不满一年就会坏，我这台第八年了，白担心一场。"
# "It never crashed, never froze, never lost a file." = "从不死机，从不闪退，也没丢过一个文件。"
# "Great, my third replacement, and this one also arrived in pieces." = "真棒，换了三回，这一回寄来的还是碎的。"
# "Beautiful box, beautiful leaflet, and no sign of life inside." = "盒子精美，说明书精美，就是按哪个键都没动静。"
# "If you love waiting two hours for cold fries, this is your place." = "喜欢排两个钟头队吃凉薯条的朋友，千万别错过这家。"
# "A dictionary, please: sentence: label." = "`fooled` 应当是字典：{句子: 标签}。"
# "Write at least three sentences into `fooled`." = "请在 `fooled` 里至少写三句话。"
# "Sentences, please, not single words." = "请写完整的句子，不要只写一个词。"
# "A label is 0 or 1." = "标签只能是 0 或 1。"
# "It was fooled by:" = "骗过模型的句子："
# f"Only {len(wrong)} of {len(fooled)} fooled it." = f"{len(fooled)} 句里只有 {len(wrong)} 句骗过了它。"
# "name a fault, and say that it never happened" = "提一个毛病，再说它从来没发生过"
