"""The bytes of a text file as text, or what is wrong with them."""

import codecs

from sftkeras.errors import InputError, suggest


def read_text(path):
    """Return the content of a text file, UTF-8 or GB18030; say what is wrong with it.

    Args:
        path: a `pathlib.Path`.
    """
    if path.is_dir():
        raise InputError(f"{path} is a directory; give a file in it.")
    if not path.exists():
        folder = path.parent if path.parent.is_dir() else None
        names = [p.name for p in folder.iterdir()] if folder else []
        raise FileNotFoundError(f"{path}: no such file.{suggest(path.name, names)}")
    content = path.read_bytes()
    if not content.strip():
        raise InputError(f"{path}: the file is empty.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{path}: the file is UTF-16. Save it as UTF-8.")
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: NUL byte. This is not a text file; save it as "
            "UTF-8 text."
        )
    return _decode(path, content)


def _decode(path, content):
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = content[error.start]
    if _looks_gb18030(content):
        return content.decode("gb18030")
    raise InputError(
        f"{path}, line {line}: invalid UTF-8 (byte 0x{byte:02x}). Save the file as "
        "UTF-8 (GB18030 is read too, for Chinese)."
    )


def _looks_gb18030(content):
    """True when most lines are not UTF-8, and read as GB18030 give common Chinese."""
    foreign = [line for line in content.splitlines() if not line.isascii()]
    utf8 = 0
    for line in foreign:
        try:
            line.decode("utf-8")
            utf8 += 1
        except UnicodeDecodeError:
            pass
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    letters = [c for c in text if not c.isascii()]
    common = sum(len(c.encode("gb2312", "ignore")) == 2 for c in letters)
    return utf8 * 2 < len(foreign) and common > 0.95 * len(letters)


def check_unicode(text, where):
    """Raise `InputError` for half a surrogate pair, which no tokenizer takes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where}: the text is not valid Unicode at character {error.start + 1}. "
            "Save it as UTF-8."
        ) from None
