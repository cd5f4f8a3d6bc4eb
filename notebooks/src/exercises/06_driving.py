# %% [markdown] lang="en"
# # Exercises: driving
#
# To chapter 6, driving (article §6.8). Replace each `...  # your code` and run the check below it: it
# says *Right*, or what is wrong. Each exercise can be done alone. The first three are quick, the
# fourth trains and drives for a minute or two; the last two are open: a classmate can check them.

# %% [markdown] lang="zh"
# # 练习：自动驾驶
#
# 对应第 6 章的自动驾驶（原文 §6.8）。把每个 `...  # your code` 换成你的代码，再运行下面的检查格，
# 它会说对不对、错在哪里。各题互不依赖，可以单独做。前三题很快；第四题要训练和驾驶，约需一两分钟；
# 最后两题是开放题，请同学来看。

# %%
import numpy as np
import pandas as pd

from sftkeras.data.drives import joined
from sftkeras.data.driving import always, demonstrations, drive
from sftkeras.data.roads import ACTIONS
from sftkeras.evaluation import closed_loop
from sftkeras.models.driving import driver_of
from sftkeras.scenarios import driving, running

SEEDS = driving.TESTED[:20]

# %% [markdown] lang="en"
# ## 1. An interval for a share
#
# Of $n$ drives $k$ ended in a crash. With $p = k/n$ and $z = 1.96$ Wilson's interval at the usual level is
#
# $$\frac{p + \frac{z^2}{2n} \pm z\sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}$$
#
# Write `interval(k, n)`, which returns both ends. Guess first: none of 60 crashed; what is the upper
# end?

# %% [markdown] lang="zh"
# ## 1. 比例的置信区间
#
# $n$ 次驾驶有 $k$ 次撞车。令 $p = k/n$，$z = 1.96$，通常水平下的 Wilson 区间是
#
# $$\frac{p + \frac{z^2}{2n} \pm z\sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}$$
#
# 写出 `interval(k, n)`，返回两端。先猜一猜：六十次一次也没撞，上限是多少？


# %%
def interval(k, n, z=1.96):
    # solution
    p = k / n
    middle = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    # end solution


# %%
hint = "the square root holds both terms; divide the whole by 1 + z**2 / n"
for k, n in ((6, 30), (0, 60), (60, 60)):
    expected = closed_loop.wilson(k, n)
    check(lambda k=k, n=n: interval(k, n), expected, "as SciPy has it", hint)
check.right(f"{interval(0, 60)[1]:.3f}")

# %% [markdown] lang="en"
# ## 2. Safe speed
#
# Write `safe_speed(drives)`: each drive is a pair `(crashed, speeds)`, whether it ended in a crash and
# the speed of each second. A drive counts its mean speed, and nothing if it crashed; the result is the
# mean over the drives.

# %% [markdown] lang="zh"
# ## 2. 安全速度
#
# 写出 `safe_speed(drives)`：每次驾驶是一对 `(crashed, speeds)`，即是否撞车和每一秒的速度。
# 没撞的按平均速度计，撞了的记 0；结果是各次的平均。


# %%
def safe_speed(drives):
    # solution
    return np.mean([0.0 if crashed else np.mean(speeds) for crashed, speeds in drives])
    # end solution


# %%
toy = [(False, [20.0, 30.0]), (True, [40.0, 40.0]), (False, [5.0])]
hint = "a crashed drive stays among those that the mean is taken over"
check(lambda: safe_speed(toy), 10.0, "(25 + 0 + 5) / 3", hint)
found = {}
for name, driver in {"IDLE": always("IDLE"), "SLOWER": always("SLOWER")}.items():
    drives = drive("merge", SEEDS, driver)
    found[name] = check.given(safe_speed([(d.crashed, d.speeds) for d in drives]))
    judged = closed_loop.judged(closed_loop.episodes(drives))
    expected = [*judged.values()][0]
    check(found[name], expected, "on the merge, as the chapter has it")
check.right(str({name: round(float(value), 1) for name, value in found.items()}))

# %% [markdown] lang="en"
# ## 3. A driver of rules
#
# Write `careful(seen, worlds)`: a driver for the highway who learns nothing. `seen` is `(M, 8, 7)`;
# return M numbers of actions, 0 to 4 in the order of `ACTIONS`. Row 0 is himself, rows 1 to 7 the
# nearest others; column 0 says whether there is one, column 1 how far ahead (in 100 m), column 2 how far
# aside (in 16 m; in the same lane it is nearly 0). He should crash less often than `IDLE` and be faster than
# `SLOWER`. One rule is enough: if somebody is close ahead in his lane, `SLOWER`, else `IDLE`. Then try
# `FASTER` where the road is free.

# %% [markdown] lang="zh"
# ## 3. 按规则开车
#
# 写出 `careful(seen, worlds)`：一个在高速公路上开车、什么也不学的司机。`seen` 的形状是 `(M, 8, 7)`，
# 返回 M 个动作的编号，0 到 4，顺序同 `ACTIONS`。第 0 行是他自己，第 1 到 7 行是最近的其他车；
# 第 0 列表示有没有车，第 1 列是在前方多远（以 100 米为单位），第 2 列是左右偏多少（以 16 米为单位，同一车道时接近 0）。
# 要求：撞车比 `IDLE` 少，速度比 `SLOWER` 快。一条规则就够：同车道前方很近有车就 `SLOWER`，否则 `IDLE`。
# 然后再试试，前方空旷时用 `FASTER`。


# %%
def careful(seen, worlds):
    # solution
    others = seen[:, 1:]
    lane = np.abs(others[..., 2]) < 0.1
    close = (others[..., 0] > 0) & lane & (others[..., 1] > 0) & (others[..., 1] < 0.35)
    return np.where(close.any(axis=1), ACTIONS.index("SLOWER"), ACTIONS.index("IDLE"))
    # end solution


# %%
scene = np.zeros((1, 8, 7), "float32")
scene[0, :2, 0], scene[0, 1, 1] = 1, 0.1
answer = check.given(careful(scene, [None]))
slower = ACTIONS.index("SLOWER")
check(lambda: int(answer[0]), slower, "somebody is ten metres ahead", "np.where")

# %%
rules = {"careful": careful, "IDLE": always("IDLE"), "SLOWER": always("SLOWER")}
found = {}
for name, driver in rules.items():
    episodes = closed_loop.episodes(drive("highway", SEEDS, driver))
    found[name] = closed_loop.judged(episodes)
table = pd.DataFrame(found).T[["crash rate", "speed", "safe speed"]].round(2)
crashes, speed = table["crash rate"], table["speed"]
hint = "look further ahead: at 25 m/s and one decision a second 20 m are too few"
check.that(
    lambda: crashes["careful"] < crashes["IDLE"] - 0.2, "crashes too often", hint
)
check.that(
    lambda: speed["careful"] > speed["SLOWER"] + 1, "crawls", "SLOWER only if need be"
)
print(table)
check.right()

# %% [markdown] lang="en"
# ## 4. DAgger on the dense road
#
# Write `one_round(model, train, seeds)`: let the model drive on `"dense"` from these seeds, ask the teacher
# at each second, and return the demonstrations with those of the teacher's answers added. Use `drive`,
# `driver_of`, `demonstrations` and `joined`. The check then fine-tunes again, after twenty drives, and lets
# both drive. Is that enough? Then try two rounds of a hundred drives (two minutes or so), as the chapter
# does: `driving.fine_tuned` takes a higher rate and more epochs by itself, once there are more than 1,000 rows.

# %% [markdown] lang="zh"
# ## 4. 在密集路段上做数据集聚合
#
# 写出 `one_round(model, train, seeds)`：让模型从这些种子出发在 `"dense"` 上开车，每一秒都问教师，
# 返回并入了教师回答的示范。可以用 `drive`、`driver_of`、`demonstrations`、`joined`。
# 检查格让学生开二十次，再微调一遍，让前后两个模型都上路。二十次够不够？再像正文那样试试两轮、每轮一百次
# （大约要两分钟）：超过 1000 行时，`driving.fine_tuned` 会自动提高学习率、增加轮次。

# %%
examples = driving.load_examples()
pool, test = (examples.take(r) for r in driving.SCENARIO.split(examples, seed=0))
train = running.draw(pool, 10, seed=0, by_group=True)
pretrained = driving.pretrained_model(None, seed=0)
student = driving.fine_tuned(pretrained, train, seed=0)


def one_round(model, train, seeds):
    # solution
    drives = drive("dense", seeds, driver_of(model), ask_teacher=True)
    return joined(train, demonstrations(drives))
    # end solution


# %%
few = check.given(one_round(student, train, range(1000, 1003)))
drives = drive("dense", range(1000, 1003), driver_of(student), ask_teacher=True)
labels = [ACTIONS[a] for d in drives for a in d.advised]
hint = "drive(…, ask_teacher=True), then joined(train, demonstrations(drives))"
check(
    lambda: len(few), len(train) + len(labels), "all old rows, and the new ones", hint
)
added = few.labels[len(train) :].tolist()
check(lambda: added, labels, "the labels are the teacher's, not the student's", hint)
data = check.given(one_round(student, train, range(1000, 1020)))
again = driving.fine_tuned(pretrained, data, seed=0)
for name, model in {"before": student, "after": again}.items():
    rate = driving.tested(model, "dense", SEEDS)["crashed"].mean()
    agreed = np.mean(driving.answers(model, test) == test.labels)
    print(f"{name}: {rate:.2f}, {agreed:.2f}")
check.right("Crash rate, and how often he agrees with the teacher.")

# %% [markdown] lang="en"
# ## 5. Open: a drive that only the student crashes
#
# Find a seed of the dense road on which `student` crashes and the teacher does not
# (`as_advised` of `sftkeras.data.driving`: `driving.tested(as_advised, "dense", seeds)`), and film it (`film=True`, then `plots.plot_strip`, or
# `plots.save_animation`). In which second could he still have been saved, and what did he take the scene
# for? Show a classmate the pictures up to there, without titles: what would they have done?

# %% [markdown] lang="zh"
# ## 5. 开放题：只有学生会撞的一次
#
# 在密集路段上找一个种子：`student` 会撞车，教师不会（`sftkeras.data.driving` 里的 `as_advised`：`driving.tested(as_advised, "dense", seeds)`）。
# 把它拍下来（`film=True`，再用 `plots.plot_strip` 或 `plots.save_animation`）。
# 到哪一秒还来得及？他当时把场景看成了什么？把那之前的画面不带标题给同学看：换作他，会怎么做？

# %% [markdown] lang="en"
# ## 6. Open: you are the teacher
#
# Film twenty drives of the teacher, take a hundred pictures of them at random, and write down for each
# what *you* would do, before you look at his answer. How often do you agree (Cohen's kappa, chapter 2)?
# Fine-tune the pretrained driver on your hundred labels, and let him drive: does he crash more often than one
# who learned from a hundred of the teacher's?

# %% [markdown] lang="zh"
# ## 6. 开放题：你来当教师
#
# 拍下教师的二十次驾驶，随机取一百张画面，先不看他的答案，逐张写下**你**会怎么做。你们有多一致
# （第 2 章的科恩 kappa 系数）？再用你的一百条标注微调预训练模型，让它上路：
# 与学了教师一百条标注的模型相比，它撞车更多吗？

# %% [raw] words
# "the square root holds both terms; divide the whole by 1 + z**2 / n" = "根号里有两项；整个式子都要除以 1 + z**2 / n"
# "as SciPy has it" = "应与 SciPy 的结果一致"
# "a crashed drive stays among those that the mean is taken over" = "撞车的那次也要算进平均的次数里"
# "on the merge, as the chapter has it" = "在并道的路上，应与正文的算法一致"
# "somebody is ten metres ahead" = "前方十米有车"
# "look further ahead: at 25 m/s and one decision a second 20 m are too few" = "看得再远些：速度 25 米/秒，每秒只做一次决定，20 米不够"
# "crashes too often" = "撞车太多"
# "crawls" = "只是在爬行"
# "SLOWER only if need be" = "必要时才用 SLOWER"
# "all old rows, and the new ones" = "原有的样本都在，再加上新的"
# "the labels are the teacher's, not the student's" = "标签是教师的，不是学生的"
# "drive(…, ask_teacher=True), then joined(train, demonstrations(drives))" = "先 drive(…, ask_teacher=True)，再 joined(train, demonstrations(drives))"
# "before" = "之前"
# "after" = "之后"
# f"{name}: {rate:.2f}, {agreed:.2f}" = f"{name}：{rate:.2f}，{agreed:.2f}"
# "Crash rate, and how often he agrees with the teacher." = "前一个数是撞车率，后一个是与教师一致的比例。"
