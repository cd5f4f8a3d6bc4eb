"""Controls that any fine-tuned model has to beat, by scikit-learn."""

from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sftkeras.inputs.tokenizer import Tokenizer


def majority_classifier(texts, labels):
    """Return a fitted classifier that always answers the most frequent label."""
    return DummyClassifier(strategy="most_frequent").fit(texts, labels)


def tfidf_classifier(texts, labels):
    """Return a fitted TF-IDF (1–2 grams) + logistic regression pipeline.

    Words for spaced scripts, characters for Chinese, as in `Tokenizer`.
    """
    vectorizer = TfidfVectorizer(
        tokenizer=Tokenizer().split, token_pattern=None, ngram_range=(1, 2)
    )
    classifier = LogisticRegression(C=10.0, max_iter=1000)
    return make_pipeline(vectorizer, classifier).fit(texts, labels)
