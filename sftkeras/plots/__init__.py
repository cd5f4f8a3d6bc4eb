"""Matplotlib figures; each function returns one, `save_figure` writes it."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "figure": ["COLORS", "new_figure", "save_figure"],
        "results": [
            "plot_comparison",
            "plot_confusion_matrix",
            "plot_history",
            "plot_label_budget",
            "plot_thresholds",
        ],
        "pictures": [
            "plot_embedding_map",
            "plot_feature_maps",
            "plot_images",
            "plot_top_classes",
        ],
        "speech": ["plot_confused", "plot_frames", "plot_lattice"],
        "language": ["plot_adapter", "plot_by_token", "plot_counted"],
        "inside": ["plot_attention", "plot_by_layer", "plot_changes", "plot_cosines"],
        "curves": ["plot_curves", "plot_paths"],
        "decisions": ["plot_diagnosis", "plot_rare"],
        "driving": ["plot_drivers", "plot_strip", "save_animation"],
        "translation": ["plot_alignment", "plot_old_and_new"],
        "words": ["set_language"],
    },
)
