"""What the tests of scenarios share: a small encoder in MiniLM's place."""

import pytest


@pytest.fixture(scope="session")
def preset(tiny_encoder, tmp_path_factory):
    """A small BERT in a directory, in the format of the large ones."""
    directory = tmp_path_factory.mktemp("bert")
    backbone = tiny_encoder(num_layers=3)
    backbone.save_to_preset(directory)
    backbone.preprocessor.layer.save_to_preset(directory)
    return str(directory)
