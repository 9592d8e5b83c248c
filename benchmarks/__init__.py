"""What claims of speed and memory rest on: ratios within one run, CPU time rather than wall time.

`python3 dev.py bench` runs all; `python3 dev.py bench pages` one. Each prints its figures and the command for it.
"""
