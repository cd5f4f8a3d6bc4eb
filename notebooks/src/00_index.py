# %% [markdown] lang="en"
# # Supervised fine-tuning, run and measured
#
# These notebooks follow the article «SFT：有监督的微调技术» chapter by chapter. What it
# says in words or pseudo-code runs here, on a laptop without a GPU and without a network;
# each claim is measured; where the article's code fails or misleads, you see it happen,
# and then the remedy. The English edition works on English texts, the Chinese one on
# Chinese texts, so their numbers differ; only the texts of 6.5 and 10 are English in both.

# %% [markdown] lang="zh"
# # 有监督微调：边跑边测
#
# 这套笔记本按章讲解《SFT：有监督的微调技术》一文。原文的文字和伪代码在这里都能跑起来，
# 一台没有显卡的笔记本电脑就够，也不用联网；结论都由实测得出；原文代码有问题的地方，
# 先让问题当场出现，再说怎么改。中文版用中文文本，英文版用英文文本，所以两版的数字不同；
# 只有 6.5 和第 10 章两版用的都是英文文本。

# %% [markdown] lang="en"
# | chapter | what happens | time | exercises | solutions |
# |---|---|---|---|---|
# | [1. Background](01_background.ipynb) | what fine-tuning is, its terms as live objects, a first success (the same hundred labels for a network from scratch and for a pretrained one), and what it has not understood | {{run_time:01_background}} | [exercises](exercises/01_background.ipynb) | [solutions](solutions/01_background.ipynb) |
# | [2. Core concepts](02_core_concepts.ipynb) | the six boxes of the article's diagram as six live steps; one sentence followed through the network | {{run_time:02_core_concepts}} | [exercises](exercises/02_core_concepts.ipynb) | [solutions](solutions/02_core_concepts.ipynb) |
# | [3. The algorithm](03_algorithm.ipynb) | the five steps, what goes wrong in them, what to unfreeze, and how many labels you need | {{run_time:03_algorithm}} | [exercises](exercises/03_algorithm.ipynb) | [solutions](solutions/03_algorithm.ipynb) |
# | [4. The mathematics](04_mathematics.ipynb) | every formula beside the code that computes it and the Keras function that agrees | {{run_time:04_mathematics}} | [exercises](exercises/04_mathematics.ipynb) | [solutions](solutions/04_mathematics.ipynb) |
# | [5. The project, part one](05_project.ipynb) | the article's program line by line: what stops it, and what is wrong without a word | {{run_time:05_project}} | [exercises](exercises/05_project.ipynb) | [solutions](solutions/05_project.ipynb) |
# | [5. The project, part two](05_decisions.ipynb) | the program mended: its surest mistakes, a threshold, a model to hand over | {{run_time:05_decisions}} | to all three parts | |
# | [5. The project, part three](05_encoder.ipynb) | a pretrained encoder on the same labels, and in the other language | {{run_time:05_encoder}} | | |
# | [6.1 Text classification](06_text_classification.ipynb) | headlines of eight topics: what is confused and why, how many labels, and a model that needs none in your language | {{run_time:06_text_classification}} | [exercises](exercises/06_text_classification.ipynb) | [solutions](solutions/06_text_classification.ipynb) |
# | [6.2 Speech recognition](06_speech_recognition.ipynb) | a voice that the recogniser has never heard: what twenty sentences of it are worth | {{run_time:06_speech_recognition}} | [exercises](exercises/06_speech_recognition.ipynb) | [solutions](solutions/06_speech_recognition.ipynb) |
# | [6.3 Image classification](06_image_classification.ipynb) | five examples of each new digit: when pretraining is worth a great deal, and when nothing | {{run_time:06_image_classification}} | [exercises](exercises/06_image_classification.ipynb) | [solutions](solutions/06_image_classification.ipynb) |
# | [6.4 Machine translation](06_machine_translation.ipynb) | a program that the translator never saw: three hundred of its strings, what is forgotten, and a control that knows no Chinese | {{run_time:06_machine_translation}} | [exercises](exercises/06_machine_translation.ipynb) | [solutions](solutions/06_machine_translation.ipynb) |
# | [6.5 Spam detection](06_spam_detection.ipynb) | one message in seven is spam, and losing a good one is the worse mistake | {{run_time:06_spam_detection}} | [exercises](exercises/06_spam_detection.ipynb) | [solutions](solutions/06_spam_detection.ipynb) |
# | [6.6 Recommendation](06_recommendation.ipynb) | titles that nobody has bought yet, customers of another kind, and where counting beats every network | {{run_time:06_recommendation}} | [exercises](exercises/06_recommendation.ipynb) | [solutions](solutions/06_recommendation.ipynb) |
# | [6.7 Medical diagnosis](06_medical_diagnosis.ipynb) | thirty measurements a patient, few diagnoses: does pretraining without labels help? | {{run_time:06_medical_diagnosis}} | [exercises](exercises/06_medical_diagnosis.ipynb) | [solutions](solutions/06_medical_diagnosis.ipynb) |
# | [6.8 Driving](06_driving.ipynb) | a driver cloned from recorded drives meets a denser road: who crashes, and why accuracy did not tell | {{run_time:06_driving}} | [exercises](exercises/06_driving.ipynb) | [solutions](solutions/06_driving.ipynb) |
# | [10. Instruction tuning](10_instruction_tuning.ipynb) | a chat model, 64 pairs, LoRA: what counts in the loss, where an answer ends, what is forgotten, and who may write a control token | {{run_time:10_instruction_tuning}} | [exercises](exercises/10_instruction_tuning.ipynb) | [solutions](solutions/10_instruction_tuning.ipynb) |
#
# The times were measured on two CPU cores. All chapters need what `make setup` installs,
# chapter 10 also what `make smollm2` fetches; 1 to 5 use the reviews in `data/` and a
# pretrained encoder. No chapter needs the one before it to have been run. Those of chapter
# 6 are the article's applications, each the same five steps on other data.

# %% [markdown] lang="zh"
# | 章节 | 内容 | 用时 | 练&NoBreak;习 | 答&NoBreak;案 |
# |---|---|---|---|---|
# | [1. 背景](01_background.ipynb) | 什么是微调；术语表变成能动手摆弄的对象；第一次成功：同样一百个标注样本，从零训练的网络和预训练过的网络差多少；模型为什么读不懂一个“不”字 | {{run_time:01_background}} | [练&NoBreak;习](exercises/01_background.ipynb) | [答&NoBreak;案](solutions/01_background.ipynb) |
# | [2. 核心概念](02_core_concepts.ipynb) | 原文流程图里的六个方框，变成六个能跑的步骤；跟着一句话走遍整个网络 | {{run_time:02_core_concepts}} | [练&NoBreak;习](exercises/02_core_concepts.ipynb) | [答&NoBreak;案](solutions/02_core_concepts.ipynb) |
# | [3. 算法](03_algorithm.ipynb) | 五个步骤，每一步会怎样出错，该解冻哪些层，需要多少标注 | {{run_time:03_algorithm}} | [练&NoBreak;习](exercises/03_algorithm.ipynb) | [答&NoBreak;案](solutions/03_algorithm.ipynb) |
# | [4. 数学](04_mathematics.ipynb) | 每个公式、计算它的代码、与之相符的 Keras 函数，三者并排 | {{run_time:04_mathematics}} | [练&NoBreak;习](exercises/04_mathematics.ipynb) | [答&NoBreak;案](solutions/04_mathematics.ipynb) |
# | [5. 项目实战（一）](05_project.ipynb) | 逐行运行原文的程序：哪里报错，哪里不报错却是错的 | {{run_time:05_project}} | [练&NoBreak;习](exercises/05_project.ipynb) | [答&NoBreak;案](solutions/05_project.ipynb) |
# | [5. 项目实战（二）](05_decisions.ipynb) | 修好的程序：最有把握的错误、阈值、可以交付的模型 | {{run_time:05_decisions}} | 三部分共用 | |
# | [5. 项目实战（三）](05_encoder.ipynb) | 同样的标注换上预训练编码器，再换一种语言 | {{run_time:05_encoder}} | | |
# | [6.1 文本分类](06_text_classification.ipynb) | 八个栏目的新闻标题：哪些容易混淆、为什么，要多少标注；还有一个不用一条中文标注就能分中文标题的模型 | {{run_time:06_text_classification}} | [练&NoBreak;习](exercises/06_text_classification.ipynb) | [答&NoBreak;案](solutions/06_text_classification.ipynb) |
# | [6.2 语音识别](06_speech_recognition.ipynb) | 识别器从没听过的声音：给它二十句话，能换来什么 | {{run_time:06_speech_recognition}} | [练&NoBreak;习](exercises/06_speech_recognition.ipynb) | [答&NoBreak;案](solutions/06_speech_recognition.ipynb) |
# | [6.3 图像分类](06_image_classification.ipynb) | 每个新数字只给五个样本：预训练什么时候大有用处，什么时候毫无用处 | {{run_time:06_image_classification}} | [练&NoBreak;习](exercises/06_image_classification.ipynb) | [答&NoBreak;案](solutions/06_image_classification.ipynb) |
# | [6.4 机器翻译](06_machine_translation.ipynb) | 没见过的软件：学三百条界面文字换来什么，忘了什么，还有一个完全不懂中文的对照 | {{run_time:06_machine_translation}} | [练&NoBreak;习](exercises/06_machine_translation.ipynb) | [答&NoBreak;案](solutions/06_machine_translation.ipynb) |
# | [6.5 垃圾短信检测](06_spam_detection.ipynb) | 七条短信里有一条是垃圾，而误删一条正经短信的代价更大 | {{run_time:06_spam_detection}} | [练&NoBreak;习](exercises/06_spam_detection.ipynb) | [答&NoBreak;案](solutions/06_spam_detection.ipynb) |
# | [6.6 推荐系统](06_recommendation.ipynb) | 还没有人买过的商品，另一批不一样的顾客；以及只靠计数的方法赢过所有网络的地方 | {{run_time:06_recommendation}} | [练&NoBreak;习](exercises/06_recommendation.ipynb) | [答&NoBreak;案](solutions/06_recommendation.ipynb) |
# | [6.7 医疗诊断](06_medical_diagnosis.ipynb) | 每位病人三十项测量，确诊结果却很少：不用标注的预训练帮得上忙吗 | {{run_time:06_medical_diagnosis}} | [练&NoBreak;习](exercises/06_medical_diagnosis.ipynb) | [答&NoBreak;案](solutions/06_medical_diagnosis.ipynb) |
# | [6.8 自动驾驶](06_driving.ipynb) | 从示范中学会开车的模型来到更密集的路段：谁会撞车，准确率为什么没看出来 | {{run_time:06_driving}} | [练&NoBreak;习](exercises/06_driving.ipynb) | [答&NoBreak;案](solutions/06_driving.ipynb) |
# | [10. 指令微调](10_instruction_tuning.ipynb) | 一个真正的对话模型、64 个样本、LoRA：哪些词元计入损失，回答怎样学会结束，忘了什么，控制词元谁能写 | {{run_time:10_instruction_tuning}} | [练&NoBreak;习](exercises/10_instruction_tuning.ipynb) | [答&NoBreak;案](solutions/10_instruction_tuning.ipynb) |
#
# 用时在两个 CPU 核上测得。各章都需要 `make setup` 装好的环境，第 10 章还要运行 `make smollm2`；第 1 至 5 章用到 `data/`
# 里的短评和一个预训练编码器。各章互不依赖，可以单独运行。第 6 章是原文列举的应用场景，
# 数据换了，五个步骤不变。

# %% [markdown] lang="en"
# ## How to use them
#
# Run the cells from top to bottom (Shift + Enter), and change things as you go: a
# sentence, a learning rate, a seed. The first code cell is folded away; it finds the
# project's folder and starts Keras.
#
# A cell marked ▶ begins a stretch of the *short path*, what a class does in half a day; at
# ▷ you may leave out what follows, but run it, since later cells can need it. Each chapter
# ends in a summary and questions with their answers folded away.
#
# Each exercise is followed by a cell that checks your answer, in words, with a hint after
# the second try. Read a solution after you have tried.
#
# New to this? Go 1, 2, 3, 4, 5, then the application nearest to yours. In a hurry, with
# data of your own? Read 1, then 5. Want to know what to freeze and how many labels to pay
# for? Read 3.
#
# Each term is explained where it is first shown, in bold; the [glossary](glossary.md) leads
# there, and [what to remember](summary.md) is a page for all chapters.
#
# How to teach with these notebooks, and how to write one, is in
# [notebooks/README.md](../README.md).

# %% [markdown] lang="zh"
# ## 怎么用
#
# 从上往下逐格运行（Shift + Enter），边读边改：换一句话，换一个学习率，换一个随机种子。
# 第一个代码格是折叠的，它负责找到项目文件夹并启动 Keras。
#
# 标着 ▶ 的地方开始是*精简路线*，也就是半天课上要走的路；遇到 ▷，后面的内容可以不读，但请照样运行，
# 后面的格子可能用得到。每章最后是小结和思考题，思考题的答案是折叠的。
#
# 表格的表头译成了中文；写代码时要用原来的英文列名，把鼠标停在表头上就会显示。
#
# 每道练习后面都有一格检查代码，做完运行它就知道对不对，第二次还不对会给提示。先自己做，再看答案。
#
# 初学者请按 1 到 5 的顺序读，再挑一个离自己最近的应用场景。手里有数据、急着用，读第 1 章和第 5 章就够了。想知道哪些层该冻结、
# 要花钱标多少数据，请看第 3 章。
#
# 每个术语都在第一次出现的地方解释，用粗体标出；[术语表](glossary.md)能带你回到那里，
# [要点](summary.md)把各章的小结汇成一页。
#
# 怎样用这套笔记本上课，怎样自己编写一章，见 [notebooks/README.md](../README.md)。
