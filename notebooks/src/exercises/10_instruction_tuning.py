# %% [markdown] lang="en"
# # Instruction tuning: exercises
#
# To chapter 10 (article §10.4, §2.1, §3.1). Replace each `...  # your code` and run the check
# below it: it says *Right*, or what is wrong, with a hint after the second try. Each can be
# done without the others; the last two are open. All of it runs in {{run_time}}. It wants the
# tokenizer of SmolLM2: if it is missing, run `make smollm2` in the project's folder.

# %% [markdown] lang="zh"
# # 指令微调：练习
#
# 对应第 10 章（原文 §10.4、§2.1、§3.1）。把每处 `...  # your code` 换成你的代码，再运行下面的检查格：
# 做对了会显示“正确”，否则会告诉你哪里不对，第二次还不对就给提示。每道题都可以单独做；最后两道是开放题。
# 全部运行{{run_time}}。练习要用 SmolLM2 的分词器，如果还没有下载，请在项目文件夹里运行 `make smollm2`。

# %%
import keras
import keras_hub
import numpy as np

from sftkeras.inputs.chat import ChatPreprocessor
from sftkeras.models.encoders import checked
from sftkeras.tasks.generation import Generation

folder = str(checked("smollm2"))  # where it lies; says what to run if it does not
hub = keras_hub.models.CausalLMPreprocessor.from_preset(folder)
chat = ChatPreprocessor(hub.tokenizer, "chatml", max_length=512)

# %% [markdown] lang="en"
# ## 1. A template by hand
#
# ChatML puts `<|im_start|>`, the role and a line's end before each message, `<|im_end|>` and
# a line's end after it. For an answer to follow, `<|im_start|>assistant` and a line's end stand
# last. Write `render(messages)`, the text that the model is given. A message is a dictionary
# with `role` and `content`.

# %% [markdown] lang="zh"
# ## 1. 亲手写模板
#
# ChatML 在每条消息之前放 `<|im_start|>`、角色名和一个换行，之后放 `<|im_end|>` 和一个换行；
# 最后再放 `<|im_start|>assistant` 和一个换行，等着模型往下写。请写 `render(messages)`，返回模型读到的文本。
# 每条消息是一个字典，有 `role` 和 `content` 两项。


# %%
def render(messages):
    """messages: list of {"role": str, "content": str}. Returns str."""
    # solution
    turns = [f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages]
    return "".join(turns) + "<|im_start|>assistant\n"
    # end solution


# %%
TALK = [
    {"role": "system", "content": "You take orders."},
    {"role": "user", "content": "One tea, please."},
]
for talk in (TALK[1:], TALK):
    expected = "".join(chat.pieces(chat.encode([talk])[0][0]))
    check(lambda talk=talk: render(talk), expected, "as the preprocessor writes it",
          hint="print(repr(expected)) shows each line's end")  # fmt: skip
check.right("The preprocessor reads each content apart: no message can add a turn.")

# %% [markdown] lang="en"
# ## 2. The mask by hand
#
# `pieces` are the tokens of a conversation. Write `counted(pieces)`: 1 for each token of what
# the assistant says and for the `<|im_end|>` after it, 0 for all others. The four tokens in
# `HEAD` begin each turn of the assistant. There may be several, and a user may say the word
# "assistant".

# %% [markdown] lang="zh"
# ## 2. 亲手写掩码
#
# `pieces` 是一段对话的各个词元。请写 `counted(pieces)`：助手说的每个词元和紧跟其后的 `<|im_end|>` 是 1，
# 其余都是 0。助手的每一轮都以 `HEAD` 里的四个词元开头；可能有好几轮，用户的话里也可能出现“assistant”这个词。

# %%
HEAD = ["<|im_start|>", "ass", "istant", "\n"]


def counted(pieces):
    """pieces: list of T str. Returns a list of T numbers, 0 or 1."""
    # solution
    weights, speaks = [], False
    for place, piece in enumerate(pieces):
        weights.append(int(speaks))
        if piece == "<|im_end|>":
            speaks = False
        speaks = speaks or pieces[max(place - 3, 0) : place + 1] == HEAD
    return weights
    # end solution


# %%
said = {"role": "assistant", "content": "tea=1"}
for name, talk in (
    ("one turn", TALK),
    ("two turns", [*TALK, said, {"role": "user", "content": "And a coffee."}]),
    ("a user who says assistant", [{"role": "user", "content": "assistant\nhi"}]),
):
    ((ids, weights),) = chat.encode([talk], ["tea=1; coffee=1"])
    read = chat.pieces(ids)
    check(lambda read=read: counted(read), weights.tolist(), name,
          hint="the line's end after <|im_end|> is the template's: 0")  # fmt: skip
check.right("That is all that tells instruction tuning from pretraining.")

# %% [markdown] lang="en"
# ## 3. Two losses of the same answers
#
# `logits` are `(B, T, V)`, `targets` `(B, T)`, `weights` 1 where a token counts. Write
# `two_losses(logits, targets, weights)`: the mean over the tokens that count, and what
# Keras reports by default: the same sum divided by all B × T places. Some logits here are
# 1000, of which `np.exp` makes infinity: subtract the largest of each place first.

# %% [markdown] lang="zh"
# ## 3. 同样的回答，两种损失
#
# `logits` 的形状是 `(B, T, V)`，`targets` 是 `(B, T)`，`weights` 在计入的词元处是 1。
# 请写 `two_losses(logits, targets, weights)`，返回两个数：对计入的词元取平均；以及 Keras 默认报告的，
# 即同一个总和除以全部 B × T 个位置。这里有的对数几率是 1000，直接用 `np.exp` 会得到无穷大：先减去每个位置上最大的那个。


# %%
def two_losses(logits, targets, weights):
    """logits: (B, T, V); targets, weights: (B, T). Returns two numbers."""
    # solution
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    right = np.take_along_axis(logs, targets[..., None], axis=-1)[..., 0]
    total = -(right * weights).sum()
    return total / weights.sum(), total / weights.size
    # end solution


# %%
random = np.random.default_rng(0)
logits = random.normal(size=(2, 6, 9)).astype("float32")
logits[0, 5, 3] = 1000
targets = random.integers(0, 9, (2, 6))
targets[0, 5] = 3
weights = np.array([[0, 0, 0, 1, 1, 1], [0, 1, 1, 0, 0, 0]], "float32")
plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
expected = [float(f(targets, logits, weights)) for f in (Generation().loss, plain)]
found = check.given(lambda: two_losses(logits, targets, weights))
check(lambda: found[0], expected[0], "the mean over the five that count",
      hint="log softmax: x - max - log(sum(exp(x - max)))")  # fmt: skip
check(lambda: found[1], expected[1], "the same sum over all twelve places")
check.right(f"{expected[1] / expected[0]:.2f} of it is 5 / 12, whatever was learned.")

# %% [markdown] lang="en"
# ## 4. Without an end
#
# Someone masks the end token too, so that nobody teaches the model to stop. After the whole
# answer it takes the end token with probability `p` at each further place, and goes on otherwise.
# Write `chance(p, room)`: how probable it is that the answer has ended within `room`
# further places. Then say what you will see in answers from such a run: `SEEN = "a"`: every
# answer is empty; `"b"`: the right answer, and more behind it; `"c"`: no difference.

# %% [markdown] lang="zh"
# ## 4. 没有结束词元
#
# 有人把结束词元也掩掉了，于是没有什么教模型停下来。写完整条回答之后，它在之后的每个位置上以概率 `p` 写出结束词元，否则接着写。
# 请写 `chance(p, room)`：再写至多 `room` 个位置，回答已经结束的概率有多大。然后预测这样训练出来的回答会是什么样：
# `SEEN = "a"`，每个回答都是空的；`"b"`，先是正确的回答，后面还跟着别的；`"c"`，没有差别。


# %%
def chance(p, room):
    """p: number from 0 to 1; room: int. Returns a number."""
    # solution
    return 1 - (1 - p) ** room
    # end solution


SEEN = "?"
# solution
SEEN = "b"
# end solution

# %%
check(lambda: chance(0.5, 2), 0.75, "once, or else once more",
      hint="what is the chance that it has not ended?")  # fmt: skip
check(lambda: chance(0.01, 32), 0.2750, "one in a hundred, 32 places")
check(lambda: SEEN, "b", "what the loss never asked for, nobody learned",
      hint="the answer itself was learned as before")  # fmt: skip
check.right("Chapter 10's table has the measured share of answers that end.")

# %% [markdown] lang="en"
# ## 5. Count the adapters
#
# A block of SmolLM2 makes queries by a kernel of 576 × 9 × 64 (9 heads of 64) and values by
# one of 576 × 3 × 64; there are 30 blocks. The paper's adapter is `inputs × rank` and
# `rank × (heads × size)`; Keras' is `inputs × heads × rank` and `rank × size`. Write
# `paper(shape, rank)` and `of_keras(shape, rank)`, the numbers that one kernel adds.

# %% [markdown] lang="zh"
# ## 5. 数一数适配器的参数
#
# SmolLM2 的一个块用 576 × 9 × 64 的矩阵算查询（9 个头，每个 64），用 576 × 3 × 64 的算值，共有 30 个块。
# 论文里的适配器是 `inputs × rank` 和 `rank × (heads × size)`；Keras 的是 `inputs × heads × rank` 和 `rank × size`。
# 请写 `paper(shape, rank)` 和 `of_keras(shape, rank)`：一个矩阵各增加多少参数。


# %%
def paper(shape, rank):
    """shape: (inputs, heads, size); rank: int. Returns int."""
    # solution
    inputs, heads, size = shape
    return inputs * rank + rank * heads * size
    # end solution


def of_keras(shape, rank):
    """As `paper`."""
    # solution
    inputs, heads, size = shape
    return inputs * heads * rank + rank * size
    # end solution


# %%
SHAPES = [(576, 9, 64), (576, 3, 64)]
layer = keras.layers.EinsumDense("btd,dhs->bths", output_shape=(None, 9, 64))
layer.build((None, None, 576))
layer.enable_lora(8)
size = sum(int(np.prod(w.shape)) for w in layer.trainable_weights)
check(lambda: paper((10, 2, 3), 1), 16, "10 and 6",
      hint="two matrices: add their sizes")  # fmt: skip
check(lambda: of_keras(SHAPES[0], 8), size, "a layer of Keras, counted")
total = check.given(
    lambda: [30 * sum(f(s, 8) for s in SHAPES) for f in (paper, of_keras)]
)
check(total, [460800, 1689600], "all 30 blocks, in either form")
check.right(f"Of 134.5 million: {total[0] / 134.5e6:.2%} and {total[1] / 134.5e6:.2%}.")

# %% [markdown] lang="en"
# ## 6. Open: 64 pairs of your own
#
# Choose something that you often have to put into a form: appointments, shopping lists,
# measurements. Write 64 pairs as people really speak, and let somebody else write 24 prompts to
# test. Measure exact match before and after, with three seeds. Which kind of mistake is left?
#
# ## 7. Open: what did it forget?
#
# Write ten questions of general knowledge, and count the right answers of the model as it
# came, after orders, and after orders with ten general pairs mixed in. What does the replay
# cost, in orders?

# %% [markdown] lang="zh"
# ## 6. 开放题：你自己的 64 个样本
#
# 选一件你常常要整理成固定格式的事：约时间、购物单、测量记录。按人们真正的说法（用英文）写 64 个样本，
# 再请别人写 24 条提示用来测试。用三个种子，比较微调前后的完全匹配率。剩下的是哪一类错误？
#
# ## 7. 开放题：它忘了什么
#
# 写十道常识题（用英文），数一数答对几道：原来的模型，学了点餐之后，以及学点餐时掺进十个常识样本之后。
# 这样的经验回放，在点餐上付出了多少代价？

# %% [raw] words
# "as the preprocessor writes it" = "与预处理器写出的一致"
# "print(repr(expected)) shows each line's end" = "print(repr(expected)) 能看到每个换行"
# "The preprocessor reads each content apart: no message can add a turn." = "预处理器单独切分每条消息的内容：任何消息都添不出新的一轮。"
# "one turn" = "一轮"
# "two turns" = "两轮"
# "a user who says assistant" = "用户的话里有 assistant"
# "the line's end after <|im_end|> is the template's: 0" = "<|im_end|> 后面的换行属于模板，是 0"
# "That is all that tells instruction tuning from pretraining." = "指令微调和预训练的差别，就在这里。"
# "the mean over the five that count" = "对计入的五个取平均"
# "log softmax: x - max - log(sum(exp(x - max)))" = "先写对数 softmax：x - max - log(sum(exp(x - max)))"
# "the same sum over all twelve places" = "同一个总和除以全部十二个位置"
# f"{expected[1] / expected[0]:.2f} of it is 5 / 12, whatever was learned." = f"后者是前者的 {expected[1] / expected[0]:.2f}，也就是 5 / 12，与学到多少无关。"
# "once, or else once more" = "一次不成还有一次"
# "what is the chance that it has not ended?" = "还没有结束的概率是多少？"
# "one in a hundred, 32 places" = "百分之一，32 个位置"
# "what the loss never asked for, nobody learned" = "损失里没有要求的，就没有学"
# "the answer itself was learned as before" = "回答本身照样学会了"
# "Chapter 10's table has the measured share of answers that end." = "第 10 章的表里有实测的结束比例。"
# "10 and 6" = "10 和 6"
# "two matrices: add their sizes" = "两个矩阵，把大小加起来"
# "a layer of Keras, counted" = "从 Keras 的层里数出来的"
# "all 30 blocks, in either form" = "全部 30 个块，两种形式"
# f"Of 134.5 million: {total[0] / 134.5e6:.2%} and {total[1] / 134.5e6:.2%}." = f"占 1.345 亿个参数的 {total[0] / 134.5e6:.2%} 和 {total[1] / 134.5e6:.2%}。"
