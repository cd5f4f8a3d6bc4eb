"""What figures say in English and in Chinese, and the font for the latter."""

import re
import warnings
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.text import Text

from sftkeras import language as printed
from sftkeras.errors import InputError

LANGUAGES = ("en", "zh")
# Chinese fonts by the names that matplotlib gives them, the usual ones of Linux,
# Windows and macOS. The first is in requirements.txt.
FONTS = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",  # one collection: it holds all the characters of SC
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti TC",
    "Arial Unicode MS",
)
_CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
# Each fixed label of a figure; one that a model or a file names stays as it is.
CHINESE = {
    "Accuracy": "准确率",
    "Balanced accuracy": "平衡准确率",
    "F1": "F1",
    "F1 of spam": "垃圾短信 F1",
    "Loss": "损失",
    "MAE": "平均绝对误差",
    "Macro F1": "宏平均 F1",
    "Precision": "精确率",
    "Recall": "召回率",
    "recall@10": "前十召回率",
    "Epoch": "轮次",
    "{metric}: training dashed, validation solid": "{metric}（虚线：训练，实线：验证）",
    "{metric}: training": "{metric}（训练）",
    "Confusion matrix": "混淆矩阵",
    "Predicted": "预测类别",
    "True": "真实类别",
    "Share of the true class": "占真实类别的比例",
    "Rows": "样本数",
    "{title}: true → predicted, the most frequent": "{title}：最常见的真实 → 预测",
    "guessing": "随机猜测",
    "{metric} on test; training time": "测试集{metric}；训练用时",
    "{metric} on test": "测试集{metric}",
    "{metric} on test, {count} labels": "测试集{metric}（{count} 条标注）",
    "Mean over the seeds; line: lowest to highest": (
        "各随机种子的平均值；横线：最低到最高"
    ),
    "Mean over the seeds; band: lowest to highest": (
        "各随机种子的平均值；色带：最低到最高"
    ),
    "Labels to train on (log scale)": "训练用的标注数（对数刻度）",
    "BLEU": "BLEU",
    "BLEU of the old domain": "旧领域 BLEU",
    "original": "原文",
    "translation": "译文",
    "Threshold": "阈值",
    "Score": "得分",
    "Error rate": "错误率",
    "right sentence": "右边的句子",
    "cosine": "余弦",
    "looks at": "所关注的词元",
    "token": "词元",
    "Attention weight": "注意力权重",
    "Transformer layer": "Transformer 层",
    "by chance": "随便抽两条",
    "Share of the five nearest": "在最近的五条中所占比例",
    "Length of the change, in % of the layer's weights": (
        "变化量的长度，占该层权重长度的百分比"
    ),
    "{first:.0%} and {second:.0%} of the variance": (
        "两个方向占总方差的 {first:.0%} 和 {second:.0%}"
    ),
    "First direction": "第一主方向",
    "Second direction": "第二主方向",
    "Recall: share that is caught": "召回率：查出的比例",
    "Precision: share of what is caught": "精确率：查出的之中判对的比例",
    "catch nothing": "什么都不拦",
    "Cost of 1,000 rows": "每 1000 个样本的代价",
    "Dot: threshold 0.5; star: the cheapest on other rows, "
    "with a miss at {missed:g} and a false alarm at {alarm:g}": (
        "圆点：阈值 0.5；星号：在另一半样本上代价最低的阈值"
        "（漏报代价 {missed:g}，误报代价 {alarm:g}）"
    ),
    "specificity 95%": "特异度 95%",
    "The spectrogram: loudness of 32 bands": "声谱图：32 个频带的响度",
    "Band": "频带",
    "What each frame says": "每一帧说的是什么",
    "Seconds": "秒",
    "Probability": "概率",
    "Where the alignments are": "对齐路径落在哪里",
    "Share of the paths": "路径所占的份额",
    "Times": "次数",
    "blank": "空白",
    "What is found": "查出多少",
    "False alarms among the healthy": "健康人中的误报率",
    "Sensitivity": "灵敏度",
    "Predicted probability": "预测概率",
    "Share that is ill": "实际患病的比例",
    "Is 30% really 30%?": "说 30%，真是 30% 吗？",
    "Cost a patient (false alarms)": "每位患者的代价（以误报计）",
    "A missed illness costs {missed:g} false alarms": (
        "一次漏诊的代价等于 {missed:g} 次误报"
    ),
}
CHINESE |= {  # of drivers
    "Crash rate; line: 95 % interval": "撞车率（横线：95% 置信区间）",
    "Mean speed, m/s": "平均速度（米/秒）",
    "Crash rate": "撞车率",
    "Safe speed": "安全速度",
    "second {second}: {taken}, advised {advised}, then {speed:.0f} m/s": (
        "第 {second} 秒：{taken}（教师建议 {advised}），随后 {speed:.0f} 米/秒"
    ),
    "crashed": "撞车",
    "arrived": "安全到达",
}
CHINESE |= {  # of language models
    "counts": "计入损失",
    "is only read": "只读不学",
    "frozen": "冻结不动",
}
CHINESE |= {  # of images
    "{label}, not {predicted}": "是 {label}，判成 {predicted}",
    "(sure: {probability:.2f})": "（把握：{probability:.2f}）",
    "{count} mistakes, the surest first": "{count} 个判错的，最有把握的在前",
}
_said = {"language": "en"}


def set_language(language="en"):
    """Choose the language of the fixed labels of all figures from now on.

    The report that `evaluate_model` prints of classes follows. In figures, Chinese
    needs a font with Chinese characters: that of the package `pylopdf-fonts-zh-cn` (in
    requirements.txt), or one of `FONTS` on this machine. It is added behind
    matplotlib's own font, for your figures too. Without one, figures stay English, and
    a warning says so once.

    Args:
        language: "en" or "zh". Defaults to "en".

    Returns:
        str, the language that figures now speak.

    Raises:
        InputError: for another language.
    """
    if language not in LANGUAGES:
        raise InputError(
            f"Figures speak {' and '.join(map(repr, LANGUAGES))}. Got {language!r}."
        )
    printed.choose(language)
    if language == "zh" and not add_chinese_font():
        warnings.warn(
            "No Chinese font was found, so figures stay English: pip install "
            "pylopdf-fonts-zh-cn, or install Noto Sans CJK SC (Debian, Ubuntu: "
            "apt install fonts-noto-cjk), and start Python again. "
            "没有找到中文字体，图中文字保持英文。",
            stacklevel=2,
        )
        language = "en"
    _said["language"] = language
    return language


def say(text, **values):
    """Return a label in the language of the figures, with its `{…}` filled in.

    Args:
        text: str, the English. One that `CHINESE` lacks stays English.
        **values: what stands for the names in braces.
    """
    if _said["language"] == "zh":
        text = CHINESE.get(text, text)
    return text.format(**values) if values else text


def add_chinese_font():
    """Put a Chinese font behind matplotlib's own; return its name, `None` if none."""
    name = chinese_font()
    families = matplotlib.rcParams["font.family"]
    if name and name not in families:
        matplotlib.rcParams["font.family"] = [*families, name]
    return name


def chinese_font():
    """Return the name of a Chinese font that matplotlib knows now, `None` if none."""
    try:
        import pylopdf_fonts_zh_cn
    except ImportError:
        path = None
    else:
        path = Path(pylopdf_fonts_zh_cn.__file__).with_name("NotoSansSC-Regular.otf")
    known = {font.name for font in font_manager.fontManager.ttflist}
    if path and path.is_file() and FONTS[0] not in known:
        font_manager.fontManager.addfont(path)
        known.add(FONTS[0])
    return next((name for name in FONTS if name in known), None)


def draw_chinese(figure):
    """Give those texts of a figure that hold Chinese a font for it, whatever they are.

    A class or a word of the data may be Chinese where the figures speak English.
    """
    texts = [text for text in figure.findobj(Text) if _CHINESE.search(text.get_text())]
    name = chinese_font() if texts else None
    for text in texts if name else ():
        text.set_fontfamily([*text.get_fontfamily(), name])
