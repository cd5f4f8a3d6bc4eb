"""What a teacher takes along: copies for the class, and slides.

python notebooks/kit.py class            # copies without outputs, into class/
python notebooks/kit.py class --to DIR   # … into another folder of the project
python notebooks/kit.py slides           # one HTML file a chapter, into class/

What somebody changed in that folder stays as it is, and is named.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from assembling import HIDDEN, assemble, chapters_in_order
from keeping import Folder
from source import (
    FOLDER,
    LANGUAGES,
    BuildError,
    find_sources,
    language_of,
    read,
    targets,
)

ANSWER = {"en": "Answer", "zh": "答案"}


def class_copy(source, path, kind):
    """Return a notebook for guessing first: no outputs, the answers' cells folded."""
    lang = language_of(path)
    built = next(p for p in targets(source) if language_of(p) == lang)
    notebook = assemble(source, path, kind, read(built).metadata.get("sftkeras"))
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and "answer" in tags:
            cell.metadata |= HIDDEN
        elif "answer" in tags:
            head, rest = _heading(cell.source)
            folded = (
                f"<details><summary>{ANSWER[lang]}</summary>\n\n{rest}\n\n</details>"
            )
            cell.source = f"{head}{folded}"
        if cell.cell_type == "markdown":  # the class has no solutions
            cell.source = re.sub(
                r" · \[[^\]]*\]\([^)]*solutions/[^)]*\)", "", cell.source
            )
            cell.source = re.sub(r"\[([^\]]*)\]\(solutions/[^)]*\)", "–", cell.source)
    return notebook


def _heading(text):
    found = re.match(r"#+ .*\n+", text)
    return (found[0], text[found.end() :]) if found else ("", text)


def write_class(folder):
    """Write the class copies of all notebooks but the solutions; return how many.

    Args:
        folder: a `Folder`.
    """
    count = 0
    for source in find_sources():
        for path, kind in targets(source).items():
            if kind == "solutions":
                continue
            notebook = class_copy(source, path, kind)
            text = nbformat.writes(notebook).rstrip("\n") + "\n"
            folder.write(path.relative_to(FOLDER).as_posix(), text)
            count += 1
    for lang in LANGUAGES:
        for page in ("glossary.md", "summary.md"):
            folder.write(f"{lang}/{page}", (FOLDER / lang / page).read_text("utf-8"))
    folder.write("README.md", class_readme())
    return count


def class_readme():
    """Return notebooks/README.md without its links to what the class does not get."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"\[([^\]]*)\]\(teaching/[^)]*\)", r"\1", text)
    return re.sub(r"^.*`\w+/solutions/`.*\n\n", "", text, flags=re.M)


def main(arguments=None):
    """Write what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["class", "slides"])
    parser.add_argument("--to", metavar="DIR", default=str(FOLDER.parent / "class"))
    options = parser.parse_args(arguments)
    path = Path(options.to).resolve()
    if FOLDER in (path, *path.parents) or path in FOLDER.parents:
        sys.exit(f"{path} holds the notebooks themselves: name a folder of its own.")
    try:
        folder = Folder(path)
        if options.what == "class":
            count = write_class(folder)
            print(f"{count} notebooks without outputs are in {path}")
            if FOLDER.parent not in path.parents:
                print(f"They run inside the project: move them into {FOLDER.parent}")
        else:
            from slides import write_slides

            for path in write_slides(folder, chapters_in_order(FOLDER)):
                print(path)
        if folder.changed:
            print(folder.tell())
    except BuildError as error:
        sys.exit(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
