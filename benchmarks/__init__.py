"""What the figures in the README are made with: `make bench`, or `python -m benchmarks [NAME ...]`.

Everything is measured beside a floor, in turns, in the same run; the medians are printed with their ratio, since two
machines never agree on seconds. Nothing here is a test: nothing fails because a machine is slow.
"""
