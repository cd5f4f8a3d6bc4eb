"""The words that the shipped tops know, by language."""

# ruff: noqa: SIM905 (words to be read)
ENGLISH = (
    "zero one two three four five six seven eight nine "
    "yes no up down left right stop go on off open close start end help back next "
    "play pause call home house light door window music water coffee red green blue "
    "white black cat dog bird tree happy morning night today please thanks hello"
).split()
# A transcript is cut into characters, so a word of two adds what it has of new ones.
CHINESE = (
    "零 一 二 三 四 五 六 七 八 九 "
    "你好 谢谢 再见 开始 停止 继续 打开 关闭 开灯 关灯 上面 下面 左边 右边 前面 后面 "
    "音乐 播放 暂停 回家 出门 房间 窗户 早上 晚上 今天 明天 天气 喝水 咖啡 红色 绿色 "
    "蓝色 白色 黑色 小猫 小狗 小鸟 大树 电话 帮忙 请问 不是 妈妈 爸爸 朋友 快乐 音量 "
    "大声 小声 下雨"
).split()
WORDS = {"en": ENGLISH, "zh": CHINESE}
