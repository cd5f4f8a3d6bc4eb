"""gettext's catalogues, `.po`, by Babel: entries out, drafts in."""

import io
import re

from sftkeras.data.catalogues import Catalogue, Entry, check_language
from sftkeras.data.decoding import read_text
from sftkeras.errors import InputError

_QUOTED = re.compile(r'^(?:#~\s*)?(?:msg\w+(?:\[\d+\])?\s+)?"(.*)"\s*$')
_STRINGS = re.compile(r'^(?:#~\s*)?(?:msg\w+(?:\[\d+\])?\s|")')
_ESCAPES = re.compile(r'(?:[^\\"]|\\[abfnrtv\\"\'?0-7x])*')


def read_po(path):
    """Return the `Catalogue` of a `.po` file.

    Of a text with a plural the source is the plural: Chinese has one form. A draft is
    flagged `fuzzy`, which `msgfmt` leaves out until someone has looked at it.

    Args:
        path: the file.

    Raises:
        InputError: a broken escape, a quote that is missing, a text that stands twice,
            another language.
    """
    text = read_text(path)
    _check_twice(text, path)
    return parse_po(text, path)


def parse_po(text, path):
    """Return the `Catalogue` of a `.po` file's text; see `read_po`."""
    from babel.messages.pofile import PoFileError, read_po

    _check_lines(text, path)
    try:
        catalog = read_po(io.StringIO(text), abort_invalid=True)
    except (PoFileError, ValueError, LookupError, AttributeError) as error:
        raise InputError(f"{path}: no .po file: {error}") from None
    check_language(path, _language(text))
    messages, entries = [], []
    for message in catalog:
        if not message.id:
            continue
        source, target = message.id, message.string
        if message.pluralizable:
            source, target = source[-1], target[0] if target else ""
        if message.fuzzy:  # what someone has yet to look at is no translation
            target = ""
        line = f"line {message.lineno}" if message.lineno else repr(source[:40])
        entries.append(Entry(source, target or "", line))
        messages.append(message)

    def render(drafts):
        from babel.messages.pofile import write_po

        for number, draft in drafts.items():
            message = messages[number]
            several = message.pluralizable
            forms = max(1, len(message.string)) if several else 1
            message.string = (draft,) * forms if several else draft
            message.flags.add("fuzzy")
        catalog.charset = "utf-8"  # xgettext leaves CHARSET there, or ASCII
        written = io.BytesIO()
        write_po(written, catalog, width=0, include_previous=True)
        return written.getvalue()

    return Catalogue(entries, render)


def _language(text):
    """Return the target language that the header names, `""` if none."""
    header = text.split("\n\n", 1)[0]
    found = re.search(r'^"Language:\s*([\w@.-]*)', header, re.MULTILINE)
    return found[1] if found else ""


def _check_lines(text, path):
    """Raise for a string of a line that is not closed, or has a broken escape."""
    for number, line in enumerate(text.splitlines(), 1):
        if not _STRINGS.match(line.strip()):
            continue
        found = _QUOTED.match(line.strip())
        if found is None:
            raise InputError(
                f"{path}, line {number}: a text in quotes is not closed: {line[:60]!r}"
            )
        if not _ESCAPES.fullmatch(found[1]):
            raise InputError(
                f"{path}, line {number}: a broken escape in {found[1][:60]!r}. Write "
                r"\" for a quote, \\ for a backslash, \n for a line break."
            )


def _check_twice(text, path):
    """Raise for a text that stands twice in a context: Babel would drop one of them."""
    seen, key = {}, {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _QUOTED.match(line.strip())
        if found is None or line.lstrip().startswith("#"):
            continue
        word = re.match("[a-z_]*", line.strip())[0]
        if word in ("msgctxt", "msgid"):
            start = key.setdefault("start", number)
            key[word], last = found[1], word
        elif key and not word:
            key[last] += found[1]
        elif key:  # its translation follows, or its plural
            whole = key.get("msgctxt"), key.get("msgid")
            if whole in seen:
                raise InputError(
                    f"{path}, line {start}: {whole[1][:40]!r} stands in line "
                    f"{seen[whole]} already. Leave one of the two, as msguniq does."
                )
            seen[whole], key = start, {}
