"""Benchmarks: each figure beside that of a peer or a floor, taken in the same run (`python -m bench --help`)."""
