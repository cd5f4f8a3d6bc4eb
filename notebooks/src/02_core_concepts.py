# %% [markdown] lang="en" tags=["slide"]
# # 2. Core concepts: six boxes, one sentence
#
# This chapter is the article's §2. You will learn
#
# - what the six boxes of the article's flowchart are, and how they really hang together;
# - what a pretrained model makes of a sentence: tokens, vectors, layers, one probability,
#   each with its real shape and numbers;
# - what it is to label: you will do it, and measure how well two labellers agree;
# - what fine-tuning changes: how far each layer's weights move, and which texts come to
#   lie near each other.
#
# Running time: {{run_time}} on two CPU cores.

# %% [markdown] lang="zh" tags=["slide"]
# # 2. 核心概念：六个方框，一个句子
#
# 本章对应原文 §2。读完你会清楚：
#
# - 原文流程图里的六个方框各指什么，它们之间究竟是什么关系；
# - 一个句子在预训练模型里怎样一步步变成答案：词元、向量、逐层变换，最后得到一个概率，
#   每一步都看到真实的形状和数值；
# - 标注是怎么回事：亲手标一批，再度量两个标注者的一致程度；
# - 微调改变了什么：每一层的权重变了多少，哪些句子因此靠到了一起。
#
# 运行时间：在两个 CPU 核上{{run_time}}。

# %% [markdown] lang="en" tags=["short", "slide"] minutes=5
# ## The six boxes
#
# The article draws six concepts as one chain:
#
# ```mermaid
# graph LR
# A[Pretrained model] --> B[Data annotation]
# B --> C[Supervised fine-tuning]
# C --> D[Tuned model]
# D --> E[Model training]
# E --> F[Prediction task]
# ```
#
# As a list of words to know, this is good. As a flowchart, three of its arrows mislead.
#
# - **Pretrained model → annotation.** Labels are not made from the pretrained model.
#   People make them, by reading. Model and labels come from different places and meet in
#   fine-tuning.
# - **Tuned model → training.** The order is the other way round. Training is what happens
#   *inside* fine-tuning (the article says so itself in its §3.3, where training is the
#   fifth step), and the tuned model is what comes out.
# - **Training → prediction.** Something is missing between them: labels that were kept
#   back, to measure whether the predictions are any good.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=5
# ## 六个方框
#
# 原文把六个概念画成一条链：
#
# ```mermaid
# graph LR
# A[预训练模型] --> B[数据标注]
# B --> C[有监督微调]
# C --> D[微调模型]
# D --> E[模型训练]
# E --> F[预测任务]
# ```
#
# 当作术语清单，这六个词选得不错；当作流程图，有三个箭头会误导人。
#
# - **预训练模型 → 数据标注。** 标签不是从预训练模型里来的，是人读了文本之后判断出来的。
#   模型和标签来源不同，到微调这一步才汇合。
# - **微调模型 → 模型训练。** 次序反了。训练是微调*内部*的一个环节（原文 §3.3 自己也把它列为微调的第五步），
#   微调模型则是训练的结果。
# - **模型训练 → 预测任务。** 中间少了一样东西：事先留出、不参与训练的标签。没有它，就无从知道预测得准不准。

# %% [markdown] lang="en" tags=["short", "slide"]
# Besides, some of the six are things (round below) and some are processes (square). Mended,
# the chart looks like this, and this chapter follows it:
#
# ```mermaid
# graph LR
# X([Texts]) --> B["Data annotation<br/>§2.2"]
# B --> L([Labels to learn from])
# B --> K([Labels kept back])
# A(["Pretrained model<br/>§2.1"]) --> T
# L --> T
# subgraph S["Supervised fine-tuning, §2.3"]
#   T["Model training<br/>§2.5"]
# end
# T --> M(["Tuned model<br/>§2.4"])
# M --> P["Prediction task<br/>§2.6"]
# P --> E[Evaluation]
# K --> E
# E -. "not good enough" .-> B
# ```

# %% [markdown] lang="zh" tags=["short", "slide"]
# 另外，六个概念里，有的是对象（下图用圆角框），有的是过程（方框），不该混为一谈。
# 改过之后的图如下，本章就按它的次序展开：
#
# ```mermaid
# graph LR
# X([文本]) --> B["数据标注<br/>§2.2"]
# B --> L([用于训练的标签])
# B --> K([留出的标签])
# A(["预训练模型<br/>§2.1"]) --> T
# L --> T
# subgraph S["有监督微调 §2.3"]
#   T["模型训练<br/>§2.5"]
# end
# T --> M(["微调模型<br/>§2.4"])
# M --> P["预测任务<br/>§2.6"]
# P --> E[评估]
# K --> E
# E -. "不够好" .-> B
# ```

# %% [markdown] lang="en" tags=["short"]
# One data set serves the whole chapter: short reviews, label 1 for a pleased customer, 0
# for a displeased one. We learn from 400 of them, the {{term:training set}}. The reviews of
# the {{term:test set}} are not trained on; what is said of the model below is measured on them.

# %% [markdown] lang="zh" tags=["short"]
# 全章只用一份数据：短评，标签 1 表示顾客满意，0 表示不满意。我们用其中 400 条来学习，这就是{{term:训练集}}。
# {{term:测试集}}里的短评不参与训练，下面说到模型好不好，都是在测试集上测出来的。

# %% tags=["short"]
import re

import keras
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.metrics import cohen_kappa_score, silhouette_score

import sftkeras as sft
from sftkeras import plots
from sftkeras.evaluation.inside import embed, find_neighbours, trace

reviews = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")
_, train = sft.split_texts(reviews, test_size=400, seed=0)  # stratified by label
print(f"{len(train)} reviews to learn from, {len(test)} to test with")


# %% tags=["short"]
def unit(vectors):  # each of length 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# %% [markdown] lang="en" tags=["short"] minutes=5
# ## §2.1 A pretrained model
#
# MiniLM was trained by others, on a great deal of text without sentiment labels. Our
# function takes it as it is and puts a new `head` on it. The table shows the layers that
# have weights.

# %% [markdown] lang="zh" tags=["short"] minutes=5
# ## §2.1 预训练模型
#
# e5-small（multilingual-e5-small）是别人用海量的多语言文本训练好的，那些文本并没有情感标签。
# `load_pretrained_model` 把它原样载入，再接上一个全新的分类头 `head`。下表列出带有权重的各层。

# %% tags=["short"]
model = sft.load_pretrained_model("minilm", num_classes=2)
layers = sft.describe_layers(model)
layers.loc[layers.params > 0, ["layer", "type", "params"]]

# %% [markdown] lang="en" tags=["short", "slide"]
# ### From words to numbers
#
# We shall follow one test review all the way. It has no word of praise or blame in it:
# that the customer is displeased has to be understood. The model does not see letters.
# A {{term:tokenizer}} cuts the text into pieces, the {{term:tokens}}, and a fixed
# {{term:vocabulary}} gives each its number, the token id. A frequent word is one token; a
# rare one is cut into {{term:subwords}} (`##` marks what continues a word). The special
# tokens `[CLS]` and `[SEP]` are put around the text.

# %% [markdown] lang="zh" tags=["short", "slide"]
# ### 从词到数字
#
# 下面跟着一条测试短评走完全程。它没有直接说好还是不好，顾客的不满要靠理解才看得出来。
# 模型看不到文字本身。{{term:分词器}}先把文本切成一个个{{term:词元}}，再按一张固定的{{term:词表}}把每个词元换成编号（token id）。
# 常见的词是一个词元，少见的词被切成几个{{term:子词}}。怎么切，是按大量文本里的统计学来的，不一定和词的边界对齐：
# 有的词元是一个词，有的是半个，有的跨着两个。单独的 `▁` 表示句首（或前面有空格），全角逗号会先换成半角，
# 文本首尾还会加上特殊词元 `<s>` 和 `</s>`。

# %% tags=["short"]
SENTENCE = "Shrunk two sizes on a cold wash."  # or another one of test.texts
assert SENTENCE in test.texts, "This is no test review: print(test.texts[:20])"
row = test.texts.index(SENTENCE)
states = trace(model, SENTENCE)  # the output of every layer, for this sentence
vocabulary = model.preprocessor.layer.tokenizer
pieces = [vocabulary.id_to_token(int(i)) for i in states["token_ids"]]
assert pieces[0] == "[CLS]" and pieces[-1] == "[SEP]"
print(f"label {test.labels[row]}; {len(pieces)} tokens, of the "
      f"{vocabulary.vocabulary_size():,} that the tokenizer knows")  # fmt: skip
pd.DataFrame([states["token_ids"]], index=["token id"], columns=pieces)

# %% [markdown] lang="en" tags=["short"]
# ### From numbers to vectors, layer by layer
#
# Each token id picks a row of the `token_embedding` table. The position in the sentence
# adds another vector (and `segment_embedding` the same one for every token: it would tell
# two texts apart), and `embeddings_layer_norm` brings the sum to a common scale. Then the
# {{term:transformer}} layers rework the vectors one after the other, always one vector for
# each token. The table shows the shape after each layer, and the first three numbers of
# the third token.

# %% [markdown] lang="zh" tags=["short"]
# ### 从数字到向量，一层一层往上
#
# 每个词元编号从 `token_embedding` 这张表里取出一行向量，再加上表示位置的向量
# （`segment_embedding` 用来区分两段文本，这里只有一段，所以每个词元加的都一样）；
# `embeddings_layer_norm` 把加起来的结果调整到统一的尺度。然后由结构相同的各层依次加工，
# 这种结构叫做 {{term:Transformer}}；从头到尾，始终是每个词元一个向量。
# 下表给出每一层输出的形状，以及第三个词元的向量里最前面的三个数。

# %% tags=["short"]
with_weights = layers.layer[layers.params > 0].tolist()
blocks = [name for name in with_weights if name.startswith("transformer_layer")]
for name in [*with_weights[:-1], "pooling", "head"]:
    state = states[name]  # a row for each token; one vector from the pooling on
    numbers = (state[2] if state.ndim == 2 else state)[:3]
    print(f"{name:<24}{state.shape!s:<12}{np.round(numbers, 3)}")
assert states[blocks[-1]].shape == (len(pieces), 384)

# %% [markdown] lang="en"
# ### What a layer adds: the context
#
# In the embedding table a word has one vector, whatever it means. Layer by layer it takes
# in the words around it. Take three words of two meanings, and two sentences for each
# meaning; then measure the cosine between the word's vectors in sentences that mean the
# same thing by it, and in sentences that do not.

# %% [markdown] lang="zh"
# ### 每一层加进了什么：上下文
#
# 在嵌入表里，一个词不管什么意思，向量都只有一个；往上每走一层，它就多吸收一些周围的词。
# 取三个各有两种意思的词，每种意思写两个句子，再比较这个词的向量：
# 意思相同的句子之间、意思不同的句子之间，余弦各是多少。

# %%
SENSES = {  # a word: two sentences with one meaning, two with another
    "check": ["The waiter forgot the check.", "We paid the check and left.",
              "They check every bag at the gate.", "Check the battery first."],
    "light": ["The light by the bed was broken.", "Turn on the light and it hums.",
              "So light that I forget I wear it.", "A light bag for a long walk."],
    "charge": ["The charge lasts two days.", "It holds its charge all week.",
               "They charge extra for towels.", "We had to charge it to the room."],
}  # fmt: skip


def vectors_of(word, traced, layer):  # (4, 384)
    token = vocabulary.token_to_id(word)
    return np.array([t[layer][list(t["token_ids"]).index(token)] for t in traced])


# %% [markdown] lang="en"
# The model's lowest layer stands in the first line. There both numbers are 1: a word has
# one vector in the embedding table. In its highest layer, the last line, the same meaning
# is nearer than the other, for each of the three words.

# %% [markdown] lang="zh"
# 表的第一行是模型的最底层，那里两个数都是 1，因为取的是同一个词向量。往上走（也就是表里往下看），“苹果”和“花”的两种意思渐渐分开，中间偏上的几层分得最清楚；
# “小米”却几乎分不开，在这个模型看来，粮食和牌子差不多是一回事。

# %% tags=["slide"]
table = {}
for word, sentences in SENSES.items():
    traced = [trace(model, text) for text in sentences]
    for layer in ["token_embedding", *blocks]:
        vectors = unit(vectors_of(word, traced, layer))
        cosines = vectors @ vectors.T  # (4, 4)
        same = (cosines[0, 1] + cosines[2, 3]) / 2
        table.setdefault((word, "same meaning"), {})[layer] = same
        table.setdefault((word, "other meaning"), {})[layer] = cosines[:2, 2:].mean()
table = pd.DataFrame(table)
assert np.allclose(table.loc["token_embedding"], 1)
assert all(table[w, "same meaning"].iloc[-1] > table[w, "other meaning"].iloc[-1]
           for w in SENSES)  # fmt: skip
table.round(2)

# %% [markdown] lang="en"
# ### How it takes in the context: attention
#
# In a transformer layer each token attends to all tokens of the sequence and gathers
# information from them, by weights that add up to 1: this is {{term:attention}}. A layer
# does it twelve times at once, with twelve *heads* (another word for another thing: the
# `head` on top is the classifier). Is there a head that looks at the token before? One
# sentence proves nothing, so we ask all heads of all layers, on half a dozen reviews.

# %% [markdown] lang="zh"
# ### 上下文怎样进来：注意力
#
# 在 Transformer 层里，每个词元都会关注序列中的所有词元，按权重从中汇集信息，权重之和为 1，这就是{{term:注意力}}。
# 一层里有十二个“注意力头”同时在做这件事（英文也叫 head，和顶上的分类头 `head` 不是一回事）。
# 有没有哪个头专门看前一个词元？一句话证明不了什么，所以拿六条短评，把所有层的所有头都查一遍。


# %%
def attention(states, number):
    below = ["embeddings_layer_norm", *blocks][number]
    layer = model.get_layer(blocks[number])
    _, weights = layer(states[below][None], return_attention_scores=True)
    return np.asarray(weights)[0]  # (12 heads, T, T)


many = [trace(model, text) for text in test.texts[:6]]
found = [[attention(t, n) for n in range(len(blocks))] for t in many]
even = np.mean([1 / len(t["token_ids"]) for t in many])
strongest = {}
for name, step in {"looks back": -1, "looks ahead": 1}.items():
    means = np.mean([[np.diagonal(a, step, 1, 2).mean(axis=1) for a in layers_of]
                     for layers_of in found], axis=0)  # fmt: skip
    strongest[name] = np.unravel_index(means.argmax(), means.shape)  # (layer, head)
    print(f"{name}: mean weight {means.max():.2f}, if spread evenly {even:.2f}; "
          f"above one half in {np.sum(means > 0.5)} of {means.size} heads")  # fmt: skip
    assert means.max() > 3 * even

# %% [markdown] lang="en"
# There is one that hardly does anything else. Nobody programmed it; it came about in
# training. And one looks mostly at the token after. Here are the two on our sentence: each
# row is a token, each column a token that it looks at. Nearly all other heads have no such
# simple reading.

# %% [markdown] lang="zh"
# 有：一个头多半看前一个词元，另一个头几乎只看后一个。没有人编写过这样的规则，是训练中自己形成的。
# 下面是这两个头在我们那句话上的权重：每行是一个词元，每列是它所关注的词元。其余的头，
# 绝大多数没有这么简单的解释。

# %%
shown = {}
for name, (number, head) in strongest.items():
    weights = attention(states, number)
    assert np.allclose(weights.sum(axis=2), 1, atol=1e-4)
    shown[f"{name}: {blocks[number]}, head {head}"] = weights[head]
plots.plot_attention(shown, pieces)

# %% [markdown] lang="en" tags=["short"] minutes=3
# ### Pooling, head, probability
#
# The last layer leaves one vector for each token. Their mean, a step called
# {{term:pooling}}, is one vector for the sentence, its embedding. The head multiplies it by
# a vector of weights, adds up, and adds a bias (a number that no input changes): that is
# the logit. The sigmoid squeezes the logit between 0 and 1, which is the probability of
# label 1. A model of these two last steps alone, logit and sigmoid, is called
# {{term:logistic regression}}; its inputs may be an embedding or any other numbers. By hand:

# %% [markdown] lang="zh" tags=["short"] minutes=3
# ### 池化、分类头、概率
#
# 最后一层给每个词元留下一个向量。{{term:池化}}取它们的平均，得到整句话的一个向量，也就是句子的嵌入。
# 分类头再乘上一个权重向量，加上偏置（一个与输入无关的数），得到的数叫对数几率；sigmoid 把它压到 0 和 1 之间，
# 这就是标签为 1 的概率。只有最后这两步（对数几率和 sigmoid）的模型叫{{term:逻辑回归}}，输入可以是嵌入，也可以是别的数。
# 手工算一遍：

# %% tags=["short"]
pooled = states[blocks[-1]].mean(axis=0)  # (T, 384) -> (384,)
kernel, bias = model.get_layer("head").get_weights()  # (384, 1), (1,)
logit = pooled @ kernel[:, 0] + bias[0]
probability = 1 / (1 + np.exp(-logit))
print(f"logit {logit:.3f}, probability of 1: {probability:.3f}")
assert np.allclose(pooled, states["pooling"], atol=1e-4)
assert np.isclose(probability, states["head"][0], atol=1e-4)

# %% [markdown] lang="en" tags=["short"]
# This probability means nothing yet: the head's weights are random. Had we drawn another
# head, it would be another number. Five hundred random heads, on all test reviews:

# %% [markdown] lang="zh" tags=["short"]
# 这个概率眼下毫无意义，因为分类头的权重是随机的，换一组随机数就是另一个结果。
# 取五百个随机的分类头，在全部测试短评上试一试：

# %% tags=["short"]
before = embed(model, test.texts, blocks)  # (reviews, layers, 384)
y = test.labels
heads = np.random.default_rng(0).normal(size=(384, 500))
right = ((before[:, -1] @ heads > 0) == y[:, None]).mean(axis=0)
print(f"accuracy of random heads: mean {right.mean():.3f}, best {right.max():.3f}")
assert abs(right.mean() - 0.5) < 0.03

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# ### What "near" means before fine-tuning
#
# So what the model knows is in the embeddings, not yet in the head. What do they know?
# Texts whose embeddings point in nearly the same direction are alike to the model. The
# five nearest to our sentence, of all test reviews, with their labels:

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# ### 微调之前，什么叫“近”
#
# 可见模型学到的东西都在嵌入里，分类头还什么都不会。嵌入又知道些什么呢？两个句子的嵌入方向接近，
# 就表示模型认为它们相像。全部测试短评中，离我们那句最近的五条（连同标签）是：


# %% tags=["short", "slide"]
def show_neighbours(vectors):
    print("our sentence:", y[row], SENTENCE)
    for near in find_neighbours(vectors, k=5)[row]:
        print(y[near], test.texts[near])


show_neighbours(before[:, -1])

# %% [markdown] lang="en" tags=["short"]
# Clothes, sizes, washing; pleased and displeased alike. To the pretrained model, near
# means *about the same thing*.

# %% [markdown] lang="zh" tags=["short"]
# 睡衣、缩水、床垫、婚纱，说的多是穿的和睡的，满意的和不满意的都有。对预训练模型来说，“近”就是*说的是同一类东西*。

# %% [markdown] lang="en"
# *But run the cells from here to §2.2: the last figure of §2.4 needs them.* Again one
# sentence proves nothing. A rough list of words gives many reviews a topic, and we count
# over all of them how often the five nearest have the same topic, and how often the same
# label.

# %% [markdown] lang="zh"
# *不过到 §2.2 为止的代码格也请运行：§2.4 的最后一张图要用到。* 还是那句话，一个例子证明不了什么。
# 用一份粗略的主题词清单给许多短评定出主题，再统计最近的五条里，主题相同的占多少，标签相同的又占多少。

# %% lang="en"
TOPICS = {
    "food": "food meal dish soup bread pizza chicken restaurant waiter waitress cafe "
    "coffee beer steak cake noodles rice breakfast dinner lunch curry burger",
    "film or book": "film movie series episode book novel author chapter plot ending "
    "actor cast audiobook narrator script sequel season reader",
    "device": "phone laptop tablet battery charger headphones earbuds keyboard printer "
    "router speaker monitor mouse app update bluetooth headset",
    "travel": "hotel room bed shower flight airport hostel reception lobby pool "
    "airline train suitcase guide tour",
    "clothes": "dress shoes boots jacket coat shirt jeans trousers sleeve zip fabric "
    "waist socks jumper gloves leggings",
}

# %% lang="zh"
TOPICS = {
    "吃喝": "菜 饭 面条 汤 粥 肉 鸡 鱼 虾 蟹 饺 火锅 烧烤 奶茶 咖啡 蛋糕 早餐 外卖 味道 "
    "厨 馄饨 豆浆 生煎",
    "影视书籍": "电影 片子 剧 一集 综艺 动画 小说 作者 编剧 演员 演技 结局 影院 影厅 "
    "这本 书里 翻译 字幕 章",
    "电子产品": "手机 电脑 平板 电池 充电 耳机 键盘 鼠标 打印机 屏幕 音箱 手表 相机 软件 "
    "更新 蓝牙 续航 死机 闪退",
    "出行住宿": "酒店 房间 前台 淋浴 航班 机场 火车 高铁 大堂 民宿 导游 司机 景区 门票 "
    "列车 缆车 客房",
    "服装": "裤 裙 鞋 衫 毛衣 羽绒服 风衣 拉链 袖 领口 面料 尺码 布料 袜 起球 掉色 睡衣",
}

# %%
WORD = r"\b{}\b"  # how a word stands in a text


def words_in(text, words):  # which of the words stand in the text
    return {w for w in words.split() if re.search(WORD.format(w), text.lower())}


def topic_of(text):  # "" for none, or more than one
    found = [name for name, words in TOPICS.items() if words_in(text, words)]
    return found[0] if len(found) == 1 else ""


topics = np.array([topic_of(text) for text in test.texts])
known = topics != ""
pd.Series(topics[known]).value_counts().to_dict()

# %% [markdown] lang="en"
# The counts, beside what reviews drawn at random would have in common. The topic decides;
# the label counts for little.

# %% [markdown] lang="zh"
# 统计结果如下，同时给出随便抽两条时相同的比例。决定远近的主要是主题，标签只起很小的作用。


# %% tags=["slide"]
def share_alike(values, vectors):
    near = find_neighbours(vectors, k=5)  # (N, 5)
    return (values[near] == values[:, None]).mean()


def by_chance(values):
    return (np.unique(values, return_counts=True)[1] ** 2).sum() / len(values) ** 2


topic_before = share_alike(topics[known], before[known, -1])
label_before = share_alike(y, before[:, -1])
print(f"same topic: {topic_before:.2f}, by chance {by_chance(topics[known]):.2f}")
print(f"same label: {label_before:.2f}, by chance {by_chance(y):.2f}")
assert topic_before > 2 * by_chance(topics[known]) and label_before < 0.68

# %% [markdown] lang="en"
# The picture of it: the two directions in which the embeddings differ most, found by
# {{term:principal component analysis}} (PCA), and a point for each review with a topic.

# %% [markdown] lang="zh"
# 画出来看：用{{term:主成分分析}}找出这些嵌入差别最大的两个方向，每条有主题的短评是一个点。

# %%
points = unit(before[known, -1])
plane = PCA(2).fit(points)
plots.plot_embedding_map({"Pretrained model": plane.transform(points)}, topics[known])

# %% [markdown] lang="en" tags=["short"] minutes=7
# ## §2.2 Data annotation
#
# Now the other source: people. Here are twenty reviews without their labels. Write down
# for each: was the customer pleased (1) or not (0)? In a class, compare with your
# neighbour before you go on.

# %% [markdown] lang="zh" tags=["short"] minutes=7
# ## §2.2 数据标注
#
# 现在来看另一个来源：人。下面是二十条没有标签的短评。请逐条写下你的判断：
# 顾客是满意（1）还是不满意（0）？上课时，先和邻座对一对，再往下看。

# %% lang="en" tags=["short"]
ROWS = [7, 23, 38, 45, 54, 80, 103, 118, 141, 163]
ROWS += [188, 229, 279, 418, 461, 487, 501, 558, 564, 661]
for number in ROWS:
    print(f"{number:>3}  {reviews.texts[number]}")

# %% lang="zh" tags=["short"]
ROWS = [1, 5, 13, 22, 27, 30, 31, 40, 46, 47]
ROWS += [49, 50, 52, 53, 57, 58, 67, 88, 97, 109]
for number in ROWS:
    print(f"{number:>3}  {reviews.texts[number]}")

# %% [markdown] lang="en" tags=["short"]
# The next cell, which is folded, holds our judgements. Change those that you see
# otherwise. The four in `READ_TWICE` made us hesitate.

# %% [markdown] lang="zh" tags=["short"]
# 下一格是折叠的，里面是我们的判断；你若有不同看法，直接改就是。列在 `READ_TWICE` 里的四条，
# 我们读了两遍才定下来。

# %% lang="en" tags=["short", "fold", "answer"]
ones = {7, 23, 80, 118, 163, 188, 229, 279, 461, 487, 501}
JUDGED = {number: int(number in ones) for number in ROWS}
READ_TWICE = [188, 229, 418, 661]
for number in READ_TWICE:
    print(JUDGED[number], reviews.texts[number])

# %% lang="zh" tags=["short", "fold", "answer"]
ones = {1, 13, 27, 31, 46, 47, 52, 67, 88, 109}
JUDGED = {number: int(number in ones) for number in ROWS}
READ_TWICE = [27, 31, 53, 88]
for number in READ_TWICE:
    print(JUDGED[number], reviews.texts[number])

# %% [markdown] lang="en" tags=["short"]
# The four have something in common: no word in them says what the customer feels. One is
# a fact that happens to be good news, one complains about somebody else, one is sarcastic,
# one has its whole meaning in *only*.

# %% [markdown] lang="zh" tags=["short"]
# 这四条有个共同点：没有一个词直接说出顾客的感受。依次是：批评的是别人；意思全在一个“才”字上；
# 反话；只陈述事实，而事实恰好是好消息。

# %% [markdown] lang="en"
# The article (§3.2) also offers automatic labelling tools. The simplest one counts good
# and bad words. How good is a labeller? *Agreement* is the share of reviews with the same
# label as the reference. But two people who toss coins agree on every second review.
# {{term:Cohen's kappa}} takes off what chance alone would give: 1 is full
# agreement, 0 no more than chance. (The word counter has to label all reviews, so where it cannot say it answers 0.)

# %% [markdown] lang="zh"
# 原文 §3.2 提到标注也可以用自动工具。最简单的一种，就是数褒义词和贬义词，下面叫它词表法。
# 标注得好不好，怎么衡量？*一致率*是和参考标签相同的比例。可是两个人各自抛硬币，也会有一半相同。
# {{term:科恩 kappa 系数}}扣除了碰巧的部分：1 表示完全一致，0 表示和碰运气一样。
# （词表法也得给每一条都打上标签，所以说不准的一律答 0。）

# %% lang="en"
GOOD = """good great love loved lovely best excellent perfect perfectly wonderful
amazing brilliant friendly kind helpful easy comfortable delicious tasty happy pleased
recommend recommended fantastic superb beautiful fresh warm fast quick bargain worth
enjoyed smooth favourite favorite bliss charming generous"""
BAD = """bad worst terrible awful horrible poor poorly rude dirty broken broke waste
avoid disappointed disappointing hate hated cold slow late boring useless refund refused
cheap overpriced expensive noisy loud never nothing nobody wrong dull bland ugly cracked
stopped fails failed leaks nightmare regret smelled ignored"""

# %% lang="zh"
GOOD = """好评 好吃 好用 好看 好听 好喝 不错 满意 喜欢 推荐 舒服 干净 贴心 耐心 热情 周到
实惠 划算 值 新鲜 香 清楚 方便 实用 放心 安心 开心 幸福 精美 柔软 合身 合适 耐用 准时
神速 专业 细心 惊喜 感谢 真香 漂亮 爱了 过瘾 感动 温暖 踏实 喜庆"""
BAD = """差评 难吃 难用 难看 难听 失望 垃圾 坑 骗 脏 臭 慢 吵 破 坏 漏 裂 断 卡 死机 闪退
退货 退款 投诉 后悔 恶心 恶劣 敷衍 无聊 粗糙 掉色 起球 异味 不新鲜 贵 冷 糟 气人 无语 烦
心疼 白花 霉 烂 假 扯皮 浪费 丑 丢"""


# %%
def count_words(text):  # 1: more good words, -1: more bad ones, 0: cannot say
    return np.sign(len(words_in(text, GOOD)) - len(words_in(text, BAD)))


gold = reviews.labels[ROWS]
ours = np.array([JUDGED[number] for number in ROWS])
counted = np.array([count_words(text) for text in reviews.texts])  # all 720
kappa_ours = cohen_kappa_score(gold, ours)
kappa_words = cohen_kappa_score(reviews.labels, counted > 0)
can_say = counted != 0
right_words = np.mean(((counted > 0) == reviews.labels)[can_say])
agreement = np.mean(gold == ours)
print(f"we, {len(ROWS)} reviews: agreement {agreement:.2f}, kappa {kappa_ours:.2f}")
print(f"word counter: cannot say in {np.mean(~can_say):.2f} of {len(reviews)} reviews;")
print(f"  right in {right_words:.2f} of the others; kappa {kappa_words:.2f}")
assert kappa_ours > 0.7, "You differ from the reference in many: read them again"
assert kappa_words < 0.5

# %% [markdown] lang="en"
# A careful reader agrees with the reference; a word counter does not. (These texts were
# written to be decidable. Real ones are not always, and then two people differ too. Let a
# second person label some reviews, and settle the differences, before you train on any.)
#
# Which reviews are hard? For a first answer, those of the twenty that the word counter has
# wrong. We shall come back to this when the model is trained.

# %% [markdown] lang="zh"
# 细心的读者和参考标签一致，词表法则不行。（这批文本写的时候就要求立场明确；真实文本并不总是这样，
# 两个人也会有分歧。因此训练之前，应当请第二个人标一部分，把分歧商量清楚。）
#
# 哪些句子难？先给一个初步的回答：二十条里词表法判错的那些。等模型训练好，我们再回头看这个问题。

# %%
for number in ROWS:
    if counted[number] * (2 * JUDGED[number] - 1) < 0:
        text = reviews.texts[number]
        seen = sorted(words_in(text, GOOD) | words_in(text, BAD))
        print(f"label {JUDGED[number]}, counted {seen}: {text}")

# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ## §2.3 Supervised fine-tuning, and §2.5 training inside it
#
# Model and labels meet. Fine-tuning is a number of decisions: which layers to train (all
# of them, here), how large the steps are (the {{term:learning rate}}: small, so that what
# was learned before is not lost), for how many epochs. `fine_tune` works on a copy and
# keeps the pretrained model as it was. {{cell_time}}

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ## §2.3 有监督微调，以及其中的 §2.5 模型训练
#
# 模型和标签在这里汇合。微调是一连串的决定：训练哪些层（这里是全部），{{term:学习率}}取多大
# （要小，以免破坏预训练学到的东西），训练几个轮次。`fine_tune` 在副本上工作，预训练模型保持原样。{{cell_time}}


# %% tags=["short"]
def tell(epoch, logs):
    print(f"epoch {epoch + 1}: loss {logs['loss']:.3f}")


start = model.get_weights()
progress = [keras.callbacks.LambdaCallback(on_epoch_end=tell)]
tuned = sft.fine_tune(
    model, train.texts, train.labels, "all",
    epochs=3, learning_rate=1e-4, callbacks=progress, verbose=0,
)  # fmt: skip
assert all(map(np.array_equal, model.get_weights(), start))  # the original is as it was

# %% [markdown] lang="en" tags=["short"]
# Training itself is a loop: take a few labelled reviews (a {{term:batch}}), compare the
# model's probabilities with the labels (the loss), move each weight a little in the
# direction that lowers the loss, and again, epoch after epoch.

# %% [markdown] lang="zh" tags=["short"]
# 训练本身是一个循环：取几条带标签的短评（叫一个{{term:批次}}），把模型给出的概率和标签相比（得到损失），
# 把每个权重朝损失减小的方向挪一点，如此反复，一个轮次接一个轮次。

# %% tags=["short"]
history = pd.DataFrame(tuned.history.history)
assert history["loss"].is_monotonic_decreasing and history["loss"].iloc[-1] < 0.6
plots.plot_history({"all layers": tuned.history})

# %% [markdown] lang="en"
# ## §2.4 The tuned model
#
# The result has the same layers with other weights. How far did they move? For each layer
# take all its weights as one long vector, and divide the length of the difference by the
# length before.

# %% [markdown] lang="zh"
# ## §2.4 微调模型
#
# 得到的模型，结构一层不差，只是权重变了。变了多少？把每一层的全部权重看成一个长向量，
# 用变化量的长度除以原来的长度。

# %% tags=["slide"]
changes = sft.describe_changes(model, tuned)
assert changes["change"].max() < 0.05
plots.plot_changes(changes)

# %% [markdown] lang="en"
# Hardly at all. Fine-tuning does not rebuild a model; all weights of a transformer layer
# take part, and each moves by a trifle. In the embedding tables only rows in use have
# changed: of the token embeddings, those of the tokens that occur in the training reviews
# (and of `[CLS]` and `[SEP]`: hence the difference in the last digit).
# A rare word that they do not contain keeps the vector of the pretraining.

# %% [markdown] lang="zh"
# 几乎没动。微调不是推倒重来：Transformer 层的权重全都参与，每个只挪一丁点。
# 嵌入表则只有用到的行才变；拿词元嵌入来说，就是训练集里出现过的那些词元（加上首尾的 `<s>` 和 `</s>`）。
# 训练集里没有的生僻词，仍然保留预训练时的向量。

# %%
used = {int(i) for ids in model.preprocessor.tokenize(train.texts) for i in ids}
table = model.get_layer("token_embedding").get_weights()[0]
share_used = len(used) / len(table)
changed = changes.set_index("layer")["changed"]
print(f"tokens that occur in the training reviews: {share_used:.2%}")
print(f"rows of token_embedding that changed: {changed['token_embedding']:.2%}")
assert abs(share_used - changed["token_embedding"]) < 0.002
assert (changed[blocks] > 0.9).all()

# %% [markdown] lang="en" tags=["short"] minutes=3
# ### Small steps, another map
#
# Yet the embeddings are different ones. Below, each test review is a point, before and
# after, on the same axes (the two directions in which both sets together differ most). The
# model saw none of these reviews in training.

# %% [markdown] lang="zh" tags=["short"] minutes=3
# ### 变化虽小，地图已变
#
# 可是嵌入已经大不一样。下图中每条测试短评是一个点，左边是微调前，右边是微调后，坐标轴相同
# （两组嵌入合在一起，差别最大的两个方向）。这些短评，模型在训练时一条也没见过。

# %% tags=["short", "slide"]
after = embed(tuned, test.texts, blocks)
old, new = unit(before[:, -1]), unit(after[:, -1])
plane = PCA(2).fit(np.concatenate([old, new]))
maps = {"Before fine-tuning": plane.transform(old)}
maps["After fine-tuning"] = plane.transform(new)
names = {1: "pleased", 0: "displeased"}
plots.plot_embedding_map(maps, y, names, marked={row: "our sentence"})

# %% [markdown] lang="en"
# A picture can flatter, so here are numbers over all dimensions, not only the two drawn.
# The {{term:silhouette coefficient}} is 0 if a review is as near to the other label's
# reviews as to its own label's, and near 1 if the labels are two tight clusters, far
# apart. By {{term:nearest neighbours}}: the five nearest reviews vote for a label; how often
# is it right?

# %% [markdown] lang="zh"
# 图可能美化事实，所以再给出数字，用的是全部维度，不只图上那两个。{{term:轮廓系数}}：
# 一条短评离另一类和离自己这一类一样近，就是 0；两类各自紧密成簇、彼此远离，就接近 1。
# {{term:最近邻}}：由最近的五条投票猜标签，猜对的比例。

# %%
numbers = {}
for name, vectors in {"before": old, "after": new}.items():
    votes = y[find_neighbours(vectors, k=5)].mean(axis=1) > 0.5
    numbers[name] = {
        "silhouette": silhouette_score(vectors, y, metric="cosine"),
        "nearest neighbours": np.mean(votes == y),
    }
numbers = pd.DataFrame(numbers)
gain = numbers["after"] - numbers["before"]
assert gain["silhouette"] > 0.02 and gain["nearest neighbours"] > 0.02
numbers.round(3)

# %% [markdown] lang="en" tags=["short"] minutes=4
# The neighbours of our sentence, once more:

# %% [markdown] lang="zh" tags=["short"] minutes=4
# 再看看我们那句的邻居：

# %% tags=["short"]
show_neighbours(after[:, -1])

# %% [markdown] lang="en" tags=["short", "slide"]
# Near has come to mean *felt the same way*. It is not that the topic is forgotten: over
# all reviews, it still counts, but less. And we can see where in the model it shows, by
# asking each layer for the five nearest. The lower layers have hardly changed what they
# find alike; the change shows in the upper ones, where the small changes of all the layers
# below have added up.

# %% [markdown] lang="zh" tags=["short", "slide"]
# “近”的含义变了：原来主要是*主题相同*，现在更多地是*感受相同*。主题并没有被忘掉：在全部短评上统计，它仍然起作用，只是弱了。
# 变化在模型的什么位置显现出来，也看得出来：让每一层各找最近的五条。下面几层认为谁和谁相像，几乎没变；
# 越往上变化越明显：下面各层的微小改动，一层一层累积到了这里。

# %% tags=["short", "slide"]
alike, floors = {}, {}
for title, values, of in [
    ("Same label", y, y >= 0),
    ("Same topic", topics[known], known),
]:
    floors[title] = by_chance(values)
    alike[title] = {
        name: [share_alike(values, vectors[of, n]) for n in range(len(blocks))]
        for name, vectors in {"before": before, "after": after}.items()
    }
rise, fall = (
    np.subtract(alike[title]["after"], alike[title]["before"]) for title in alike
)
assert rise[-1] > 0.03 and fall[-1] < -0.02 and max(abs(rise[0]), abs(fall[0])) < 0.03
plots.plot_by_layer(alike, floors)

# %% [markdown] lang="en" tags=["short"] minutes=6
# ## §2.6 The prediction task
#
# What it was all for. Our sentence again, from the last layer to the probability, before
# and after. (Before, with a random head, it is no prediction.)

# %% [markdown] lang="zh" tags=["short"] minutes=6
# ## §2.6 预测任务
#
# 前面所做的一切，都是为了这一步。还是我们那句，从最后一层走到概率，微调前后各一遍。
# （微调前的分类头是随机的，算不上预测。）

# %% tags=["short"]
for name, one in {"before": model, "after": tuned}.items():
    found = trace(one, SENTENCE)
    kernel, bias = one.get_layer("head").get_weights()
    logit = (found["pooling"] @ kernel + bias)[0]
    chance = found["head"][0]
    print(f"{name}: logit {logit:.2f}, probability of 1: {chance:.3f}")
print(f"the label: {y[row]}")

# %% [markdown] lang="en" tags=["short"]
# Sentences of our own. Write some yourself and try to fool it.

# %% [markdown] lang="zh" tags=["short"]
# 再来几句自己写的。你也写几句，试试能不能骗过它。

# %% tags=["short"]
texts = [
    "Worth every cent.",
    "It lasted a week.",
    "Not bad at all.",
    "The charger melted.",
    "We left before the dessert.",
    "My kids fight over who gets to use it.",
]
labels, probabilities = sft.predict(tuned, texts, return_probabilities=True)
answers = {"sentence": texts, "answer": [names[label] for label in labels]}
answers["probability of pleased"] = probabilities[:, 1].round(2)
pd.DataFrame(answers)

# %% [markdown] lang="en" tags=["short"]
# And the arrow that the article's chart lacks: the labels that were kept back say how
# good the predictions are. The accuracy in training does not: these reviews the model has
# seen, labels and all. Being good on what one has not seen is called
# {{term:generalization}}.

# %% [markdown] lang="zh" tags=["short"]
# 最后补上原文流程图里缺的那个箭头：用留出的标签检验预测得怎样。训练时的准确率说明不了问题，
# 那些短评连同标签，模型都见过。在没见过的样本上也能做好，叫做{{term:泛化}}。

# %% tags=["short", "slide"]
kernel, bias = tuned.get_layer("head").get_weights()
predicted = (after[:, -1] @ kernel + bias)[:, 0] > 0  # a probability above one half
accuracy, learned = np.mean(predicted == y), history["accuracy"].iloc[-1]
print(f"on the test reviews: {accuracy:.3f}")
print(f"on the training reviews, in the last epoch: {learned:.3f}")
assert 0.62 < accuracy < learned - 0.03

# %% [markdown] lang="en"
# ### Which texts are hard?
#
# Back to the question of §2.2. Split the test reviews by what the word counter made of
# them, and count how many the tuned model has right. What is hard for one is
# hard for the other; but where the word counter cannot say, the model is far better than a
# coin.

# %% [markdown] lang="zh"
# ### 哪些句子难？
#
# 回到 §2.2 的问题。按词表法的结果把测试短评分成三组，看微调模型各对多少。词表法判对的，模型也判得最准；
# 词表法判错或说不准的，模型也差一些，不过远比抛硬币强。

# %%
counted = np.array([count_words(text) for text in test.texts])
group = np.where((counted > 0) == y, "right", "wrong")
group = np.where(counted == 0, "cannot say", group)
hard = pd.DataFrame({"word counter": group, "model": predicted == y})
hard = hard.groupby("word counter")["model"].agg(["mean", "size"])
scores = hard["mean"]
assert scores["right"] > scores["cannot say"] + 0.03 > 0.6
assert scores["right"] > scores["wrong"] + 0.1
hard.columns = ["accuracy of the model", "reviews"]
hard.round(3)

# %% [markdown] lang="en" tags=["summary", "slide"]
# ## Summary
#
# - A pretrained model and labels come from different places; fine-tuning brings them
#   together, training is its inner loop, and the tuned model its result. Labels that were
#   kept back say whether it is any good.
# - A sentence becomes tokens, ids, one vector for each token, and layer by layer these
#   vectors take in their context, by attention.
# - Pooling makes one vector of them, the embedding; the head makes a logit of that, and
#   the sigmoid a probability.
# - Before fine-tuning, near means the same topic; after it, rather the same feeling.
# - The weights move hardly at all to bring this about. The small changes of all layers add
#   up, so that the new meaning of "near" shows mostly in the upper ones.
# - Labelling can be measured too: by agreement, and by Cohen's kappa, which takes out the
#   luck. Texts without a telling word, or with a misleading one, are harder, for a list of
#   words and for the model.

# %% [markdown] lang="zh" tags=["summary", "slide"]
# ## 小结
#
# - 预训练模型和标签来源不同，微调把二者合到一起；训练是微调内部的循环，微调模型是它的结果；
#   结果好不好，由留出的标签说了算。
# - 句子先切成词元，再变成编号，然后每个词元一个向量；逐层向上，这些向量通过注意力不断吸收上下文。
# - 池化把它们合成一个向量，也就是嵌入；分类头由嵌入算出对数几率，sigmoid 再把它变成概率。
# - 微调前，“近”是主题相同；微调后，更多地是感受相同。
# - 为此，权重只变了极小的一点；各层的微小改动一路累积，所以“近”的新含义主要在上面几层显现出来。
# - 标注的质量也能度量：一致率，以及扣除了运气的科恩 kappa 系数。没有褒贬词、或者褒贬词误导人的句子更难，
#   对词表法如此，对模型也如此。

# %% [markdown] lang="en"
# ## Questions
#
# 1. The vocabulary lacks a word. What does the tokenizer do with it?
#
# - (a) It leaves the word out.
# - (b) It cuts the word into subwords.
# - (c) It adds the word to the vocabulary.
#
# <details><summary>Answer</summary>
#
# (b). (a) would lose what the word says; that is what the article's `Tokenizer` does, but
# not this one. (c) cannot be: the table of embeddings has a fixed number of rows, and a
# new one would have no trained vector.
#
# </details>
#
# 2. In which layer has a word the same vector in every sentence?
#
# - (a) In the token embedding.
# - (b) In the first transformer layer.
# - (c) In the last transformer layer.
#
# <details><summary>Answer</summary>
#
# (a): it is a row of a table, picked by the token id. (b) no: one round of attention is
# enough to take in the other words. (c) no: by then, layer after
# layer, the vector has taken in the whole sentence.
#
# </details>
#
# 3. Two labellers agree on 90 of 100 reviews. One of them answered 1 every time, the
# other 90 times. What is kappa?
#
# - (a) 0.9.
# - (b) 1.
# - (c) 0.
#
# <details><summary>Answer</summary>
#
# (c): whoever always says 1 agrees on 90 by the frequency of the label alone, and kappa
# takes just that off. (a) is the agreement, not kappa. (b) would need the same label on
# every review.
#
# </details>
#
# 4. Before any training, a random head is right on about half of the reviews. What
# follows?
#
# - (a) The embeddings know nothing of the reviews.
# - (b) Nothing about the embeddings: the head does not know yet where to look.
# - (c) The pretrained model is broken.
#
# <details><summary>Answer</summary>
#
# (b). (a) is refuted by the neighbours, which share the topic. (c) no: each head that is
# drawn at random does this, whatever lies below it.
#
# </details>
#
# 5. After fine-tuning all layers, the vector of a rare word that the training reviews
# lack is, in the token embedding,
#
# - (a) exactly what it was.
# - (b) a little changed, as all others are.
# - (c) set to zero.
#
# <details><summary>Answer</summary>
#
# (a): no training step uses that row, so no gradient reaches it. (b) holds for the layers
# above, whose weights are used by every word. (c) nothing erases rows.
#
# </details>
#
# 6. Accuracy is 1.0 on the training reviews and 0.8 on the test reviews. Which number
# do you tell your client?
#
# - (a) 1.0: it is the model's own.
# - (b) The mean of the two.
# - (c) 0.8, and how many reviews it was measured on.
#
# <details><summary>Answer</summary>
#
# (c): the client's texts will be new to the model, as the test reviews were. (a) says how
# well the model has learned by heart. (b) mixes an answer with something that is none.
#
# </details>
#
# To discuss:
#
# 7. Which arrows would you draw differently in the mended flowchart, and what would have to
#    be measured on the new ones?
# 8. You want a search for texts about the same *topic*. Would you fine-tune on sentiment
#    first? What does the last figure of §2.4 say to that?
# 9. Two labellers of your own data have a kappa of one half. What do you do before you
#    train: label more, write rules for labelling, or leave out the disputed ones?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 遇到词表里没有的词，分词器会怎么办？
#
# - (a) 跳过这个词。
# - (b) 把它切成几个子词。
# - (c) 把它加进词表。
#
# <details><summary>答案</summary>
#
# 选 (b)。(a) 会丢掉这个词的意思；原文的 `Tokenizer` 正是这样做的，这里的分词器不是。(c) 行不通：
# 嵌入表的行数是固定的，新加的一行也没有训练过的向量。
#
# </details>
#
# 2. 在哪一层，同一个词在任何句子里的向量都相同？
#
# - (a) 词元嵌入。
# - (b) 第一个 Transformer 层。
# - (c) 最后一个 Transformer 层。
#
# <details><summary>答案</summary>
#
# 选 (a)：它只是按编号从表里取出的一行。(b) 不对，经过一次注意力，就已经吸收了别的词。(c) 也不对，
# 到了这一层，向量早已一层层吸收了整句话的上下文。
#
# </details>
#
# 3. 两位标注者在 100 条短评里有 90 条一致。其中一位每条都答 1，另一位有 90 条答 1。kappa 是多少？
#
# - (a) 0.9。
# - (b) 1。
# - (c) 0。
#
# <details><summary>答案</summary>
#
# 选 (c)：一律答 1 的人，单凭这个标签出现得多就能对上 90 条，kappa 扣掉的正是这一部分。(a) 是一致率，不是 kappa。
# (b) 要求每一条都标得一样。
#
# </details>
#
# 4. 训练之前，随机的分类头大约答对一半。这说明什么？
#
# - (a) 嵌入里没有任何关于短评的信息。
# - (b) 说明不了嵌入的好坏，只说明分类头还不知道该看哪里。
# - (c) 预训练模型坏了。
#
# <details><summary>答案</summary>
#
# 选 (b)。(a) 不对：邻近的短评主题相同，可见嵌入里有信息。(c) 也不对：不管下面接什么，随机抽的分类头都是这个结果。
#
# </details>
#
# 5. 微调所有层之后，训练集里没出现过的生僻词，它在词元嵌入表里的那一行
#
# - (a) 和原来一模一样。
# - (b) 和其他行一样，变了一点。
# - (c) 被清零了。
#
# <details><summary>答案</summary>
#
# 选 (a)：训练中没有哪一步用到这一行，梯度到不了它。(b) 说的是上面各层，那里的权重每个词都要用到。
# (c) 没有任何步骤会清掉哪一行。
#
# </details>
#
# 6. 训练集上的准确率是 1.0，测试集上是 0.8。该把哪个数告诉客户？
#
# - (a) 1.0，这是模型自己的成绩。
# - (b) 两个数的平均。
# - (c) 0.8，并说明是在多少条短评上测的。
#
# <details><summary>答案</summary>
#
# 选 (c)：客户的文本对模型来说是新的，和测试集一样。(a) 只说明模型背下了多少。(b) 把能说明问题的数和不能说明问题的数混在了一起。
#
# </details>
#
# 讨论：
#
# 7. 改过的流程图里，哪些箭头你会换一种画法？新的箭头上又该度量什么？
# 8. 假如要做的是按*主题*搜索相近的文本，该不该先按情感微调？§2.4 的最后一张图怎么说？
# 9. 自己的数据，两位标注者的 kappa 只有二分之一左右。训练之前该怎么办：多标一些、先写标注规范，还是去掉有争议的？

# %% [markdown] lang="en"
# ## Exercises
#
# [exercises/02_core_concepts.ipynb](exercises/02_core_concepts.ipynb)
#
# 1. Label fifteen reviews and measure your kappa.
# 2. Write Cohen's kappa yourself.
# 3. Pool a padded batch without counting the padding.
# 4. Classify by nearest neighbours, without any training.
# 5. What do wrong labels cost?
# 6. Which layers move when you unfreeze one?
# 7. Open: three sentences on which a lower layer is right and the top layer wrong.
# 8. Open: the map of your own hundred labels.

# %% [markdown] lang="zh"
# ## 练习
#
# [exercises/02_core_concepts.ipynb](exercises/02_core_concepts.ipynb)
#
# 1. 亲手标十五条短评，算出你的 kappa。
# 2. 自己写出科恩 kappa 系数。
# 3. 对填充过的批次做池化，不把填充算进去。
# 4. 不做任何训练，用最近邻来分类。
# 5. 标错的标签代价有多大？
# 6. 只解冻一层，哪些层会变？
# 7. 开放题：找三句话，谁和谁相近，下面的层判断对了，最上面的层却判断错。
# 8. 开放题：你自己那一百个标注样本的地图。

# %% [raw] words
# "data/reviews/train_data.txt" = "data/reviews_zh/train_data.txt"
# "data/reviews/test_data.txt" = "data/reviews_zh/test_data.txt"
# f"{len(train)} reviews to learn from, {len(test)} to test with" = f"训练集 {len(train)} 条，测试集 {len(test)} 条"
# "minilm" = "e5-small"
# "Shrunk two sizes on a cold wash." = "领口松松垮垮，穿出去同事问我是不是睡衣没换"
# r"\b{}\b" = "{}"
# "[CLS]" = "<s>"
# "[SEP]" = "</s>"
# "This is no test review: print(test.texts[:20])" = "这不是测试集里的短评：用 print(test.texts[:20]) 看看有哪些"
# f"label {test.labels[row]}; {len(pieces)} tokens, of the " = f"标签 {test.labels[row]}；{len(pieces)} 个词元，词表里"
# f"{vocabulary.vocabulary_size():,} that the tokenizer knows" = f"共有 {vocabulary.vocabulary_size():,} 个"
# "token id" = "词元编号"
# "check" = "苹果"
# "The waiter forgot the check." = "苹果又脆又甜，一口气吃了两个。"
# "We paid the check and left." = "这箱苹果有一半是烂的。"
# "They check every bag at the gate." = "苹果的系统用着顺手，就是贵。"
# "Check the battery first." = "苹果手机摔了一下，屏就花了。"
# "light" = "小米"
# "The light by the bed was broken." = "小米粥熬得又稠又香。"
# "Turn on the light and it hums." = "今年的新小米颜色金黄。"
# "So light that I forget I wear it." = "小米的充电器用半年就坏了。"
# "A light bag for a long walk." = "小米的新款音箱声音真不错。"
# "charge" = "花"
# "The charge lasts two days." = "花开得真好看。"
# "It holds its charge all week." = "阳台上的花全蔫了。"
# "They charge extra for towels." = "我花两百块买了个教训。"
# "We had to charge it to the room." = "修一次花三百，不如买新的。"
# "same meaning" = "意思相同"
# "other meaning" = "意思不同"
# "looks back" = "看前一个"
# "looks ahead" = "看后一个"
# f"{name}: mean weight {means.max():.2f}, if spread evenly {even:.2f}; " = f"{name}：平均权重 {means.max():.2f}，若平均分配则为 {even:.2f}；"
# f"above one half in {np.sum(means > 0.5)} of {means.size} heads" = f"{means.size} 个头里，超过一半的有 {np.sum(means > 0.5)} 个"
# f"{name}: {blocks[number]}, head {head}" = f"{name}：{blocks[number]}，第 {head} 个头"
# f"logit {logit:.3f}, probability of 1: {probability:.3f}" = f"对数几率 {logit:.3f}，标签为 1 的概率 {probability:.3f}"
# f"accuracy of random heads: mean {right.mean():.3f}, best {right.max():.3f}" = f"随机分类头的准确率：平均 {right.mean():.3f}，最好 {right.max():.3f}"
# "our sentence:" = "我们那句："
# f"same topic: {topic_before:.2f}, by chance {by_chance(topics[known]):.2f}" = f"主题相同的比例 {topic_before:.2f}，随便抽两条时 {by_chance(topics[known]):.2f}"
# f"same label: {label_before:.2f}, by chance {by_chance(y):.2f}" = f"标签相同的比例 {label_before:.2f}，随便抽两条时 {by_chance(y):.2f}"
# "Pretrained model" = "预训练模型"
# f"we, {len(ROWS)} reviews: agreement {agreement:.2f}, kappa {kappa_ours:.2f}" = f"我们，{len(ROWS)} 条：一致率 {agreement:.2f}，kappa {kappa_ours:.2f}"
# f"word counter: cannot say in {np.mean(~can_say):.2f} of {len(reviews)} reviews;" = f"词表法，{len(reviews)} 条：说不准的比例 {np.mean(~can_say):.2f}；"
# f"  right in {right_words:.2f} of the others; kappa {kappa_words:.2f}" = f"  其余的判对 {right_words:.2f}；kappa {kappa_words:.2f}"
# "You differ from the reference in many: read them again" = "你和参考标签有好几条不一样，请再读一遍"
# f"label {JUDGED[number]}, counted {seen}: {text}" = f"标签 {JUDGED[number]}，数到 {seen}：{text}"
# f"epoch {epoch + 1}: loss {logs['loss']:.3f}" = f"第 {epoch + 1} 轮：损失 {logs['loss']:.3f}"
# "all layers" = "训练所有层"
# f"tokens that occur in the training reviews: {share_used:.2%}" = f"训练集里出现过的词元：{share_used:.2%}"
# f"rows of token_embedding that changed: {changed['token_embedding']:.2%}" = f"token_embedding 中变了的行：{changed['token_embedding']:.2%}"
# "Before fine-tuning" = "微调前"
# "After fine-tuning" = "微调后"
# "pleased" = "满意"
# "displeased" = "不满意"
# "our sentence" = "我们那句"
# "before" = "微调前"
# "after" = "微调后"
# "silhouette" = "轮廓系数"
# "nearest neighbours" = "最近邻"
# "Same label" = "标签相同"
# "Same topic" = "主题相同"
# f"{name}: logit {logit:.2f}, probability of 1: {chance:.3f}" = f"{name}：对数几率 {logit:.2f}，标签为 1 的概率 {chance:.3f}"
# "Worth every cent." = "这钱花得值。"
# "It lasted a week." = "用了一个礼拜。"
# "Not bad at all." = "一点也不差。"
# "The charger melted." = "充电器烧化了。"
# "We left before the dessert." = "没等甜点上来我们就走了。"
# "My kids fight over who gets to use it." = "家里几个孩子抢着用。"
# "sentence" = "句子"
# "answer" = "答案"
# "probability of pleased" = "满意的概率"
# f"the label: {y[row]}" = f"标签是 {y[row]}"
# f"on the test reviews: {accuracy:.3f}" = f"测试集：{accuracy:.3f}"
# f"on the training reviews, in the last epoch: {learned:.3f}" = f"训练集（最后一轮）：{learned:.3f}"
# "right" = "判对"
# "wrong" = "判错"
# "cannot say" = "说不准"
# "word counter" = "词表法"
# "accuracy of the model" = "模型的准确率"
# "reviews" = "短评数"
