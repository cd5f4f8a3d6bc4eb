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
# What `--data` may be, for the same list. Of drives the columns are `data.drives`' own.
DATA = {
    "text_classification": "text<TAB>label lines, .csv, .jsonl …; or a folder with\n"
    "train_data.txt and test_data.txt",
    "image_classification": "a folder with one folder of images a class",
    "speech_recognition": "a folder of recordings with transcripts.csv: file,text",
    "machine_translation": "a catalogue, English to Chinese: .po, .json, .tmx, .tsv",
    "spam_detection": "message<TAB>label lines; the labels are ham and spam",
    "recommendation": ".csv: user,item,time; title and group if you have them",
    "medical_diagnosis": ".csv: a header, numbers, and a column label of two values",
    "driving": ".csv: drive,second,action, and what the driver saw: 56\n"
    "numbers. drive is a name, its road first (dense 12); action\n"
    "is LANE_LEFT, IDLE, LANE_RIGHT, FASTER or SLOWER. Of the own\n"
    "car: 0 here, 0 speed, 0 speed to go, 0 target speed, 0 lane\n"
    "to go, 0 left, 0 right. Of the seven nearest, N from 1 to 7:\n"
    "N here, N ahead, N aside, N faster, N drifts, N heading,\n"
    "N fixed. Scaled as by sftkeras.data.roads.observe. Or .npz: x,\n"
    "y, drive",
}
