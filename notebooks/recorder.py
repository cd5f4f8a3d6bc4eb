"""`recorder`: the browser's microphone in a notebook, a sentence at a time (§6.2).

    recorder("my_recordings", sentences("one two three".split(), 40))

The browser records, makes a .wav of it and hands it to the Jupyter that shows the
notebook; nothing leaves the machine that Jupyter runs on. JupyterLab and Notebook 7.
"""

import csv
import json
import random
from pathlib import Path

WORDS = {
    "en": {
        "record": "● Record",
        "stop": "■ Stop",
        "again": "The last one again",
        "done": "All sentences are recorded: run the next cell.",
        "refused": "There is no microphone here, or the browser may not use it.",
        "lost": "The recording could not be stored.",
        "elsewhere": "This works in JupyterLab or Notebook 7; elsewhere record files.",
    },
    "zh": {
        "record": "● 录音",
        "stop": "■ 停止",
        "again": "重录上一句",
        "done": "全部录完，请运行下一格。",
        "refused": "没有麦克风，或者浏览器不允许使用它。",
        "lost": "录音没有保存成功。",
        "elsewhere": "请在 JupyterLab 或 Notebook 7 里使用，或者另外录成文件。",
    },
}
ID = "sftkeras-recorder"
TABLE = "transcripts.csv"
PAGE = """\
<div id="{id}" style="font-size: 1.3em">
<p></p><button></button> <button></button><p style="font-size: 0.8em"></p></div>
<script>
{script}({given});
</script>"""


def sentences(words, count, length=4, seed=0, between=" "):
    """Return sentences of words drawn by lot, no word twice in a row.

    Args:
        words: list of str.
        count: int, how many sentences.
        length: int, words in each. Defaults to `4`.
        seed: int. Defaults to `0`.
        between: str, what stands between words. Defaults to `" "`.
    """
    drawn = random.Random(seed)
    return [between.join(drawn.sample(words, length)) for _ in range(count)]


def recorder(folder, sentences, language="en"):
    """Return a recorder to show: it fills a folder with recordings and their table.

    What the folder has stays: the recorder goes on behind it.

    Args:
        folder: str, of the recordings; it is made.
        sentences: list of str, to be spoken.
        language: `"en"` or `"zh"`, of the buttons. Defaults to `"en"`.
    """
    from IPython.display import HTML

    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / TABLE
    lines = table.read_text("utf-8-sig").splitlines() if table.is_file() else []
    rows = [*csv.reader(lines or ["file,text"])]
    taken = {row[0] for row in rows if row}
    numbers = range(len(sentences) + len(taken))
    files = [f"{n:03}.wav" for n in numbers if f"{n:03}.wav" not in taken]
    given = {
        "id": f"{ID}-{folder.name}",
        "folder": folder.relative_to(served(folder)).as_posix(),
        "table": lines or ["file,text"],
        "sentences": list(sentences),
        "files": files[: len(sentences)],
        "words": WORDS[language],
    }
    script = Path(__file__).with_suffix(".js").read_text("utf-8").rstrip()
    text = json.dumps(given, ensure_ascii=False).replace("<", "\\u003c")
    return HTML(PAGE.format(id=given["id"], script=script, given=text))


def served(folder):
    """Return the directory that Jupyter shows, in which a folder lies.

    Args:
        folder: absolute `Path`. Where no running Jupyter shows it, its parent's.
    """
    from jupyter_server.serverapp import list_running_servers

    roots = (Path(server["root_dir"]).resolve() for server in list_running_servers())
    inside = [root for root in roots if folder.is_relative_to(root)]
    return max(inside, key=lambda root: len(root.parts), default=folder.parent)
