"""The applications of article §6, each the same five steps on its own data.

A scenario is a module of this package that ends in `SCENARIO`, a
`contract.Scenario`; `running` runs any of them.
"""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(__name__, {})

# What `python -m sftkeras scenario --help` shows, before TensorFlow is imported.
NAMES = {
    "text_classification": "reviews; --data data/news: headlines; your texts (6.1)",
    "image_classification": "handwritten digits 5-9 after 0-4; your image folder (6.3)",
    "speech_recognition": "spoken digits, a new voice; your recordings (6.2)",
    "machine_translation": "JupyterLab's strings into Chinese; your catalogue (6.4)",
    "spam_detection": "one spam message in seven, and the cost of a mistake (6.5)",
    "recommendation": "a shop's new customers, and titles that nobody has taken (6.6)",
    "medical_diagnosis": "tumours from 30 measurements, self-supervised first (6.7)",
    "driving": "a cloned driver on a denser road, who crashes; your own drives (6.8)",
}
