"""What rewrites a run of training, one file each (article §8)."""
