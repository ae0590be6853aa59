"""The whole engine under stress: several workers, a carrier that errs, operators who interfere, crashes anywhere.

`plan.py` draws a world out of a seed, `world.py` has the moves by which anything can happen in it, `walk.py` makes them
at random, and `watch.py` and `chronicle.py` look for broken promises after each one: the first in the carrier's own
book, the second in the engine's log. Neither knows the engine.

    python tests/stress/replay.py 137                     one seed: its moves, and what it breaks
    python tests/stress/long.py --seeds 20000             many, on all cores, with a line in log.csv for each slice
    python tests/stress/bugs.py                           bugs put into the engine, and the seeds it takes to find them
"""
