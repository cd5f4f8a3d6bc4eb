"""gettext's catalogues, `.po`, by Babel: entries out, drafts in."""

import io
import re

from sftkeras.data.catalogues import Catalogue, Entry, check_language
from sftkeras.data.decoding import read_text
from sftkeras.data.gettext_header import ONE_FORM, PLURALS, Header
from sftkeras.errors import InputError

_QUOTED = re.compile(r'^(?:#~\s*)?(?:msg\w+(?:\[\d+\])?\s+)?"(.*)"\s*$')
_STRINGS = re.compile(r'^(?:#~\s*)?(?:msg\w+(?:\[\d+\])?\s|")')
_ESCAPES = re.compile(r'(?:[^\\"]|\\[abfnrtv\\"\'?0-7x])*')


def read_po(path):
    """Return the `Catalogue` of a `.po` file.

    Of a text with a plural the source is the plural: Chinese has one form. A draft is
    flagged `fuzzy`, which `msgfmt` leaves out until someone has looked at it. A header
    that names no language or no Plural-Forms gets them; its other lines stay.

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
    header = Header(text)
    try:
        catalog = read_po(io.StringIO(header.without), abort_invalid=True)
    except (PoFileError, ValueError, LookupError, AttributeError) as error:
        raise InputError(f"{path}: no .po file: {error}") from None
    check_language(path, header.language)
    messages, entries, forms = [], [], 1
    for message in catalog:
        if "python-format" not in text:  # Babel's guess at what a % means
            message.flags.discard("python-format")
        if not message.id:
            continue
        source, target, draft = message.id, message.string, ""
        if message.pluralizable:
            forms = max(forms, sum(map(bool, target)))
            source, target = source[-1], target[0] if target else ""
        if message.fuzzy:  # what someone has yet to look at is no translation
            target, draft = "", target
        line = f"line {message.lineno}" if message.lineno else repr(source[:40])
        entries.append(Entry(source, target or "", line, draft or ""))
        messages.append(message)
    head, notes = header.completed(forms)
    if not header.plurals and forms == 1:
        catalog.mime_headers = [(PLURALS, ONE_FORM)]

    def render(drafts):
        from babel.messages.pofile import write_po

        for number, draft in drafts.items():
            message = messages[number]
            several = message.pluralizable
            message.string = (draft,) * catalog.num_plurals if several else draft
            message.flags.add("fuzzy")
        catalog.charset, written = "utf-8", io.BytesIO()
        write_po(written, catalog, width=0, include_previous=True, omit_header=True)
        text = _in_gettexts_order(written.getvalue().decode())
        return f"{head}{text.rstrip()}\n".encode()

    return Catalogue(entries, render, notes)


def _in_gettexts_order(text):
    """Return entries whose former texts, comments to Babel, are such again: `#|`."""
    entries = []
    for entry in text.split("\n\n"):
        lines = entry.split("\n")
        former = [line for line in lines if line.startswith("# |")]
        lines = [line for line in lines if line not in former]
        start = next((n for n, s in enumerate(lines) if s.startswith("msg")), 0)
        lines[start:start] = [line.replace("# |", "#|", 1) for line in former]
        entries.append("\n".join(lines))
    return "\n\n".join(entries)


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
