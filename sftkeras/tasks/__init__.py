"""What is learned: labels to arrays, and a network's answers back (article §4.1)."""
