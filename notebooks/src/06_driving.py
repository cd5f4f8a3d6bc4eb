# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# # 6. Driving: judged by who crashes
#
# Article: §6.8 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - how a driver is made of labelled data: what a teacher did in each scene, learned like any
#   other class;
# - that the five steps carry over to a new road, and what a few demonstrated drives are worth
#   there;
# - why the share of right answers says little about who crashes, and what to measure in its place;
# - how easily a control is rigged, and how to give it a fair chance;
# - why copying a teacher is not enough, and what helps: let the student drive, and ask the teacher.
#
# Article §6.8 names self-driving cars as an application, and has no code. Here nobody is hurt: the
# roads are those of the simulator highway-env. A section of its own says what follows from that
# for real cars: nothing.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# # 6. 自动驾驶：撞不撞车说了算
#
# 对应原文 §6.8 · 双核 CPU 实测用时：{{run_time}}
#
# 本章内容：
#
# - 怎样用标注数据训练一个驾驶模型：教师在每个场景里做了什么动作，就当作类别标签来学；
# - 换一条路，五个步骤照旧；几次示范在新路上值多少；
# - 为什么动作预测的准确率说明不了会不会撞车，该测什么；
# - 对照实验多容易做得不公平，怎样才算公平；
# - 为什么光模仿教师还不够；什么办法有用：让学生自己开，再问教师该怎么做。
#
# 原文 §6.8 把自动驾驶列为应用场景，没有给代码。这里用的是仿真环境 highway-env，谁也不会受伤。
# 至于真车安不安全，本章什么也说明不了，文末专门有一节讲这一点。

# %% tags=["short"]
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Image
from PIL.Image import fromarray

import sftkeras as sft
from sftkeras import plots
from sftkeras.data.drives import load_drives
from sftkeras.data.driving import always, as_advised, drive
from sftkeras.data.roads import ACTIONS, make_road, observe, picture, teacher
from sftkeras.evaluation.closed_loop import judged, more_often
from sftkeras.models.driving import driver_of
from sftkeras.scenarios import driving, running
from sftkeras.training.dagger import dagger

SEEDS = driving.TESTED[:20]

# %% [markdown] lang="en" tags=["short"] minutes=1
# ## The roads
#
# Above the highway on which our driver has learned: three lanes, twelve other vehicles. Below the
# one he comes to: four lanes, eighteen others, half as far apart. He is the green one. Each second he
# takes one of five actions: keep on (`IDLE`), change lanes, drive faster or slower by a step of
# 5 m/s. After twenty seconds, or in a crash, the drive is over.

# %% [markdown] lang="zh" tags=["short"] minutes=1
# ## 道路
#
# 上图是模型学车的高速公路：三条车道，另有十二辆车。下图是它要去的密集路段：四条车道，十八辆车，间距只有一半。
# 绿色的是它自己。每一秒从五个动作里选一个：保持（`IDLE`）、向左或向右变道（`LANE_LEFT`、`LANE_RIGHT`）、
# 加速或减速一档（`FASTER`、`SLOWER`，一档 5 米/秒）。满二十秒或者撞车，这次驾驶就结束。

# %% tags=["short", "slide"]
worlds = {name: make_road(name) for name in ("highway", "dense")}
for world in worlds.values():
    world.reset(seed=10_000)
fromarray(np.concatenate([picture(world) for world in worlds.values()]))

# %% [markdown] lang="en"
# He does not look at the picture. He is told numbers: eight rows of seven, the first about
# himself, the others about the nearest vehicles, distances in 100 m ahead and 16 m aside, speeds in
# 20 m/s. Three of them, and himself:

# %% [markdown] lang="zh"
# 模型看到的不是图，而是一组数：八行七列，第一行是它自己，其余是离得最近的车；
# 前后距离以 100 米为单位，左右以 16 米为单位，速度差以 20 米/秒为单位。下面是其中三辆车，以及它自己：

# %%
world = worlds["dense"]
seen = observe(world)
facts = "here|ahead|aside|faster|drifts|heading|fixed"
own = (
    "here|speed|speed to go|target speed|lane to go|lane on the left|lane on the right"
)
himself = {name: round(float(n), 2) for name, n in zip(own.split("|"), seen[0])}
print(himself)
print("advised:", ACTIONS[teacher(world)])
pd.DataFrame(seen[1:4], columns=facts.split("|")).round(2)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# The first row matters more than it looks. The teacher brakes because he wants to be slower
# than he is; a driver who is not told his own target speed sees the same scene once with
# `SLOWER` and once with `IDLE`, and cannot learn the difference. **The input must hold what the
# teacher knew.** And its scales must be fixed: if "aside" were counted in widths of the road, the
# same gap would read differently on a wider one.
#
# ## Step 1: the pretrained model
#
# The teacher is no human. He follows two rules of traffic research, the Intelligent Driver Model
# for his speed (Treiber et al. 2000) and MOBIL for his lane (Kesting et al. 2007). What he did is
# recorded in `data/driving`, made by `data/make_drives.py`: such a recording is a
# {{term:demonstration}}. A network of 20,000 weights learns from 250 drives on the highway which
# action comes next. That is {{term:behaviour cloning}}: supervised learning, where the label
# is what the teacher did. {{cell_time}}

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# 第一行比看上去重要。教师减速，是因为他想要的速度比现在低；如果不告诉模型自己的目标速度，
# 它就会看到同一个场景有时标着 `SLOWER`、有时标着 `IDLE`，没法学会其中的差别。
# **教师做决定时知道什么，输入里就得有什么。** 单位也要固定：要是左右距离按路宽折算，
# 同样的间隙换到宽一点的路上就成了另一个数。
#
# ## 第一步：预训练模型
#
# 教师不是人，而是交通研究里的两条规则：速度按智能驾驶员模型（IDM，Treiber 等，2000），变道按 MOBIL（Kesting 等，2007）。
# 他开车的记录在 `data/driving` 里，由 `data/make_drives.py` 生成，每一份这样的记录就是一次{{term:示范}}。
# 一个两万个权重的网络，从高速公路上的 250 次示范里学习“接下来做哪个动作”。
# 这就是{{term:行为克隆}}：它就是监督学习，标签是教师的动作。{{cell_time}}

# %% tags=["short"]
model = driving.pretrained_model(None, seed=0)
highway = load_drives(driving.DRIVES / "highway.npz")
print(highway)
agreed = np.mean(driving.answers(model, highway) == highway.labels)
print(f"agrees with the teacher on what it learned from: {agreed:.3f}")

# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ## Right answers and crashes
#
# Before he goes to the dense road, another one: a ramp from which a vehicle merges into his
# lane. We ask two questions of each driver. {{term:Open loop}}: shown scenes of the teacher's drives,
# how often does he answer what the teacher did? {{term:Closed loop}}: if he drives himself, how
# often does he crash? A driver who is always `IDLE` takes part, too.
# Guess who wins which.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ## 答得对，不等于不撞车
#
# 去密集路段之前，先换一条路：匝道上有车要并入它的车道。对每个司机问两个问题。
# {{term:开环评估}}：给他看教师驾驶时的场景，他的回答与教师相同的比例有多大？
# {{term:闭环评估}}：让他自己开，有多少次会撞车？参加比较的还有一个永远 `IDLE` 的司机。
# 先猜一猜，两项各是谁赢。

# %% tags=["short", "answer"]
merge = load_drives(driving.DRIVES / "merge.npz")
drivers = {"always IDLE": always("IDLE"), "always SLOWER": always("SLOWER")}
drivers |= {"pretrained": model, "the teacher": as_advised}
rows, recalled = {}, {}
for name, driver in drivers.items():
    accuracy = np.mean(driving.answers(driver, merge) == merge.labels)
    rows[name] = {
        "accuracy": accuracy,
        **judged(driving.tested(driver, "merge", SEEDS)),
    }
    recalled[name] = driving.recalls(driver, merge)
table = pd.DataFrame(rows).T
measured = ["accuracy", "crash rate", "crash low", "crash high", "speed", "return"]
assert table["accuracy"]["always IDLE"] > table["accuracy"]["pretrained"] - 0.06
assert table["crash rate"]["always IDLE"] > table["crash rate"]["pretrained"] + 0.2
titles = "accuracy|crash rate|lowest|highest|mean speed|return"
table[measured].set_axis(titles.split("|"), axis=1).round(2)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# He who never does anything is right about as often as he who has learned, and crashes far more
# often. Four scenes in five ask for nothing at all, so
# `IDLE` is nearly always right; what decides is the fifth. Recall by action shows it
# (below), a crash rate says it. *Lowest* and *highest* are the ends of a {{term:confidence interval}}
# (Wilson's, at the usual level): twenty drives are few, and none of twenty does not prove that it never happens.
#
# And the last column: the simulator's own reward, summed up, which reinforcement learning would
# maximise. Who has most of it? On this road one gets there by crawling: the drive lasts longer. A
# measure that can be had by doing nothing useful is no goal. So we report two numbers beside each
# other, crashes and speed, or both in one: the *safe speed* is the mean speed of a drive, and 0
# if it ended in a crash.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# 什么也不做的司机，答对的比例与学过的不相上下，撞车却多得多。五个场景里有四个根本不需要做什么，答 `IDLE` 几乎总是对的；
# 决定成败的是剩下那一个。下面按动作分列的召回率看得出这一点，撞车率则直接说了出来。
# “下限”和“上限”是{{term:置信区间}}的两端（Wilson 区间，取通常的水平）：二十次很少，二十次没撞，不等于永远不撞。
#
# 再看最后一列“回报”，它是仿真环境自己的奖励之和，强化学习要最大化的就是它。谁最高？在这条路上，
# 慢慢爬行就能拿到：开得久，奖励就多。一个什么有用的事也不做就能拿高分的指标，不能当目标。
# 所以我们把撞车率和速度并列报告；要合成一个数，就用**安全速度**：一次驾驶的平均速度，撞了车就记 0。

# %% tags=["short"]
returned, safe = table["return"], table["safe speed"]
assert returned["always SLOWER"] > returned["the teacher"]
assert safe["always SLOWER"] < safe["the teacher"]
print(safe.round(1).to_dict())
pd.DataFrame(recalled).round(2)

# %% [markdown] lang="en" tags=["short"] minutes=3
# ## Step 2: labelled data
#
# Now the dense road. The teacher has driven it eighty times. Rows of one drive are seconds of the
# same traffic, nearly the same scene again and again, so the split is by drive: two in five
# for the test, and *ten drives* of the rest to learn from.

# %% [markdown] lang="zh" tags=["short"] minutes=3
# ## 第二步：标注数据
#
# 现在来到密集路段，教师在这里开过八十次。同一次驾驶里前后各秒的场景几乎一样，
# 所以要按“次”划分：五分之二留作测试，从其余的里面抽**十次**来学。

# %% tags=["short"]
examples = driving.load_examples()
pool, test = (examples.take(r) for r in driving.SCENARIO.split(examples, seed=0))
train = running.draw(pool, 10, seed=0, by_group=True)
assert not {*train.groups} & {*test.groups}
print(len({*train.groups}), len({*test.groups}))
parts = {"train": train, "test": test}
counts = {name: pd.Series(part.labels).value_counts() for name, part in parts.items()}
pd.DataFrame(counts).fillna(0).astype(int)

# %% [markdown] lang="en"
# ## Step 3: choose layers
#
# Two layers read each other vehicle, two more decide, the head answers. On the dense road gaps
# are smaller, but a gap is still a gap: one might freeze the reading (`layers=["decision_*",
# "head"]`; try it). All of it is small, so we train all.

# %% [markdown] lang="zh"
# ## 第三步：选择要训练的层
#
# 下面两层逐一读取其他车辆，上面两层做决定，最后由输出层作答。密集路段的间隙更小，但间隙还是间隙：
# 读车的两层也许可以冻结（`layers=["decision_*", "head"]`，不妨一试）。网络本来就小，这里全部训练。

# %%
layers = sft.describe_layers(model)
print(f"{layers['params'].sum():,}")
print(sft.blocks(model))

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## Step 4: fine-tune, and give the control a fair chance
#
# Three drivers learn from the same ten drives. One is fine-tuned. Two begin from scratch: one with
# the very settings of the fine-tuned driver, which looks fair and is not (his small steps suit one who
# knows nearly everything); the other with a learning rate and a number of epochs of his own,
# chosen by demonstrated drives held back from both. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 第四步：微调，并且让对照公平
#
# 三个司机学同样的十次示范。一个是微调的；两个从零训练。其中一个照搬微调的设置，看似公平，其实不然：
# 那么小的学习率，适合几乎什么都会了的模型；另一个的学习率和轮次是专门为它选的，
# 选的时候用的是另外留出的示范。{{cell_time}}

# %% tags=["short"]
fitted = {"pretrained": model}
fitted["fine-tuned"] = driving.fine_tuned(model, train, seed=0)
print(*fitted)
fitted["from scratch, fair"] = driving.from_scratch(model, train, seed=0)
same = driving.TUNING
fitted["from scratch, rigged"] = driving.from_scratch(model, train, 0, **same)
print(*fitted)

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## Step 5: evaluate
#
# Each drives the same twenty seeds: the same traffic, as long as he does not disturb it.
# {{cell_time}}

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 第五步：评估
#
# 每个司机都开同样的二十个种子：只要他自己不去打扰，路上的车流完全一样。{{cell_time}}

# %% tags=["short"]
fitted |= {"always IDLE": always("IDLE"), "the teacher": as_advised}
rows, episodes = [], {}
for name, driver in fitted.items():
    episodes[name] = driving.tested(driver, "dense", SEEDS)
    accuracy = np.mean(driving.answers(driver, test) == test.labels)
    rows.append({"model": name, **judged(episodes[name]), "accuracy": accuracy})
    print(name)
table = pd.DataFrame(rows)
shown = table.set_index("model")[["accuracy", "crash rate", "speed", "safe speed"]]
titles = "accuracy|crash rate|mean speed|safe speed"
shown.set_axis(titles.split("|"), axis=1).round(2)

# %% tags=["short", "slide"]
plots.plot_drivers(table)

# %% [markdown] lang="en" tags=["slide"]
# The bars are wide: one draw of ten drives, twenty seeds. All have driven the same ones, so a finer
# question can be asked: on how many did only the one crash, on how many only the other? If both
# were equally safe, those would fall like a coin (McNemar's test):

# %% [markdown] lang="zh" tags=["slide"]
# 横线很宽：只抽了一批示范，只开了二十次。不过大家开的是同样的二十次，可以问得更细：
# 有几次只有甲撞了，有几次只有乙撞了？如果两人一样安全，这些不一致的次数应当像抛硬币一样各占一半
# （McNemar 检验）：

# %%
for other in ("from scratch, rigged", "from scratch, fair"):
    a, b = episodes["fine-tuned"]["crashed"], episodes[other]["crashed"]
    only_tuned, only_other, p = more_often(a, b)
    print(f"{other}: {only_tuned} / {only_other}, p = {p:.3f}")

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# For an answer one must drive more. `python benchmarks/driving.py` has done so: three seeds (of
# the demonstrations and the networks), all sixty tested seeds, on the dense road and on the merge.
# Crash rates, pooled:

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# 要有定论，就得多开。`python benchmarks/driving.py` 已经跑过：三个种子（示范和网络都换），
# 六十个测试种子全部开完，密集路段和并道的路都有。合计的撞车率：

# %% tags=["short"]
runs = pd.read_csv("benchmarks/driving.csv")
kept = "pretrained, untouched;from scratch;from scratch, settings of fine-tuning"
kept += ";fine-tuned"
names = "pretrained|from scratch, fair|from scratch, rigged|fine-tuned"
renamed = dict(zip(kept.split(";"), names.split("|")))
learned = runs[runs["model"].isin(renamed)].replace({"model": renamed})
rates = learned.pivot_table("crash rate", "model", ["road", "labels"], sort=False)
agreed = learned.pivot_table("accuracy", "model", ["road", "labels"], sort=False)
rates.columns = [f"{road}: {labels} drives" for road, labels in rates.columns]
agreed.columns = rates.columns
untouched, fair, _, tuned = (rates.loc[name] for name in names.split("|"))
dense, merging = "dense: 10 drives", "merge: 2 drives"
assert tuned[dense] <= 0.45 and tuned[dense] <= fair[dense] - 0.10
assert tuned[merging] <= 0.05 < min(untouched[merging], fair[merging])
# The rigged one is right more often, and crashes more often.
assert agreed[dense].iloc[2] > agreed[dense].iloc[1]
assert rates[dense].iloc[2] > rates[dense].iloc[1] + 0.3

# %% tags=["short"]
half = runs[runs["model"] == "fine-tuned, decision layers"]["crash rate"].mean()
print(f"{dense}, only the decision layers trained: {half:.2f}")
rates.loc[names.split("|")].round(2)

# %% tags=["short", "slide"]
curve = learned[learned["road"] == "dense"].to_dict("records")
plots.plot_label_budget(curve, "crash rate")

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# Read it line by line. *Against scratch*, the fair one, the fine-tuned driver is ahead on both roads, in
# dense traffic far, however many drives there are.
# The rigged one has learned little but to do nothing (it is right more often in open loop, too, and
# crashes nearly always): whoever compares with it sells undertraining as the worth of pretraining.
# Give each control its own learning rate and its own length, chosen on data that are not the test's.
# That is easily said: an earlier edition of this chapter had chosen the epochs of its fair control for
# ten drives and more. With two drives so many epochs are eighty steps; on the merge it did
# nothing, crashed as often as he who never does anything, and stood here as a triumph of fine-tuning. Now it gets
# three hundred steps at least.
#
# *Against the untouched driver* it depends on the road. On the merge two drives mend nearly
# everything. In dense traffic two or ten drives add nothing that three seeds could show, forty little:
# what he knew from the highway carries him there. Without that line in the table, fine-tuning would
# have got all the credit.
#
# And look at the teacher: in dense traffic he hardly ever crashes, and no student comes near him. Why?
#
# ## Where the teacher never was
#
# The last seconds of a driver's crash, with what the teacher would have done:

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# 逐行来看。**与从零训练比**（公平的那个），微调的在两条路上都领先；密集路段上，无论示范多少，都是遥遥领先。
# 不公平的那个差不多只学会了什么也不做（它的开环准确率反而更高，却几乎每次都撞），
# 谁拿它来比，就是把训练不足说成了预训练的功劳。每个对照都要有自己的学习率和训练长度，
# 并且在测试集以外的数据上选。说来容易：本章的早先版本里，“公平”对照的轮次是按十次以上的示范选的，
# 只有两次示范时，那么多轮次总共才八十步。它在并道的路上什么也不做，撞车和那个永远不动作的司机一样多，
# 这张表却因此成了微调的一大胜利。现在它至少训练三百步。
#
# **与没有微调的预训练模型比**，要看是哪条路。并道的路上，两次示范几乎把问题全解决了；密集路段上，两次、十次示范的作用
# 小到三个种子看不出来，四十次也只有一点，它靠的是高速公路上学到的本事。表里要是没有这一行，功劳就全算到微调头上了。
#
# 再看教师：在密集路段上他几乎从不撞车，学生没有一个比得上。为什么？
#
# ## 教师从没到过的地方
#
# 下面是撞车前的最后几秒，标题里写着教师在那一刻会怎么做：

# %% tags=["short", "slide"]
film = driving.first_crash(fitted["fine-tuned"], "dense")
film = film or driving.first_crash(model, "dense")
plots.plot_strip(film)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# A small mistake brings him to a place where the teacher would never have been; nobody has shown him
# what to do there, so the next mistake is more likely: {{term:compounding errors}}. (That is why
# one action in ten of the demonstrations was drawn by lot: a few such places are in them.)
#
# The remedy changes only the data. {{term:DAgger}} (dataset aggregation, Ross et al. 2011): let the
# *student* drive, have the teacher say for each second what *he* would have done, add these pairs
# to the demonstrations, and train again. On the merge, from two demonstrations and from scratch:
# {{cell_time}}

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# 一个小错，把他带到教师从来不会去的地方；那里该怎么办，没有人示范过，于是更容易再错，
# 这叫{{term:误差累积}}。（示范里有十分之一的动作是随机抽的，就是为了让示范里也有一些这样的地方。）
#
# 对策只改数据，不改别的。{{term:数据集聚合}}（Ross 等，2011）：让**学生**开车，每一秒都请教师说出**他**会怎么做，
# 把这些样本并入示范，再训练一遍。在并道的路上试，从两次示范、随机权重开始：{{cell_time}}

# %% tags=["short"]
pool, _ = (merge.take(r) for r in driving.SCENARIO.split(merge, seed=0))
two = running.draw(pool, 2, seed=0, by_group=True)


def fit(examples):
    print(len({*examples.groups}), len(examples))
    return driving.from_scratch(model, examples, seed=0)


models, collected = dagger(fit, two, "merge", rounds=2, drives=10)
rounds = [judged(driving.tested(one, "merge", SEEDS)) for one in models]
table = pd.DataFrame(rounds)[["crash rate", "speed", "safe speed"]]
titles = "crash rate|mean speed|safe speed"
table.set_axis(titles.split("|"), axis=1).round(2)

# %% [markdown] lang="en" tags=["short"] minutes=3
# The same over three seeds and all tested drives, and beside it the fine-tuned driver. On the dense
# road it begins with ten demonstrations, and the student drives a hundred times a round:

# %% [markdown] lang="zh" tags=["short"] minutes=3
# 三个种子、全部测试驾驶的结果如下，旁边是微调的模型。密集路段从十次示范开始，每轮让学生开一百次：

# %% tags=["short"]
ways = "merge;from scratch|merge;fine-tuned|dense;fine-tuned"
rates = {}
for road, way in (pair.split(";") for pair in ways.split("|")):
    found = runs[
        (runs["road"] == road) & runs["labels"].isin([2 if road == "merge" else 10])
    ]
    means = found.groupby("model")["crash rate"].mean()
    rounds = [way, f"{way}, DAgger 1", f"{way}, DAgger 2"]
    rates[f"{road};{way}"] = means.reindex(rounds).to_numpy()
rates = pd.DataFrame(rates)
assert rates["merge;fine-tuned"][1] <= 0.05
assert rates["dense;fine-tuned"][2] <= rates["dense;fine-tuned"][0] - 0.10
rounds = "demonstrations only|after one round|after two rounds"
roads = "merge, from scratch|merge, fine-tuned|dense, fine-tuned"
rates.set_axis(rounds.split("|")).set_axis(roads.split("|"), axis=1).round(2)

# %% [markdown] lang="en" tags=["short"]
# On the dense road, too, the student's own places were what was missing, but two more things had to be
# right. With *twenty* drives a round and the twenty epochs that suit ten demonstrations, he crashed no
# less than before; it looked as if DAgger could not help there. He had not even learned what he had
# been shown. With a hundred drives a round, a higher rate and three times the epochs
# (`driving.TUNING_ON_MANY`, chosen on other traffic than the tested) he does. Weighting the rare
# actions more, or adding the highway's drives once more, made no difference that could be seen. New
# data need the training that learns them: before a method is given up, look whether it fits its own
# training data. (What is owed to pretraining here is another question: on the merge, where it was
# measured, DAgger brings the driver from scratch as far.)

# %% [markdown] lang="zh" tags=["short"]
# 密集路段上，缺的也正是学生自己开到的那些地方，不过还有两个条件。每轮只开**二十**次，再用适合十次示范的二十个轮次去训练，
# 撞车一点也没有减少，看上去像是数据集聚合在这里不起作用；其实是连教过的也没学会。改成每轮开一百次，
# 学习率调高，轮次加到三倍（`driving.TUNING_ON_MANY`，在测试以外的车流上选定），就学会了。
# 加大少见动作的权重，或者把高速公路的示范再加进来，看不出差别。数据多了，训练也要跟上；
# 断定一个方法没用之前，先看它在自己的训练数据上学会了没有。（其中有多少要归功于预训练，是另一个问题：
# 在测过这一点的并道路上，从零训练的模型经过数据集聚合，也能走到同一步。）

# %% [markdown] lang="en" tags=["slide"]
# The best student on the merge, as a film:

# %% [markdown] lang="zh" tags=["slide"]
# 并道路上最好的学生，开一次看看：

# %%
film = drive("merge", SEEDS[:1], driver_of(models[-1]), film=True)[0]
path = Path("runs/driving/merge.gif")
path.parent.mkdir(parents=True, exist_ok=True)
plots.save_animation(film.pictures, path)
assert np.mean(film.pictures) > 50, "not black"
Image(filename=str(path), format="gif")

# %% [markdown] lang="en"
# ## What this does not show
#
# **Nothing about the safety of real cars.** The other vehicles follow one rule, never fall asleep
# and never break the law; there are no people on foot, no rain, no snow, no sensor that fails; the
# driver is told where everything is, to the centimetre. A crash in a thousand drives would be far too
# many on a road, and to see one in a million one must drive millions: none of sixty says that it is
# probably below six in a hundred, no more. The teacher is a rule that crashes at times, and who
# copies him copies his faults. A real system is built with redundancy, rules that a network may not
# overrule, and proofs of another kind.
#
# Sixty seeds and three repetitions of one simulator say which method is ahead *here*. Nor is
# the order of the methods a law: a student who is asked about often enough needs no
# pretraining.
#
# ## Your own drives, other roads, larger models
#
# ```bash
# python -m sftkeras scenario driving --data drives.csv --labels 5
# ```
#
# takes a table with the columns `drive,second,action` and 56 of numbers, as
# `sftkeras.data.drives.write_drives` writes it; and `drive("exit-v1", range(20), as_advised,
# ask_teacher=True)` has the teacher demonstrate on another of the simulator's roads. A driver
# that was saved goes on from there with `--model runs/driving/model`.
#
# A large model drives from pictures. `benchmarks/driving.py` is the place to put one: any Keras
# model whose outputs are the five actions will do, `driver_of(model)` asks it. With a network, an
# image backbone of KerasHub under `sft.load_pretrained_model("resnet_18_imagenet", num_classes=5)`
# reads what `picture(world)` draws; what it costs is the time to draw.

# %% [markdown] lang="zh"
# ## 这里没有说明什么
#
# **真车安不安全，这里什么也没有说明。** 仿真里的车都按同一条规则开，从不打瞌睡，从不违章；没有行人，没有雨雪，
# 传感器从不失灵；其他车在哪里，模型知道得一清二楚。真实道路上，一千次撞一次就多得不可接受，
# 而要看出百万分之一的差别，得开几百万次：六十次没撞，只说明撞车率大概低于百分之六，仅此而已。
# 教师是一条偶尔也会撞车的规则，模仿他，就连他的毛病一起学。真正的系统靠冗余、靠网络不得违反的规则，
# 靠另一类证明。
#
# 一个仿真环境、六十个种子、三次重复，只能说明**在这里**谁领先。方法之间的名次也不是定律：
# 能问教师的次数足够多，不预训练也行。
#
# ## 你自己的驾驶数据、别的路、更大的模型
#
# ```bash
# python -m sftkeras scenario driving --data drives.csv --labels 5
# ```
#
# 表格要有 `drive,second,action` 三列和 56 列数字，格式与 `sftkeras.data.drives.write_drives` 写出的相同；
# `drive("exit-v1", range(20), as_advised, ask_teacher=True)` 让教师在仿真环境的另一条路上示范。
# 保存过的模型可以接着训练：`--model runs/driving/model`。
#
# 大模型可以直接看图开车。把它接到 `benchmarks/driving.py` 里即可：输出为五个动作的任何 Keras 模型都行，
# 由 `driver_of(model)` 来提问。有网络时，`sft.load_pretrained_model("resnet_18_imagenet", num_classes=5)`
# 载入 KerasHub 的图像骨干网络，输入就是 `picture(world)` 画的图；代价是画图的时间。

# %% [markdown] lang="en" tags=["short", "summary"] minutes=2
# ## Summary
#
# - A driver is a classifier of scenes; the five steps carry over. Split by drive, not by second.
# - The input must hold what the teacher knew, in scales that mean the same on every road.
# - Accuracy in open loop is no measure of driving: a driver who does nothing has plenty of it. Let
#   the model act, and count what happens, with an interval.
# - A measure that crawling maximises is no goal. Report crashes and speed together.
# - Show the pretrained model untouched, and a control that had a fair chance: the one says what
#   fine-tuning adds, the other what pretraining does.
# - A clone errs where his teacher never was. DAgger asks the teacher there; only the data change.

# %% [markdown] lang="zh" tags=["short", "summary"] minutes=2
# ## 小结
#
# - 驾驶模型就是给场景分类的模型，五个步骤照旧。要按“次”划分数据，不能按秒。
# - 教师做决定时知道什么，输入里就要有什么；单位固定，换了路含义也不变。
# - 开环准确率衡量不了驾驶：什么也不做的司机准确率就很高。要让模型自己开，统计后果，并给出区间。
# - 靠爬行就能拿高分的指标不能当目标。撞车率和速度要一起报告。
# - 要列出没有微调的预训练模型，也要有公平的从零训练对照：前者说明微调加了什么，后者说明预训练值多少。
# - 克隆出来的司机，错在教师从没到过的地方。数据集聚合就在那里问教师；变的只有数据。

# %% [markdown] lang="en"
# ## Questions
#
# Choose first, then open the answer.
#
# **1.** In five scenes of six the teacher does nothing. A driver who never does anything has an open-loop
# accuracy of about: (a) one in six · (b) one half · (c) five in six · (d) 0, he crashes
#
# <details><summary>Answer</summary>
#
# **(c)**: he is right wherever nothing is to be done. (a) is the share in which he is wrong. (b) is a
# coin. (d) mixes up the two measures: crashes are not looked at in open loop.
# </details>
#
# **2.** Why is the split by drive and not by second? (a) it is faster · (b) seconds of one drive are
# nearly the same scene, and would stand on both sides · (c) drives have different lengths · (d) so
# that each action has its share
#
# <details><summary>Answer</summary>
#
# **(b)**: it would be data leakage. (a): no difference. (c) is true and no reason. (d) is what
# stratified sampling is for, which whole drives rather hinder.
# </details>
#
# **3.** None of 30 drives ended in a crash. What do you know of the crash rate? (a) it is 0 · (b) it is
# probably below about one in nine · (c) it is below one in thirty · (d) nothing
#
# <details><summary>Answer</summary>
#
# **(b)**, the upper end of Wilson's interval. (a): a driver who crashes once in fifty drives has every
# second chance to get through thirty. (c) cannot be excluded by thirty drives. (d): a
# rate of one half would have shown.
# </details>
#
# **4.** A control from scratch is trained for as many epochs as the fine-tuned network, and loses. What
# follows? (a) pretraining is worth the difference · (b) the network is too small · (c) nothing yet:
# it may need more epochs and another rate · (d) scratch never works
#
# <details><summary>Answer</summary>
#
# **(c)**: who begins at random has further to go; choose its length on held-out data, then compare. (a)
# counts undertraining as a merit of the other. (b): it is the same network. (d) is refuted by forty
# drives.
# </details>
#
# **5.** What is new in DAgger's data? (a) the labels are better · (b) the scenes are those the student
# gets into · (c) there are no crashes in them · (d) the student's own actions are the labels
#
# <details><summary>Answer</summary>
#
# **(b)**. (a): the teacher is the same. (c): the student does crash, and the seconds before it are what
# is worth most. (d) would teach him his mistakes.
# </details>
#
# **6.** A driver crawls at 10 m/s, and never crashes. Which measure alone would praise him most? (a) crash
# rate · (b) safe speed · (c) open-loop accuracy · (d) mean speed
#
# <details><summary>Answer</summary>
#
# **(a)**: it is zero, the best there is. (b) is his speed, and low. (c): he is rarely what the teacher
# would be. (d) is low.
# </details>
#
# To discuss, without answers:
#
# 1. The teacher crashes now and then. Should a student ever disagree with him? Who decides that?
# 2. Which number of crashes would you call good enough to put a driver on a road, and how many drives
#    would show it?
# 3. The demonstrations of a taxi company come from its most careful drivers. What will a clone of them not
#    know?
#
# ## Exercises
#
# [exercises/06_driving.ipynb](exercises/06_driving.ipynb)
#
# 1. An interval for a share.
# 2. Safe speed.
# 3. A driver of rules.
# 4. DAgger on the dense road.
# 5. Find a drive that only the student crashes (open).
# 6. You are the teacher: a hundred scenes (open).

# %% [markdown] lang="zh"
# ## 思考题
#
# 先选，再展开答案。
#
# **1.** 六个场景里有五个，教师什么也不做。一个永远什么也不做的司机，开环准确率大约是多少？
# (a) 六分之一 · (b) 二分之一 · (c) 六分之五 · (d) 0，因为他会撞车
#
# <details><summary>答案</summary>
#
# **(c)**：凡是不需要动作的场景他都答对。(a) 是他答错的比例。(b) 是抛硬币。(d) 把两种指标弄混了：
# 开环评估不看撞不撞车。
# </details>
#
# **2.** 为什么按“次”划分，而不是按秒？(a) 这样更快 · (b) 同一次驾驶的各秒几乎是同一个场景，
# 会同时出现在两边 · (c) 各次驾驶长短不一 · (d) 为了让各个动作比例相同
#
# <details><summary>答案</summary>
#
# **(b)**：否则就是数据泄漏。(a)：快慢没有差别。(c) 是事实，但不是理由。(d) 是分层抽样要做的事，
# 整次抽取反而不容易做到。
# </details>
#
# **3.** 三十次驾驶没有一次撞车，撞车率可以怎样说？(a) 是 0 · (b) 大概低于九分之一 · (c) 低于三十分之一 ·
# (d) 什么也说不了
#
# <details><summary>答案</summary>
#
# **(b)**，即 Wilson 区间的上限。(a)：五十次撞一次的司机，连开三十次不撞的机会超过一半。
# (c)：开三十次还排除不了三十分之一。(d)：撞车率要是有一半，早就看出来了。
# </details>
#
# **4.** 从零训练的对照与微调训练同样多的轮次，结果输了。这说明什么？(a) 差距就是预训练的功劳 ·
# (b) 网络太小 · (c) 还说明不了什么：它可能需要更多轮次和另一个学习率 · (d) 从零训练从来不行
#
# <details><summary>答案</summary>
#
# **(c)**：从随机权重出发，路更长；先在留出的数据上为它选好训练长度再比。(a) 把训练不足算成了对方的功劳。
# (b)：两边是同一个网络。(d)：四十次示范的结果就不支持这个说法。
# </details>
#
# **5.** 数据集聚合收集的数据，新在哪里？(a) 标签更好 · (b) 场景是学生自己开到的地方 · (c) 里面没有撞车 ·
# (d) 标签是学生自己的动作
#
# <details><summary>答案</summary>
#
# **(b)**。(a)：教师还是那个教师。(c)：学生会撞车，而撞车前的几秒恰恰最有价值。(d) 等于把错误再教他一遍。
# </details>
#
# **6.** 一个司机以 10 米/秒爬行，从不撞车。单看哪个指标，对他的评价最高？(a) 撞车率 · (b) 安全速度 ·
# (c) 开环准确率 · (d) 平均速度
#
# <details><summary>答案</summary>
#
# **(a)**：撞车率为零，好得不能再好。(b) 就是他的速度，很低。(c)：他的动作很少与教师相同。(d) 也很低。
# </details>
#
# 讨论题，不给答案：
#
# 1. 教师偶尔也会撞车。学生该不该有与他不一致的时候？由谁来判断？
# 2. 撞车率低到多少，你才同意让它上路？要开多少次才能证明？
# 3. 某出租车公司的示范都来自最谨慎的司机。照他们克隆出来的模型，有什么是它不知道的？
#
# ## 练习
#
# [exercises/06_driving.ipynb](exercises/06_driving.ipynb)
#
# 1. 比例的置信区间。
# 2. 安全速度。
# 3. 按规则开车。
# 4. 在密集路段上做数据集聚合。
# 5. 找一次只有学生会撞车的驾驶（开放题）。
# 6. 你来当教师：一百个场景（开放题）。

# %% [raw] words
# "here|ahead|aside|faster|drifts|heading|fixed" = "有车|前后|左右|速度差|横移|朝向|固定"
# "here|speed|speed to go|target speed|lane to go|lane on the left|lane on the right" = "有车|速度|距目标速度|目标速度|距目标车道|左侧有车道|右侧有车道"
# "advised:" = "教师建议："
# f"agrees with the teacher on what it learned from: {agreed:.3f}" = f"在学过的场景上与教师一致的比例：{agreed:.3f}"
# "accuracy|crash rate|lowest|highest|mean speed|return" = "准确率|撞车率|下限|上限|平均速度|回报"
# "always IDLE" = "永远 IDLE"
# "always SLOWER" = "永远 SLOWER"
# "pretrained" = "预训练"
# "the teacher" = "教师"
# "train" = "训练"
# "test" = "测试"
# "fine-tuned" = "微调"
# "from scratch, fair" = "从零训练，公平"
# "from scratch, rigged" = "从零训练，不公平"
# "accuracy|crash rate|mean speed|safe speed" = "准确率|撞车率|平均速度|安全速度"
# f"{other}: {only_tuned} / {only_other}, p = {p:.3f}" = f"{other}：{only_tuned} / {only_other}，p = {p:.3f}"
# "pretrained|from scratch, fair|from scratch, rigged|fine-tuned" = "预训练|从零训练，公平|从零训练，不公平|微调"
# f"{road}: {labels} drives" = f"{road}：{labels} 次"
# "dense: 10 drives" = "dense：10 次"
# "merge: 2 drives" = "merge：2 次"
# "crash rate|mean speed|safe speed" = "撞车率|平均速度|安全速度"
# "demonstrations only|after one round|after two rounds" = "只有示范|一轮之后|两轮之后"
# "merge, from scratch|merge, fine-tuned|dense, fine-tuned" = "并道，从零训练|并道，微调|密集路段，微调"
# f"{dense}, only the decision layers trained: {half:.2f}" = f"{dense}，只训练做决定的层：{half:.2f}"
# "not black" = "画面不应全黑"
