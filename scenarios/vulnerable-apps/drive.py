#!/usr/bin/env python3
"""Starts vulnerable applications on loopback, uses and attacks them, and asks gatewatch about it."""

import argparse
import collections
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import dsvw
import vampi
from recording import Recorder

APPS = {"vampi": vampi, "dsvw": dsvw}
START_SECONDS_MAX = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait(port, process):
    """Until it answers, or has ended."""
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"the application ended with {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("the application does not answer")


def drive(name, apps, file):
    """Records everything; answers the steps with whether each worked."""
    app, port = APPS[name], free_port()
    folder = pathlib.Path(apps) / app.FOLDER
    python = pathlib.Path(apps) / "venv/bin/python"
    python = str(python) if python.exists() else sys.executable
    command = [python, "-c", app.start(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=app.environment(os.environ))
        try:
            wait(port, process)
            recorder = Recorder(name, port, file)
            app.ordinary(recorder)
            steps = [(step, recorder.attack(step)) for step in app.attacks(recorder, free_port)]
            app.ordinary(recorder)
        finally:
            process.terminate()
            process.wait()
    return steps


def scan(gatewatch, file):
    out = subprocess.run([gatewatch, "scan", file, "--format", "jsonl", "--quiet"], capture_output=True, check=True)
    return {line["id"]: line for line in map(json.loads, out.stdout.splitlines())}


def statuses(file):
    with open(file) as lines:
        return {line["id"]: line["response"]["status"] for line in map(json.loads, lines)}


def is_broken(line, status):
    """The application broke over ordinary use and showed its inside: that is rightly suspicious."""
    classes = {signal["class"] for signal in line.get("signals", [])}
    return status >= 500 and classes == {"leak"} and line["verdict"] == "suspicious"


def shown(line):
    best = collections.OrderedDict()
    for signal in line.get("signals", []):
        at = best.setdefault(signal["class"], signal["confidence"])
        best[signal["class"]] = max(at, signal["confidence"])
    return ", ".join(f"{name} {confidence:.2f}" for name, confidence in best.items()) or "none"


def tell(name, steps, lines, answered):
    """Prints the table of one application; answers what is wrong."""
    wrong = 0
    rows = [("step", "expected", "worked", "signals", "verdict", "")]
    for step, worked in steps:
        line = lines[step.id]
        classes = {signal["class"] for signal in line.get("signals", [])}
        verdict = line.get("verdict", "clean")
        seen = step.expected == "-" or (verdict == "attack" and step.expected in classes)
        fine = worked and seen
        wrong += not fine
        mark = "" if fine else "<- wrong"
        rows.append((step.what, step.expected, "yes" if worked else "NO", shown(line), verdict, mark))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    print(f"\n{name}")
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    ordinary = {at: line for at, line in lines.items() if at.startswith(f"{name}/ordinary/")}
    verdicts = collections.Counter(line.get("verdict", "clean") for line in ordinary.values())
    print(f"  ordinary use: {len(ordinary)} exchanges, " + ", ".join(f"{n} {v}" for v, n in sorted(verdicts.items())))
    for at, line in ordinary.items():
        if line.get("verdict", "clean") != "clean":
            fine = is_broken(line, answered[at])
            wrong += not fine
            mark = "the application broke" if fine else "<- wrong"
            print(f"    {at} {line['endpoint']} {answered[at]}: {shown(line)} ({line['verdict']})  {mark}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", help="the folder that holds the applications")
    parser.add_argument("names", nargs="*", choices=[*APPS, []], help="which of them; all if none is named")
    parser.add_argument("--gatewatch", default="gatewatch", help="the binary")
    parser.add_argument("--record", help="keeps the exchange files in this folder")
    args = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(args.record or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in args.names or APPS:
            file = folder / f"{name}.jsonl"
            with open(file, "w") as out:
                steps = drive(name, args.apps, out)
            wrong += tell(name, steps, scan(args.gatewatch, file), statuses(file))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
