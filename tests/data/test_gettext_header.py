"""The header of a `.po`: completed for Chinese, told, and all else of it kept."""

import shutil
import subprocess

import pytest

from sftkeras.data.catalogues import read_catalogue

TEMPLATE = r"""# Texts of app.

# A second comment.
#, fuzzy
msgid ""
msgstr ""
"Project-Id-Version: PACKAGE VERSION\n"
"PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\n"
"Language-Team: LANGUAGE <LL@li.org>\n"
"Language: \n"
"Content-Type: text/plain; charset=CHARSET\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\n"
"X-Poedit-Basepath: ..\n"

#, c-format
msgid "one file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""

#, fuzzy
#| msgid "Open it"
msgid "Open"
msgstr "打开"
"""
FIELD = '"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"\n'
BODY = TEMPLATE[TEMPLATE.index("#, c-format") :]


@pytest.fixture
def filled(tmp_path):
    """A function that returns a text's `Catalogue`, and what it is with a draft."""

    def read(text):
        path = tmp_path / "app.po"
        path.write_text(text, encoding="utf-8")
        catalogue = read_catalogue(path)
        return catalogue, catalogue.render({0: "%d 个文件"}).decode("utf-8")

    return read


def checked(text, tmp_path):
    """Let gettext itself look at a catalogue, where it is installed."""
    if shutil.which("msgfmt"):
        file = tmp_path / "out.po"
        file.write_text(text, encoding="utf-8")
        command = ["msgfmt", "--check-format", "-o", "/dev/null", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "text",
    [TEMPLATE, TEMPLATE.replace(FIELD, ""), BODY, TEMPLATE.replace("\n", "\r\n")],
    ids=["a template", "no plural forms", "no header", "Windows' line ends"],
)
def test_language_and_one_form_are_set_and_told(filled, tmp_path, text):
    catalogue, after = filled(text)
    assert r'"Language: zh_CN\n"' in after
    assert r'"Plural-Forms: nplurals=1; plural=0;\n"' in after
    assert 'msgstr[0] "%d 个文件"' in after and "msgstr[1]" not in after
    told = "the header gets Language: zh_CN, Plural-Forms: nplurals=1; plural=0;"
    assert told in catalogue.notes
    left = [note for note in catalogue.notes if "template's words" in note]
    assert bool(left) is ("PACKAGE" in text)
    assert all("Project-Id-Version" in note for note in left)
    checked(after, tmp_path)
    again, once_more = filled(after)
    assert (
        not [n for n in again.notes if "gets" in n]
        and once_more.strip() == after.strip()
    )


def test_what_else_stands_there_stays(filled):
    _, after = filled(TEMPLATE)
    for kept in (
        "# Texts of app.", "# A second comment.", r'"X-Poedit-Basepath: ..\n"',
        '#, fuzzy\n#| msgid "Open it"\nmsgid "Open"\nmsgstr "打开"',
    ):  # fmt: skip
        assert kept in after
    assert "python-format" not in after and "Generated-By" not in after
    assert not after.startswith("# Texts of app.\n# A second comment.\n#, fuzzy")


def test_what_the_header_says_is_not_changed(filled, tmp_path):
    said = TEMPLATE.replace("Language: ", "Language: zh_Hans").replace(
        "nplurals=INTEGER; plural=EXPRESSION;", "nplurals=2; plural=(n>1);"
    )
    catalogue, after = filled(said)
    assert '"Language: zh_Hans\\n"' in after and "nplurals=2; plural=(n>1);" in after
    assert not [note for note in catalogue.notes if "gets" in note]
    assert after.count('"%d 个文件"') == 2  # as many forms as it asks for
    checked(after, tmp_path)


def test_a_second_form_that_a_person_wrote_is_kept(filled, tmp_path):
    other = (
        'msgid "a day"\nmsgid_plural "%d days"\nmsgstr[0] "一天"\nmsgstr[1] "%d 天"\n'
    )
    catalogue, after = filled(TEMPLATE + "\n" + other)
    assert 'msgstr[0] "一天"\nmsgstr[1] "%d 天"' in after
    assert "nplurals=2; plural=(n != 1);" in after
    assert "nplurals=2" in catalogue.notes[0]
    checked(after, tmp_path)


def test_one_form_of_a_language_is_enough_for_a_header_in_one_line(filled):
    head = (
        'msgid ""\nmsgstr "Language: zh\\nContent-Type: text/plain; charset=utf-8\\n"\n'
    )
    _, after = filled(f"{head}\n{BODY}")
    assert "nplurals=1" in after and r'"Language: zh\n"' in after
