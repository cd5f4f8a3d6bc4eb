# %% [markdown] lang="en"
# # 1. Background: what fine-tuning is
#
# Article §1. Takes {{run_time}} on two CPU cores. You will
#
# - say what supervised fine-tuning (SFT) is, and for whom it is worth the trouble;
# - take the terms of the article's glossary in your hands, each as a small object;
# - give the same hundred labels to a network that knows nothing and to one that has read
#   a great deal, and measure the difference;
# - put your own sentences to both.

# %% [markdown] lang="zh"
# # 1. 背景：什么是微调
#
# 对应原文 §1，在两个 CPU 核上运行{{run_time}}。读完这一章，你将
#
# - 说得清什么是有监督微调（SFT），它适合谁用；
# - 把原文术语表里的每个词变成一个可以动手摆弄的小对象；
# - 拿同样的一百条标注，分别交给一个什么都没学过的网络和一个读过大量文本的网络，量出差距；
# - 用自己写的句子考考它们。

# %% [markdown] lang="en"
# ## 1.1 The idea, and for whom (§1.1, §1.2)
#
# A network that has read millions of sentences already tells a complaint from a recipe,
# though nobody told it which sentences are complaints. **Supervised fine-tuning** takes
# such a network, adds a small new part for your task, and trains it on a few examples that
# a person has labelled. The reading was done once, by someone with a large machine; your
# part is the labels, and a few minutes on a small one.
#
# | you are | you want to | read |
# |---|---|---|
# | new to deep learning | see it work, then understand why | chapters 1, 2, 4 |
# | an engineer with a few hundred labels | a model that is better than keywords | chapters 1, 5, then 3 |
# | a researcher | to know what to freeze, and what labels buy | chapter 3 |
# | a teacher | material that runs on thirty laptops | all, and the exercises |

# %% [markdown] lang="zh"
# ## 1.1 想法，以及适合谁（§1.1、§1.2）
#
# 一个读过上百万句话的网络，就算没人告诉它哪些句子是抱怨，也已经能把抱怨和菜谱区分开来。
# **有监督微调**就是拿这样一个网络，接上一小块为你的任务准备的新部件，再用少量人工标注的例子来训练。
# 读书这件事，别人用大机器做过一遍了；留给你的只有标注，外加在小机器上花的几分钟。
#
# | 你是 | 你想 | 建议先读 |
# |---|---|---|
# | 深度学习初学者 | 先看到效果，再弄懂道理 | 第 1、2、4 章 |
# | 手里有几百条标注的工程师 | 做一个比关键词规则更好的模型 | 第 1、5 章，然后第 3 章 |
# | 研究人员 | 弄清该冻结哪些层，标注能换来什么 | 第 3 章 |
# | 教师 | 三十台笔记本电脑上都能跑的教材 | 全部，包括练习 |

# %%
import keras
import numpy as np
import pandas as pd

import sftkeras as sft

pd.set_option("display.max_colwidth", None)  # show whole sentences
train = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")
print(train, test, sep="\n")
for text, label in zip(train.texts[:6], train.labels[:6]):
    print(label, text)

# %% [markdown] lang="en"
# The task of this chapter: say whether a customer is pleased (1) or not (0). Some of these
# sentences use no word of feeling at all, which is what makes them hard.

# %% [markdown] lang="zh"
# 本章的任务：判断一位顾客是满意（1）还是不满意（0）。有些句子里没有一个表达情绪的词，难就难在这里。

# %% [markdown] lang="en"
# ## 1.2 The glossary, live (§1.4)
#
# ### Pretrained model
#
# The article's line: «在大量无标签数据上进行预训练的深度学习模型», a model trained on a
# large amount of unlabelled data. What does it have that a new one has not? Take the same
# architecture twice: once with its pretrained weights, once with random ones. Each turns a
# sentence into a vector.

# %% [markdown] lang="zh"
# ## 1.2 术语表，动手版（§1.4）
#
# ### 预训练模型
#
# 原文的定义是“在大量无标签数据上进行预训练的深度学习模型”。它到底比新模型多了什么？
# 同一个结构，我们准备两份：一份装着预训练好的权重，一份的权重是随机的。两份都能把一句话变成一个向量。

# %%
pretrained = sft.load_pretrained_model("minilm", num_classes=2)
keras.utils.set_random_seed(0)
untrained = keras.models.clone_model(pretrained)  # new random weights
untrained.preprocessor = pretrained.preprocessor
print(f"{pretrained.count_params():,} weights in {len(pretrained.layers)} layers")
sft.embed(pretrained, ["Worth every cent."]).shape

# %% [markdown] lang="en"
# Eight sentences, and eight that say much the same in other words. Which of the eight on
# the right is nearest to each one on the left? Change the pairs and see.

# %% [markdown] lang="zh"
# 左边八句话，右边八句话换了说法，意思相近。对左边的每一句，右边哪一句的向量离它最近？
# 可以把句子换成你自己的再看。

# %%
pairs = {
    "The soup was cold.": "My broth arrived lukewarm.",
    "The battery dies within an hour.": "This phone needs charging all the time.",
    "The film put me to sleep.": "What a boring movie.",
    "Delivery took three weeks.": "The parcel came far too late.",
    "Our room faced the sea.": "From the window we could watch the waves.",
    "The waiter was rude.": "Such bad manners from the staff.",
    "I read it in one night.": "This novel is impossible to put down.",
    "The shirt shrank.": "After one laundry these clothes are too small.",
}


def similarity(model):
    left = sft.embed(model, list(pairs.keys()))
    right = sft.embed(model, list(pairs.values()))
    left, right = (v - np.mean([*left, *right], axis=0) for v in (left, right))
    norms = np.linalg.norm(left, axis=1)[:, None] * np.linalg.norm(right, axis=1)
    return left @ right.T / norms  # (8, 8), cosines


# %%
figure, axes = sft.plots.new_figure(1, 2, width=10, height=3.6)
hits = {}
for axis, (name, model) in zip(
    axes, {"pretrained": pretrained, "random weights": untrained}.items()
):
    cosines, numbers = similarity(model), np.arange(len(pairs))
    nearest = cosines.argmax(axis=1)
    hits[name] = int((nearest == numbers).sum())
    image = axis.imshow(cosines, cmap="Blues", vmin=-0.4, vmax=0.4)
    axis.plot(nearest, numbers, "o", color=sft.plots.COLORS[1])
    axis.set(title=f"{name}: {hits[name]} of {len(pairs)}", xlabel="right sentence")
    axis.set_xticks(numbers, numbers + 1)
    axis.set_yticks(numbers, [] if len(hits) > 1 else list(pairs))
figure.colorbar(image, ax=axes, label="cosine", shrink=0.8)
figure

# %%
assert hits["pretrained"] >= 6 > hits["random weights"]
print(hits)

# %% [markdown] lang="en"
# Dark squares on the diagonal are partners that lie near each other; the dot marks the
# nearest. The architecture is the same, so the difference is in the weights: that is what
# pretraining leaves behind. (MiniLM is good at just this, since it was also trained on
# pairs of texts that stand together on the web, such as a question and its answer. Nobody
# labelled those by hand either.)

# %% [markdown] lang="zh"
# 对角线上的深色格子表示同义的两句靠得近，圆点标出最近的一句。两份模型结构完全相同，差别只在权重：
# 预训练留下来的就是这些权重。（MiniLM 格外擅长这件事，因为它还用网上成对出现的文本训练过，
# 比如一个问题和它的回答；这些配对同样不是人工标注的。）

# %% [markdown] lang="en"
# ### Data annotation
#
# Annotation gives each sample a label. Nothing more mysterious than this list: change a
# label with which you disagree.

# %% [markdown] lang="zh"
# ### 数据标注
#
# 数据标注就是给每个样本配上一个标签，说穿了就是下面这样一个列表。哪个标签你不同意，尽管改。

# %%
mine = {
    "Laces too short, tongue slides sideways, insole comes out with your sock.": 0,
    "Perfect little snack for the train.": 1,
    "Avoid this garage, they will find faults you never had.": 0,
    "Clear, practical and actually funny about pensions.": 1,
    "The doll's arm came off the same day and it won't go back in.": 0,
}
theirs = dict(zip(train.texts, train.labels.tolist()))
agreed = [theirs[text] == label for text, label in mine.items()]
print(f"You and the data agree on {sum(agreed)} of {len(mine)}.")

# %% [markdown] lang="en"
# ### Neural network, deep learning
#
# A neuron is a weighted sum and a bend: $p = \sigma(w \cdot x + b)$ with
# $\sigma(z) = 1 / (1 + e^{-z})$. The head of our model is one single neuron. Its inputs $x$
# are the numbers that the layers below make of a sentence. We compute it by hand.

# %% [markdown] lang="zh"
# ### 神经网络与深度学习
#
# 一个神经元就是先加权求和，再弯一下：$p = \sigma(w \cdot x + b)$，其中
# $\sigma(z) = 1 / (1 + e^{-z})$。我们这个模型的分类头恰好只有一个神经元，输入 $x$
# 是下面各层从句子里算出的一串数。来手算一遍。

# %%
sentence = ["Worth every cent."]
x = sft.embed(pretrained, sentence)[0]  # what reaches the head
w, b = pretrained.get_layer("head").get_weights()
by_hand = 1 / (1 + np.exp(-(x @ w[:, 0] + b[0])))
by_keras = sft.predict_probabilities(pretrained, sentence)[0, 1]
print(f"{len(x)} inputs; by hand {by_hand:.6f}, by Keras {by_keras:.6f}")
assert abs(by_hand - by_keras) < 1e-5

# %% [markdown] lang="en"
# The answer means nothing yet: this neuron's weights are random. A network is many such
# neurons side by side, in layers; it is *deep* when the layers stand on each other. (The
# article says that networks imitate how neurons in the brain are connected. That is where
# the name comes from; the sum and the bend are all that is left of it.)

# %% [markdown] lang="zh"
# 这个答案眼下毫无意义，因为这个神经元的权重还是随机的。许多神经元并排成层，就是网络；
# 一层叠一层，就叫*深度*。（原文说神经网络模拟人脑神经元的连接方式。名字确实由此而来，
# 但留下来的也就只有这个求和加一弯。）

# %%
table = sft.describe_layers(pretrained)
blocks = table[table["layer"].str.startswith("transformer_layer")]
print(f"{len(blocks)} transformer layers, one on the other")
table[table["params"] > 0]

# %% [markdown] lang="en"
# ### Training
#
# Training changes weights, a little at each step, so that a loss falls. First only the
# head's, on a hundred labels; the layers below stay frozen.

# %% [markdown] lang="zh"
# ### 模型训练
#
# 训练就是一步一步地调整权重，每步只动一点，让损失下降。先只训练分类头，用一百条标注，下面各层全部冻结。

# %%
_, labelled = sft.split_texts(train, test_size=100, seed=0)
head_only = sft.fine_tune(
    pretrained, labelled.texts, labelled.labels, layers_to_fine_tune=None, verbose=0
)
losses = head_only.history.history["loss"]
figure, axis = sft.plots.new_figure(1, 1, width=5.5, height=3)
axis.plot(range(1, len(losses) + 1), losses, "o-", color=sft.plots.COLORS[0], ms=3)
axis.set(xlabel="epoch", ylabel="loss on the 100 labels", title="Training")
axis.set_xticks(range(2, len(losses) + 1, 2))
assert losses[-1] < losses[0]
figure

# %% [markdown] lang="en"
# ### Fine-tuning
#
# The article: «添加新的层或调整现有层的权重», add new layers *or* adjust existing weights.
# Both can be seen. Above, only the new layer was trained. Now we let training reach every
# layer, and ask each one how far its weights have moved.

# %% [markdown] lang="zh"
# ### 微调
#
# 原文的定义是“添加新的层或调整现有层的权重”，两种做法都看得见。刚才只训练了新加的那一层；
# 现在让训练触及每一层，然后看看各层的权重各走了多远。

# %%
tuned = sft.fine_tune(pretrained, labelled.texts, labelled.labels, epochs=2, verbose=0)
moved = sft.describe_changes(pretrained, head_only).set_index("layer")
moved = moved[["params", "change"]].rename(columns={"change": "head only"})
moved["all layers"] = sft.describe_changes(pretrained, tuned)["change"].values
assert (moved["head only"].drop("head") == 0).all() and moved["head only"]["head"] > 0
assert moved["all layers"].between(0, 0.05, inclusive="neither").all()
percent = "{:.3%}".format
moved.transform({"params": "{:,}".format, "head only": percent, "all layers": percent})

# %% [markdown] lang="en"
# Read the last column: every layer has moved, and each of them by a tiny part of its own
# length. Fine-tuning keeps nearly all of what was read and bends it a little towards the
# task. In the column before it, frozen means exactly zero, and the new head, which had
# nothing to keep, went far.

# %% [markdown] lang="zh"
# 看最后一列：每一层都动了，但相对于自身的大小，都只动了极小的一点。微调保留了读书所得的绝大部分，
# 只是朝着任务的方向稍稍掰了一下。再看前一列：冻结就是一丝不动，变化量恰好为零；新加的分类头没有什么要保留的，
# 所以走得很远。

# %% [markdown] lang="en"
# The abbreviations (§1.4.3): **SFT**, supervised fine-tuning, is all of the above
# together, with labels; **NN**, neural network; **DL**, deep learning, many layers of it;
# **ML**, machine learning, of which these are a part.

# %% [markdown] lang="zh"
# 缩略词（§1.4.3）：**SFT**，有监督微调，就是用标注把上面这些合在一起做；**NN**，神经网络；
# **DL**，深度学习，指层数多的神经网络；**ML**，机器学习，以上都是它的一部分。

# %% [markdown] lang="en"
# ## 1.3 A first success: the same hundred labels
#
# A fair comparison: both get the same labels and answer the same unseen test
# sentences. The LSTM (the article's own network, §5) starts from random numbers and gets
# more epochs. A hundred labels are few, so which hundred it was matters: we draw three
# times and look at the means.

# %% [markdown] lang="zh"
# ## 1.3 第一次成功：同样一百条标注
#
# 比较要公平：两边拿到同样的标注，回答同样一批没见过的测试句。LSTM（原文 §5 用的网络）从随机数开始学，
# 我们还让它多训练几轮。一百条很少，抽到哪一百条会有影响，所以抽三次，看平均值。


# %%
def train_lstm(data, seed):
    tokenizer = sft.Tokenizer().fit_on_texts(data.texts)
    model = sft.create_model(tokenizer=tokenizer, seed=seed)
    sft.train_model(model, data.texts, data.labels, epochs=20, seed=seed, verbose=0)
    return model


def tune_encoder(data, seed):
    return sft.fine_tune(
        pretrained, data.texts, data.labels, epochs=6, seed=seed, verbose=0
    )


# %%
SEEDS = (0, 1, 2)
ways = {"LSTM from scratch": train_lstm, "pretrained encoder": tune_encoder}
models, rows = {}, []
for seed in SEEDS:
    _, labelled = sft.split_texts(train, test_size=100, seed=seed)
    for way, make in ways.items():
        models[way] = make(labelled, seed)
        report = sft.evaluate_model(models[way], test.texts, test.labels, verbose=False)
        rows.append((way, seed, report["accuracy"]))
results = pd.DataFrame(rows, columns=["model", "seed", "accuracy"])
means = results.groupby("model")["accuracy"].mean()
results.pivot(index="seed", columns="model", values="accuracy").round(3)

# %%
figure, axis = sft.plots.new_figure(1, 1, width=7, height=2.6)
for place, way in enumerate(ways):
    scores = results.loc[results["model"] == way, "accuracy"]
    color = sft.plots.COLORS[place]
    axis.plot(scores, [place] * len(scores), "o", color=color, alpha=0.6)
    axis.plot(means[way], place, "|", ms=30, mew=3, color=color)
    axis.text(means[way], place + 0.32, f"mean {means[way]:.3f}", ha="center")
axis.axvline(0.5, color=sft.plots.COLORS[3], ls="--", lw=1, label="guessing")
axis.set_yticks(range(len(ways)), ways)
axis.set(xlabel="accuracy on the test sentences", xlim=(0.45, 0.85), ylim=(-0.5, 1.7))
axis.legend(frameon=False, loc="lower right", fontsize=8)
figure

# %%
gain = means["pretrained encoder"] - means["LSTM from scratch"]
print(f"The pretrained encoder is {100 * gain:.1f} points better on average.")
assert gain > 0.05

# %% [markdown] lang="en"
# A hundred labels lift the LSTM only a little above guessing: it has to learn from them
# what the words mean, too. The encoder knows that and spends its labels on the question.
# It is not good yet. How it gets better with more labels is chapter 3's subject.

# %% [markdown] lang="zh"
# 一百条标注只能让 LSTM 比瞎猜强一点，因为它连词是什么意思都得从这一百条里学。编码器早就懂词义，
# 标注全都花在任务本身上。不过它也还算不上好；标注再多一些会怎样，第 3 章细说。

# %% [markdown] lang="en"
# ## 1.4 Ask them
#
# Put your own sentences into the list and run the cell again. Try a plain one, one with
# *not*, one that means the opposite of what it says.

# %% [markdown] lang="zh"
# ## 1.4 考考它们
#
# 把列表换成你自己的句子（英文，这个编码器只读过英文），再运行一遍。可以试试直白的、带 *not* 的，
# 还有正话反说的。

# %%
ask = [
    "Worth every cent.",
    "Not a single complaint, and I complain for a living.",
    "It stopped working on the second day.",
    "I would not recommend it to anyone.",
    "Great, another update that deletes my photos.",
]
answers = {"sentence": ask}
for way, model in models.items():
    labels, chances = sft.predict(model, ask, return_probabilities=True)
    answers[way] = [f"{n} ({row.max():.0%})" for n, row in zip(labels, chances)]
pd.DataFrame(answers).set_index("sentence")

# %% [markdown] lang="en"
# In brackets is how sure each model is of its answer. Sure is not the same as right:
# look for an answer that is sure and wrong.

# %% [markdown] lang="zh"
# 括号里是模型对自己答案的把握。有把握不等于答得对：找一找，有没有既自信又答错的？

# %% [markdown] lang="en"
# ## Summary
#
# - Supervised fine-tuning takes a network that has read a lot, and trains it further on a
#   few labelled examples.
# - What pretraining leaves is in the weights: the same architecture with random ones finds
#   no partner for a sentence.
# - Fine-tuning may train the new head alone, or move all layers a little.
# - From the same hundred labels, the pretrained encoder got more than the LSTM, on the mean
#   of three draws. One data set, one language: chapter 3 measures further.
#
# ## Exercises
#
# In [the exercises](exercises/01_background.ipynb):
#
# 1. Measure how far two annotators agree, beyond chance.
# 2. Build a neuron, and let Keras agree with it.
# 3. Say how many weights are trained, before you count.
# 4. Does the LSTM beat guessing at all? Measure it.
# 5. Write sentences that fool the encoder.

# %% [markdown] lang="zh"
# ## 小结
#
# - 有监督微调：拿一个读过大量文本的网络，用少量标注接着训练。
# - 预训练的成果存在权重里：同样的结构换上随机权重，就给句子找不到同伴了。
# - 微调可以只训练新加的分类头，也可以让所有层都动一点。
# - 同样一百条标注，三次抽样平均下来，预训练编码器比 LSTM 学到的多。这只是一份数据、一种语言，
#   更系统的测量在第 3 章。
#
# ## 练习
#
# 在[练习](exercises/01_background.ipynb)里：
#
# 1. 量一量两位标注者的一致程度，要扣除碰巧一致的部分。
# 2. 自己搭一个神经元，并让 Keras 算出同样的结果。
# 3. 先说出有多少权重会被训练，再去数。
# 4. LSTM 到底比瞎猜强吗？测出来。
# 5. 写几句能骗过编码器的话。
