"""Slides of the chapters: one HTML file each, with reveal.js inside, for any browser.

The cells tagged `slide`, in their order: prose as it stands, code as what it shows. An
output, and what is said of it, shares a slide with the prose above where it fits; each
slide has a heading. reveal.js (MIT licence) is taken once from the wheel `pyreveal`, as
data, its digests checked; nothing in it is installed or run.
"""

import base64
import html
import itertools
import re
import sys
import tempfile

import nbformat
import prose
from build import render
from nbconvert.filters import markdown2html
from source import FOLDER, BuildError, language_of

sys.path.insert(0, str(FOLDER.parent / "data"))

REVEAL = {
    "reset.css": "39413c3490fdcf826427c26ff4c1ee59ea961a0aa8507c18454e0c6dc96c12d8",
    "reveal.css": "64e6203ee2048665c9f49c368f345fb3d7f936c404934162c70369a7682f388f",
    "reveal.js": "3fb84c30d2e610dd598843d75a123ef2c4dbc588847cda86cd8c7a61e18ddb6b",
}
WIDTH, ROOM = 1100, 680  # pixels of a slide: its width; its height, less a margin
FIGURE = 280  # pixels that a figure needs at least
SHOWN = ("<img", "<div", "<pre")  # how outputs begin
LINE = 86  # characters of a line, Chinese ones count twice
HEIGHTS = {"h1": (90, 60), "h2": (75, 48), "h3": (60, 39), "p": (19, 39), "li": (4, 39)}
HEIGHTS |= {"tr": (12, 27), "pre": (19, 27)}  # pixels around a block, of each line
TIMED = re.compile(r" ?This cell takes about [^.]*\.|这一格约需[^。]*。")
STYLE = """
.reveal { font: 27px/1.45 "Noto Sans", "Helvetica Neue", Arial, "DejaVu Sans",
  "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  color: #222; }
.reveal .slides { text-align: left; }
.reveal h1, .reveal h2, .reveal h3 { font-weight: 600; line-height: 1.2;
  margin: 0 0 .6em; color: #0072b2; }
.reveal h1 { font-size: 1.9em; } .reveal h2 { font-size: 1.5em; }
.reveal h3 { font-size: 1.2em; }
.reveal p, .reveal ul, .reveal ol { margin: 0 0 .7em; }
.reveal ul, .reveal ol { padding-left: 1.2em; }
.reveal ul { list-style: disc; } .reveal ol { list-style: decimal; }
.reveal em { font-style: italic; } .reveal strong { font-weight: 700; }
.reveal code, .reveal pre { font-family: monospace; font-size: .9em; }
.reveal pre { white-space: pre-wrap; font-size: .72em; line-height: 1.35;
  margin-bottom: .7em; }
.reveal img { max-width: 100%; max-height: var(--room); margin: 0 auto .7em;
  display: block; }
.reveal table { font-size: .7em; border-collapse: collapse; margin-bottom: 1em; }
.reveal td, .reveal th { padding: .2em .7em; border-bottom: 1px solid #ccc; }
.reveal th { font-weight: 600; } .reveal math { font-size: 1.1em; }
"""
PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script>{script}</script>
<script>
Reveal.initialize({{hash: true, slideNumber: "c/t", width: 1100, height: 700,
  center: false, transition: "none"}});
</script>
</body>
</html>
"""
MATHS = re.compile(r"\$\$(.+?)\$\$|(?<![\\$`])\$([^$\n]+?)\$(?!\d)", re.S)


def write_slides(folder, sources):
    """Write the slides of chapters in each language, yield the paths.

    Args:
        folder: a `Folder`.
        sources: paths of the chapters' sources.
    """
    reveal = fetch_reveal(folder)
    for source in sources:
        for path, text in render(source).items():
            if page := slides_of(text, language_of(path), reveal):
                name = f"{language_of(path)}/{source.stem}.html"
                folder.write(name, page)
                yield folder.path / name


def fetch_reveal(folder):
    """Return {file: text} of reveal.js, fetched into a folder if it is not there."""
    from fetching import Wheel

    from sftkeras.errors import InputError

    place = folder.path / "reveal"
    wheel = Wheel("pyreveal==1.0.0", 9, "pyreveal/revealjs/dist/", REVEAL)
    if not all((place / name).is_file() for name in REVEAL):
        try:
            with tempfile.TemporaryDirectory() as directory:
                contents = wheel.read(wheel.download(directory, "…"))
        except InputError as error:
            raise BuildError(f"The slides need reveal.js: {error}") from None
        for name, content in contents.items():
            folder.write(f"reveal/{name}", content.decode())
    return {name: (place / name).read_text(encoding="utf-8") for name in REVEAL}


def slides_of(text, lang, reveal):
    """Return the page of a built notebook, given as text; `None` without slides."""
    notebook = nbformat.reads(text, 4)
    title = notebook.cells[0].source.partition("\n")[0].lstrip("# ")
    found, heading, is_open = [], title, False  # an open slide takes more, if it fits
    for cell in notebook.cells:
        is_slide = "slide" in cell.metadata.get("tags", ())
        for part in _parts(cell, lang):
            heads = re.findall(r"<h\d[^>]*>(.*?)</h\d>", part, re.S)
            heading = heads[-1] if heads else heading
            if not is_slide:
                continue
            if is_open and not heads and _belongs(part, found[-1]):
                found[-1].append(part)
            else:
                found.append([part] if heads else [f"<h3>{heading}</h3>", part])
                is_open = True
        if cell.cell_type == "markdown":  # what is said here is not on the slide
            is_open = is_open and is_slide
    if not found:
        return None
    if not found[0][0].startswith("<h1"):
        found.insert(0, [f"<h1>{html.escape(title)}</h1>"])
    css = "\n".join([reveal["reset.css"], reveal["reveal.css"], STYLE])
    script = reveal["reveal.js"].replace("</script", "<\\/script")
    slides = "\n".join(map(_section, found))
    return PAGE.format(lang=lang, title=title, css=css, slides=slides, script=script)


def _parts(cell, lang):
    """Yield what a cell brings to the slides: its prose by headings, or its outputs."""
    if cell.cell_type == "code":
        yield from _shown(cell)
        return
    text = _for_slides(cell.source, lang)
    part = ""
    for line in text.split("\n"):  # a heading after some text begins another part
        if line.startswith("#") and re.search("^[^#\\s]", part, re.M):
            yield to_html(part)
            part = ""
        part += f"{line}\n"
    if part.strip():
        yield to_html(part)


def _belongs(part, slide):
    """Return whether a part goes on a slide: an output, or what is said of one."""
    shown = [other.startswith(SHOWN) for other in slide]
    is_bare = re.fullmatch("<h3>[^<]*</h3>", slide[0]) and all(shown[1:])
    if part.startswith(SHOWN) or is_bare or slide[-1].startswith(("<img", "<div")):
        return fits([*slide, part])
    return False


def fits(parts):
    """Return whether parts go on one slide: its text, and at most one figure."""
    figures = [part for part in parts if part.startswith("<img")]
    needed = sum(map(_least_height, figures))
    return len(figures) < 2 and height_of("".join(parts)) + needed <= ROOM


def _least_height(image):
    """Return the pixels that a figure needs; a wide one fills the slide with less."""
    start = base64.b64decode(image.partition("base64,")[2][:32])  # PNG: its size
    width, height = (int.from_bytes(start[n : n + 4], "big") for n in (16, 20))
    return min(FIGURE, WIDTH * height / width)


def height_of(content):
    """Return about how many pixels the text of a slide takes."""
    content, formulas = re.subn('<math[^>]*display="block".*?</math>', "", content)
    height = 70 * formulas
    for tag, block in re.findall(
        r"<(h[123]|p|li|tr|pre)\b[^>]*>(.*?)</\1>", content, re.S
    ):
        around, line = HEIGHTS[tag]
        plain = [re.sub("<[^>]*>", "", part) for part in block.strip().split("\n")]
        if tag != "pre":
            plain = [" ".join(plain)]
        height += around + sum(line * max(1, -(-_length(p) // LINE)) for p in plain)
    return height


def _length(text):
    text = html.unescape(text)
    return len(text) + len(re.findall("[\u3000-\u9fff\uff00-\uffef]", text))


def _section(parts):
    content = "".join(parts)
    height = height_of(content)
    size = max(0.7, min(1, (ROOM / height) ** 0.5))  # fewer lines, and lower ones
    style = f"--room: {ROOM - height}px; font-size: {size:.2f}em"
    return f'<section style="{style}">{content}</section>'


def _for_slides(text, lang):
    """Return prose without what makes sense in the notebook alone."""
    lines = text.split("\n")
    marks = ("▶", "▷", "[←", prose.CONTENTS[lang].partition("]")[0])
    text = "\n".join(line for line in lines if not line.startswith(marks))
    text = re.sub(r"\[([^\]]+)\]\([^)]*\.ipynb[^)]*\)", r"\1", TIMED.sub("", text))
    return re.sub(r"^```mermaid\n(.*?)^```$", _chain, text, flags=re.M | re.S)


def _chain(match):
    """Return a flowchart as text: a plain chain as a line, others by their arrows."""
    edges = re.findall(r"^\s*(\w+).*?-->\s*(\w+)", match[1], re.M)
    names = {
        node: re.sub("<br/?>", " ", name)
        for node, name in re.findall(r'(\w+)\(?\["?([^\]"]*)"?\]', match[1])
    }
    named = [(names.get(a, a), names.get(b, b)) for a, b in edges]
    if named and all(a[1] == b[0] for a, b in itertools.pairwise(named)):
        return f"**{' → '.join([named[0][0], *(b for _, b in named)])}**"
    by_start = {a: [b for start, b in named if start == a] for a, _ in named}
    return "\n".join(f"- {a} → {', '.join(to)}" for a, to in by_start.items())


def to_html(text):
    """Return Markdown as HTML, formulas as MathML, which browsers draw themselves."""
    from latex2mathml.converter import convert

    formulas = []

    def keep(match):
        display = "block" if match[1] else "inline"
        formulas.append(convert((match[1] or match[2]).strip(), display=display))
        return f"@@formula{len(formulas) - 1}@@"

    page = markdown2html(MATHS.sub(keep, text))
    page = re.sub(r'<a class="anchor-link"[^>]*>.*?</a>', "", page)
    return re.sub(r"@@formula(\d+)@@", lambda match: formulas[int(match[1])], page)


def _shown(cell):
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            image = data["image/png"].replace("\n", "")
            yield f'<img alt="" src="data:image/png;base64,{image}">'
        elif "text/html" in data:
            yield re.sub(r"<style.*?</style>", "", data["text/html"], flags=re.S)
        elif text := output.get("text") or data.get("text/plain"):
            yield f"<pre>{html.escape(text)}</pre>"
