# %% [markdown] lang="en" tags=["short", "slide"] minutes=2
# # 6. Image classification: your photographs from ten labels a class
#
# Article: §6.3 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - what a network that was pretrained on a million photographs says of yours;
# - to fine-tune it on a folder with ten photographs a class, and how far a network from
#   scratch is behind;
# - what it is that pretraining knows: a network that you pretrain yourself on handwritten
#   digits, with a control for each claim;
# - who gains by augmentation, and at what price;
# - when pretraining is worth nothing.
#
# Article §6.3 is one sentence; it names ResNet and VGG. We take a network of convolutions as
# well, EfficientNet-Lite0, small enough for a laptop, and then a ResNet that is small enough to
# be pretrained before your eyes.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=2
# # 6. 图像分类：每类十张照片，认出你自己的东西
#
# 对应原文 §6.3 · 双核 CPU 实测用时：{{run_time}}
#
# 本章内容：
#
# - 一个在上百万张照片上预训练过的网络，怎么看你的照片；
# - 用一个文件夹、每类十张照片微调它；从零训练的网络落后多少；
# - 预训练究竟学到了什么：自己动手用手写数字预训练一个小网络，每个结论都配一个对照实验；
# - 数据增强对谁有用，代价是什么；
# - 什么时候预训练毫无用处。
#
# 原文 §6.3 只有一句话，提到了 ResNet 和 VGG。我们先用同样是卷积网络、
# 小到笔记本电脑就能跑的 EfficientNet-Lite0，再用一个小到可以当场预训练的 ResNet。

# %% tags=["short"]
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_sample_images

import sftkeras as sft
from sftkeras import plots
from sftkeras.data.surfaces import write_surfaces
from sftkeras.models.images import small_network
from sftkeras.scenarios import image_classification as pictures
from sftkeras.scenarios import running
from sftkeras.training.techniques.frozen_once import split_at_frozen

# %% [markdown] lang="en" tags=["short"] minutes=3
# ## What the network knows already
#
# EfficientNet-Lite0 has a few million weights and learned to tell the 1,000 classes of ImageNet
# apart: dogs by their breed, fungi, furniture, buildings. With `classes="imagenet"` it keeps
# that head and answers at once. Two photographs of scikit-learn's are at hand, a pavilion in
# Beijing and a dahlia. Which of the two will it know? Guess before you run the cell.

# %% [markdown] lang="zh" tags=["short"] minutes=3
# ## 网络已经会什么
#
# EfficientNet-Lite0 有几百万个权重，学过区分 ImageNet 的 1000 个类别：各个品种的狗、蘑菇、家具、建筑……
# 加上 `classes="imagenet"`，它保留原来的输出层，拿来就能用（类别名是英文）。scikit-learn 自带两张照片：
# 北京的一座亭阁和一朵大丽花。它认得哪一张？先猜，再运行下面这一格。

# %% tags=["short", "slide"]
photographs = load_sample_images().images
network = sft.load_pretrained_model("efficientnet-lite0", classes="imagenet")
first, sure = sft.predict(network, photographs, return_probabilities=True)
plots.plot_top_classes(photographs, sure, network.label_names)

# %% tags=["short"]
print(f"{network.count_params():,} weights")
print([photograph.shape for photograph in photographs])
assert first[0] == "bell cote" and sure[0].max() > 0.7
assert sure[1].max() < 0.5

# %% [markdown] lang="en" tags=["short", "slide"]
# The pavilion it takes for a *bell cote*, a small tower for bells: wrong by the dictionary, and
# yet the nearest of its thousand words. There is no dahlia among them, so it must say something
# else; that its probabilities are spread over several classes is the only sign of that. A
# softmax has no answer "none of these". Its classes are not yours, then; but what the layers
# below the head see may be of use to you. The photographs went in as they are, of any size: the
# model scales them to $160 \times 160$ itself.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 它把亭阁认作 *bell cote*（小钟楼）：严格说不对，却是一千个词里最接近的一个。
# 大丽花不在这一千类里，它只好说成别的；唯一的迹象，是概率分散在好几个类别上。
# softmax 没有“以上都不是”这个答案。所以，它的类别不是你要的类别，但输出层以下各层学到的特征，
# 对你可能有用。照片原样输入，多大都行：模型自己会缩放到 $160 \times 160$。

# %% [markdown] lang="en"
# ### What its layers see
#
# The output of a convolution is again a picture, of what one filter found where: a
# {{term:feature map}}. Here for each size the eight liveliest of the last layer that has it. The
# upper rows still show the roof; further down the places become few and the meaning grows.

# %% [markdown] lang="zh"
# ### 各层看到了什么
#
# 卷积的输出还是一张图，表示某个滤波器在哪里找到了什么，叫做{{term:特征图}}。
# 下面每种尺寸取最后一层里最活跃的八个通道。前几行还看得出屋顶；越往后，位置越粗略，含义越抽象。

# %% tags=["slide"]
plots.plot_feature_maps(sft.feature_maps(network, photographs[0]))

# %% [markdown] lang="en" tags=["short"] minutes=3
# ## A folder of photographs
#
# Now your own. Make a folder with one folder a class, put at least twenty photographs into each
# (a telephone makes them in five minutes: two kinds of leaves, cups with and without a crack,
# your desk tidy and untidy), and write its path below. As long as `FOLDER` is `None` we take
# pieces of three photographs that anyone may use, of a wall, a lawn and a path: brick, grass
# and gravel, from near, at any angle, in changing light, some out of focus. Those for training
# are cut from the left part of each photograph, those for testing from the right part.

# %% [markdown] lang="zh" tags=["short"] minutes=3
# ## 一个照片文件夹
#
# 现在轮到你自己的照片。建一个文件夹，每一类一个子文件夹，每类至少放二十张照片
# （用手机五分钟就能拍好：两种树叶、有裂纹和没裂纹的杯子、整齐和凌乱的书桌……），把路径写在下面。
# `FOLDER` 为 `None` 时，我们用三张可自由使用的照片裁出小图：砖墙（brick）、草地（grass）、碎石（gravel），近距离、任意角度、
# 明暗不一，有些还没对好焦。训练图取自每张照片的左半部分，测试图取自右半部分。

# %% tags=["short"]
FOLDER = None  # your folder: FOLDER/cat/1.jpg, FOLDER/dog/2.jpg, …
work = Path(tempfile.mkdtemp())


def load(seed):
    """Return examples to train on and to test on, drawn by the seed."""
    if FOLDER is None:
        folders = write_surfaces(work / str(seed), train=10, test=40, seed=seed)
        return [sft.Examples(*sft.load_images(folder)) for folder in folders]
    mine = sft.Examples(*sft.load_images(FOLDER))
    return sft.split_examples(mine, test_size=0.5, seed=seed)


train, test = load(seed=0)
print(train, test, sep="\n")
shown = np.random.default_rng(0).choice(len(test), 16, replace=False)
plots.plot_images(test.inputs[shown], test.labels[shown], 8, ink=False)

# %% [markdown] lang="en" tags=["short"] minutes=6
# ## Frozen, top blocks, from scratch
#
# Three ways to learn from these labels:
#
# - **frozen**: a new head on what the pretrained network makes of the images;
# - **top blocks**: the three uppermost of its 17 blocks are trained as well;
# - **from scratch**: a small network of four convolutions, with random weights, on images turned
#   and moved about while it trains. Its rate and its epochs were chosen for it, on other pieces.
#
# Three seeds, each with pieces of its own.

# %% [markdown] lang="zh" tags=["short"] minutes=6
# ## 冻结、训练靠上的块、从零训练
#
# 用这些标注学习，有三种办法：
#
# - **冻结**：预训练网络不动，只训练新的输出层；
# - **靠上的块**：17 个块里最靠上的三个也参加训练；
# - **从零训练**：一个四层卷积的小网络，随机初始化，训练时图像随机旋转、平移。它的学习率和轮次是在另外的小图上专门为它选的。
#
# 用三个随机种子，每个种子各裁一批小图。

# %% tags=["short"]


pretrained = sft.load_pretrained_model("efficientnet-lite0")


def from_scratch(train, seed):
    model = sft.augment(small_network(len(set(train.labels)), seed=seed), turn=0.5)
    how = {"epochs": 60, "seed": seed}
    pictures.train_falling(model, train.inputs, train.labels, **how)
    return model


def learned(train, seed):  # three ways to learn from the same labels
    model = sft.replace_head(pretrained, len(set(train.labels)), seed=seed)
    how = {"seed": seed, "verbose": 0}
    yield "frozen", sft.fine_tune(model, train, None, None, **how)
    yield "top blocks", sft.fine_tune(model, train, None, sft.blocks(model)[-3:], **how)
    yield "from scratch", from_scratch(train, seed)


# %% [markdown] lang="en" tags=["short"]
# A line a seed: frozen, top blocks, from scratch. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# 每个种子打印一行，依次是冻结、靠上的块、从零训练。{{cell_time}}

# %% tags=["short"]
rows, kept = [], {}
for seed in (0, 1, 2):
    train, test = load(seed)
    for name, model in learned(train, seed):
        found = sft.evaluate_model(model, test, verbose=False)["accuracy"]
        rows.append({"method": name, "accuracy": found})
        kept[name] = model
    print(f"seed {seed}:", [round(row["accuracy"], 3) for row in rows[-3:]])

# %% tags=["short", "slide"]
photos = pd.DataFrame(rows).groupby("method", sort=False)["accuracy"]
photos = photos.agg(["mean", "min", "max"])
if FOLDER is None:  # on your photographs it may be otherwise
    assert photos.loc["frozen", "mean"] > photos.loc["from scratch", "mean"] + 0.1
    assert photos.loc["frozen", "mean"] > 0.9
photos.round(3)

# %% [markdown] lang="en" tags=["short", "slide"]
# Ten photographs a class, and a new head on frozen layers is enough: brick, grass and gravel are
# told apart in any light, though the network was never asked about surfaces. To use the layers
# as they are is all that such a small set of labels can pay for, and it is the quickest way by
# far: the frozen part runs once for each image. Training the top blocks adds little where the
# head alone is right nearly always; on photographs that are less like ImageNet's it may add
# much. Try it on your own.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 每类十张照片，冻结的网络上只训练一个新的输出层就够了：无论明暗，砖墙、草地、碎石都分得清，
# 尽管网络从没学过区分“表面”。标注这么少，直接使用现成的各层特征最划算，也最快：冻结部分对每张图只算一遍。
# 输出层单独训练已经几乎全对时，再训练靠上的块没有多少余地；如果你的照片与 ImageNet 差别更大，可能就大不一样。
# 用自己的照片试试。

# %% tags=["fold"]
pictures.plot_mistakes(kept["from scratch"], test.inputs, test.labels, ink=False)

# %% [markdown] lang="en"
# Those are mistakes of the network from scratch, the surest first. In a terminal, the same with
# a report, figures and a saved classifier:
#
# ```bash
# python data/make_photos.py                  # or take a folder of your own
# python -m sftkeras fit --train runs/photos/train --test runs/photos/test \
#     --model efficientnet-lite0 --layers-to-fine-tune none --out runs/surfaces
# python -m sftkeras predict --model runs/surfaces MY_PHOTOGRAPH.jpg
# ```
#
# Three photographs are one wall, one lawn and one path. Whether the classifier knows *your* wall
# has to be measured on it: other photographs than those that were learned from are a
# {{term:domain shift}}, and no number above says anything of it.

# %% [markdown] lang="zh"
# 以上是从零训练的网络判错、而且最有把握的几张。在终端里也能做同样的事，还会写出报告、插图和保存好的分类器：
#
# ```bash
# python data/make_photos.py                  # 或者用你自己的文件夹
# python -m sftkeras fit --train runs/photos/train --test runs/photos/test \
#     --model efficientnet-lite0 --layers-to-fine-tune none --out runs/surfaces
# python -m sftkeras predict --model runs/surfaces 我的照片.jpg
# ```
#
# 三张照片只是一面墙、一块草地、一条路。分类器认不认得**你家的**墙，只能在你的照片上测：
# 换了拍摄对象和条件，就是{{term:领域偏移}}，上面的数字对此什么也没说。

# %% [markdown] lang="en" tags=["short"] minutes=3
# ## What is it that pretraining knows?
#
# To see that, one must have seen the pretraining. So now a small network, pretrained here. scikit-learn
# ships real handwritten digits, $8 \times 8$ pixels each. We put every digit somewhere on an
# empty page of $16 \times 16$. The digits 0 to 4 are for pretraining. So that the network has
# more to learn than five shapes, each is shown in its eight turns and mirrorings, and it must
# tell which digit *and* which view it sees.

# %% [markdown] lang="zh" tags=["short"] minutes=3
# ## 预训练究竟学到了什么？
#
# 想弄清这一点，得亲眼看一遍预训练。下面当场预训练一个小网络。scikit-learn 自带真实的手写数字，
# 每个 $8 \times 8$ 像素。我们把每个数字放到一张 $16 \times 16$ 的空白图上，位置随机。
# 数字 0 到 4 用来预训练。为了让网络多学点东西，每个数字都以四个方向、正反两面共八种样子出现，
# 网络要同时说出这是哪个数字、是哪一种样子。

# %% tags=["short"]
low, which = pictures.digits(0, 4)
views, classes = pictures.eight_views(low, which)
print(f"{len(low)} digits, {len(views):,} pages, {len(set(classes))} classes")
two = np.flatnonzero(which == 2)[0]
eight = pictures.put_on_pages(views[two :: len(low)], seed=3)
plots.plot_images(eight, [f"class {c}" for c in classes[two :: len(low)]], 8)

# %% [markdown] lang="en" tags=["short"]
# `pretrained_model` does that training and puts a new head on: five outputs, for the digits 5 to
# 9, which this network has never seen. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# `pretrained_model` 完成这次预训练，再换上新的输出层：五个输出，对应数字 5 到 9，都是这个网络从没见过的。
# {{cell_time}}

# %% tags=["short"]
examples = pictures.load_examples()
x, y = examples.inputs, examples.labels
pretrained = pictures.pretrained_model(examples, seed=0)
layers = sft.describe_layers(pretrained)
print(f"{layers['params'].sum():,} parameters, of them in the new head:", end=" ")
print(layers["params"].iloc[-1])
shown = np.random.default_rng(0).choice(len(x), 16, replace=False)
plots.plot_images(x[shown], y[shown], 8)

# %% [markdown] lang="en" tags=["short"] minutes=3
# For you these digits are easy. For a program that compares pixels they are not: two pages with the
# same digit need not have one dark pixel in common. How much ink do two pages share, of all
# the ink on both?

# %% [markdown] lang="zh" tags=["short"] minutes=3
# 这些数字对人来说很容易，对逐个像素作比较的程序却不然：写着同一个数字的两张图，
# 可能一个黑点也不重合。两张图上的墨迹，重合的占多少？

# %% tags=["short"]


def shared_ink(pages, labels):
    """Return the mean share of ink in common: same digit, different digits."""
    ink = (pages.reshape(len(pages), -1) > 100).astype("float32")
    both, each = ink @ ink.T, ink.sum(axis=1)
    shared = both / (each[:, None] + each - both)
    same = labels[:, None] == labels
    own = np.eye(len(labels), dtype=bool)
    return {"same digit": shared[same & ~own].mean(), "others": shared[~same].mean()}


# %% tags=["short"]
middle = pictures.put_on_pages(pictures.digits(5, 9)[0])
ink = {"in the middle": shared_ink(middle, y), "anywhere": shared_ink(x, y)}
ink = pd.DataFrame(ink).T
assert ink.loc["in the middle", "same digit"] > 1.3 * ink.loc["in the middle", "others"]
assert ink.loc["anywhere", "same digit"] < 1.1 * ink.loc["anywhere", "others"]
ink.round(3)

# %% [markdown] lang="en" tags=["short", "slide"]
# In the middle of the page the pixels alone say something. Anywhere on it they say next to
# nothing: *that a digit stays the same when it moves*, {{term:translation invariance}}, has to be
# learned. It can be learned on the digits 0 to 4.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 写在正中间时，像素本身就能说明一些问题；散落各处时，像素几乎什么也说明不了：
# **数字换个位置还是那个数字**，即{{term:平移不变性}}，是需要学习的。而这一点，用 0 到 4 就能学会。

# %% [markdown] lang="en" tags=["short"] minutes=9
# ## A fair comparison
#
# For each seed we split the data anew, draw 25 labels, five of each digit, and train every
# candidate on the same ones. Two things are varied apart from each other, so that neither gets
# the credit of the other: *what is trained* (the head only, or then all layers below it at a
# thirtieth of the rate) and *whether the images are moved about* while it trains,
# {{term:data augmentation}}. From scratch means: the same layers, new random weights; on moved
# images twice as many epochs, on still ones as many, since it knows those by heart by then. Three
# seeds, others than those on which rates and epochs were chosen.

# %% [markdown] lang="zh" tags=["short"] minutes=9
# ## 公平的比较
#
# 每个随机种子都重新划分数据，每个数字抽五个、共 25 个标注样本，让每个方法在同样的样本上训练。
# 有两件事要分开变化，免得把一件事的功劳算到另一件头上：**训练哪些层**（只训练输出层；或者接着以三十分之一的学习率训练全部层），
# 以及训练时**图像是否随机平移**，即{{term:数据增强}}。从零训练指同样的层、全新的随机权重：
# 图像平移时轮次是两倍，图像不动时轮次相同，因为那时它已经把训练样本背下来了。
# 用三个种子，都不是当初挑选学习率和轮次时用过的。

# %% tags=["short"]


def fine_tuned(train, seed):
    head = pictures.head_only(pretrained, train, seed)
    moving = pictures.moved(head)
    how = {"epochs": 30, "learning_rate": 0.03, "seed": seed, "verbose": 0}
    yield "head only", "still", head
    yield "head only", "moved", sft.fine_tune(moving, train, None, None, **how)
    yield "all layers", "still", pictures.below_head(head, train, seed)
    yield "all layers", "moved", pictures.below_head(moving, train, seed)


def controls(train, seed):
    scratch = partial(pictures.from_scratch, pretrained, train, seed)
    yield "from scratch", "still", scratch(move=False, epochs=30)
    yield "from scratch", "moved", scratch()
    yield "pixels", "still", pictures.on_pixels(None, train, seed)


# %% [markdown] lang="en" tags=["short"]
# A line a seed: seven accuracies, in the order of the code above. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# 每个种子打印一行，七个准确率，次序与上面的代码相同。{{cell_time}}

# %% tags=["short"]
SEEDS = (5, 6, 7)
rows, kept = [], {}
for seed in SEEDS:
    pool, test = (examples.take(chosen) for chosen in running.split(examples, seed))
    train = running.draw(pool, 25, seed)
    for name, images, model in [*fine_tuned(train, seed), *controls(train, seed)]:
        found = pictures.measure(model, test)["accuracy"]
        rows.append({"method": name, "images": images, "draw": seed, "accuracy": found})
        kept[name, images, seed] = model, test
    print(f"seed {seed}:", *(f"{row['accuracy']:.2f}" for row in rows[-7:]))

# %% [markdown] lang="en" tags=["short"]
# On the images that nobody was trained on; chance is one in five. Means of the three seeds:

# %% [markdown] lang="zh" tags=["short"]
# 在没有用来训练任何模型的图像上评估，随机猜测的准确率是五分之一。三个种子的平均值：

# %% tags=["short", "slide"]
runs = pd.DataFrame(rows)
table = runs.pivot_table("accuracy", "method", "images", sort=False)
head, tuned, scratch = (
    table.loc[n] for n in ("head only", "all layers", "from scratch")
)
assert min(head["still"], tuned["moved"]) > scratch["still"] + 0.15
assert tuned["moved"] > scratch["moved"] + 0.1
assert table.loc["pixels", "still"] < 0.35
table.round(3)

# %% [markdown] lang="en" tags=["short", "slide"]
# With five examples of each, the pretrained network is far ahead of the same network from
# scratch. A logistic regression on the pixels stands near chance. What was carried over is not
# knowledge of a 7 (the network had never seen one) but of how strokes look wherever they are.
#
# Now read the first two rows as a two-by-two table. Seed by seed, what does unfreezing all layers
# add to the head alone, and what does moving the images add?

# %% [markdown] lang="zh" tags=["short", "slide"]
# 每个数字只有五个样本时，预训练过的网络远远领先从零训练的同一个网络；
# 在像素上做逻辑回归，几乎等于随机猜测。带过来的不是关于“7”的知识（网络从没见过 7），
# 而是笔画无论写在哪里都是什么样子。
#
# 再把前两行当作一张二乘二的表来读。逐个种子看：放开全部层，比只训练输出层多得多少？让图像平移，又多得多少？

# %% tags=["short"]
by_seed = runs.pivot_table("accuracy", "draw", ["method", "images"])
added = pd.DataFrame(
    {
        "unfreezing, still": by_seed["all layers", "still"]
        - by_seed["head only", "still"],
        "unfreezing, moved": by_seed["all layers", "moved"]
        - by_seed["head only", "moved"],
        "moving, head only": by_seed["head only", "moved"]
        - by_seed["head only", "still"],
        "moving, all layers": (
            by_seed["all layers", "moved"] - by_seed["all layers", "still"]
        ),
    }
)
assert added["unfreezing, still"].mean() < 0.03
assert added["moving, all layers"].mean() > 0.03
added.round(3)

# %% [markdown] lang="en" tags=["short", "slide"]
# On still images it does not pay to unfreeze everything: twenty-five images, seen again and
# again, teach all those weights more about these images than about digits. On moved images
# fine-tuning all layers comes out ahead of where it was, and whether it is ahead of the head alone
# *on moved images too* three seeds cannot tell: compare the column's mean with how much its
# entries differ. So with few labels, fine-tuning below the head pays only together with
# augmentation, if at all. Had we compared "head only, still" with "all layers, moved", the two
# corners that come first to mind, we would have credited to fine-tuning what augmentation did.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 图像不动时，放开全部层并不划算：二十五张图反复看，这么多权重学到的更多是这几张图，而不是数字本身。
# 图像平移时，训练全部层比图像不动时好了；但它是否胜过**同样用平移图像**只训练输出层，三个种子分不出来：
# 把那一列的平均值和各行之间的差别比一比。所以，标注很少时，训练输出层以下的层要和数据增强一起用才可能划算。
# 如果只拿最容易想到的两格来比，即“只训练输出层、不动”和“全部层、平移”，就会把数据增强的功劳算到微调头上。

# %% [markdown] lang="en" tags=["short"] minutes=4
# ## The same digits in the middle
#
# Now a check on the explanation. If it is the *place* that pretraining knows about, its
# advantage must vanish when all digits stand in the middle. Advantage over whom? Over the same
# network from scratch: only that control differs in nothing but the pretraining. Same digits, same
# labels, same epochs. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"] minutes=4
# ## 同样的数字，放到正中间
#
# 现在来检验这个解释。如果预训练懂得的是**位置**，那么数字全放在正中间时，优势就该消失。
# 跟谁比的优势？跟从零训练的同一个网络比：只有这个对照，除了预训练以外别无差别。
# 数字相同，标注相同，轮次相同。{{cell_time}}

# %% tags=["short"]
centred = sft.Examples(middle, y)
rows = []
for seed in SEEDS:
    pool, test = (centred.take(chosen) for chosen in running.split(centred, seed))
    train = running.draw(pool, 25, seed)
    trained = {
        "head only": pictures.head_only(pretrained, train, seed),
        "from scratch": pictures.from_scratch(pretrained, train, seed, False, 30),
        "pixels": pictures.on_pixels(None, train, seed),
    }
    rows += [{n: pictures.measure(m, test)["accuracy"] for n, m in trained.items()}]
    print(f"seed {seed}:", *(f"{found:.2f}" for found in rows[-1].values()))

# %% tags=["short", "slide"]
still = {"anywhere": table["still"], "in the middle": pd.DataFrame(rows).mean()}
both = pd.DataFrame(still).loc[["head only", "from scratch", "pixels"]]
lead = both.loc["head only"] - both.loc["from scratch"]
assert lead["anywhere"] > 0.15 and lead["in the middle"] < lead["anywhere"] / 2
assert both.loc["pixels", "in the middle"] > both.loc["head only", "in the middle"]
both.round(3)

# %% [markdown] lang="en" tags=["short", "slide"]
# So it is: in the middle, the network from scratch does about as well as the pretrained one. And
# two lines of scikit-learn beat both, since there the pixels themselves say what one needs.
# Pretraining is worth what it knows *and the labels do not say*. Before you fine-tune a large
# network, try the small tool on your data.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 果然如此：放在正中间时，从零训练的网络和预训练过的不相上下。而 scikit-learn 的几行代码比两者都好，
# 因为这时像素本身就说得清。预训练值多少，要看它懂的东西里有多少是**标注没有告诉你的**。
# 微调大网络之前，先拿小工具在自己的数据上试一试。

# %% [markdown] lang="en"
# ## How many labels?
#
# The more labels, the more the network from scratch can find out by itself. This curve was
# measured with `python -m sftkeras scenario image_classification`, which writes `runs.csv`;
# running it takes longer than this whole chapter. "Fine-tuned" is there "all layers, moved".

# %% [markdown] lang="zh"
# ## 需要多少标注？
#
# 标注越多，从零训练的网络自己能摸索出来的就越多。这条曲线由
# `python -m sftkeras scenario image_classification` 测得，它会写出 `runs.csv`；
# 跑一遍比整章都久。图中的“微调”就是上面的“全部层、平移”。

# %% tags=["slide"]
budget = pd.read_csv("benchmarks/image_classification.csv")
shown = ["fine-tuned", "head only", "from scratch, moved", "pixels"]
budget["model"] = budget["model"].map(dict(zip(budget["model"].unique(), shown)))
curve = running.summarize(budget, "accuracy")
lead = curve.loc[shown[0]] - curve.loc[shown[2]]
assert lead[25] > 0.1 and lead[100] < 0.05
print("lead of fine-tuning:", lead.round(3).to_dict())
plots.plot_label_budget(budget.to_dict("records"), "accuracy")

# %% [markdown] lang="en"
# With twenty examples of each digit the network from scratch has caught up. That is no accident
# of this page: where labels are plentiful, pretraining saves time more than it adds accuracy (He,
# Girshick and Dollár, *Rethinking ImageNet Pre-training*, 2019, found it for photographs).
#
# ## What augmentation costs
#
# To move the images about in training is another way to say that place does not matter. Who gains
# most by it?

# %% [markdown] lang="zh"
# 每个数字有二十个样本时，从零训练的网络追了上来。这并非本章的偶然：
# 标注充足时，预训练主要是省时间，而不是提高准确率
# （He、Girshick 和 Dollár 2019 年的论文 *Rethinking ImageNet Pre-training* 在照片上发现了这一点）。
#
# ## 数据增强的代价
#
# 训练时随机平移图像，等于换一种方式告诉网络：位置无关紧要。谁受益最大？

# %%
gained = (table["moved"] - table["still"]).dropna()
assert gained["from scratch"] > gained["head only"] + 0.03
gained.round(3).to_frame("gained by augmentation")

# %% [markdown] lang="en"
# The network that did not know it yet: to the pretrained one augmentation says much that it has
# learned before. It has a price as well: an image that differs each time cannot run through
# the frozen layers once and for all. `fine_tune` sees that, and does not cut the model:

# %% [markdown] lang="zh"
# 受益最大的是原先不懂这一点的网络；对预训练过的网络，数据增强讲的有不少是它已经学过的。
# 它还有代价：图像每次都不一样，就没法让冻结的层只算一遍。`fine_tune` 看得出来，不会去切开这样的模型：

# %%
model = sft.replace_head(pretrained, 5)
sft.set_trainable(model, None)
moving = sft.augment(model)
cut = {"still": split_at_frozen(model), "moved": split_at_frozen(moving)}
for name, halves in cut.items():
    print(f"{name:>10}: the frozen part runs", "once" if halves else "in every epoch")
assert cut["still"] and cut["moved"] is None

# %% [markdown] lang="en"
# ## The mistakes
#
# Those of which the model was surest (all layers, moved). Some you would get wrong too; most you
# would not.

# %% [markdown] lang="zh"
# ## 错在哪里
#
# 下面是模型（全部层、平移）最有把握却判错的。有几张你也会认错，大多数你不会。

# %%
best, test = kept["all layers", "moved", 5]
pictures.plot_mistakes(best, test.inputs, test.labels)

# %% [markdown] lang="en"
# ## What this does not show
#
# Digits of eight by eight pixels are not photographs, and 901 digits are not ImageNet. Our
# source and our target are close: the same people wrote both, with the same pen on the same
# form. All digits come from one collection; its writers stand on both sides of our split, so
# nothing here says how the model does on a new hand. That moved digits are hard for pixels is our
# doing: we moved them. And a network built to be indifferent to place, or many more epochs, would
# help the one from scratch.
#
# ## Other networks
#
# `sft.load_image_model` takes a function of `keras.applications`, `"ResNet50"`, or a KerasHub
# preset, `"resnet_50_imagenet"`, and builds in what the model expects of its input: size, colours,
# scale. Both are downloaded on first use. The comparison above, on your folder (it takes long,
# since the large network is trained from scratch, too):
#
# ```bash
# python -m sftkeras scenario image_classification --data FOLDER --model efficientnet-lite0
# ```

# %% [markdown] lang="zh"
# ## 这里没有说明什么
#
# 八乘八像素的数字不是照片，901 个数字也不是 ImageNet。我们的源数据和目标数据很接近：
# 同一批人，同样的笔，写在同样的表格上。所有数字出自同一个数据集，同一个人写的字会同时落在训练和测试两边，
# 所以换一个人来写效果如何，这里说明不了。位置一变像素就不管用，是我们自己造成的：数字是我们挪的。
# 另外，结构上本来就对位置不敏感的网络，或者多得多的轮次，都会帮到从零训练的一方。
#
# ## 换用别的网络
#
# `sft.load_image_model` 接受 `keras.applications` 里的函数名，如 `"ResNet50"`，也接受 KerasHub 的预设，
# 如 `"resnet_50_imagenet"`，并把模型对输入的要求（尺寸、颜色、取值范围）一并装进去。两者首次使用时都要下载。
# 在你自己的文件夹上做同样的比较（大网络也要从零训练，因此用时很长）：
#
# ```bash
# python -m sftkeras scenario image_classification --data FOLDER --model efficientnet-lite0
# ```

# %% [markdown] lang="en" tags=["summary"]
# ## Summary
#
# - A network that was pretrained on photographs answers with its own classes, never "none of
#   these"; its layers, with a new head, learn yours from ten photographs a class.
# - Keep the network frozen first: the frozen part runs once for each image, and with few labels
#   the head is often all that they can pay for.
# - Pretraining is worth what it knows and the labels do not say. Where that is nothing (digits in
#   the middle of the page) the same network from scratch does as well, and logistic regression on
#   the pixels is enough.
# - The control for pretraining is the same network from scratch. The control for a remedy is
#   everything alike but the remedy: on still images all layers did not beat the head alone, on
#   moved ones three seeds could not tell.
# - Augmentation helps most where there is no pretraining; with it, frozen layers run in every
#   epoch.
# - In a terminal: `python -m sftkeras fit --train FOLDER --model efficientnet-lite0`.

# %% [markdown] lang="zh" tags=["summary"]
# ## 小结
#
# - 在照片上预训练过的网络只会用它自己的类别回答，不会说“以上都不是”；换上新的输出层，每类十张照片，它的各层就能学会你的类别。
# - 先冻结网络：冻结部分对每张图只算一遍；标注少的时候，往往只够训练一个输出层。
# - 预训练值多少，要看它懂的东西里有多少是标注没说的。如果没有（数字都在正中间），从零训练的同一个网络并不逊色，
#   在像素上做逻辑回归就够了。
# - 检验预训练，要和从零训练的同一个网络比；检验某项措施，其余一切都要相同：图像不动时，训练全部层没有胜过只训练输出层；
#   图像平移时，三个种子分不出高下。
# - 没有预训练时，数据增强最管用；用了数据增强，冻结的层每个轮次都要重算。
# - 在终端里：`python -m sftkeras fit --train 文件夹 --model efficientnet-lite0`。

# %% [markdown] lang="en"
# ## Questions
#
# 1. The network with ImageNet's classes is given a dahlia, which is not among them. What does it
# answer?
#
# - (a) That it does not know.
# - (b) One of its 1,000 classes.
# - (c) Probabilities that are all equal.
#
# <details><summary>Answer</summary>
#
# **(b)** (a) A softmax has no such class; the probabilities always add up to 1 over the thousand.
# (b) Right: some class is the largest. (c) What looks like a fungus gets more than what looks like
# a lorry; that none is large is a hint, not a rule.
# </details>
#
# 2. Why is training a head on a frozen network so quick?
#
# - (a) Because the images are small.
# - (b) Because the frozen part is left out when predicting.
# - (c) Because the frozen part gives the same numbers in each epoch, and runs once.
#
# <details><summary>Answer</summary>
#
# **(c)** (a) They are, but so are they for all layers. (b) It is needed for each new image.
# (c) Right, as long as the images stay as they are: augmentation takes that away.
# </details>
#
# 3. What is the control for the claim "pretraining helped here"?
#
# - (a) Logistic regression on the pixels.
# - (b) The same network from random weights, with a rate and epochs chosen for it.
# - (c) The pretrained network with another head.
#
# <details><summary>Answer</summary>
#
# **(b)** (a) A useful floor, but it differs in the network *and* in the pretraining. (b) Right: only
# the pretraining differs, and the control had a fair chance. (c) It is pretrained too, so it says
# nothing of pretraining.
# </details>
#
# 4. "Head only, still" is a few points below "all layers, moved". What follows?
#
# - (a) Fine-tuning all layers gained those points.
# - (b) Augmentation gained those points.
# - (c) Neither: two things were changed at once.
#
# <details><summary>Answer</summary>
#
# **(c)** (a) The images were changed too. (b) So were the trained layers. (c) Right: the other two
# corners of the table are needed.
# </details>
#
# 5. All digits stand in the middle of the page. Which is best with 25 labels, by this chapter?
#
# - (a) Logistic regression on the pixels.
# - (b) The pretrained network.
# - (c) The network from scratch.
#
# <details><summary>Answer</summary>
#
# **(a)** (a) Right: each pixel means the same in all images there. (b) What it knows, that places
# do not matter, is of no use there. (c) About as good as (b).
# </details>
#
# 6. Training and test images are cut from the left and the right part of one photograph. What do
# the results say of another wall?
#
# - (a) The same: brick is brick.
# - (b) Nothing yet: it has to be measured on photographs of other walls.
# - (c) They are too low, since the test part is new.
#
# <details><summary>Answer</summary>
#
# **(b)** (a) Colour, light, distance and camera differ from wall to wall. (b) Right. (c) The test part
# is new but very much alike: the results are rather too high.
# </details>
#
# To discuss:
#
# 7. Your classes are X-rays with and without a fracture. What would you measure before you trust a
#   network that has seen photographs of dogs?
# 8. Which augmentations would do harm for digits, for leaves, for street signs?
# 9. The three seeds did not tell two ways of training apart. How many would, and is it worth it?
#
# ## Exercises
#
# [exercises/06_image_classification.ipynb](exercises/06_image_classification.ipynb)
#
# 1. Move a page, and lose nothing by wrapping round.
# 2. A filter that finds a stroke anywhere.
# 3. A rule that forgets the place.
# 4. Read a confusion matrix.
# 5. Open: find a photograph that the network gets wrong for a reason.
# 6. Open: your own twenty photographs a class.

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 把一朵大丽花交给带 ImageNet 类别的网络，而大丽花不在这些类别里。它会怎么回答？
#
# - (a) 说自己不知道。
# - (b) 在它的 1000 个类别里选一个。
# - (c) 所有类别的概率都相等。
#
# <details><summary>答案</summary>
#
# **(b)** (a) softmax 没有这样的类别，一千个概率加起来总是 1。(b) 正确：总有一个类别的概率最大。
# (c) 长得像蘑菇的概率会比长得像卡车的高；没有一个概率很大，只是一种迹象，不是规律。
# </details>
#
# 2. 冻结网络、只训练输出层，为什么这么快？
#
# - (a) 因为图像小。
# - (b) 因为预测时不用经过冻结的部分。
# - (c) 因为冻结部分每个轮次给出的数都一样，只需算一遍。
#
# <details><summary>答案</summary>
#
# **(c)** (a) 图像是小，但训练全部层时也一样小。(b) 每张新图都要经过它。(c) 正确，前提是图像不变；
# 用了数据增强就不成立了。
# </details>
#
# 3. 要说明“预训练在这里有用”，对照应该是什么？
#
# - (a) 在像素上做逻辑回归。
# - (b) 随机初始化的同一个网络，学习率和轮次也为它选好。
# - (c) 换一个输出层的预训练网络。
#
# <details><summary>答案</summary>
#
# **(b)** (a) 是有用的基线，但网络结构**和**预训练两样都不同。(b) 正确：只差预训练，而且对照也得到了公平的机会。
# (c) 它也是预训练过的，说明不了预训练的作用。
# </details>
#
# 4. “只训练输出层、不动”比“全部层、平移”低几个百分点。由此可知什么？
#
# - (a) 微调全部层提高了这几个百分点。
# - (b) 数据增强提高了这几个百分点。
# - (c) 都不能：一次改了两样。
#
# <details><summary>答案</summary>
#
# **(c)** (a) 图像的处理也变了。(b) 训练的层也变了。(c) 正确：还需要表里另外两格。
# </details>
#
# 5. 数字全在正中间，25 个标注样本。按本章的结果，哪个最好？
#
# - (a) 在像素上做逻辑回归。
# - (b) 预训练过的网络。
# - (c) 从零训练的网络。
#
# <details><summary>答案</summary>
#
# **(a)** (a) 正确：这时每个像素在所有图里含义相同。(b) 它懂的是“位置无关紧要”，在这里用不上。
# (c) 与 (b) 不相上下。
# </details>
#
# 6. 训练图和测试图裁自同一张照片的左半和右半。对另一面墙，这些结果说明了什么？
#
# - (a) 一样：砖就是砖。
# - (b) 还什么都没说明：要在别的墙的照片上测。
# - (c) 结果偏低，因为测试部分是没见过的。
#
# <details><summary>答案</summary>
#
# **(b)** (a) 颜色、光线、距离、相机都会变。(b) 正确。(c) 测试部分虽没见过，却非常相似，结果反而偏高。
# </details>
#
# 讨论：
#
# 7. 你的类别是有骨折和没有骨折的 X 光片。一个见过狗的照片的网络，你要先测什么才敢用？
# 8. 对数字、树叶、交通标志，哪些数据增强是有害的？
# 9. 三个种子分不出两种训练方法的高下。要多少个才分得出？值得吗？
#
# ## 练习
#
# [exercises/06_image_classification.ipynb](exercises/06_image_classification.ipynb)
#
# 1. 平移一张图，但不能从另一头绕回来。
# 2. 无论笔画在哪里都找得到的滤波器。
# 3. 忘掉位置的规则。
# 4. 读懂混淆矩阵。
# 5. 开放题：找一张网络有原因地认错的照片。
# 6. 开放题：你自己的照片，每类二十张。

# %% [raw] words
# "frozen" = "冻结"
# "top blocks" = "靠上的块"
# "from scratch" = "从零训练"
# "from scratch, moved" = "从零训练、平移"
# "fine-tuned" = "微调"
# "head only" = "只训练输出层"
# "all layers" = "全部层"
# "pixels" = "像素"
# "still" = "不动"
# "moved" = "平移"
# "method" = "方法"
# "images" = "图像"
# "draw" = "种子"
# "anywhere" = "任意位置"
# "in the middle" = "正中间"
# "same digit" = "同一数字"
# "others" = "不同数字"
# "unfreezing, still" = "放开全部层（不动）"
# "unfreezing, moved" = "放开全部层（平移）"
# "moving, head only" = "平移（只训练输出层）"
# "moving, all layers" = "平移（全部层）"
# "gained by augmentation" = "数据增强的收益"
# f"{network.count_params():,} weights" = f"{network.count_params():,} 个权重"
# "once" = "只算一遍"
# "in every epoch" = "每个轮次都算"
# f"{name:>10}: the frozen part runs" = f"{name}：冻结部分"
# f"seed {seed}:" = f"种子 {seed}："
# "lead of fine-tuning:" = "微调的领先幅度："
# f"{len(low)} digits, {len(views):,} pages, {len(set(classes))} classes" = f"{len(low)} 个数字，{len(views):,} 张图，{len(set(classes))} 类"
# f"class {c}" = f"第 {c} 类"
# f"{layers['params'].sum():,} parameters, of them in the new head:" = f"共 {layers['params'].sum():,} 个参数，其中新的输出层："
