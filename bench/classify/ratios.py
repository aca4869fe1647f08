"""Prints the megabytes a second of each classifier and how often faster Gatewatch is."""

import json
import pathlib
import re
import sys

work = pathlib.Path(sys.argv[1])


def ours(name):
    """Of the report on the file: classification alone, and reading the JSON besides."""
    report = (work / name).read_text().split("JSON bodies of file")[1]
    speed = lambda row: float(re.search(rf"^  {row} .*?([\d.]+) MB/s", report, re.M)[1])
    return speed("classify"), speed("both")


def peer(name):
    row = json.loads((work / f"{name}.json").read_text())
    return row["bytes"] / row["seconds"] / 1e6


once, again = ours("gatewatch.txt"), ours("gatewatch-again.txt")
alone, both = ((one + two) / 2 for one, two in zip(once, again))
rows = [
    ("Gatewatch, classification alone", alone),
    ("Gatewatch, reading the JSON too", both),
    ("redact-core 0.12.7", peer("redact-core")),
    ("Presidio 2.2.366, no model", peer("presidio")),
]
print(f"{'':34} {'MB/s':>9} {'Gatewatch is faster by':>23}")
for name, speed in rows:
    print(f"{name:34} {speed:9.3f} {alone / speed:22.1f}x")
print(f"Gatewatch before and after the peers: {once[0]:.0f} and {again[0]:.0f} MB/s")
