# %% [markdown] lang="en"
# # Speech recognition: exercises
#
# To chapter 6, speech (article §6.2). Replace each `...  # your code` and run the check
# below it: it says *Right*, or what is wrong, with a hint after the second try. Each can be
# done without the others; the last two are open. All of it runs in {{run_time}}.

# %% [markdown] lang="zh"
# # 语音识别：练习
#
# 对应第 6 章的语音识别（原文 §6.2）。把每处 `...  # your code` 换成你的代码，再运行下面的检查格：
# 做对了会显示“正确”，否则会告诉你哪里不对，第二次还不对就给提示。每道题都可以单独做；最后两道是开放题。
# 全部运行{{run_time}}。

# %%
import itertools

import jiwer
import numpy as np

from sftkeras.scenarios import speech_recognition
from sftkeras.tasks.alignment import align
from sftkeras.tasks.ctc import CTC, decode
from sftkeras.tasks.transcription import Transcription

examples = speech_recognition.load_examples(language="en")

# %% [markdown] lang="en"
# ## 1. From frames to units
#
# Each frame of a recogniser names a unit, or 0, the blank. Write `collapse(frames)`: merge
# what is repeated, then leave the blanks out. The order of the two matters: try the other.

# %% [markdown] lang="zh"
# ## 1. 从帧到单元
#
# 识别器的每一帧给出一个单元的编号，0 表示空白。请写 `collapse(frames)`：先合并连续重复的，再去掉空白。
# 这两步的先后不能颠倒，不妨反过来试一试。


# %%
def collapse(frames):
    """frames: list of int. Returns the list of units."""
    # solution
    merged = [unit for unit, _ in itertools.groupby(frames)]
    return [unit for unit in merged if unit != 0]
    # end solution


# %%
check(lambda: collapse([0, 1, 1, 0, 2, 2, 2]), [1, 2], "a unit may last many frames",
      hint="itertools.groupby gives each run of equal values once")  # fmt: skip
check(lambda: collapse([3, 3, 0, 3]), [3, 3], "a blank between two equal units",
      hint="merge first, then drop the zeros")  # fmt: skip
check(lambda: collapse([0, 0, 0]), [], "silence is no unit")
frames = np.random.default_rng(0).integers(0, 4, 30)
check(lambda: collapse(frames.tolist()), decode(np.eye(4)[frames]), "thirty frames")
check.right("This is greedy decoding.")

# %% [markdown] lang="en"
# ## 2. How many frames a text needs
#
# Write `needed(units)`, the fewest frames in which a list of units can be said. A frame for
# each is not always enough.

# %% [markdown] lang="zh"
# ## 2. 一段文本至少要几帧
#
# 请写 `needed(units)`：要说出这串单元，最少需要多少帧。每个单元一帧，并不总是够用。


# %%
def needed(units):
    """units: list of int. Returns int."""
    # solution
    return len(units) + sum(a == b for a, b in itertools.pairwise(units))
    # end solution


# %%
check(lambda: needed([1, 2, 3]), 3, "a frame each")
check(lambda: needed([5, 5, 5]), 5, "with blanks between equal neighbours",
      hint="compare each unit with the next: itertools.pairwise(units)")  # fmt: skip
check(lambda: needed([2, 1, 2, 2]), 5, "only neighbours count")
check.right("A transcript that needs more frames than its recording has is refused.")

# %% [markdown] lang="en"
# ## 3. The loss, by counting
#
# `p` has a row for each frame and a column for each unit; column 0 is the blank. A path names
# a unit in each frame; its probability is the product of theirs. The probability of a text is
# the sum over all paths that collapse to it (exercise 1). Write `ctc(p, units)`, minus the
# logarithm of that sum, by trying all paths: there are few here. The check compares it with
# the loss that trained chapter 6.2's recogniser. (To collapse a path, a list of int, you may
# take `decode(np.eye(p.shape[1])[path])`.)

# %% [markdown] lang="zh"
# ## 3. 靠穷举算损失
#
# `p` 每行是一帧，每列是一个单元，第 0 列是空白。一段文本的概率，等于所有能化简成它的路径的概率之和，
# 一条路径的概率是各帧概率的乘积。请写 `ctc(p, units)`，返回这个概率的负对数：这里路径不多，全部试一遍就行。
# 检查格会拿它和训练识别器用的损失比较。（化简一条路径可以直接用 `decode(np.eye(p.shape[1])[path])`，其中 `path` 是整数列表。）


# %%
def ctc(p, units):
    """p: array (frames, units), rows sum to 1; units: list. Returns a number."""
    # solution
    total = 0.0
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        if decode(np.eye(p.shape[1])[list(path)]) == units:
            total += np.prod([p[t, unit] for t, unit in enumerate(path)])
    return -np.log(total)
    # end solution


# %%
even = np.full((2, 2), 0.5)
check(
    lambda: ctc(even, [1]),
    -np.log(0.75),
    "three of the four paths say 1",
    hint="itertools.product(range(p.shape[1]), repeat=len(p)) gives all paths",
)
random = np.random.default_rng(1)
logits = random.normal(size=(5, 3)).astype("float32")
p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
for units in ([1, 2], [2, 2]):
    target = np.array([[len(p), *units]], "float32")
    expected = float(CTC()(target, logits[None]))
    answer = check.given(lambda units=units: ctc(p, units))
    check(answer, expected, "CTC's own sum, which is quicker", within=1e-3)
check.right("The library adds the same paths up without listing them.")

# %% [markdown] lang="en"
# ## 4. The word error rate
#
# Substitutions, deletions and insertions in the shortest way from what was said to what was
# heard, divided by the number of words said. `align(said, heard)` gives that way as pairs of words;
# `""` stands where a word was left out or put in. Write `error_rate(said, heard)` of two
# lists of words. Can it exceed 1?

# %% [markdown] lang="zh"
# ## 4. 词错误率
#
# 从说的内容变到听成的内容，最少需要几次替换、删除和插入？用这个次数除以说出的词数，就是词错误率。
# `align(said, heard)` 给出这种最短的对应，结果是一串词对，漏掉或多出的地方是 `""`。
# 请写 `error_rate(said, heard)`，参数是两个词的列表。它会超过 1 吗？


# %%
def error_rate(said, heard):
    """said, heard: lists of str. Returns a number."""
    # solution
    return sum(a != b for a, b in align(said, heard)) / len(said)
    # end solution


# %%
check(lambda: error_rate(["one", "three"], ["one", "tree"]), 0.5, "one of two is wrong",
      hint="count the pairs that differ")  # fmt: skip
check(lambda: error_rate(["two"], ["two", "no", "no"]), 2, "two words were put in")
texts = list(examples.labels[:20])
cut = Transcription(level="words").units_of
for said, heard in itertools.pairwise(texts):
    answer = check.given(lambda a=said, b=heard: error_rate(cut(a), cut(b)))
    check(
        answer,
        jiwer.wer(" ".join(cut(said)), " ".join(cut(heard))),
        f"{said} / {heard}",
    )
check.right("jiwer counts the same.")

# %% [markdown] lang="en"
# ## 5. Which frame is which second
#
# Here a frame is a column of the spectrogram. The preprocessor makes one every 10 ms, out of
# windows of 512 samples, at 16,000 Hz: `1 + (samples - 512) // 160` in all. Write
# `frames_of(seconds)`, an int. (`0.1 * 3` is not exactly `0.3`: round the number of samples.)

# %% [markdown] lang="zh"
# ## 5. 帧与秒
#
# 这里的一帧指声谱图的一列。预处理以 16,000 Hz 采样，每个窗口 512 个样点，每 10 毫秒一帧：共 `1 + (样点数 - 512) // 160` 帧。
# 请写 `frames_of(seconds)`，返回整数。（`0.1 * 3` 并不正好等于 `0.3`，样点数要先取整。）


# %%
def frames_of(seconds):
    """seconds: a number. Returns int."""
    # solution
    return 1 + (round(16000 * seconds) - 512) // 160
    # end solution


# %%
from sftkeras.inputs.speech import log_mel

check(lambda: frames_of(1), 97, "the last window must still fit",
      hint="how many samples are there in so many seconds?")  # fmt: skip
for sound in examples.inputs[:5]:
    answer = check.given(lambda sound=sound: frames_of(len(sound) / 16000))
    check(answer, len(log_mel(sound)), "a recording")
check.right()

# %% [markdown] lang="en"
# ## 6. Open: find what a beam changes
#
# Chapter 6.2 shows ten utterances decoded greedily and by a beam search. Load the recogniser of
# the chapter, decode all recordings both ways, and find those where the texts differ. Which
# way is right more often? What do the frames look like there (`plots.plot_frames`)?
#
# ## 7. Open: your own twenty sentences
#
# Record yourself: twenty sentences of four words, another twenty to test. Fine-tune on 5, 10
# and 20. Then speak the test sentences in another room, or whisper them. What does the
# recogniser lose, and do five more recordings from there bring it back?

# %% [markdown] lang="zh"
# ## 6. 开放题：束搜索改变了什么
#
# 正文里有十段录音分别用贪心和束搜索解码。请加载那一章的识别器，把所有录音用两种方法各解一遍，
# 找出结果不同的。哪种方法对得更多？这些地方的帧是什么样子（`plots.plot_frames`）？
#
# ## 7. 开放题：录二十句自己的话
#
# 给自己录音：二十句，每句四个词，用来训练；再录二十句用来测试。分别用 5 句、10 句、20 句微调。
# 然后换一个房间再念一遍测试句，或者小声念。识别器变差了多少？在那里补录五句，能不能补回来？

# %% [raw] words
# "en" = "zh"
# "words" = "characters"
# "one" = "一"
# "three" = "三"
# "tree" = "山"
# "two" = "二"
# "no" = "五"
# "a unit may last many frames" = "一个单元可以持续好多帧"
# "itertools.groupby gives each run of equal values once" = "itertools.groupby 会把连续相同的值合成一组"
# "a blank between two equal units" = "两个相同的单元之间有一个空白"
# "merge first, then drop the zeros" = "先合并，再去掉零"
# "silence is no unit" = "静音里没有单元"
# "thirty frames" = "三十帧"
# "This is greedy decoding." = "这就是贪心解码。"
# "a frame each" = "每个单元一帧"
# "with blanks between equal neighbours" = "相邻且相同的单元之间要隔一个空白"
# "compare each unit with the next: itertools.pairwise(units)" = "把每个单元和下一个比较：itertools.pairwise(units)"
# "only neighbours count" = "只看相邻的"
# "A transcript that needs more frames than its recording has is refused." = "文本需要的帧数超过录音的帧数时，程序会拒绝。"
# "three of the four paths say 1" = "四条路径里有三条化简成 1"
# "itertools.product(range(p.shape[1]), repeat=len(p)) gives all paths" = "itertools.product(range(p.shape[1]), repeat=len(p)) 会列出所有路径"
# "CTC's own sum, which is quicker" = "CTC 自己的求和，比穷举快"
# "The library adds the same paths up without listing them." = "库函数加的是同样的路径，只是不用一条条列出来。"
# "one of two is wrong" = "两个词错了一个"
# "count the pairs that differ" = "数一数有几对不相同"
# "two words were put in" = "多出了两个词"
# "jiwer counts the same." = "和 jiwer 算的一样。"
# "the last window must still fit" = "最后一个窗口也要放得下"
# "how many samples are there in so many seconds?" = "这么多秒里有多少个样点？"
# "a recording" = "一段录音"
