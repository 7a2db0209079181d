"""What a week cost, how fast it was and whether it pays: from the rows of the usage store to figures, Markdown and a page."""
