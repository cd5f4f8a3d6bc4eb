"""The bytes of a text file as text, or what is wrong with them (article §3.2)."""

import codecs
import io
import re
import unicodedata
from pathlib import Path

from sftkeras.data.escaped import is_hz, is_utf7, wide
from sftkeras.data.telling import tell
from sftkeras.errors import InputError, suggest

HEAD = 2**20  # bytes by which a file that is read row by row is judged
_SAMPLE = 2**16  # bytes of lines that are not ASCII, by which an encoding is guessed
_LIKELY = 0.05  # chardet's confidence, below which a guess is refused
_CLEARER = 1.2  # times the confidence of the next encoding that gives another text
_COMMON = 1.6  # times as common as chardet thinks is Western text among Latin scripts
_ALPHABETS = {"GREEK", "CYRILLIC", "HEBREW", "ARABIC", "THAI"}
_MARKS = {  # longest first: UTF-32's begins like UTF-16's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ESCAPES = {b"\x1b$)C": "iso2022_kr", b"\x1b$B": "iso2022_jp", b"\x1b$@": "iso2022_jp"}
_KNOWN = [
    *("gb18030", "big5", "cp949", "euc-jp", "cp932", "cp874", "koi8-r", "koi8-u"),
    *(f"windows-125{number}" for number in range(9)),
]


def read_text(path, encoding=None):
    """Return the content of a text file; say what is wrong with it.

    Args:
        path: a `pathlib.Path`.
        encoding: str, a name that Python knows. Defaults to `None`: UTF-8, and what
            `guess_encoding` says of others.
    """
    check_file(path)
    content = path.read_bytes()
    if not content.strip():
        raise InputError(f"{path}: the file is empty.")
    return decode(content, path, encoding)


def open_text(path, encoding=None, newline="", whole=True):
    """Return a stream of a text file's lines.

    Args:
        path, encoding: as in `read_text`.
        newline: as in `open`: `""`, all line ends end a line, and stay; or `"\\n"`,
            only that does, unless there is none. Defaults to `""`.
        whole: bool. Read all of it now; else line by line, and its encoding is judged
            by the first MB. Defaults to `True`.
    """
    if whole:
        text = read_text(path, encoding)
        return io.StringIO(text, newline=newline if "\n" in text else "")
    check_file(path)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise InputError(f"{path}: the file is empty.")
    if len(head) == HEAD:
        head = head[: head.rfind(b"\n") + 1] or head
    if encoding is None:
        encoding = guess_encoding(head, path)
    newline = newline if b"\n" in head else ""
    return path.open(encoding=known_encoding(encoding), newline=newline)


def numbered(stream, path):
    """Yield (line number from 1, line); bytes that are no text become `InputError`."""
    number = 0
    try:
        for number, line in enumerate(stream, 1):
            if "\0" in line:
                raise _nul(path, number)
            yield number, line
    except UnicodeError as error:
        raise _other_bytes(path, stream, number) from error


def first_line(stream, path):
    """Return the first line of a stream, which stays in it."""
    try:
        found = stream.readline()
        stream.seek(0)
    except UnicodeError as error:
        raise _other_bytes(path, stream, 0) from error
    return found


def _other_bytes(path, stream, number):
    return InputError(
        f"{path}, after line {number}: these bytes are not {stream.encoding}. Save the "
        "file as UTF-8, or name its encoding (encoding=…)."
    )


def check_file(path):
    """Raise `InputError` for a directory, `FileNotFoundError` for nothing."""
    if path.is_dir():
        raise InputError(
            f"{path} is a directory; give a file in it. (A folder of data has one "
            "folder a class, with .txt files or images in it; one of recordings has a "
            "transcripts.csv.)"
        )
    if not path.exists():
        folder = path.parent if path.parent.is_dir() else None
        names = [p.name for p in folder.iterdir()] if folder else []
        raise FileNotFoundError(f"{path}: no such file.{suggest(path.name, names)}")


def decode(content, path, encoding=None):
    """Return bytes as text.

    Args:
        content: bytes.
        path: what an error calls them.
        encoding: as in `read_text`. Defaults to `None`.
    """
    encoding = encoding or guess_encoding(content, path)
    try:
        text = content.decode(known_encoding(encoding))
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = content[:start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: byte 0x{content[start]:02x} is not "
            f"{encoding}. Name the file's encoding (encoding=…)."
        ) from None
    if "\0" in text:
        raise _nul(path, text[: text.index("\0")].count("\n") + 1)
    return text


def known_encoding(encoding):
    """Return Python's name of an encoding of text; UTF-8 without its mark."""
    try:
        if isinstance(encoding, str) and "a".encode(encoding):
            name = codecs.lookup(encoding).name
            return "utf-8-sig" if name == "utf-8" else name
    except (LookupError, ValueError, TypeError):
        pass
    names = ["utf-8", "utf-16", "gb18030", "big5", "cp949", "euc_jp", "shift_jis"]
    names += [f"cp125{number}" for number in range(9)]
    raise InputError(
        f"encoding={encoding!r} is no encoding of text.{suggest(encoding, names)} "
        f"There are, among others: {', '.join(names[:7])}, cp1251, cp1252."
    )


def guess_encoding(content, path):
    """Return the encoding of bytes that a user has not named.

    UTF-8 is taken without a word. Any other guess is told, what a byte order mark says
    too, and a poor one is refused.

    Args:
        content: bytes.
        path: what an error calls them.
    """
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            if name != "utf-8-sig":
                tell(path, f"read as {name.upper()}, as its byte order mark says.")
            return name
    if b"\0" in content:
        raise _nul(path, content[: content.index(b"\0")].count(b"\n") + 1, content)
    for escape, name in _ESCAPES.items():
        if escape in content:
            return _told(path, name)
    if is_hz(content):
        return _told(path, "hz")
    if is_utf7(content):
        tell(path, "lines look like UTF-7. If they are: encoding='utf-7'.")
    try:
        content.decode("utf-8")
        return "utf-8-sig"
    except UnicodeDecodeError as error:
        line, byte = content[: error.start].count(b"\n") + 1, content[error.start]
    wrong = f"{path}, line {line}: invalid UTF-8 (byte 0x{byte:02x})"
    guesses = _legacy(content)
    if not guesses:
        raise InputError(
            f"{wrong}. Save the file as UTF-8, or name its encoding (encoding=…)."
        )
    (name, likely), (_, less) = [*guesses, (None, 0)][:2]
    if likely < _LIKELY or likely < _CLEARER * less:
        names = [known_encoding(found) for found, _ in guesses[:2]]
        if "cp1252" not in names and _start(content, "cp1252"):
            names.append("cp1252")
        may = " or ".join(map(repr, names))
        raise InputError(
            f"{wrong}. Save the file as UTF-8, or name its encoding, which may be "
            f"{may} (encoding=…)."
        )
    return _told(path, known_encoding(name))


def _legacy(content):
    """Return [(encoding, confidence)] of other than UTF-8 text, the likeliest first.

    Of encodings that give the same text one is named. [] where most lines that are
    not ASCII are UTF-8: the file is a damaged one.
    """
    import chardet

    foreign = [line for line in content.splitlines() if not line.isascii()]
    utf8 = sum(map(is_utf8, foreign))
    if utf8 * 2 >= len(foreign):
        return []
    sample = b"\n".join(foreign)[:_SAMPLE]
    found = chardet.detect_all(
        sample, ignore_threshold=True, include_encodings=_KNOWN, max_bytes=_SAMPLE
    )
    texts = {}
    for guess in found:
        text, likely = _start(sample, guess["encoding"]), guess["confidence"]
        if text:
            if guess["encoding"] == "Windows-1252":
                likely *= _COMMON
            if not _mixes_scripts(text):
                texts.setdefault(text, (guess["encoding"], likely))
    return sorted(texts.values(), key=lambda guess: -guess[1])


def _mixes_scripts(text):
    """Return whether most words of another alphabet go on in Latin letters."""
    words = mixed = 0
    for word in re.findall(r"[^\W\d_]*[^\W\d_A-Za-z][^\W\d_]*", text):
        names = {unicodedata.name(sign, "?").split()[0] for sign in word}
        if names & _ALPHABETS:
            words += 1
            mixed += "LATIN" in names
    return mixed * 2 > words


def is_utf8(content):
    """Return whether bytes are UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeError:
        return False
    return True


def _start(sample, encoding):
    """Return bytes as text, their last letter may be cut; "" if they are none."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except (UnicodeError, LookupError, TypeError):
        return ""


def _told(path, name):
    tell(
        path,
        f"not UTF-8; by the look of it, it is read as {name}. If letters come out "
        f"wrong, name the encoding (encoding={name!r} to agree), or save as UTF-8.",
    )
    return name


def _nul(path, line, content=b""):
    more = ""
    if likely := wide(content):
        more = f", or name its encoding, which may be {likely!r} (encoding=…)"
    return InputError(
        f"{path}, line {line}: NUL byte. This is not a text file; save it as UTF-8 "
        f"text{more}."
    )


def check_unicode(text, where):
    """Raise `InputError` for half a surrogate pair, which no tokenizer takes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where}: the text is not valid Unicode at character {error.start + 1}. "
            "Save it as UTF-8."
        ) from None


def as_path(path):
    """Return a `pathlib.Path`, or raise `InputError` for what is none."""
    if isinstance(path, str) and not path.strip():
        raise InputError("`path` is empty. Give the name of a file.")
    try:
        return Path(path)
    except TypeError:
        raise InputError(f"`path` must name a file. Received: {path!r}") from None
