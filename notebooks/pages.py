"""Pages made of all chapters: the glossary, what to remember, the short path."""

import re
from typing import NamedTuple

import prose
from assembling import cells_in, chapters_in_order, title_of
from source import FOLDER, LANGUAGES, read_source

WORDS = {
    "en": {
        "glossary": "Glossary",
        "glossary_about": "The terms of the course, each with the sentence that "
        "introduces it and the chapter that shows it.",
        "summary": "What to remember",
        "summary_about": "The last word of each chapter.",
        "short": "The short path, and the teacher's sheets",
        "short_about": "The minutes are for reading, running and talking; the marks ▶ "
        "and ▷ in the notebooks show where the path goes.",
        "columns": "| chapter | minutes | cells | for the teacher |",
        "sheet": "sheet",
        "all": "all",
        "teaching": "Teaching",
        "anchor": "",
        "other": "中文",
        "contents": "Contents",
    },
    "zh": {
        "glossary": "术语表",
        "glossary_about": "全书的术语，附上引入它的那句话和演示它的那一章。",
        "summary": "要点",
        "summary_about": "每章最后的小结。",
        "short": "精简路线与教学卡",
        "short_about": "分钟数包括阅读、运行和讨论；笔记本里的 ▶ 和 ▷ 标明路线的起止。",
        "columns": "| 章 | 分钟 | 格数 | 教师用 |",
        "sheet": "教学卡",
        "all": "合计",
        "teaching": "教学",
        "anchor": "#中文",
        "other": "English",
        "contents": "目录",
    },
}


class Term(NamedTuple):
    """A term of the course in both languages, and where each one introduces it."""

    names: dict
    sentences: dict
    source: object


def terms(folder=FOLDER):
    """Return the `Term`s of all chapters, in the order of reading."""
    found = []
    for source in chapters_in_order(folder):
        prose_cells = [c for c in read_source(source) if c.kind == "markdown"]
        for pair in zip(prose_cells[::2], prose_cells[1::2], strict=True):
            texts = {"en": pair[0].text, "zh": prose.join_lines(pair[1].text)}
            names = {lang: prose.TERM.findall(texts[lang]) for lang in LANGUAGES}
            for both in zip(*names.values(), strict=True):
                name = dict(zip(LANGUAGES, both, strict=True))
                said = {lang: sentence(texts[lang], name[lang]) for lang in LANGUAGES}
                found.append(Term(name, said, source))
    return found


def sentence(text, term):
    """Return the sentence of a cell that marks a term, without marks and line ends."""
    mark = f"{{{{term:{term}}}}}"
    block = next(
        b for b in re.split(r"\n\s*\n|^\s*[-*] ", text, flags=re.M) if mark in b
    )
    block = " ".join(block.split())
    parts = re.split(r"(?<=[。！？])|(?:(?<=[.!?])|(?<=[.!?]\))) (?=[A-Z`*{(])", block)
    said = next((part for part in parts if mark in part), block)
    said = prose.TERM.sub(r"\1", said).strip()
    stop = "。" if re.search("[\u4e00-\u9fff]", said) else "."
    return re.sub("[:：]$", stop, said)  # what it leads up to is not quoted


def glossary(lang, folder=FOLDER):
    """Return the glossary page of a language: English by the alphabet, 中文 as read."""
    lines = _head("glossary", lang)
    other = next(each for each in LANGUAGES if each != lang)
    found = terms(folder)
    if lang == "en":
        found.sort(key=lambda term: term.names["en"].lower())
    for term in found:
        title = title_of(term.source, lang)
        name, also, said = term.names[lang], term.names[other], term.sentences[lang]
        gloss = {"en": f" ({also})", "zh": f"（{also}）"}[lang]
        gloss = gloss if also.lower() != name.lower() else ""
        link = f"[{title}]({term.source.stem}.ipynb)"
        if lang == "en":
            lines.append(f"- **{name}**{gloss}. {said} {link}")
        else:
            lines.append(f"- **{name}**{gloss}：{said}{link}")
    return "\n".join(lines) + "\n"


def summary(lang, folder=FOLDER):
    """Return the page of what to remember: each chapter's cell tagged `summary`."""
    lines = _head("summary", lang)
    for source in chapters_in_order(folder):
        cells = [c for c in cells_in(source, lang) if "summary" in c.tags]
        if texts := [re.sub(r"^#+ .*\n+", "", cell.text) for cell in cells]:
            lines += [f"## [{title_of(source, lang)}]({source.stem}.ipynb)", ""]
            lines += ["\n\n".join(texts), ""]
    return "\n".join(lines).rstrip() + "\n"


def _head(page, lang):
    words = WORDS[lang]
    other = next(each for each in LANGUAGES if each != lang)
    links = f"[{words['contents']}](00_index.ipynb) · "
    links += f"[{words['other']}](../{other}/{page}.md)"
    return [f"# {words[page]}", "", links, "", words[f"{page}_about"], ""]


def minutes_of(source):
    """Return the minutes of a chapter's short path."""
    return sum(c.minutes for c in read_source(source) if c.lang != "zh")


def short_path(lang, folder=FOLDER):
    """Return the page of the short path: minutes, cells and teacher's sheets."""
    words = WORDS[lang]
    other = next(each for each in LANGUAGES if each != lang)
    links = f"[{words['teaching']}](../README.md{words['anchor']}) · "
    lines = [
        f"# {words['short']}",
        "",
        f"{links}[{words['other']}](../{other}/short_path.md)",
    ]
    lines += ["", words["short_about"], "", words["columns"], "|---|---:|---:|---|"]
    total = [0, 0]
    for source in chapters_in_order(folder):
        cells = [c for c in cells_in(source, lang) if "short" in c.tags]
        minutes, stem = minutes_of(source), source.stem
        has_sheet = (folder / "teaching" / lang / f"{stem}.md").is_file()
        if not cells and not has_sheet:
            continue
        sheet = f"[{words['sheet']}]({stem}.md)" if has_sheet else ""
        link = f"[{title_of(source, lang)}](../../{lang}/{stem}.ipynb)"
        lines.append(f"| {link} | {minutes:g} | {len(cells)} | {sheet} |")
        total = [total[0] + minutes, total[1] + len(cells)]
    lines.append(f"| {words['all']} | {total[0]:g} | {total[1]} | |")
    return "\n".join(lines) + "\n"


def pages(folder=FOLDER):
    """Return {path: text} of all pages."""
    texts = {}
    for lang in LANGUAGES:
        texts[folder / lang / "glossary.md"] = glossary(lang, folder)
        texts[folder / lang / "summary.md"] = summary(lang, folder)
        texts[folder / "teaching" / lang / "short_path.md"] = short_path(lang, folder)
    return texts
