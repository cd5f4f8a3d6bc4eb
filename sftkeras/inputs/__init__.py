"""Examples to what a network takes: tokenizers, rows, batches (article §5.2)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "tokenizer": ["Tokenizer", "load_data"],
        "hub_text": ["TextPreprocessor"],
        "images": ["ImagePreprocessor"],
        "speech": ["SpeechPreprocessor"],
        "ragged": ["Ragged"],
        "rows": ["Rows", "make_rows"],
        "batches": ["Batches", "DrawBatches"],
    },
)
