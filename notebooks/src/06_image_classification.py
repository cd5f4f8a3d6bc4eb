# %% [markdown] lang="en"
# # 6. Image classification: new digits from five examples each
#
# Article: §6.3 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - that the five steps and `fine_tune` carry over unchanged from sentences to images;
# - when pretraining is worth a great deal, and when it is worth nothing: the same digits,
#   anywhere on a page and in the middle of it;
# - which layers to unfreeze, and what augmentation adds, for whom, and at what price;
# - to look at what the layers see and at the mistakes;
# - to take a folder of image files, and a large pretrained model.
#
# Article §6.3 is one sentence; it names ResNet and VGG. We take a ResNet that is small enough
# to be pretrained here, before your eyes.

# %% [markdown] lang="zh"
# # 6. 图像分类：每个新数字只给五个样本
#
# 对应原文 §6.3 · 双核 CPU 实测用时：{{run_time}}
#
# 本章内容：
#
# - 从句子换成图像，五个步骤和 `fine_tune` 一个字也不用改；
# - 预训练什么时候大有用处，什么时候毫无用处：同样的数字，写在纸上任意位置，和写在正中间；
# - 该解冻哪些层；数据增强带来什么，对谁有用，代价是什么；
# - 看看各层眼里的图像，也看看模型错在哪里；
# - 换成自己的图片文件夹，换成大型预训练模型。
#
# 原文 §6.3 只有一句话，提到了 ResNet 和 VGG。我们用一个很小的 ResNet，小到可以当场预训练给你看。

# %%
import tempfile
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras_hub
import numpy as np
import pandas as pd
from PIL import Image

import sftkeras as sft
from sftkeras import plots
from sftkeras.scenarios import image_classification as pictures
from sftkeras.scenarios import running
from sftkeras.training.techniques.frozen_once import split_at_frozen

# %% [markdown] lang="en"
# ## Step 1: the pretrained model
#
# scikit-learn ships real handwritten digits, $8 \times 8$ pixels each. We put every digit
# somewhere on an empty page of $16 \times 16$, as a camera would find it. The digits 0 to 4
# are for pretraining. So that the network has more to learn than five shapes, each is shown
# in its eight turns and mirrorings, and it must tell which digit *and* which view it sees.

# %% [markdown] lang="zh"
# ## 第一步：预训练模型
#
# scikit-learn 自带真实的手写数字，每个 $8 \times 8$ 像素。我们把每个数字放到一张
# $16 \times 16$ 的空白纸上，位置随机，就像相机拍到的那样。数字 0 到 4 用来预训练。
# 为了让网络多学点东西，每个数字都以四个方向、正反两面共八种样子出现，
# 网络要同时说出这是哪个数字、是哪一种样子。

# %%
low, which = pictures.digits(0, 4)
views, classes = pictures.eight_views(low, which)
print(f"{len(low)} digits, {len(views):,} pages, {len(set(classes))} classes")
two = np.flatnonzero(which == 2)[0]
eight = pictures.put_on_pages(views[two :: len(low)], seed=3)
plots.plot_images(eight, [f"class {c}" for c in classes[two :: len(low)]], 8)

# %% [markdown] lang="en"
# `pretrained_model` does that training (less than half a minute) and then puts a new head on:
# five outputs, for the digits 5 to 9, which this network has never seen.

# %% [markdown] lang="zh"
# `pretrained_model` 完成这次预训练（不到半分钟），再换上新的分类头：
# 五个输出，对应数字 5 到 9，都是这个网络从没见过的。

# %%
examples = pictures.load_examples()
x, y = examples.inputs, examples.labels
pretrained = pictures.pretrained_model(examples, seed=0)
layers = sft.describe_layers(pretrained)
print(f"{layers['params'].sum():,} parameters, of them in the new head:", end=" ")
print(layers["params"].iloc[-1])
assert layers["params"].iloc[-1] < layers["params"].sum() / 100

# %% [markdown] lang="en"
# ## Step 2: labelled data
#
# The digits 5 to 9, again anywhere. Five labelled examples of each will have to do.

# %% [markdown] lang="zh"
# ## 第二步：标注数据
#
# 数字 5 到 9，同样散落在纸上各处。每个数字只用五个标注样本。

# %%
random = np.random.default_rng(0)
shown = random.choice(len(x), 16, replace=False)
print({int(label): int((y == label).sum()) for label in np.unique(y)})
plots.plot_images(x[shown], y[shown], 8)

# %% [markdown] lang="en"
# For you they are easy. For a program that compares pixels they are not: two pages with the
# same digit need not have one dark pixel in common. How much ink do two pages share, of all
# the ink on both?

# %% [markdown] lang="zh"
# 对人来说很容易，对逐个像素作比较的程序却不然：写着同一个数字的两张纸，
# 可能一个黑点也不重合。两张纸上的墨迹，重合的占多少？


# %%
def shared_ink(pages, labels):
    """Return the mean share of ink in common: same digit, different digits."""
    ink = (pages.reshape(len(pages), -1) > 100).astype("float32")
    both, each = ink @ ink.T, ink.sum(axis=1)
    shared = both / (each[:, None] + each - both)
    same = labels[:, None] == labels
    own = np.eye(len(labels), dtype=bool)
    return {"same digit": shared[same & ~own].mean(), "others": shared[~same].mean()}


# %%
middle = pictures.put_on_pages(pictures.digits(5, 9)[0])
ink = {"in the middle": shared_ink(middle, y), "anywhere": shared_ink(x, y)}
ink = pd.DataFrame(ink).T
assert ink.loc["in the middle", "same digit"] > 1.3 * ink.loc["in the middle", "others"]
assert ink.loc["anywhere", "same digit"] < 1.1 * ink.loc["anywhere", "others"]
ink.round(3)

# %% [markdown] lang="en"
# In the middle of the page the pixels alone say something. Anywhere on it they say next to
# nothing: *that a digit stays the same when it moves* has to be learned. It can be learned on
# the digits 0 to 4.
#
# ## Step 3: choose and freeze layers
#
# In a network of convolutions the lower layers see edges, the upper ones shapes. Three
# choices: the head alone; the upper of the two stacks as well, by a pattern; everything.

# %% [markdown] lang="zh"
# 写在正中间时，像素本身就能说明一些问题；散落各处时，像素几乎什么也说明不了：
# **数字换个位置还是那个数字**，这一点得学。而这一点，用 0 到 4 就能学会。
#
# ## 第三步：选择并冻结层
#
# 卷积网络的低层看边缘，高层看形状。三种选择：只训练分类头；再加上两个堆叠中靠上的那个
# （用通配符指定）；全部。

# %%
choices = {"head only": None, "upper stack": ["stack1*"], "all layers": "all"}
for name, chosen in choices.items():
    sft.set_trainable(pretrained, chosen)
    trained = sft.describe_layers(pretrained)["trainable_params"].sum()
    print(f"{name:>12}: {trained:8,} parameters trained", chosen or "")

# %% [markdown] lang="en"
# The BatchNorm layers stay frozen in all three: twenty-five images are no ground for new
# means and variances.
#
# ## Step 4: fine-tune
#
# Two calls of `fine_tune`, one after the other. The first trains the head on the frozen
# backbone, which runs only once for that. The second trains the chosen layers too, at a rate a
# thirtieth as high. Otherwise the gradients of a random head would run through good layers.

# %% [markdown] lang="zh"
# 三种选择里，BatchNorm 层都保持冻结：靠二十五张图，算不出可靠的均值和方差。
#
# ## 第四步：微调
#
# 先后调用两次 `fine_tune`。第一次冻结骨干网络，只训练分类头，骨干网络只需跑一遍；
# 第二次才训练选中的层，学习率只有前一次的三十分之一。
# 不然，随机的分类头产生的梯度会一路冲进学得好好的层里。

# %%
one = np.concatenate([np.flatnonzero(y == label)[:5] for label in range(5, 10)])
labelled = x[one], y[one]
new = sft.replace_head(pretrained, num_classes=5)
head = sft.fine_tune(new, *labelled, None, epochs=30, learning_rate=0.03, verbose=0)
tuned = sft.fine_tune(head, *labelled, "all", epochs=30, learning_rate=1e-3, verbose=0)
rest = np.setdiff1d(np.arange(len(x)), one)
for name, model in {"head": head, "then all layers": tuned}.items():
    report = sft.evaluate_model(model, x[rest], y[rest], verbose=False)
    print(f"{name}: accuracy {report['accuracy']:.3f}")

# %% [markdown] lang="en"
# One draw of 25 proves nothing. For each seed we split the data anew, draw 25 labels, five of
# each digit, and train every candidate on the same ones. *Fine-tuned* and *from scratch* get their images
# moved about while they train (augmentation); each is also trained on still images. From
# scratch means: the same layers, new random weights, twice as many epochs (as many on still images,
# which it knows by heart by then). Three seeds, others
# than those on which the epochs and the rates were chosen.

# %% [markdown] lang="zh"
# 只抽一次 25 个，什么也证明不了。每个随机种子都重新划分数据，每个数字抽五个、共 25 个标注样本，
# 让每个方法都在同样的样本上训练。fine-tuned（微调）和 from scratch（从零训练）训练时图像会随机平移（数据增强）；
# 两者也各在不动的图像上训练一遍。从零训练指同样的层、全新的随机权重，轮次是两倍（图像不动时轮次相同，那时它已经把训练样本背下来了）。
# 用三个种子，都不是当初挑选轮次和学习率时用过的。

# %%


def candidates(train, seed):  # each trained on the same labelled images
    head = pictures.head_only(pretrained, train, seed)
    scratch = partial(pictures.from_scratch, pretrained, train, seed)
    yield "fine-tuned", pictures.below_head(pictures.moved(head), train, seed)
    yield "fine-tuned, still", pictures.below_head(head, train, seed)
    yield "upper stack, still", pictures.below_head(head, train, seed, ["stack1*"])
    yield "head only", head
    yield "from scratch", scratch()
    yield "from scratch, still", scratch(move=False, epochs=30)
    yield "pixels", pictures.on_pixels(None, train, seed)


# %%
SEEDS = (5, 6, 7)
tests, models, rows = {}, {}, []
for seed in SEEDS:
    pool, test = (examples.take(rows) for rows in running.split(examples, seed))
    tests[seed] = test
    for name, model in candidates(running.draw(pool, 25, seed), seed):
        models[name, seed] = model
        found = pictures.measure(model, test)
        rows.append({"model": name, "seed": seed, **found})
rows = pd.DataFrame(rows)
print(len(rows), "models")

# %% [markdown] lang="en"
# ## Step 5: evaluate
#
# On the images that nobody was trained on; chance is one in five. Means of the three seeds,
# and the lowest and highest.

# %% [markdown] lang="zh"
# ## 第五步：评估
#
# 在谁也没训练过的图像上评估，瞎猜的准确率是五分之一。下面是三个种子的平均，以及最低和最高。

# %%
table = rows.groupby("model", sort=False)["accuracy"].agg(["mean", "min", "max"])
accuracy = table["mean"]
assert accuracy["fine-tuned"] > accuracy["from scratch"] + 0.1
assert accuracy["fine-tuned"] > accuracy["pixels"] + 0.3
assert accuracy["pixels"] < 0.35
table.round(3)

# %% [markdown] lang="en"
# With five examples of each, the pretrained network is far ahead of the same network from
# scratch. A logistic regression on the pixels stands near chance. What was carried over is not
# knowledge of a 7 (the network had never seen one) but of how strokes look wherever they are.
# Which layers to unfreeze matters much less here (all three on still images):

# %% [markdown] lang="zh"
# 每个数字只有五个样本时，预训练过的网络远远领先从零训练的同一个网络；
# 在像素上做逻辑回归，几乎等于瞎猜。带过来的不是关于“7”的知识（网络从没见过 7），
# 而是笔画无论写在哪里都是什么样子。相比之下，解冻哪些层差别小得多（三者都用不动的图像）：

# %%
unfrozen = accuracy[["head only", "upper stack, still", "fine-tuned, still"]]
assert (
    unfrozen.max() - unfrozen.min() < accuracy["fine-tuned"] - accuracy["from scratch"]
)
unfrozen.round(3).to_frame("accuracy")

# %% [markdown] lang="en"
# ## The same digits in the middle
#
# Now a check on the explanation. If it is the *place* that pretraining knows about, its
# advantage must vanish when all digits stand in the middle. Nothing else changes: same digits,
# same labels, same pretrained network.

# %% [markdown] lang="zh"
# ## 同样的数字，放到正中间
#
# 现在来检验这个解释。如果预训练懂得的是**位置**，那么数字全放在正中间时，优势就该消失。
# 其余一概不变：同样的数字，同样的标注，同样的预训练网络。

# %%
few = {"head only": pictures.head_only, "logistic regression": pictures.on_pixels}
quick = replace(pictures.SCENARIO, methods=few, fine_tuned="head only")
centred = sft.data.Examples(middle, y)
found = [running.run_trial(quick, centred, 25, seed).rows for seed in SEEDS]
found = pd.concat(found).groupby("model", sort=False)["accuracy"].mean()
found = found.rename({"logistic regression": "pixels"})
both = pd.DataFrame({"anywhere": accuracy[found.index], "in the middle": found})
assert both.loc["pixels", "in the middle"] > both.loc["head only", "in the middle"]
both.round(3)

# %% [markdown] lang="en"
# So it is. Where the pixels themselves say what one needs, two lines of scikit-learn beat the
# pretrained network. Pretraining is worth what it knows *and the labels do not say*. Before
# you fine-tune a large network, try the small tool on your data.
#
# ## How many labels?
#
# The more labels, the more the network from scratch can find out by itself. This curve was
# measured with `python -m sftkeras scenario image_classification`, which writes `runs.csv`;
# running it takes longer than this whole chapter.

# %% [markdown] lang="zh"
# 果然如此。像素本身就说得清的时候，scikit-learn 的几行代码胜过预训练网络。
# 预训练值多少，要看它懂的东西里有多少是**标注没有告诉你的**。
# 微调大网络之前，先拿小工具在自己的数据上试一试。
#
# ## 需要多少标注？
#
# 标注越多，从零训练的网络自己能摸索出来的就越多。这条曲线由
# `python -m sftkeras scenario image_classification` 测得，它会写出 `runs.csv`；
# 跑一遍比整章都久。

# %%
budget = pd.read_csv("benchmarks/image_classification.csv")
curve = running.summarize(budget, "accuracy")
lead = curve.loc["fine-tuned"] - curve.loc["from scratch"]
assert lead[25] > 0.2 and lead[50] > 0.2
assert lead[100] < 0.05
print("lead of fine-tuning:", lead.round(3).to_dict())
plots.plot_label_budget(budget.to_dict("records"), "accuracy")

# %% [markdown] lang="en"
# With twenty examples of each digit the network from scratch has caught up, and is a little
# ahead. That is no accident of this page: where labels are plentiful, pretraining saves time
# more than it adds accuracy (He, Girshick and Dollár, *Rethinking ImageNet Pre-training*,
# 2019, found it for photographs). With few labels nothing replaces it.
#
# ## Augmentation
#
# To move the images about in training is another way to say that place does not matter. Who
# gains by it?

# %% [markdown] lang="zh"
# 每个数字有二十个样本时，从零训练的网络追了上来，还略微领先。这并非本章的偶然：
# 标注充足时，预训练主要是省时间，而不是提高准确率
# （He、Girshick 和 Dollár 2019 年的论文 *Rethinking ImageNet Pre-training* 在照片上发现了这一点）。
# 标注很少时，什么也替代不了它。
#
# ## 数据增强
#
# 训练时随机平移图像，等于换一种方式告诉网络：位置无关紧要。谁会受益？

# %%
gains = {
    name: accuracy[name] - accuracy[f"{name}, still"]
    for name in ("from scratch", "fine-tuned")
}
assert gains["from scratch"] > 0.1
assert gains["from scratch"] > gains["fine-tuned"]
pd.Series(gains).round(3).to_frame("gained by augmentation")

# %% [markdown] lang="en"
# Both, and most of all the network that did not know it yet: to the pretrained one augmentation
# says much that it has learned before. It has a price as well: an image that differs each time cannot run through
# the frozen layers once and for all. `fine_tune` sees that, and does not cut the model:

# %% [markdown] lang="zh"
# 双方都受益，受益最大的是原先不懂这一点的网络；对预训练过的网络，数据增强讲的有不少是它已经学过的。
# 它还有代价：图像每次都不一样，就没法让冻结的层只跑一遍。`fine_tune` 看得出来，不会去切开这样的模型：

# %%
model = sft.replace_head(pretrained, 5)
sft.set_trainable(model, None)
moving = sft.augment(model)
cut = {"still": split_at_frozen(model), "augmented": split_at_frozen(moving)}
for name, halves in cut.items():
    print(f"{name:>10}: the frozen part runs", "once" if halves else "in every epoch")
assert cut["still"] and cut["augmented"] is None

# %% [markdown] lang="en"
# That is why the scenario trains the head on still images first.
#
# ## What the layers see
#
# One page on its way through the network: the page, then for each size the eight liveliest of
# the last layer's channels. At the end a mean is taken over the places, and the place is gone.

# %% [markdown] lang="zh"
# 所以本场景先用不动的图像训练分类头。
#
# ## 各层看到了什么
#
# 一张纸穿过网络的过程：先是原图，然后每种尺寸取最后一层里最活跃的八个通道。
# 最后对所有位置取平均，位置信息就此消失。

# %%
best, test = models["fine-tuned", 5], tests[5]
x_test, y_test = test.inputs, test.labels
plots.plot_feature_maps(sft.feature_maps(best, x_test[0]))

# %% [markdown] lang="en"
# ## The mistakes
#
# Those of which the model was surest. Some you would get wrong too; most you would not.

# %% [markdown] lang="zh"
# ## 错在哪里
#
# 下面是模型最有把握却判错的。有几张你也会认错，大多数你不会。

# %%
pictures.plot_mistakes(best, x_test, y_test)

# %%
report = sft.evaluate_model(best, x_test, y_test, verbose=False)
plots.plot_confusion_matrix(report)

# %% [markdown] lang="en"
# ## Other architectures
#
# A VGG and a vision transformer (ViT) in place of the ResNet: one word changes. To save time
# they see a quarter of the pages in pretraining, half as often, and are tried once, with the head
# alone and 100 labels.

# %% [markdown] lang="zh"
# ## 换个结构
#
# 把 ResNet 换成 VGG 或视觉 Transformer（ViT），只要改一个词。为了省时间，
# 预训练只用四分之一的纸、一半的轮次，只试一次，用 100 个标注样本训练分类头。

# %%
pages = pictures.put_on_pages(views[::4], seed=1)
pool, _ = running.split(examples, SEEDS[0])
scores = {}
for kind in ("vgg", "vit"):
    model = pictures.toy_model(kind, 40)
    pictures.train_falling(model, pages, classes[::4], epochs=4, batch_size=64)
    head = pictures.head_only(model, examples.take(pool[:100]), seed=0)
    scores[kind] = pictures.measure(head, test)["accuracy"]
    print(f"{kind}: {model.count_params():,} parameters, {scores[kind]:.3f} right")
assert scores["vgg"] > scores["vit"] > 0.2  # chance

# %% [markdown] lang="en"
# The code holds for both; the knowledge does not come by itself. A convolution sees a stroke
# the same way wherever it is; a transformer has to learn even that, and a few thousand pages
# are not enough. Large ViTs have seen millions of images.
#
# ## Your own images
#
# A folder with one folder a class is enough. Damaged files are named and left out. Here we
# write such a folder first, with one file in it that is no image.

# %% [markdown] lang="zh"
# 代码对两者都适用，本领却不会自己长出来。笔画挪到哪里，卷积看起来都一样；
# Transformer 连这一点也得从头学，而几千张纸还不够它学。大型 ViT 看过的图像数以百万计。
#
# ## 用自己的图片
#
# 准备一个文件夹，每一类一个子文件夹即可。损坏的文件会被点名并跳过。
# 这里先写出这样一个文件夹，并故意放进一个不是图片的文件。

# %%
work = Path(tempfile.mkdtemp())
for row, (image, label) in enumerate(zip(x[:60], y[:60], strict=True)):
    folder = work / "pictures" / f"digit_{label}"
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[..., 0]).save(folder / f"{row:02}.png")
(work / "pictures" / "digit_5" / "broken.jpg").write_text("no image")
with warnings.catch_warnings(record=True) as caught:
    x_own, y_own = sft.load_images(work / "pictures")
print(str(caught[0].message).partition(": ")[2])
print(x_own.shape, np.unique(y_own))
assert len(x_own) == 60 and y_own[0] == "digit_5"

# %% [markdown] lang="en"
# In a terminal, the five steps with it, the comparison and the figures:
#
# ```bash
# python -m sftkeras scenario image_classification --data FOLDER --model ResNet50
# ```
#
# ## What this does not show
#
# Digits of eight by eight pixels are not photographs, and 901 digits are not ImageNet. Our
# source and our target are close: the same people wrote both, with the same pen on the same
# form. How much a network that was trained on photographs knows about *your* images, X-rays or
# leaves or screws, has to be measured on them. All digits come from one collection; its writers
# stand on both sides of our split, so nothing here says how the model does on a new hand. That
# moved digits are hard for pixels is our doing: we moved them. And a network built to be
# indifferent to place, or many more epochs, would help the one from scratch.
#
# ## With a network: a large pretrained model
#
# `load_image_model` takes a function of `keras.applications`, `"ResNet50"`, or a KerasHub
# preset, and builds in what the model expects of its input: size, colours, scale. Known here:

# %% [markdown] lang="zh"
# 在终端里，用它走完五个步骤，连同比较和插图：
#
# ```bash
# python -m sftkeras scenario image_classification --data FOLDER --model ResNet50
# ```
#
# ## 这里没有说明什么
#
# 八乘八像素的数字不是照片，901 个数字也不是 ImageNet。我们的源数据和目标数据很接近：
# 同一批人，同样的笔，写在同样的表格上。在照片上训练过的网络，对**你的**图像（X 光片、树叶、螺丝）
# 懂多少，只能在你的图像上测。所有数字出自同一个数据集，同一个人写的字会同时落在训练和测试两边，
# 所以换一个人来写效果如何，这里说明不了。位置一变像素就不管用，是我们自己造成的：数字是我们挪的。
# 另外，结构上本来就对位置不敏感的网络，或者多得多的轮次，都会帮到从零训练的一方。
#
# ## 有网络时：换用大型预训练模型
#
# `load_image_model` 接受 `keras.applications` 里的函数名，如 `"ResNet50"`，也接受 KerasHub 的预设，
# 并把模型对输入的要求（尺寸、颜色、取值范围）一并装进去。这里知道的有：

# %%
presets = keras_hub.models.Backbone.presets
for name in ("resnet_50_imagenet", "vgg_16_imagenet", "vit_base_patch16_224_imagenet"):
    size = presets[name]["metadata"]["params"]
    print(f'load_image_model("{name}"): {size / 1e6:,.0f} million parameters')

# %% [markdown] lang="en"
# Here a preset of the same architecture stands in, tiny and untrained, in a directory. The code
# is the real one: grey pages get three channels, are resized and scaled, and the upper stack is
# fine-tuned by name.

# %% [markdown] lang="zh"
# 这里用一个同样结构的预设代替，很小，没有训练过，放在一个目录里。代码是真的：
# 灰度图变成三个通道，缩放到所需尺寸和取值范围，再按名字微调上面的堆叠。

# %%
tiny = keras_hub.models.ResNetBackbone(
    [64], [7], [64, 64], [1, 1], [1, 2], "basic_block", image_shape=(None, None, 3)
)
tiny.save_to_preset(str(work / "tiny"))
converter = keras_hub.layers.ResNetImageConverter(image_size=(32, 32), scale=1 / 255)
converter.save_to_preset(str(work / "tiny"))

model = sft.load_image_model(str(work / "tiny"), x_own.shape[1:])
model = sft.replace_head(model, len(set(y_own)))
model = sft.fine_tune(model, x_own, y_own, ["stack1*"], epochs=2, verbose=0)
assert set(sft.predict(model, x_own[:9])) <= set(y_own)
sft.describe_layers(model).tail(4)[["layer", "params", "trainable"]]

# %% [markdown] lang="en"
# ## Summary
#
# - The five steps and `fine_tune` are those of the text chapters; the arrays hold pixels.
# - With five examples of each class pretraining was worth more than anything else we did; with
#   twenty, the network from scratch had caught up; and where the digits stood in the middle,
#   logistic regression on the pixels was enough. Pretraining is worth what it knows and the
#   labels do not say.
# - Train the head first, on still images, while the frozen backbone runs once; then the layers
#   below it at a lower rate, on moved images.
# - Augmentation helps most where there is no pretraining.
# - From a terminal: `python -m sftkeras scenario image_classification`, with `--data FOLDER`
#   and `--model` for your own images.
#
# ## Exercises
#
# [exercises/06_image_classification.ipynb](exercises/06_image_classification.ipynb)
#
# 1. Move a page, and lose nothing by wrapping round.
# 2. A filter that finds a stroke anywhere.
# 3. A rule that forgets the place.
# 4. Read a confusion matrix.

# %% [markdown] lang="zh"
# ## 小结
#
# - 五个步骤和 `fine_tune` 都与文本各章相同，只是数组里装的是像素。
# - 每类五个样本时，预训练的作用超过我们做的其他一切；每类二十个样本时，从零训练追了上来；
#   而数字都在正中间时，在像素上做逻辑回归就够了。预训练值多少，要看它懂的有多少是标注没说的。
# - 先用不动的图像训练分类头，这时冻结的骨干网络只跑一遍；再用较小的学习率、平移过的图像训练下面的层。
# - 没有预训练时，数据增强最管用。
# - 在终端里：`python -m sftkeras scenario image_classification`，自己的图片用 `--data 文件夹` 和 `--model`。
#
# ## 练习
#
# [exercises/06_image_classification.ipynb](exercises/06_image_classification.ipynb)
#
# 1. 平移一张纸，但不能从另一头绕回来。
# 2. 无论笔画在哪里都找得到的滤波器。
# 3. 忘掉位置的规则。
# 4. 读懂混淆矩阵。
