# %% [markdown] lang="en"
# # Exercises: image classification
#
# To chapter 6, image classification. Fill in each `...  # your code`, then run the cell after
# it: it says whether your answer is right. The first four train no network, so every answer
# comes at once, and each can be done alone; the last two are open.

# %% [markdown] lang="zh"
# # 练习：图像分类
#
# 对应第 6 章的图像分类。把每个 `...  # your code` 补上，再运行后面的检查格，它会告诉你对不对。
# 前四题不训练神经网络，运行一下就有结果，而且每题都可以单独做；最后两题是开放题。

# %%
import keras
import numpy as np
from scipy.signal import correlate2d
from sklearn.datasets import load_sample_image

import sftkeras as sft
from sftkeras.scenarios import image_classification as pictures

x, y = pictures.digits(5, 9)
page = pictures.put_on_pages(x)[0]
ink = page[..., 0] / 255
rising = np.array([[-1, -1, 2], [-1, 2, -1], [2, -1, -1]]) / 6  # a stroke like /

# %% [markdown] lang="en"
# ## 1. Move a page
#
# Augmentation moves an image about. Write `moved(page, down, right)` for a page of shape
# `(height, width, channels)`: everything goes down by `down` pixels and right by `right` (both
# may be negative); what leaves the page is lost, and what comes in is 0. `np.roll` alone is
# wrong: what leaves on one side comes in on the other. The page itself must stay as it is.

# %% [markdown] lang="zh"
# ## 1. 平移一张图
#
# 数据增强会随机平移图像。给定形状为 `(height, width, channels)` 的一张图，写出
# `moved(page, down, right)`：所有内容向下移 `down` 个像素、向右移 `right` 个像素（可以为负）；
# 移出去的就没了，移进来的地方填 0。只用 `np.roll` 不对：从一边移出去的，会从另一边冒出来。
# 原来的 `page` 不能改动。


# %%
def moved(page, down, right):
    # solution
    result = np.roll(page, (down, right), axis=(0, 1))
    result[: max(down, 0)] = 0
    result[len(page) + min(down, 0) :] = 0
    result[:, : max(right, 0)] = 0
    result[:, page.shape[1] + min(right, 0) :] = 0
    return result
    # end solution


# %%
before = page.copy()
answer = check.given(lambda: moved(page, 3, -2))
check(answer.shape, page.shape, "the moved page has the same shape")
check(answer[3:, :-2], page[:-3, 2:], "down 3, left 2")
check.that(
    not answer[:3].any() and not answer[:, -2:].any(),
    "What comes in is not 0 everywhere.",
    "after np.roll, set the rows and columns that came round to 0",
)
check(moved(page, 0, 0), page, "moved by nothing it stays the same")
check.that(
    not moved(page, 16, 0).any() and not moved(page, 0, -16).any(),
    "Moved by its height or width, the page must be empty.",
)
check(page, before, "the page itself was changed: work on a copy")
lost = [float(1 - moved(page, d, 0).sum() / page.sum()) for d in (2, 4, 6, 8)]
check.right(f"Share of the ink lost by 2, 4, 6, 8 pixels down: {np.round(lost, 2)}")

# %% [markdown] lang="en"
# ## 2. A filter that finds a stroke anywhere
#
# A convolution lays a small filter on every place of the image, multiplies, and adds up. Write
# `convolve(page, kernel)` for a page `(height, width)` and a square kernel: without padding,
# so that a $3 \times 3$ kernel on a $16 \times 16$ page gives $14 \times 14$. Keras's `Conv2D`
# is the check. (It does not flip the kernel, and neither should you.)
#
# `np.lib.stride_tricks.sliding_window_view(page, kernel.shape)` gives all windows at once, as
# an array of four axes.

# %% [markdown] lang="zh"
# ## 2. 无论笔画在哪里都找得到的滤波器
#
# 卷积就是把一个小滤波器放到图像的每个位置上，逐个相乘再求和。给定 `(height, width)` 的一张图
# 和一个方形卷积核，写出 `convolve(page, kernel)`：不填充，所以 $3 \times 3$ 的核在 $16 \times 16$
# 的图上得到 $14 \times 14$。用 Keras 的 `Conv2D` 检查。（它不翻转卷积核，你也不要翻转。）
#
# `np.lib.stride_tricks.sliding_window_view(page, kernel.shape)` 一次给出所有窗口，是一个四维数组。


# %%
def convolve(page, kernel):
    # solution
    windows = np.lib.stride_tricks.sliding_window_view(page, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))
    # end solution


# %%
answer = check.given(lambda: convolve(ink, rising))
check(
    np.shape(answer), (14, 14), "without padding there are 16 - 3 + 1 places each way"
)
layer = keras.layers.Conv2D(1, 3, use_bias=False)
layer.build((None, 16, 16, 1))
layer.set_weights([rising.reshape(3, 3, 1, 1).astype("float32")])
expected = np.array(layer(ink[None, :, :, None]))[0, :, :, 0]
check(
    answer,
    expected,
    "that is what Keras computes",
    "multiply the windows by the kernel and sum over the last two axes",
)
check(np.shape(convolve(ink, np.ones((5, 5)))), (12, 12), "any size of kernel")
check.right("The same weights on every place: what is learned here is known there.")

# %% [markdown] lang="en"
# ## 3. A rule that forgets the place
#
# Where the filter answers still depends on where the digit stands. Write
# `features(page, kernels)`: for each kernel *one* number, the strongest answer anywhere on the
# page. It must be the same wherever the digit stands, as long as nothing is cut off.
# `correlate2d(page, kernel, "valid")` gives a filter's answers.
#
# The check moves a digit to all the places and compares: pixels change, your features do not.

# %% [markdown] lang="zh"
# ## 3. 忘掉位置的规则
#
# 滤波器在哪里有反应，仍取决于数字在哪里。写出 `features(page, kernels)`：每个卷积核只给**一个**数，
# 即它在整张图上最强的反应。只要数字没有被切掉，无论放在哪里，结果都应当一样。
# 一个滤波器的全部反应可以用 `correlate2d(page, kernel, "valid")` 求得。
#
# 检查格会把一个数字挪遍所有位置来比较：像素变了，你的特征不变。


# %%
def features(page, kernels):
    # solution
    return np.array([correlate2d(page, kernel, "valid").max() for kernel in kernels])
    # end solution


# %%
kernels = [rising, rising[:, ::-1], np.array([[-1, 2, -1]] * 3) / 6]
kernels.append(kernels[-1].T)  # strokes: / \ | and a level one
answer = check.given(lambda: features(ink, kernels))
check(np.shape(answer), (4,), "one number for each kernel")
places = [(down, right) for down in range(-3, 4) for right in range(-3, 4)]
pages = [np.roll(ink, place, axis=(0, 1)) for place in places]  # nothing is cut off
check.that(
    np.allclose([features(other, kernels) for other in pages], answer),
    "The features change with the place.",
    "take the largest answer over all the places: .max()",
)
strongest = [correlate2d(ink, kernel, "valid").max() for kernel in kernels]
check(answer, np.array(strongest), "the strongest answer of each filter")
changed = np.mean([np.mean(other != ink) for other in pages])
check.right(f"{changed:.0%} of the pixels differ on average; the features do not.")

# %% [markdown] lang="en"
# ## 4. Read a confusion matrix
#
# `evaluate_model` returns one under `"confusion_matrix"`: row `i`, column `j` counts the rows of
# class `i` that were taken for `j`. Write `worst(matrix, names)`: it returns `(true, predicted,
# share)` of the most frequent mistake, where frequent means the share of the *true class*, not
# the count. The classes may be of very different size.

# %% [markdown] lang="zh"
# ## 4. 读懂混淆矩阵
#
# `evaluate_model` 的结果里有一项 `"confusion_matrix"`：第 `i` 行第 `j` 列，是第 `i` 类被当成第 `j` 类的个数。
# 写出 `worst(matrix, names)`，返回最常见的那种错误 `(true, predicted, share)`，
# 所谓常见，看的是占**真实类别**的比例，而不是个数。各类的大小可能相差很多。


# %%
def worst(matrix, names):
    # solution
    shares = np.array(matrix) / np.sum(matrix, axis=1, keepdims=True)
    np.fill_diagonal(shares, 0)
    true, predicted = np.unravel_index(shares.argmax(), shares.shape)
    return names[true], names[predicted], shares[true, predicted]
    # end solution


# %%
matrix = np.array([[70, 2, 0], [30, 300, 0], [4, 1, 5]])
before = matrix.copy()
true, predicted, share = check.given(lambda: worst(matrix, ["cat", "dog", "owl"]))
check.that((true, predicted) != ("dog", "cat"), "30 dogs, but of 330: take the share.")
check.that(true != predicted, "What is right is no mistake.", "leave out the diagonal")
check((true, predicted), ("owl", "cat"), "4 of 10 owls are taken for cats")
check(share, 0.4, "a share of the true class")
check(matrix, before, "the matrix itself was changed: work on a copy")
check.right(f"{share:.0%} of the owls are taken for cats. There were ten of them.")

# %% [markdown] lang="en"
# ## 5. Open: a photograph that is got wrong for a reason
#
# Take a photograph of a thing that *is* one of ImageNet's classes (a cup, a keyboard, a banana, an
# umbrella) and photograph it again until the network says something else: from above, half
# hidden, on an odd ground, very small, upside down. Write the paths of both below. Which change
# did it, and which of your changes did nothing? Change one thing at a time.
#
# Without a camera: `photograph` below is a pavilion that the network takes for a bell cote. What
# is the smallest change (turn it with `np.rot90`, cut a part out, make it grey, darken it) after
# which it says something else?

# %% [markdown] lang="zh"
# ## 5. 开放题：一张“有原因地”认错的照片
#
# 找一件**属于** ImageNet 类别的东西（杯子、键盘、香蕉、雨伞），先拍一张网络认得的，再换着拍，直到网络认错：
# 从上往下拍、遮住一半、换个奇怪的背景、拍得很小、倒过来……是哪一个变化造成的？哪些变化没有影响？一次只改一样。
#
# 没有相机也可以：下面的 `photograph` 是一座亭阁，网络认作 bell cote（小钟楼）。最小要怎样改动
# （用 `np.rot90` 旋转、裁掉一部分、变成灰度、调暗），它才会改口？

# %%
photograph = load_sample_image("china.jpg")
network = sft.load_pretrained_model("efficientnet-lite0", classes="imagenet")
for name, changed in {"as it is": photograph, "upside down": photograph[::-1]}.items():
    (found,), sure = sft.predict(network, [changed], return_probabilities=True)
    print(f"{name}: {found} ({sure.max():.2f})")

# %% [markdown] lang="en"
# ## 6. Open: your own twenty photographs a class
#
# Choose two kinds of things that interest you and make a folder with twenty photographs a class.
# Take the test photographs on another day, or in another room, than the training ones. In a
# terminal:
#
# ```bash
# python -m sftkeras fit --train mine/train --test mine/test \
#     --model efficientnet-lite0 --layers-to-fine-tune none --out runs/mine
# ```
#
# Then write half a page: what is in `mistakes.png`, and is there a pattern (light, ground,
# distance)? How does the result change with 5 and with 10 photographs a class, over three draws
# each? What happens if the test photographs are of the same minute as the training ones?

# %% [markdown] lang="zh"
# ## 6. 开放题：你自己的照片，每类二十张
#
# 选两种你感兴趣的东西，建一个文件夹，每类二十张照片。测试照片要和训练照片在不同的日子、或者不同的房间里拍。在终端里运行：
#
# ```bash
# python -m sftkeras fit --train mine/train --test mine/test \
#     --model efficientnet-lite0 --layers-to-fine-tune none --out runs/mine
# ```
#
# 然后写半页：`mistakes.png` 里有什么规律（光线、背景、距离）？每类只用 5 张、10 张时结果怎样变化（各抽三次）？
# 如果测试照片和训练照片是同一分钟拍的，结果又怎样？

# %% [raw] words
# "the moved page has the same shape" = "平移后形状不变"
# "down 3, left 2" = "向下 3，向左 2"
# "What comes in is not 0 everywhere." = "移进来的地方没有全部填 0。"
# "after np.roll, set the rows and columns that came round to 0" = "用 np.roll 之后，把绕回来的行和列置 0"
# "moved by nothing it stays the same" = "平移 0 个像素，应当不变"
# "Moved by its height or width, the page must be empty." = "平移整整一个高度或宽度，图应当是空的。"
# "the page itself was changed: work on a copy" = "原来的 page 被改动了：请在副本上操作"
# f"Share of the ink lost by 2, 4, 6, 8 pixels down: {np.round(lost, 2)}" = f"向下移 2、4、6、8 个像素，丢失的墨迹占：{np.round(lost, 2)}"
# "without padding there are 16 - 3 + 1 places each way" = "不填充时，每个方向有 16 - 3 + 1 个位置"
# "that is what Keras computes" = "这是 Keras 算出的结果"
# "multiply the windows by the kernel and sum over the last two axes" = "把窗口与卷积核相乘，再对最后两个轴求和"
# "any size of kernel" = "卷积核可以是任意大小"
# "The same weights on every place: what is learned here is known there." = "每个位置都用同一组权重：在这里学会的，在那里也会。"
# "one number for each kernel" = "每个卷积核一个数"
# "The features change with the place." = "特征随位置变了。"
# "take the largest answer over all the places: .max()" = "在所有位置的反应里取最大值：.max()"
# "the strongest answer of each filter" = "每个滤波器最强的反应"
# f"{changed:.0%} of the pixels differ on average; the features do not." = f"平均有 {changed:.0%} 的像素变了，特征没有变。"
# "30 dogs, but of 330: take the share." = "30 只狗，但总共有 330 只：要看比例。"
# "What is right is no mistake." = "判对的不算错误。"
# "leave out the diagonal" = "不要算对角线"
# "4 of 10 owls are taken for cats" = "10 只猫头鹰里有 4 只被当成猫"
# "a share of the true class" = "占真实类别的比例"
# "the matrix itself was changed: work on a copy" = "原来的 matrix 被改动了：请在副本上操作"
# f"{share:.0%} of the owls are taken for cats. There were ten of them." = f"{share:.0%} 的猫头鹰被当成了猫，而它们一共只有十只。"
# "as it is" = "原样"
# "upside down" = "上下颠倒"
