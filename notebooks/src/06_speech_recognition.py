# %% [markdown] lang="en" tags=["short", "slide"] minutes=5
# # 6. Speech recognition: twenty sentences of a new voice
#
# Article: §6.2 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - what a recogniser is given, and what it says in every twenty-fifth of a second;
# - how it is trained although nobody wrote down when each word was spoken;
# - what twenty labelled sentences of a new speaker are worth, and whether it matters which
#   layers are trained;
# - why a training loss of zero can go with answers that are wrong;
# - how to teach it a word that it did not know, and to hear your own voice.
#
# Article §6.2 says that fine-tuning adapts a pretrained recogniser to particular speech, and
# has no code. The recogniser here is small and real: the convolutions learned from millions
# of recordings at Google, the layers on top from synthetic voices.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=5
# # 6. 语音识别：新的声音，二十句话
#
# 对应原文 §6.2 · 双核 CPU 实测用时：{{run_time}}
#
# 本章内容：
#
# - 识别器拿到的是什么，每一小段时间又给出什么；
# - 没有人标注每个字是什么时候说的，识别器怎样训练；
# - 一位新说话人的二十句标注值多少，训练哪些层有没有差别；
# - 为什么训练损失降到零，识别结果却仍然会错；
# - 怎样教它一个没学过的词，怎样让它听懂你自己的声音。
#
# 原文 §6.2 说，微调能让预训练的识别模型适应特定的语音，但没有给代码。这里的识别器虽小，却是真的：
# 卷积层是谷歌用几百万段录音训练出来的，上面几层由我们用合成语音训练。

# %% tags=["short"]
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Audio, display

import sftkeras as sft
from sftkeras import plots
from sftkeras.graph import task_of
from sftkeras.scenarios import running, speech_recognition
from sftkeras.tasks.ctc import CTC, decode

# %% [markdown] lang="en" tags=["short"]
# ## The recordings
#
# Digits, three to five in an utterance, by one voice. It is a **synthetic** voice, of a
# speaking program; no layer of the recogniser has heard it, nor its accent. Real people are
# harder, so record yourself: the section "Your own voice" at the end says how.
# The table beside the sound files has two columns, `file` and `text`.

# %% [markdown] lang="zh" tags=["short"]
# ## 录音
#
# 内容是数字，每段三到五个，由同一个声音念出。这是语音合成程序的声音，也就是说是**合成**的；
# 训练识别器的时候，从来没有用过这个声音。真人的声音更难认，所以请给自己录音，做法见本章末尾“你自己的声音”一节。
# 声音文件旁边有一张表，只有两列：`file` 和 `text`。

# %% tags=["short"]
examples = speech_recognition.load_examples(language="en")
train, test = (examples.take(rows) for rows in speech_recognition.half(examples, 0))
train = train.take(range(20))
print(f"{len(train)} to train on, {len(test)} to test; the first: {train.labels[0]}")
Audio(train.inputs[0], rate=16000)

# %% [markdown] lang="en" tags=["short"]
# ## Step 1: the pretrained model
#
# `classes="english"` gives it its top, which knows 54 words; ten of them are digits, and it
# expects half of what is said to be digits. Nothing of this voice has been used so far. Of three
# recordings it hears:

# %% [markdown] lang="zh" tags=["short"]
# ## 第一步：预训练模型
#
# `classes="chinese"` 会给它装上训练好的顶层，能认八十多个字，其中十个是数字，并且预设听到的内容一半是数字。到这里为止，这个声音的录音一段也没有用过。
# 先听三段，看它怎么写：

# %% tags=["short"]
model = sft.load_pretrained_model("speech-embedding", classes="english")
heard = sft.predict(model, test.inputs)
table = pd.DataFrame({"said": list(test.labels), "heard": heard})
rate = "wer"
before = sft.evaluate_model(model, test, verbose=False)
print(f"before: {before[rate]:.0%} of the words are wrong")
table.head(3)

# %% [markdown] lang="en"
# The {{term:word error rate}} is the number of words to substitute, leave out or put in, until
# what was heard is what was said, divided by the number of words said. It may exceed 1.
#
# ## What the network is given, and what it says
#
# The sound becomes a {{term:spectrogram}}: every 10 ms the loudness in 32 bands of frequency.
# Every 40 ms the network gives an answer, from the 800 ms of sound around that moment:
# a {{term:frame}}. Each frame chooses one of the words or the {{term:blank}}, which says nothing.

# %% [markdown] lang="zh"
# 识别得好不好，用{{term:词错误率}}来衡量；中文按字计算，就叫字错误率，上面打印的正是它。算法是：把听成的内容改成说出的内容，
# 最少要替换、删除、插入多少次，再除以说出的词（字）数。它可以超过 1。
#
# ## 网络拿到什么，说出什么
#
# 声音先变成{{term:声谱图}}：每 10 毫秒一列，记下 32 个频带的响度。网络看着前后约 800 毫秒的声音，
# 每 40 毫秒给出一个回答，称为一{{term:帧}}。每一帧从所有的字里选一个，或者选{{term:空白}}，表示什么也没说。

# %% tags=["slide"]
task = task_of(model)
recording = test.inputs[:1]
encoded = task.preprocessor.encode(recording)
logits = task.answer(model, recording).outputs[0]
print("said:", test.labels[0], "| heard:", heard[0])
plots.plot_frames(encoded[0], logits, task.label_names, task.preprocessor.edge)

# %% [markdown] lang="en" tags=["slide"]
# ## Nobody said when
#
# The transcript says which words, not when. {{term:CTC}} (Graves et al. 2006) therefore sums
# over every {{term:alignment}}: all ways to spread the words over the frames with blanks
# between. Repeats are merged, then blanks dropped. So the same word twice needs a blank in
# between, or it would count once. (The numbers below are those of the units: 0 is the blank,
# each other stands for a word of the list, so that 5 is not the digit five.)

# %% [markdown] lang="zh" tags=["slide"]
# ## 没有人标注时间
#
# 标注只写了说的是什么，没写什么时候说。{{term:连接时序分类}}的办法（Graves 等，2006）是，
# 把所有可能的{{term:对齐}}加起来：这些字在各帧上的每一种排法，中间可以夹空白。还原成文本时，
# 先合并重复，再去掉空白。所以同一个字连说两遍，中间必须有空白，否则只算一个。
# （下面列出的是单元的编号：0 是空白，其余每个编号代表字表里的一个字，5 并不是“五”。）

# %%
frames = [[0, 3, 3, 0, 3], [0, 3, 3, 3, 0], [3, 0, 0, 5, 5]]
names = task.label_names
for path in frames:
    units = decode(np.eye(len(names) + 1)[path])
    print(path, "->", task.text_of(names[unit - 1] for unit in units))
assert decode(np.eye(9)[frames[0]]) == [3, 3]

# %% [markdown] lang="en"
# The picture shows the sum at work: a row for each word and for the blanks between them,
# and how many of the paths, weighed by their probability, are there at each time.

# %% [markdown] lang="zh"
# 下图画的就是这个求和：每个字占一行，字与字之间的空白也各占一行；颜色表示各时刻有多大份额的路径
# （按概率加权）落在那里。

# %% tags=["slide"]
units = task.numbers_of(test.labels[0])
plots.plot_lattice(logits, units, names)

# %% [markdown] lang="en"
# ## Two traps
#
# The second comes further down: a loss of zero. The first: recordings in a batch differ in
# length, so the shorter ones are filled up with frames that mean nothing. The loss must not
# count those. Keras' own `CTC` is not told how many frames are real, and counts them all;
# ours gets the number with the targets. Here ten frames of filling are put at the end:

# %% [markdown] lang="zh"
# ## 两个陷阱
#
# 第二个在后文：损失为零。先看第一个：同一批里的录音长短不一，短的要填充到一样长，填充出来的帧不该计入损失。Keras 自带的 `CTC`
# 不知道哪些帧是填充，照算不误；我们的损失随目标一起拿到帧数。下面在后面填充十帧试试：

# %%
import keras

units = np.array([units], "float32")
longer = np.pad(logits, ((0, 10), (0, 0)))
own = np.insert(units, 0, len(logits), axis=1)
losses = {
    "keras": [keras.losses.CTC()(units, x[None]) for x in (logits, longer)],
    "sftkeras": [CTC()(own, x[None]) for x in (logits, longer)],
}
index = ["as it is", "filled up"]
losses = pd.DataFrame({name: map(float, pair) for name, pair in losses.items()}, index)
assert np.isclose(*losses["sftkeras"], rtol=1e-4)
assert losses["keras"].iloc[1] > losses["keras"].iloc[0] + 1
losses.round(2)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=6
# ## Steps 2 to 5: twenty sentences
#
# `["top_*"]` trains the layers that are ours and leaves Google's convolutions alone; what
# these make of a recording is computed once. {{cell_time}}

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=6
# ## 第二步到第五步：二十句话
#
# `["top_*"]` 表示只训练我们加的顶层，谷歌的卷积层不动；录音经过卷积层的结果只计算一次。{{cell_time}}

# %% tags=["short"]
tuned = sft.fine_tune(model, train, layers_to_fine_tune=["top_*"], verbose=0)
after = sft.evaluate_model(tuned, test, verbose=False)
print(f"after twenty sentences: {after[rate]:.1%}, before: {before[rate]:.1%}")
trained, count = tuned.history.trainable_params, tuned.count_params()
print(f"trained: {trained:,} of {count:,} numbers")
assert after[rate] < before[rate] / 2

# %% [markdown] lang="en" tags=["short"]
# Which word became which? (`–` is a word left out, `+` one put in.) Before, this is the accent
# of the voice, made visible.

# %% [markdown] lang="zh" tags=["short"]
# 哪个字被听成了哪个？（`–` 表示漏掉，`+` 表示多出来。）微调之前的这些错误，正是这个声音的“口音”。

# %% tags=["short", "slide"]
plots.plot_confused({"before": before, "after 20 sentences": after})

# %% [markdown] lang="en" tags=["short", "slide"] minutes=8
# ## What to train, and how many sentences
#
# The same labels, five ways: nothing; the head, that is the last layer; the top; the top and
# the upper convolutions; and a small network of its own from scratch. That one is given all
# the care it needs: its size and rate were chosen on another voice, it is trained for more
# than ten times as many steps, and beside each recording it hears copies that vary: faster or
# slower, louder or softer, short stretches hidden (data augmentation). Three seeds,
# each with its own draw of sentences. It was run beforehand, by
# `python -m sftkeras scenario speech_recognition`.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=8
# ## 训练哪些层，要多少句
#
# 同样的标注，五种用法：不训练；只训练头，也就是最后一层；训练顶层；训练顶层和上部的卷积层；
# 另起一个小网络从零训练。对从零训练的网络，该做的都做了：规模和学习率在另一个声音上选过，训练步数是微调的十几倍，
# 每段录音还配上许多有变化的副本：快一点或慢一点，响一点或轻一点，遮住几小段（数据增强）。
# 三个随机种子各抽各的句子。结果是用 `python -m sftkeras scenario speech_recognition --data data/speech/zh` 事先跑好的。

# %% tags=["short"]
rows = pd.read_csv("benchmarks/speech_en.csv")
ways = {
    "before fine-tuning": "before",
    "fine-tuned, head": "head",
    "fine-tuned, top": "top",
    "fine-tuned, top and upper convolutions": "upper",
    "from scratch": "scratch",
}
rows["model"] = rows["model"].replace(ways)
means = running.summarize(rows, speech_recognition.METRIC)
means

# %% tags=["short", "slide"]
plots.plot_label_budget(rows.to_dict("records"), speech_recognition.METRIC)

# %% [markdown] lang="en" tags=["short"]
# Compare the left end of the lines with the right one. Five sentences are some twenty words:
# from scratch they teach hardly anything. With twenty, the small network gets most words right,
# in one draw more than in another; on average it makes several times the mistakes of the
# fine-tuned ones. And the task is an easy one: ten words by one voice, which never varies as a
# person's does. Those ten words by that voice are all that it knows.
#
# Which layers to train the lines do not settle: look how wide the bands are. With five
# sentences, is each way of fine-tuning better than none?

# %% [markdown] lang="zh" tags=["short"]
# 比较各条线的左端和右端。五句话一共二十来个字，从零训练几乎什么也学不会。有二十句时，小网络能认对大部分字，
# 只是换一批句子结果就差不少，平均下来，错误仍是微调的好几倍。何况这件事本来就容易：
# 只有十个字、一个声音，而且合成的声音不像真人那样时时有变化。它会的也只有这十个字、这一个声音。
#
# 训练哪些层更好，这里分不出来：看看色带有多宽。只有五句话的时候，是不是每种微调都比不训练强？

# %% tags=["short"]
top, scratch = means.loc["top"], means.loc["scratch"]
for count in (5, 20):
    print(f"{count} sentences: scratch {scratch[count]:.3f}, top {top[count]:.3f}")
assert top[20] < means.loc["before", 20]
assert scratch[5] > 4 * top[5] and scratch[20] > 4 * top[20]

# %% [markdown] lang="en"
# ## A loss of zero, and wrong
#
# Now five sentences only. Watch the training loss, and the error rate on sentences that it
# was not trained on.

# %% [markdown] lang="zh"
# ## 损失为零，结果却错
#
# 这一次只给五句话。请同时看训练损失和没训练过的句子上的错误率。

# %%
five = train.take(range(5))
memorised = sft.fine_tune(model, five, layers_to_fine_tune=["top_*"], verbose=0)
loss = memorised.history.history["loss"][-1]
seen = sft.evaluate_model(memorised, five, verbose=False)[rate]
unseen = sft.evaluate_model(memorised, test, verbose=False)[rate]
print(f"training loss {loss:.3f}")
print(f"error rate on the five: {seen:.2f}, on others: {unseen:.2f}")
assert loss < 0.2 and seen < unseen

# %% [markdown] lang="en"
# It knows its five sentences by heart. Has it learned the voice? Compare the rate on others
# with the one before fine-tuning. What it was not trained on it tends to leave out
# (`benchmarks/speech_en.csv` counts that as deletions), and five other sentences may do
# better: the table above is the mean of three draws. The loss tells nothing of all this: measure
# on recordings that the model was not trained on, in the unit that matters, words.
#
# ## A beam instead of the best path
#
# So far the best unit of each frame was taken, which is {{term:greedy decoding}}. A
# {{term:beam search}} adds up the alignments of each text instead, which may differ. Here the
# recogniser from before fine-tuning decodes ten recordings in both ways. Is the beam better?

# %% [markdown] lang="zh"
# 它把这五句话背了下来。那么它听懂这个声音了吗？拿没训练过的句子上的错误率和微调前的比一比。没训练过的，它往往漏掉不写
# （`benchmarks/speech_zh.csv` 里记作 deletions）；换另外五句，结果也可能好一些：上面的表是三次抽取的平均。这些从损失上都看不出来：要在没训练过的录音上、用真正关心的单位（字）来测量。
#
# ## 用束搜索代替最优路径
#
# 到现在为止，每一帧都取最可能的单元，这叫{{term:贪心解码}}。{{term:束搜索}}则把同一段文本的各种对齐加起来再比较，结果可能不同。
# 下面用微调之前的识别器，把十段录音各用两种方法解码：束搜索更好吗？

# %%
greedy = task.answer(model, test.inputs[:10])
beam = task.decide(greedy.outputs, beam=20)
compared = {"said": list(test.labels[:10]), "greedy": greedy, "beam": list(beam)}
pd.DataFrame(compared).head(10)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ## A new word
#
# The recogniser has no output for "robot". `add_words` gives it one, a new column of the head,
# and leaves the others as they are. Then seven recordings with the word teach it, beside
# the twenty without, so that the digits are not forgotten.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ## 教一个新词
#
# 识别器的输出里没有“机”“器”“人”这三个字。`add_words` 给头（最后一层）加上新的列，原有的列不变。
# 然后用七段含有“机器人”的录音来教它；那二十段也一起训练，免得把数字忘了。

# %% tags=["short"]
robots = sft.load_recordings("data/speech/en_new_word")
taught, asked = robots.take(range(7)), robots.take(range(7, 14))
more = sft.add_words(tuned, ["robot"])
sounds, texts = train.inputs + taught.inputs, [*train.labels, *taught.labels]
more = sft.fine_tune(more, sounds, texts, ["top_*"], epochs=100, verbose=0)
heard = sft.predict(more, asked.inputs)
print(f"units before: {len(tuned.label_names)}, now: {len(more.label_names)}")
assert np.mean(["robot" in text for text in heard]) > 0.7
pd.DataFrame({"said": list(asked.labels), "heard": heard})

# %% [markdown] lang="en" tags=["short"] minutes=10
# ## Your own voice
#
# Set `RECORD = True` and run the cell: a button records forty sentences of four digits, one by
# one, with the browser's microphone, into the folder `my_recordings` beside `data`. (In class,
# ten minutes are enough for a group to record twenty; the rest at home.) The files stay on the
# machine that runs Jupyter. A quiet room and the microphone close to the mouth help more than
# anything else.
#
# Without a microphone here, record with a phone or the system's recorder, a file for each
# sentence (`.wav`, `.flac`, `.ogg` or `.mp3`), put the files into `my_recordings`, and write a
# table `transcripts.csv` beside them: its first line is `file,text`, and the text is in words,
# not in figures.

# %% [markdown] lang="zh" tags=["short"] minutes=10
# ## 你自己的声音
#
# 把 `RECORD` 改成 `True` 再运行：点按钮，用浏览器的麦克风逐句录下四十句，每句四个数字，
# 存进和 `data` 并列的文件夹 `my_recordings`。（课上十分钟，一组大约能录二十句，其余的回家再录。）
# 录音只存在运行 Jupyter 的这台机器上。房间安静、嘴离麦克风近，比什么都管用。
#
# 这里没有麦克风，就用手机或系统自带的录音软件，一句录一个文件（`.wav`、`.flac`、`.ogg`、`.mp3` 都行），
# 放进 `my_recordings`，旁边再写一张表 `transcripts.csv`：第一行是 `file,text`，文本写汉字，不写阿拉伯数字。

# %% tags=["short"]
RECORD = False
if RECORD:
    from recorder import recorder, sentences

    digits = sorted({unit for text in examples.labels for unit in task.units_of(text)})
    display(recorder("my_recordings", sentences(digits, 40), "en"))

# %% [markdown] lang="en" tags=["short"]
# Half of the recordings, drawn by lot, are trained on, the other half tests. (On the command
# line: `python -m sftkeras scenario speech_recognition --data my_recordings`.)

# %% [markdown] lang="zh" tags=["short"]
# 随机抽一半录音来训练，另一半用来测试。（命令行的写法：`python -m sftkeras scenario speech_recognition --data my_recordings`。）

# %% tags=["short"]
folder = Path("my_recordings")
if (folder / "transcripts.csv").exists():
    mine = sft.load_recordings(folder)
    half, rest = (mine.take(rows) for rows in speech_recognition.half(mine, 0))
    my_model = sft.fine_tune(model, half, layers_to_fine_tune=["top_*"], verbose=0)
    mine = sft.evaluate_model(my_model, rest, verbose=False)
    print(f"error rate of your own: {mine[rate]:.2f}")
else:
    print("No recordings of your own yet.")

# %% [markdown] lang="en" tags=["summary"]
# ## Summary: what to remember
#
# - A recogniser answers for every short frame: a unit, or the blank.
# - CTC sums over all alignments, so that nobody has to mark when a word is spoken.
# - Only real frames may count in the loss: give it the lengths.
# - Repeats are merged before blanks are dropped; a word said twice needs a blank between.
# - Twenty labelled sentences adapt a pretrained recogniser to a voice; one from scratch makes
#   several times its mistakes, however carefully it is trained, and five teach it hardly anything.
# - Measure the word error rate on sentences that were not trained on; a loss of zero may be
#   five sentences learned by heart.
# - Look at which word becomes which: an accent is a pattern, not noise.

# %% [markdown] lang="zh" tags=["summary"]
# ## 小结
#
# - 识别器对每一小段时间（帧）作答：一个单元，或者空白。
# - CTC 把所有对齐加起来，所以不需要有人标出每个字的时间。
# - 只有真实的帧才能计入损失，因此要把各段的长度告诉它。
# - 先合并重复，再去掉空白；同一个字连说两遍，中间要有空白。
# - 二十句标注就能让预训练的识别器适应一个人的声音；从零训练再用心，错误也是它的好几倍，只有五句时几乎什么也学不会。
# - 要在没训练过的句子上测错误率；损失为零，可能只是背下了五句话。
# - 看看哪个字被听成了哪个：口音有规律，不是杂乱的噪声。

# %% [markdown] lang="en"
# ## Questions
#
# 1. The best path of six frames is `3 3 0 3 5 5`. The text is
#
# (a) 3 3 5 · (b) 3 5 · (c) 3 3 3 5 5
#
# <details><summary>Answer</summary>
#
# (a). Right: runs are merged, and the blank keeps the two apart. (b) would need no blank
# between them. (c) forgets to merge.
#
# </details>
#
# 2. "nine nine nine" needs at least
#
# (a) 3 frames · (b) 5 frames · (c) 6 frames
#
# <details><summary>Answer</summary>
#
# (b). Three for the words and two blanks between. (a) would be read as one nine. (c) has a
# frame that is not needed.
#
# </details>
#
# 3. Said: "one two". Heard: "one two two two". The word error rate is
#
# (a) 0 · (b) 0.5 · (c) 1
#
# <details><summary>Answer</summary>
#
# (c). Two insertions over two words said. (a) would be true if only what is missing counted;
# (b) divides by the four words that were heard.
#
# </details>
#
# 4. The training loss is zero, the error rate on the test sentences is 1.2. Most likely:
#
# (a) the test has a bug, since a rate cannot exceed 1 · (b) the model has learned its sentences by heart · (c) it must be trained for longer
#
# <details><summary>Answer</summary>
#
# (b). (a) is wrong: insertions have no limit. (c) cannot help: at a loss of zero there is no
# gradient left.
#
# </details>
#
# 5. Two people recorded forty sentences each. You want to know how a third will fare.
#
# (a) split all eighty at random · (b) train on one person, test on the other · (c) test on the training sentences
#
# <details><summary>Answer</summary>
#
# (b). The test voice must be new, as the third one's is. (a) has both voices on both sides and
# flatters. (c) measures memory.
#
# </details>
#
# 6. A new word is added to the head, and only recordings of that word are trained on.
#
# (a) the other words may be forgotten · (b) nothing else can change, since their columns are kept · (c) the blank disappears
#
# <details><summary>Answer</summary>
#
# (a). All columns and the top are trained, and nothing in the data asks for the other words.
# (b) holds only before training. (c): silence is in every recording.
#
# </details>
#
# To discuss, without answers:
#
# 7. The synthetic voices from which the upper layers learned speak a few accents. Whom does the recogniser understand
# worst, and who should find out before it is used?
#
# 8. When is a word error rate of one in twenty good enough: for subtitles, for a wheelchair, for a
# court?
#
# 9. Whose voice may be recorded, kept and trained on, and who can take that back?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 六帧的最优路径是 `3 3 0 3 5 5`，对应的文本是
#
# （a）3 3 5 ·（b）3 5 ·（c）3 3 3 5 5
#
# <details><summary>答案</summary>
#
# 选（a）：连续重复的合并，空白把两个 3 隔开。（b）要求两个 3 之间没有空白。（c）忘了合并。
#
# </details>
#
# 2. 说出“九九九”至少需要
#
# （a）3 帧 ·（b）5 帧 ·（c）6 帧
#
# <details><summary>答案</summary>
#
# 选（b）：三个字各一帧，中间两个空白。（a）会被读成一个九。（c）多了一帧。
#
# </details>
#
# 3. 说的是“一二”，听成“一二二二”，错误率是
#
# （a）0 ·（b）0.5 ·（c）1
#
# <details><summary>答案</summary>
#
# 选（c）：插入两个字，除以说出的两个字。（a）只看漏没漏。（b）除的是听成的四个字。
#
# </details>
#
# 4. 训练损失是零，测试句上的错误率是 1.2，最可能的情况是
#
# （a）测试程序有错，错误率不可能超过 1 ·（b）模型把训练句背了下来 ·（c）还要训练更久
#
# <details><summary>答案</summary>
#
# 选（b）。（a）不对：插入的次数没有上限。（c）无济于事：损失为零，梯度也就没有了。
#
# </details>
#
# 5. 两个人各录了四十句，你想知道第三个人用起来怎么样，应当
#
# （a）八十句混在一起随机划分 ·（b）用一个人的训练，用另一个人的测试 ·（c）在训练句上测试
#
# <details><summary>答案</summary>
#
# 选（b）：测试的声音必须是新的，第三个人也是新的。（a）两边都有这两个声音，结果会偏乐观。（c）测的是记性。
#
# </details>
#
# 6. 给头加了一个新词，然后只用这个词的录音训练，
#
# （a）别的词可能被忘掉 ·（b）别的不会变，因为它们的列保留了 ·（c）空白会消失
#
# <details><summary>答案</summary>
#
# 选（a）：所有的列和顶层都在训练，而数据里没有别的词。（b）只在训练之前成立。（c）不对：每段录音里都有静音。
#
# </details>
#
# 下面三题供讨论，没有标准答案：
#
# 7. 训练上面几层用的合成语音只有少数几种口音。这个识别器最听不懂谁的话？投入使用之前，该由谁来查明？
#
# 8. 二十个字错一个，够好了吗？用在字幕、轮椅、法庭上，答案一样吗？
#
# 9. 谁的声音可以录、可以存、可以拿来训练？谁有权收回？

# %% [markdown] lang="en"
# Now do the [exercises](exercises/06_speech_recognition.ipynb).

# %% [markdown] lang="zh"
# 接下来请做[练习](exercises/06_speech_recognition.ipynb)。

# %% [raw] words
# "en" = "zh"
# "english" = "chinese"
# "data/speech/en_new_word" = "data/speech/zh_new_word"
# "robot" = "机器人"
# f"{len(train)} to train on, {len(test)} to test; the first: {train.labels[0]}" = f"训练 {len(train)} 段，测试 {len(test)} 段；第一段：{train.labels[0]}"
# "said" = "说的"
# "heard" = "听成"
# "said:" = "说的："
# "| heard:" = "｜听成："
# "as it is" = "原样"
# "filled up" = "填充之后"
# "wer" = "cer"
# f"trained: {trained:,} of {count:,} numbers" = f"训练了 {count:,} 个参数中的 {trained:,} 个"
# "before" = "微调前"
# "head" = "只训练头"
# "upper" = "顶层和上部卷积层"
# "top" = "训练顶层"
# "scratch" = "从零训练"
# "after 20 sentences" = "用二十句微调后"
# "benchmarks/speech_en.csv" = "benchmarks/speech_zh.csv"
# f"{count} sentences: scratch {scratch[count]:.3f}, top {top[count]:.3f}" = f"{count} 句：从零训练 {scratch[count]:.3f}，训练顶层 {top[count]:.3f}"
# f"training loss {loss:.3f}" = f"训练损失 {loss:.3f}"
# f"error rate on the five: {seen:.2f}, on others: {unseen:.2f}" = f"错误率：这五句 {seen:.2f}，别的句子 {unseen:.2f}"
# f"before: {before[rate]:.0%} of the words are wrong" = f"微调前：{before[rate]:.0%} 的字是错的"
# f"after twenty sentences: {after[rate]:.1%}, before: {before[rate]:.1%}" = f"用二十句微调后：{after[rate]:.1%}，微调前：{before[rate]:.1%}"
# "greedy" = "贪心"
# "beam" = "束搜索"
# f"units before: {len(tuned.label_names)}, now: {len(more.label_names)}" = f"原来认识 {len(tuned.label_names)} 个字，现在 {len(more.label_names)} 个"
# f"error rate of your own: {mine[rate]:.2f}" = f"你自己的错误率：{mine[rate]:.2f}"
# "No recordings of your own yet." = "还没有你自己的录音。"
