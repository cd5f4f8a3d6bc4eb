"""Translation memories, `.tmx`: English to Chinese (LISA, TMX 1.4b)."""

import io
from xml.etree import ElementTree

from sftkeras.data.catalogues import Catalogue, Entry
from sftkeras.errors import InputError

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def read_tmx(path):
    """Return the `Catalogue` of a `.tmx` file: units with English and Chinese.

    Args:
        path: the file.

    Raises:
        InputError: no XML, one that defines entities (it could be made to fill the
            memory), or no unit in English.
    """
    raw = path.read_bytes()
    if b"<!ENTITY" in raw:
        raise InputError(f"{path}: it defines entities, which a .tmx has no need of.")
    try:
        tree = ElementTree.parse(io.BytesIO(raw))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{path}: no XML: {error}") from None
    entries, units, languages = [], [], set()
    for number, unit in enumerate(tree.iter("tu"), 1):
        sides, machine = {}, False
        for side in unit.iter("tuv"):
            name = (side.get(_LANGUAGE) or side.get("lang") or "").lower()
            segment = side.find("seg")
            text = "" if segment is None else "".join(segment.itertext())
            name = name.replace("_", "-").split("-")[0]
            machine |= name == "zh" and side.find("prop[@type='draft']") is not None
            sides.setdefault(name, text)
        languages |= {*sides}
        if "en" in sides:
            both = sides.get("zh", ""), ""
            target, draft = both[::-1] if machine else both
            entries.append(Entry(sides["en"], target, f"unit {number}", draft))
            units.append(unit)
    others = languages - {"en", "zh", ""}
    if not entries or ("zh" not in languages and others):
        raise InputError(
            f"{path}: a memory from English to Chinese (xml:lang en, zh) is needed. "
            f"Received: {', '.join(sorted(languages)) or 'no units'}. The decoder "
            "writes Chinese alone."
        )

    def render(drafts):
        for number, draft in drafts.items():
            for side in [*units[number].findall("tuv")]:
                if (side.get(_LANGUAGE) or "").lower().startswith("zh"):
                    units[number].remove(side)
            added = ElementTree.SubElement(units[number], "tuv", {_LANGUAGE: "zh-CN"})
            ElementTree.SubElement(added, "prop", {"type": "draft"}).text = "machine"
            ElementTree.SubElement(added, "seg").text = draft
        written = io.BytesIO()
        tree.write(written, encoding="utf-8", xml_declaration=True)
        return written.getvalue()

    return Catalogue(entries, render)
