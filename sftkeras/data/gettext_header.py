"""The header of a `.po` file: what it says of the language, completed, else kept.

Babel writes a header of its own, without the lines that it does not know
(`X-Poedit-…`); so the header is read and written here.
"""

import re

_STRING = re.compile(r'^(msgid|msgstr)?\s*"(.*)"\s*$')
_FIELD = re.compile(r"^([\w-]+):[ \t]*(.*)$")
_TEMPLATE = re.compile("PACKAGE|PROJECT VERSION|LL@li|EMAIL@ADDRESS|INTEGER|YEAR-MO-DA")
_LANGUAGE, PLURALS, _TYPE = "Language", "Plural-Forms", "Content-Type"
ONE_FORM, TWO_FORMS = "nplurals=1; plural=0;", "nplurals=2; plural=(n != 1);"


class Header:
    """The header of a catalogue.

    Args:
        text: str, the whole file's.

    Attributes:
        language: str, that the file names, `""` if none.
        plurals: str, `Plural-Forms`, `""` if none, or the template's that say nothing.
        without: str, the file with this header's Plural-Forms, or two forms where it
            names none, as Babel reads it; no line moves.
    """

    def __init__(self, text):
        lines = text.split("\n")
        self.end = _end(lines)
        head = [line.strip() for line in lines[: self.end]]
        self.comments = [line for line in head if line.startswith("#")]
        joined = "".join(found[2] for line in head if (found := _STRING.match(line)))
        self.lines = [line for line in joined.split(r"\n") if line]
        self.language, self.plurals = self._of(_LANGUAGE), self._of(PLURALS)
        self.without = text
        if not self.plurals:
            self.without = "\n".join(self._with_two_forms(lines))

    def _of(self, name):
        """Return the value of a field, `""` where it is the template's."""
        for line in self.lines:
            found = _FIELD.match(line)
            if found and found[1].lower() == name.lower():
                return "" if _TEMPLATE.search(found[2]) else found[2].strip()
        return ""

    def _with_two_forms(self, lines):
        head = "\n".join(lines[: self.end])
        if "nplurals=INTEGER" in head:
            head = re.sub("nplurals=INTEGER.*;", TWO_FORMS, head)
        else:
            head = head.replace('msgstr "', rf'msgstr "{PLURALS}: {TWO_FORMS}\n', 1)
        return [*head.split("\n"), *lines[self.end :]] if self.end else lines

    def completed(self, forms):
        """Return the header's text for Chinese in UTF-8, and what was set, for people.

        Args:
            forms: int, how many forms of a plural the catalogue has, if it does not
                say so.
        """
        wanted = {_TYPE: "text/plain; charset=utf-8"}  # xgettext leaves CHARSET there
        if not self.language:
            wanted[_LANGUAGE] = "zh_CN"
        if not self.plurals:
            wanted[PLURALS] = ONE_FORM if forms == 1 else TWO_FORMS
        told = [f"{name}: {value}" for name, value in wanted.items() if name != _TYPE]
        lines = []
        for line in self.lines:
            found = _FIELD.match(line)
            name = found and next(
                (n for n in wanted if n.lower() == found[1].lower()), 0
            )
            lines.append(f"{name}: {wanted.pop(name)}" if name else line)
        lines += [f"{name}: {value}" for name, value in wanted.items()]
        left = [line.split(":")[0] for line in lines if _TEMPLATE.search(line)]
        comments = self.comments
        if told:  # of a template, which is one no more
            comments = [c for c in comments if not re.match(r"#,\s*fuzzy\s*$", c)]
        text = [*comments, 'msgid ""', 'msgstr ""', *(rf'"{line}\n"' for line in lines)]
        notes = [f"the header gets {', '.join(told)}"] * bool(told)
        notes += [f"the template's words still stand in {', '.join(left)}"] * bool(left)
        return "\n".join(text) + "\n\n", notes


def _end(lines):
    """Return the line after the header's, 0 where the file begins with a text."""
    seen = []
    for number, line in enumerate(lines):
        word = line.strip()
        if len(seen) > 1 and (not word or word.startswith(("#", "msgid", "msgctxt"))):
            return number
        if word.startswith("msg"):
            seen.append(word)
            if seen[0] != 'msgid ""':
                return 0
        elif len(seen) == 1 and word.strip('"'):
            return 0  # a text over several lines
    return len(lines) if len(seen) > 1 else 0
