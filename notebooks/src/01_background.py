# %% [markdown] lang="en" tags=["slide"]
# # 1. Background: what fine-tuning is
#
# Article §1. Takes {{run_time}} on two CPU cores. You will
#
# - say what supervised fine-tuning (SFT) is, and for whom it is worth the trouble;
# - take the terms of the article's glossary in your hands, each as a small object;
# - give the same hundred labels to a network that knows nothing and to a pretrained one,
#   and measure the difference;
# - put your own sentences to both, and find out what one of them has not understood.

# %% [markdown] lang="zh" tags=["slide"]
# # 1. 背景：什么是微调
#
# 对应原文 §1，在两个 CPU 核上运行{{run_time}}。读完这一章，你将
#
# - 说得清什么是有监督微调（SFT），它适合谁用；
# - 把原文术语表里的每个词变成一个可以动手摆弄的小对象；
# - 拿同样一百个标注样本，分别交给一个从零训练的网络和一个预训练过的网络，量出差距；
# - 用自己写的句子去考这两个模型，并找出其中一个到底没学会什么。

# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ## 1.1 What fine-tuning is, and for whom (§1.1, §1.2)
#
# A network that was trained on millions of sentences already tells a complaint from a
# recipe, though nobody told it which sentences are complaints. In
# {{term:supervised fine-tuning}} one takes such a network, puts a new output layer on it,
# its {{term:head}}, for one's task, and trains it further on a few examples that a person
# has labelled. The costly part, the pretraining, somebody else has done, once, on large machines. Your part
# is the labels, and a few minutes of training on an ordinary computer. To use for one
# task what was learned in another is called {{term:transfer learning}}; fine-tuning is
# its most common form.
#
# | you are | you want to | read |
# |---|---|---|
# | new to deep learning | see it work, then understand why | chapters 1, 2, 4 |
# | an engineer with a few hundred labels | a model that is better than keywords | chapters 1, 5, then 3 |
# | a researcher | to know what to freeze, and what labels buy | chapter 3 |
# | a teacher | material that runs on thirty laptops | all, and the exercises |

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ## 1.1 微调是什么，适合谁用（§1.1、§1.2）
#
# 一个用上百万个句子训练过的网络，就算没人告诉它哪些句子是抱怨，也已经能把抱怨和菜谱区分开来。
# {{term:有监督微调}}就是拿这样一个网络，在它上面接一个新的输出层，叫做{{term:分类头}}，再用少量人工标注的样本继续训练。
# 预训练最费算力，别人已经做完；你要做的是标注数据，再在普通电脑上训练几分钟。
# 把在一个任务上学到的东西用到另一个任务上，叫做{{term:迁移学习}}，微调是其中最常用的一种。
#
# | 你是 | 你想 | 建议先读 |
# |---|---|---|
# | 深度学习初学者 | 先看到效果，再弄懂道理 | 第 1、2、4 章 |
# | 手里有几百个标注样本的工程师 | 做一个比关键词规则更好的模型 | 第 1、5 章，然后第 3 章 |
# | 研究人员 | 弄清该冻结哪些层，标注能换来什么 | 第 3 章 |
# | 教师 | 三十台笔记本电脑上都能跑的教材 | 全部，包括练习 |

# %% tags=["short"]
import re
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.metrics.pairwise import cosine_similarity

import sftkeras as sft

pd.set_option("display.max_colwidth", None)  # show whole sentences
train = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")
print(
    f"{len(train)} sentences to learn from, {len(test)} to test with; label, sentence:"
)
for text, label in zip(train.texts[:6], train.labels[:6]):
    print(label, text)

# %% [markdown] lang="en" tags=["short"]
# The task of this chapter: say whether a customer is pleased (1) or not (0). Some of these
# sentences use no word of feeling at all, which is what makes them hard.

# %% [markdown] lang="zh" tags=["short"]
# 本章的任务：判断一位顾客是满意（1）还是不满意（0）。有些句子里没有一个表达情绪的词，难就难在这里。

# %% [markdown] lang="en" tags=["short", "slide"] minutes=7
# ## 1.2 The glossary, live (§1.4)
#
# ### Pretrained model
#
# A {{term:pretrained model}} is, in the article's words, «在大量无标签数据上进行预训练的深度学习模型»,
# a deep model trained beforehand on a large amount of unlabelled data. What does it have
# that a new one has not? Take the same architecture twice: once with its pretrained
# {{term:weights}} (the numbers that training sets; they are also called parameters), once
# with random ones. Each turns a sentence into a row of numbers, a vector. Such a
# vector, which stands for a sentence (or a word), is called its {{term:embedding}}.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=7
# ## 1.2 术语表，动手版（§1.4）
#
# ### 预训练模型
#
# 按原文的定义，{{term:预训练模型}}是“在大量无标签数据上进行预训练的深度学习模型”。它到底比新模型多了什么？
# 同一个结构，我们准备两个模型：一个装着预训练好的{{term:权重}}（训练所调整的那些数，也叫参数），另一个的权重是随机的。
# 两个模型都能把一句话变成一串数，也就是一个向量。这种代表一句话（或一个词）的向量，叫做它的{{term:嵌入}}。

# %% tags=["short"]
pretrained = sft.load_pretrained_model("minilm", num_classes=2)
keras.utils.set_random_seed(0)
untrained = keras.models.clone_model(pretrained)  # new random weights
untrained.preprocessor = pretrained.preprocessor
print(f"{pretrained.count_params():,} weights; a sentence becomes a vector of shape")
sft.embed(pretrained, ["Worth every cent."]).shape

# %% [markdown] lang="en" tags=["short"]
# Eight sentences, and eight that say much the same in other words. Which of the eight on
# the right is nearest to each one on the left? Near is measured by the
# {{term:cosine similarity}}, the cosine of the angle between two vectors: 1 if they point
# in the same direction, 0 if they stand at right angles, −1 if they are opposed. (First we
# take away what all sixteen vectors have in common, their mean.)

# %% [markdown] lang="zh" tags=["short"]
# 下面有八对句子，每对意思相近而说法不同。对左边的每一句，右边哪一句离它最近？
# 远近用{{term:余弦相似度}}来量，也就是两个向量夹角的余弦：方向相同是 1，互相垂直是 0，方向相反是 −1。
# （计算之前，先减去十六个向量的平均值，也就是它们共有的部分。）

# %% tags=["short"]
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


def similarity(model, left, right):
    left, right = sft.embed(model, left), sft.embed(model, right)
    middle = np.mean([*left, *right], axis=0)
    return cosine_similarity(left - middle, right - middle)  # (8, 8)


# %% tags=["short", "slide"]
left, right = list(pairs), list(pairs.values())
cosines = {
    "pretrained": similarity(pretrained, left, right),
    "random weights": similarity(untrained, left, right),
}
partners = np.arange(len(pairs))
hits = {name: np.sum(c.argmax(axis=1) == partners) for name, c in cosines.items()}
titles = (f"{name}: {count} of {len(pairs)}" for name, count in hits.items())
assert hits["pretrained"] > hits["random weights"], (
    "With these pairs, pretraining did not help: print(hits)"
)
sft.plots.plot_cosines(dict(zip(titles, cosines.values())), left)

# %% [markdown] lang="en" tags=["short", "slide"]
# Dark squares on the diagonal are partners that lie near each other; the dot marks the
# nearest. The architecture is the same, so the difference is in the weights: that is what
# pretraining leaves behind. Change the pairs and run the two cells again.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 对角线上的深色格子表示同义的两句靠得近，圆点标出最近的一句。两个模型结构完全相同，差别只在权重：
# 预训练留下来的就是这些权重。可以把句子换成你自己的，再运行这两格。

# %% [markdown] lang="en"
# Is it true that nobody labelled anything for it? Not quite. MiniLM is good at just this,
# since its training ended with pairs of texts that belong together, such as a question and
# its answer, and the model card that came with its weights lists where they are from. Most
# pairs were collected. A small part was judged by people, but for other tasks: whether one
# sentence follows from another (AllNLI), whether two questions are the same (Quora), where
# a question's answer stands (MS MARCO, SQuAD, Natural Questions). None of it says whether
# a customer is pleased.

# %% [markdown] lang="zh"
# 真的没有人为它标注过任何东西吗？也不尽然。我们用的编码器 e5-small（multilingual-e5-small）擅长这件事，
# 是因为它的训练用的正是成对的文本。据它的技术报告（arXiv:2402.05672），绝大多数是从网上收集来的，
# 比如标题和正文、问题和回答、互为译文的两句话；只有一小部分由人标注，而且是为别的任务标的：
# 检索、问答、判断一句话能不能从另一句推出来。没有哪一条说到顾客满不满意。
#
# 互为译文的句子留下了什么痕迹，可以亲眼看看：给八句中文各配一句英文，再找最近的一句。

# %% lang="en"
card = Path("data/pretrained/minilm/README.md").read_text(encoding="utf-8")
found = re.findall(r"^\| *\[?([\w. ]+).*\| *([\d,]+) *\|", card, re.M)
found = [(name.strip(), int(count.replace(",", ""))) for name, count in found]
total = int(re.search(r"\*\*Total.*?([\d,]{4,})", card)[1].replace(",", ""))
by_people = ("AllNLI", "Quora", "MS MARCO", "SQuAD", "Natural Questions")
judged = sum(count for name, count in found if name.startswith(by_people))
print(f"{total:,} pairs; judged by people, for other tasks: {judged / total:.2%}")
assert 0 < judged / total < 0.02
pd.DataFrame(found, columns=["the four largest sources", "pairs"]).head(4)

# %% lang="zh"
english = {
    "汤端上来已经凉了。": "The soup had gone cold.",
    "充满电也撑不到一小时。": "Fully charged, it lasts less than an hour.",
    "电影看到一半我就睡着了。": "Halfway through the film I fell asleep.",
    "快递走了三个星期。": "The parcel took three weeks.",
    "推开窗就是大海。": "Open the window, and there is the sea.",
    "服务员爱搭不理。": "The waiter ignored us.",
    "一个晚上就把它读完了。": "I finished it in a single evening.",
    "衬衫下水就缩了。": "The shirt shrank in the wash.",
}
both = list(english), list(english.values())
nearest = similarity(pretrained, *both).argmax(axis=1)
count = np.sum(nearest == np.arange(len(english)))
print(f"{len(english)} 句中文里，有 {count} 句找对了英文译文")
assert count >= 7

# %% [markdown] lang="en"
# ### Data annotation
#
# To give each sample a label is called {{term:annotation}}. It is nothing more mysterious
# than this list: change a label with which you disagree.

# %% [markdown] lang="zh"
# ### 数据标注
#
# {{term:数据标注}}就是给每个样本配上一个标签，说穿了就是下面这样一个列表。哪个标签你不同意，尽管改。

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
# A {{term:neuron}} is a weighted sum and a bend: $p = \sigma(w \cdot x + b)$. The numbers
# $w$ are its weights; $b$, which is added whatever the input, is its {{term:bias}}; the sum
# $w \cdot x + b$ is called the {{term:logit}}. The bend is the {{term:activation function}},
# here the sigmoid $\sigma(z) = 1 / (1 + e^{-z})$, which makes a number between 0 and 1 of
# any logit: a probability. The new output layer of our model, its head, is one
# single neuron. Its inputs $x$ are the sentence's embedding. We compute it by hand.

# %% [markdown] lang="zh"
# ### 神经网络与深度学习
#
# 一个{{term:神经元}}先做加权求和，再经过一个非线性函数：$p = \sigma(w \cdot x + b)$。其中 $w$ 是权重；
# $b$ 与输入无关，总要加上，叫做{{term:偏置}}；加权求和的结果 $w \cdot x + b$ 叫做{{term:对数几率}}，
# 代码里常直接写 logit。后面的非线性函数叫做{{term:激活函数}}，这里用的是
# sigmoid：$\sigma(z) = 1 / (1 + e^{-z})$，它把任何一个数变成 0 到 1 之间的概率。
# 我们这个模型新加的分类头（`head`）恰好只有一个神经元，输入 $x$ 就是句子的嵌入。来手算一遍。

# %%
sentence = ["Worth every cent."]
x = sft.embed(pretrained, sentence)[0]  # what reaches the head
w, b = pretrained.get_layer("head").get_weights()
logit = x @ w[:, 0] + b[0]
by_hand = 1 / (1 + np.exp(-logit))
by_keras = sft.predict_probabilities(pretrained, sentence)[0, 1]
print(f"{len(x)} inputs; by hand {by_hand:.6f}, by Keras {by_keras:.6f}")
assert abs(by_hand - by_keras) < 1e-5

# %% [markdown] lang="en"
# The answer means nothing yet: this neuron's weights are random. Many neurons side by side
# are a layer, layers one after the other a network; it is called *deep* when there are
# many. (The article says that networks imitate how neurons in the brain are connected.
# That is where the name comes from; the weighted sum and the bend are all that is left of
# it.) The table lists the layers of ours; chapter 2 looks into a transformer layer.

# %% [markdown] lang="zh"
# 这个答案眼下毫无意义，因为这个神经元的权重还是随机的。许多神经元并排组成一层，一层接一层组成网络；
# 层数多的就是*深度*网络。（原文说神经网络模拟人脑神经元的连接方式。名字确实由此而来，
# 但留下来的也就只有“加权求和加非线性”。）下表列出我们这个模型的各层；Transformer 层里面做些什么，第 2 章再看。

# %%
table = sft.describe_layers(pretrained)
blocks = table[table["layer"].str.startswith("transformer_layer")]
print(f"{len(blocks)} transformer layers, one on the other")
table.loc[table["params"] > 0, ["layer", "type", "params"]]

# %% [markdown] lang="en" tags=["short", "slide"] minutes=5
# ### Training
#
# Training changes weights, a little at each step, so that a number falls that says how
# wrong the answers are, the {{term:loss}}. One pass through all samples is an
# {{term:epoch}}. First we train the head alone, on a hundred labels. The layers below are
# left as they are, which is called {{term:freezing}}: they only deliver the embedding, and
# so this way of using a network is also called {{term:feature extraction}}.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=5
# ### 模型训练
#
# 训练就是一步一步地调整权重，每步只动一点，让{{term:损失}}下降；损失是一个数，表示答案错得有多厉害。
# 全部样本过一遍，叫一个{{term:轮次}}。先只训练新接的分类头（`head`），用一百个标注样本，下面各层的权重保持不变，
# 这叫{{term:冻结}}。被冻结的层只负责提供嵌入，所以这种用法又叫{{term:特征提取}}。

# %% tags=["short"]
_, labelled = sft.split_texts(train, test_size=100, seed=0)
head_only = sft.fine_tune(
    pretrained, labelled.texts, labelled.labels, layers_to_fine_tune=None, verbose=0
)
losses = head_only.history.history["loss"]
assert losses[-1] < losses[0]
sft.plots.plot_history({"head only": head_only.history})

# %% [markdown] lang="en" tags=["short", "slide"]
# ### Fine-tuning
#
# The article: «添加新的层或调整现有层的权重», add new layers *or* adjust existing weights.
# Both can be seen. Above, only the new layer was trained. Now we let training reach the two
# upper of its six transformer layers as well (chapter 2 looks into one; it could be all,
# which takes longer). That is called {{term:unfreezing}} them. Then we ask each layer how
# far its weights have moved.

# %% [markdown] lang="zh" tags=["short", "slide"]
# ### 微调
#
# 原文的定义是“添加新的层或调整现有层的权重”，两种做法都看得见。刚才只训练了新加的那一层；
# 现在把十二个 Transformer 层里最上面的两个也放开，这叫{{term:解冻}}（所有层都解冻也行，只是慢一些；
# Transformer 层里面做些什么，第 2 章再看），然后看看各层的权重各变了多少。

# %% tags=["short"]
UPPER = ["transformer_layer_4", "transformer_layer_5"]


def tune_encoder(texts, labels, seed):  # the two upper layers, and the head
    return sft.fine_tune(
        pretrained, texts, labels, UPPER,
        epochs=8, learning_rate=3e-4, seed=seed, verbose=0,
    )  # fmt: skip


# %% tags=["short", "slide"]
tuned = tune_encoder(labelled.texts, labelled.labels, seed=0)
moved = sft.describe_changes(pretrained, head_only).set_index("layer")
moved = moved[["params", "change"]].rename(columns={"change": "head only"})
moved["two layers"] = sft.describe_changes(pretrained, tuned)["change"].values
assert (moved["head only"].drop("head") == 0).all() and moved["head only"]["head"] > 0
assert (moved["two layers"] < 0.05).all() and (moved["two layers"] > 0).sum() == 3
percent = "{:.3%}".format
moved.transform({"params": "{:,}".format, "head only": percent, "two layers": percent})

# %% [markdown] lang="en" tags=["short", "slide"]
# Read the last column: the two layers and the head have moved, each by a few per cent of its
# own length (all its weights taken as one long vector). Fine-tuning only adjusts what
# pretraining left, towards the task. Frozen means exactly zero, not something small. In the
# column before it the head alone moved, and far: where only a head is trained, `fine_tune`
# takes a much larger learning rate (longer steps) and more epochs.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 看最后一列：解冻的两层和分类头都变了，但都只变了自身长度的百分之几（把一层的全部权重看成一个长向量）。
# 微调只是让预训练留下的权重朝任务的方向稍作调整。被冻结的层，变化量恰好为零，不是很小，是零。
# 再看前一列：只有分类头变了，而且变得很多，因为只训练它的时候，`fine_tune` 用的学习率（也就是步子）大得多，轮次也多。

# %% [markdown] lang="en"
# The abbreviations (§1.4.3): **SFT**, supervised fine-tuning, is all of the above
# together, with labels; **NN**, neural network; **DL**, deep learning, many layers of it;
# **ML**, machine learning, of which these are a part.

# %% [markdown] lang="zh"
# 缩略词（§1.4.3）：**SFT**，有监督微调，就是用标注把上面这些合在一起做；**NN**，神经网络；
# **DL**，深度学习，指层数多的神经网络；**ML**，机器学习，以上都是它的一部分。

# %% [markdown] lang="en" tags=["short", "slide"] minutes=6
# ## 1.3 A first success: the same hundred labels
#
# Our pretrained network is an {{term:encoder}}: it turns a sentence into an embedding. Whom
# do we compare it with? The article's own network (§5) is an {{term:LSTM}} (long
# short-term memory): it reads a text word by word and carries a memory of fixed size
# along, which each word changes a little. It is trained {{term:from scratch}}, that is, it
# starts from random weights. Both models get the same labels and answer the same unseen
# test sentences; the LSTM even gets more epochs. With two labels that are equally
# frequent, {{term:random guessing}} gets one half right: that is the baseline.
#
# A hundred labels are few, so which hundred it was matters: we draw three times and look
# at the means. First, how the LSTM is trained:

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=6
# ## 1.3 第一次成功：同样一百个标注样本
#
# 我们这个预训练网络是一个{{term:编码器}}，也就是把句子变成嵌入的网络。拿它和谁比？原文 §5 用的网络是{{term:长短期记忆网络}}：它一个字一个字地读，同时带着一份大小固定的记忆，
# 每读一个字就更新一点。它是{{term:从零训练}}的，也就是从随机权重开始。两个模型拿到同样的标注样本，
# 回答同样一批没见过的测试句；我们还让 LSTM 多训练几个轮次。两类一样多时，{{term:随机猜测}}能对一半，
# 这就是比较的基线。
#
# 一百个样本很少，抽到哪一百个会有影响，所以抽三次，看平均值。先写好怎样训练 LSTM：


# %% tags=["short"]
def train_lstm(texts, labels, seed):
    tokenizer = sft.Tokenizer().fit_on_texts(texts)
    model = sft.create_model(tokenizer=tokenizer, seed=seed)
    sft.train_model(model, texts, labels, epochs=20, seed=seed, verbose=0)
    return model


# %% [markdown] lang="en" tags=["short"]
# Then three draws, and both models on each. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# 然后抽三次，每次两个模型都训练。{{cell_time}}

# %% tags=["short", "slide"]
ways = {"LSTM from scratch": train_lstm, "pretrained encoder": tune_encoder}
models = {"LSTM from scratch": [], "pretrained encoder": [tuned]}  # of the first draw
rows = []
for seed in (0, 1, 2):
    _, labelled = sft.split_texts(train, test_size=100, seed=seed)
    for way, made in models.items():
        if len(made) == seed:
            made.append(ways[way](labelled.texts, labelled.labels, seed))
        report = sft.evaluate_model(made[seed], test.texts, test.labels, verbose=False)
        rows.append({"model": way, "labels": 100, "accuracy": report["accuracy"]})
        print(f"draw {seed + 1} of 3, {way}: {report['accuracy']:.3f}")
means = pd.DataFrame(rows).groupby("model")["accuracy"].mean()
gain = means["pretrained encoder"] - means["LSTM from scratch"]
print(f"The pretrained encoder is {100 * gain:.1f} points better on average.")
assert gain > 0.05
sft.plots.plot_label_budget(rows, floor=0.5)

# %% [markdown] lang="en" tags=["short"]
# A hundred labels lift the LSTM only a little above random guessing: it has to learn from
# them what the words mean, too. The encoder knows that and spends its labels on the
# question. It is not good yet. How it gets better with more labels is chapter 3's subject.

# %% [markdown] lang="zh" tags=["short"]
# 一百个标注样本只能让 LSTM 比随机猜测强一点，因为它连字词是什么意思都得从这一百句里学。编码器早就懂词义，
# 标注全都花在任务本身上。不过它也还算不上好；标注再多一些会怎样，第 3 章细说。

# %% [markdown] lang="en" tags=["short"] minutes=8
# ## 1.4 Ask them
#
# Before you run the cell, write down your own answer to each sentence, and what you expect
# of each model. Then put in sentences of your own: a plain one, one with *not*, one that
# means the opposite of what it says.

# %% [markdown] lang="zh" tags=["short"] minutes=8
# ## 1.4 考考它们
#
# 运行之前，先写下你自己对每句话的判断，再猜猜两个模型各会怎么答。然后换上自己写的句子：
# 来一句直白的，来一句带“不”字的，再来一句正话反说的。

# %% tags=["short"]
ask = [
    "Worth every cent.",
    "Not a single complaint, and I complain for a living.",
    "It stopped working on the second day.",
    "I would not recommend it to anyone.",
    "Great, another update that deletes my photos.",
]
answers = {"sentence": ask}
for way, (model, *_) in models.items():
    labels, chances = sft.predict(model, ask, return_probabilities=True)
    answers[way] = [f"{n} ({row.max():.0%})" for n, row in zip(labels, chances)]
pd.DataFrame(answers).set_index("sentence")

# %% [markdown] lang="en" tags=["short", "slide"]
# Behind each answer stands how sure the model is of it. The fourth sentence is the plainest
# of all; the encoder is pleased with it, and sure. *Sure is not the same as right.*
#
# What has it not understood? Whoever has a guess puts it to the test: sentences in pairs
# that differ in nothing but a negation. A model that understands *not* gives another answer
# in each pair.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 每个答案后面的括号里，是模型对它的把握。第四句最直白，编码器却答“满意”，而且很有把握；
# 第一句同样直白，它也答错了。
# *有把握，不等于答得对。*
#
# 它到底没弄懂什么？有了猜想，就拿去检验：下面的句子两两一对，只差一个否定。
# 真懂“不”字的模型，每一对都应当给出两个不同的答案。

# %% tags=["short"]
PAIRS = {  # without a negation, and with one
    "I would recommend it to anyone.": "I would not recommend it to anyone.",
    "It works.": "It does not work.",
    "The staff were helpful.": "The staff were not helpful.",
    "It is worth the money.": "It is not worth the money.",
    "I was disappointed.": "I was not disappointed.",
    "I regret buying it.": "I do not regret buying it.",
    "There was a smell of smoke.": "There was no smell of smoke.",
    "It crashes.": "It never crashes.",
}


def turned(model):  # in how many of the pairs the two answers differ
    plain = np.array(sft.predict(model, list(PAIRS)))
    return int(np.sum(plain != sft.predict(model, list(PAIRS.values()))))


# %% tags=["short", "slide"]
counts = {way: [turned(model) for model in made] for way, made in models.items()}
for way, found in counts.items():
    print(f"{way}: the answer turns in {found} of {len(PAIRS)} pairs")
near = similarity(pretrained, list(PAIRS), list(PAIRS.values()))
own, other = np.diag(near).mean(), near[~np.eye(len(PAIRS), dtype=bool)].mean()
print(f"cosine with its own negation {own:.2f}, with those of others {other:.2f}")
assert own > other + 0.2
assert max(counts["pretrained encoder"]) < len(PAIRS)

# %% [markdown] lang="en" tags=["short", "slide"]
# No encoder changes its answer in all of the pairs. (Being right on the fourth sentence does
# not show understanding: see what the LSTM makes of the pairs.) To the pretrained encoder
# the two sentences of a pair are close relatives (the cosine says so): the same topic, and
# the same words but one. A hundred labels have not reliably taught it what that one word does.
#
# The accuracy on the test set says nothing of this, since the test set holds no such pairs.
# So give a model not only a score: put sentences to it that were written to find out one
# thing. Would more labels teach it *not*, or labels of another kind? No later chapter
# measures that; exercise 1.6 lets you try. Chapter 3 measures what more labels bring to
# the accuracy.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 没有一个编码器能在每一对里都改变答案。（单看一句，答对了也不说明真懂，LSTM 也一样，要看句子对。）
# 在预训练编码器看来，一对里的两句话比和别的句子接近得多（余弦可以作证）：主题相同，词也几乎全同。那一百个样本还没有真正教会它，多一个“不”字意味着什么。
#
# 这一点，测试集上的准确率看不出来，因为测试集里没有这样成对的句子。所以，除了看一个总的分数，
# 还要用专门写的句子去考模型，一次只考一点。要教会它“不”字，是该多标一些，还是该标另一类句子？
# 后面各章没有再测这一点，练习 1.6 里可以自己试；标注更多对准确率有什么影响，见第 3 章。

# %% [markdown] lang="en" tags=["summary", "slide"]
# ## Summary
#
# - Supervised fine-tuning takes a pretrained network, puts a new output layer on it, and
#   trains it further on a few labelled examples.
# - What pretraining leaves is in the weights: the same architecture with random ones
#   hardly ever finds the sentence that means the same.
# - Fine-tuning may train the new head alone, on frozen layers, or move all layers a little.
# - From the same hundred labels, the pretrained encoder got more than the LSTM, on the mean
#   of three draws. One data set, one language: chapter 3 measures further.
# - How sure a model is of an answer does not say that it is right.
# - A hundred labels did not teach the model what a negation does. Sentences that differ
#   only in the point at issue show what a model has learned, and what it has not.

# %% [markdown] lang="zh" tags=["summary", "slide"]
# ## 小结
#
# - 有监督微调：拿一个预训练过的网络，接上新的输出层，再用少量标注样本继续训练。
# - 预训练的成果存在权重里：同样的结构换成随机权重，就几乎找不到意思相近的那一句。
# - 微调可以冻结下面各层、只训练新加的分类头，也可以让所有层都稍作调整。
# - 同样一百个标注样本，三次抽样平均下来，预训练编码器比 LSTM 学到的多。这只是一份数据、一种语言，
#   更系统的测量在第 3 章。
# - 模型对答案有把握，不等于答案就对。
# - 一百个样本没有教会模型否定词的作用。想知道模型学会了什么、没学会什么，就给它看只差一点的两句话。

# %% [markdown] lang="en"
# ## Questions
#
# 1. What does pretraining leave behind in a network?
#
# - (a) A list of the sentences that it has read.
# - (b) The values of its weights.
# - (c) A new architecture.
#
# <details><summary>Answer</summary>
#
# (b): the two models of section 1.2 differ in nothing else. (a) no sentence is stored as
# such; only weights are kept. (c) the architecture was chosen before and does not change.
#
# </details>
#
# 2. The layers below are frozen and only the head is trained. How far do the weights of
# the frozen layers move?
#
# - (a) Not at all.
# - (b) A little, less than those of the head.
# - (c) That depends on the learning rate.
#
# <details><summary>Answer</summary>
#
# (a): the table says exactly zero. (b) no: only layers that are trained move, and where they
# are, as in the table's last column, they do not move less than the head. (c) a learning rate acts on weights that are trained; it cannot move the others.
#
# </details>
#
# 3. Why did we draw the hundred labels three times?
#
# - (a) To train the models three times as long.
# - (b) Because another hundred give another accuracy, and one draw may flatter one side.
# - (c) Because the test set was too small for one.
#
# <details><summary>Answer</summary>
#
# (b): what we want to know is which way is better, not which draw was lucky. (a) each model
# is trained on one draw only. (c) the test set is the same each time; other draws do not
# make it larger.
#
# </details>
#
# 4. A model answers "pleased" with a probability of 0.9, and the customer was not. What is true?
#
# - (a) It cannot be: at 0.9 an answer is right.
# - (b) The 0.9 is the share of the test set that the model has right.
# - (c) Models can be sure and wrong; of such answers, taken together, some are wrong.
#
# <details><summary>Answer</summary>
#
# (c). (a) section 1.4 shows the contrary. (b) that is the accuracy, which belongs to the
# model; the 0.9 belongs to this one answer.
#
# </details>
#
# 5. What is compared fairly in section 1.3?
#
# - (a) Two models with the same number of weights.
# - (b) Two ways to use the same hundred labels, tested on the same sentences.
# - (c) Two models that were trained equally long.
#
# <details><summary>Answer</summary>
#
# (b): for someone with a hundred labels this is the choice. (a) the encoder has far more
# weights; that is part of the offer. (c) the LSTM gets more epochs, and still loses.
#
# </details>
#
# 6. You suspect that a model does not understand "only". What is the best test?
#
# - (a) Its accuracy on all sentences of the test set that hold "only".
# - (b) Pairs of sentences that differ in "only" and in their label, and nothing else.
# - (c) Its own probability for sentences with "only".
#
# <details><summary>Answer</summary>
#
# (b): whatever else is in the sentence is the same in both. (a) mixes: other words may give
# the answer away. (c) asks the model about itself; it can be sure and wrong.
#
# </details>
#
# To discuss:
#
# 7. For which of your own tasks would a hundred labels be enough? What would a wrong answer
#    cost there?
# 8. MiniLM's pairs come from the web. What could the model have learned from them that you
#    would not want in your application?
# 9. Which sentences of the class did all models get wrong? Sort them by kind. Which kinds
#    would more labels cure, and which not?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 预训练给网络留下了什么？
#
# - (a) 一份读过的句子的清单。
# - (b) 各层权重的数值。
# - (c) 一种新的结构。
#
# <details><summary>答案</summary>
#
# 选 (b)：1.2 节的两个模型，别的地方完全一样。(a) 不对，句子本身并不保存，留下的只有权重。
# (c) 也不对，结构在训练之前就定好了，不会变。
#
# </details>
#
# 2. 冻结下面各层，只训练分类头。被冻结的各层，权重变了多少？
#
# - (a) 一点没变。
# - (b) 变了一点，比分类头少。
# - (c) 取决于学习率。
#
# <details><summary>答案</summary>
#
# 选 (a)：表里恰好是零。(b) 不对：解冻的层才会变；而且解冻之后（表的最后一列），它们变得并不比分类头少。(c) 不对，学习率只对参加训练的权重起作用，动不了别的权重。
#
# </details>
#
# 3. 那一百个标注样本，为什么要抽三次？
#
# - (a) 让模型训练的时间变成三倍。
# - (b) 换一百个样本，准确率就会不同；只抽一次，可能碰巧对其中一方有利。
# - (c) 测试集太小，一次不够用。
#
# <details><summary>答案</summary>
#
# 选 (b)：我们想知道哪种做法好，不是哪次抽得巧。(a) 不对，每个模型只用其中一次抽到的样本训练。
# (c) 也不对，三次用的是同一个测试集，多抽几次并不会让它变大。
#
# </details>
#
# 4. 模型回答“满意”，概率 0.9，顾客其实不满意。下面哪种说法对？
#
# - (a) 不可能，把握到了 0.9，答案就是对的。
# - (b) 0.9 是模型在测试集上答对的比例。
# - (c) 模型可能很有把握却答错；这样的答案放在一起看，总有一部分是错的。
#
# <details><summary>答案</summary>
#
# 选 (c)。(a) 和 1.4 节看到的正相反。(b) 说的是准确率，那是整个模型的指标；0.9 只属于这一个答案。
#
# </details>
#
# 5. 1.3 节比较的是什么，公平在哪里？
#
# - (a) 两个权重一样多的模型。
# - (b) 同样一百个标注样本的两种用法，用同一批句子来测。
# - (c) 两个训练得一样久的模型。
#
# <details><summary>答案</summary>
#
# 选 (b)：手里有一百个标注样本的人，要做的就是这个选择。(a) 不对，编码器的权重多得多，这正是它的本钱。
# (c) 也不对，LSTM 训练的轮次更多，还是输了。
#
# </details>
#
# 6. 你怀疑模型不懂“才”字的意思。怎样测最好？
#
# - (a) 看它在测试集里所有带“才”的句子上的准确率。
# - (b) 写一些句子对，每对只差一个“才”字，标签相反，其余完全相同。
# - (c) 看它对带“才”的句子给出的概率。
#
# <details><summary>答案</summary>
#
# 选 (b)：两句话其余部分都一样，差别只能来自这个字。(a) 不干净，句子里别的词可能已经透露了答案。
# (c) 等于让模型评价自己，而它可以既自信又答错。
#
# </details>
#
# 讨论：
#
# 7. 你自己的任务里，有哪些一百个标注样本就够？在这样的任务里，答错一次有什么代价？
# 8. 编码器的句子对是从网上来的。它会不会学到一些你不希望出现在自己应用里的东西？
# 9. 全班写的句子里，有哪些两个模型都答错？把它们分分类：哪几类多标一些样本能解决，哪几类不能？

# %% [markdown] lang="en"
# ## Exercises
#
# In [the exercises](exercises/01_background.ipynb):
#
# 1. Settle what three annotators say, and see why three are better than one.
# 2. Build a neuron, and let Keras agree with it.
# 3. Say how many weights are trained, before you count.
# 4. Does the LSTM beat random guessing at all? Measure it.
# 5. Write sentences that fool the encoder.
# 6. Open: what does it take to teach it a negation?
# 7. Open: your own hundred labels.

# %% [markdown] lang="zh"
# ## 练习
#
# 在[练习](exercises/01_background.ipynb)里：
#
# 1. 把三位标注者的意见合到一起，看看三个人为什么比一个人强。
# 2. 自己搭一个神经元，并让 Keras 算出同样的结果。
# 3. 先说出有多少权重会被训练，再去数。
# 4. LSTM 到底比随机猜测强吗？测出来。
# 5. 写几句能骗过编码器的话。
# 6. 开放题：要怎样才能教会它“不”？
# 7. 开放题：你自己的一百个标注样本。

# %% [raw] words
# "data/reviews/train_data.txt" = "data/reviews_zh/train_data.txt"
# "data/reviews/test_data.txt" = "data/reviews_zh/test_data.txt"
# f"{len(train)} sentences to learn from, {len(test)} to test with; label, sentence:" = f"训练集 {len(train)} 句，测试集 {len(test)} 句；每行先是标签，再是句子："
# "minilm" = "e5-small"
# f"{pretrained.count_params():,} weights; a sentence becomes a vector of shape" = f"共 {pretrained.count_params():,} 个权重；一句话变成一个向量，形状是"
# "Worth every cent." = "这钱花得值。"
# "The soup was cold." = "汤端上来已经凉了。"
# "My broth arrived lukewarm." = "这碗羹送到我面前，一点热气都没有。"
# "The battery dies within an hour." = "充满电也撑不到一小时。"
# "This phone needs charging all the time." = "这手机得一直插着充电线。"
# "The film put me to sleep." = "电影看到一半我就睡着了。"
# "What a boring movie." = "这部片子实在太闷。"
# "Delivery took three weeks." = "快递走了三个星期。"
# "The parcel came far too late." = "包裹来得也太晚了。"
# "Our room faced the sea." = "推开窗就是大海。"
# "From the window we could watch the waves." = "躺在床上能听见浪打沙滩的声音。"
# "The waiter was rude." = "服务员爱搭不理。"
# "Such bad manners from the staff." = "店里的人态度特别差。"
# "I read it in one night." = "一个晚上就把它读完了。"
# "This novel is impossible to put down." = "这本小说拿起来就放不下。"
# "The shirt shrank." = "衬衫下水就缩了。"
# "After one laundry these clothes are too small." = "洗过一次，这件衣服小得穿不进去。"
# "pretrained" = "预训练"
# f"{name}: {count} of {len(pairs)}" = f"{name}：{len(pairs)} 句里找对 {count} 句"
# "random weights" = "随机权重"
# "With these pairs, pretraining did not help: print(hits)" = "换成这些句子，预训练没有起作用：用 print(hits) 看看各找对几句"
# "Laces too short, tongue slides sideways, insole comes out with your sock." = "牛仔裤蹲下去系鞋带，刺啦一声，半个办公室都回头"
# "Perfect little snack for the train." = "早饭丰盛，有现煎的蛋，好评"
# "Avoid this garage, they will find faults you never had." = "排队三小时，漂流三分钟"
# "Clear, practical and actually funny about pensions." = "包了六层泡沫，一个没破"
# "The doll's arm came off the same day and it won't go back in." = "到手就是别人激活过的"
# f"You and the data agree on {sum(agreed)} of {len(mine)}." = f"{len(mine)} 句里，你和数据里的标签有 {sum(agreed)} 句一致。"
# f"{len(x)} inputs; by hand {by_hand:.6f}, by Keras {by_keras:.6f}" = f"{len(x)} 个输入；手算 {by_hand:.6f}，Keras 算出 {by_keras:.6f}"
# f"{len(blocks)} transformer layers, one on the other" = f"共有 {len(blocks)} 个 Transformer 层，一层接一层"
# "head only" = "只训练分类头"
# "two layers" = "微调上面两层"
# "transformer_layer_4" = "transformer_layer_10"
# "transformer_layer_5" = "transformer_layer_11"
# "LSTM from scratch" = "从零训练的 LSTM"
# "pretrained encoder" = "预训练编码器"
# f"draw {seed + 1} of 3, {way}: {report['accuracy']:.3f}" = f"第 {seed + 1} 次抽样（共 3 次），{way}：{report['accuracy']:.3f}"
# f"The pretrained encoder is {100 * gain:.1f} points better on average." = f"平均下来，预训练编码器高出 {100 * gain:.1f} 个百分点。"
# "Not a single complaint, and I complain for a living." = "没什么可挑剔的，而我这人最爱挑剔。"
# "It stopped working on the second day." = "用到第二天就不转了。"
# "I would not recommend it to anyone." = "我不会推荐给任何人。"
# "Great, another update that deletes my photos." = "真棒，又更新了一次，照片全没了。"
# "sentence" = "句子"
# "I would recommend it to anyone." = "我会推荐给所有人。"
# "It works." = "很好用。"
# "It does not work." = "不好用。"
# "The staff were helpful." = "店员很热情。"
# "The staff were not helpful." = "店员一点也不热情。"
# "It is worth the money." = "值这个价。"
# "It is not worth the money." = "不值这个价。"
# "I was disappointed." = "太让我失望了。"
# "I was not disappointed." = "没有让我失望。"
# "I regret buying it." = "买了就后悔。"
# "I do not regret buying it." = "买了不后悔。"
# "There was a smell of smoke." = "房间里有烟味。"
# "There was no smell of smoke." = "房间里没有烟味。"
# "It crashes." = "总是死机。"
# "It never crashes." = "从来不死机。"
# f"{way}: the answer turns in {found} of {len(PAIRS)} pairs" = f"{way}：{len(PAIRS)} 对里，答案随否定词改变的，三次抽样分别有 {found} 对"
# f"cosine with its own negation {own:.2f}, with those of others {other:.2f}" = f"和自己的否定句，余弦平均 {own:.2f}；和别的句子的否定句，平均 {other:.2f}"
