"""The independent judge of the engine: plain data in, broken promises out.

What it reads is the carrier's own book, the log of what operators did, the settings over time, and the engine's final
report, all as plain values (`facts.py`). It imports nothing of `ori_campaigns`; only `world.py` does, which builds and
drives the engine and turns its values into plain ones. Each promise I1, I2, ... has one checker that yields `Broken`.

    python tests/oracle/replay.py 137       replay one seed and print what it breaks
"""
