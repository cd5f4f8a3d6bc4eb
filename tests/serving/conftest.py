"""What the tests of exported classifiers share: one that answers, and its directory."""

import pytest
from small import spread

from sftkeras.serving.export import export_model


@pytest.fixture(scope="session")
def model(tiny_classifier):
    """A tiny two-class BERT whose answers differ; for reading only."""
    return spread(tiny_classifier())


@pytest.fixture(scope="session")
def saved(model, tmp_path_factory):
    """The directory that `model` was exported to; for reading only."""
    path = tmp_path_factory.mktemp("exported") / "model"
    export_model(model, path)
    return path
