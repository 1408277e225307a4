"""Reports: a neutral `Report` structure, written as one self-contained HTML page or as Markdown."""
