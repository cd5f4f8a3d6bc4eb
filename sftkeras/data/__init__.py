"""Files to labelled examples: texts, images, tables; splits and leaks (§3.2, §5.2)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "examples": ["Examples", "classes_of"],
        "texts": ["TextData", "iterate_texts", "load_texts"],
        "decoding": ["check_unicode", "read_text"],
        "splits": ["find_leaks", "normalise", "split_examples", "split_texts"],
        "images": ["load_images"],
        "tables": ["load_table"],
    },
)
