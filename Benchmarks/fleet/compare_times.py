#!/usr/bin/env python3
"""Compares how long a round took with what the simulator makes of it.

usage: compare_times.py ROUND SIMULATED   (ROUND: a folder of rounds/; SIMULATED: `fleet simulate --output json`)

Exit status 1 when they differ by more than half of the real one: what a busy machine takes to start and to clear away a
hundred processes is no part of the drills that the simulator adds up.
"""
import datetime
import json
import pathlib
import sys


def main():
    folder = pathlib.Path(sys.argv[1])
    moment = datetime.datetime.fromisoformat
    begun = moment(json.loads((folder / "round.json").read_text())["started_at"].replace("Z", "+00:00"))
    ends = [moment(json.loads(file.read_text())["ended_at"].replace("Z", "+00:00")) for file in folder.rglob("result.json")]
    real = (max(ends) - begun).total_seconds()
    played = json.load(open(sys.argv[2]))["round"]["makespan_seconds"]
    print(f"simulated: {played:.1f} s, real: {real:.1f} s, {played / real - 1:+.0%}")
    sys.exit(0 if abs(played - real) <= 0.5 * real else 1)


if __name__ == "__main__":
    main()
