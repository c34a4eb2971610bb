#!/usr/bin/env python3
"""Compares the reports of rounds of one fleet, and each with what was done to its systems.

usage: compare.py TRUTH REPORT… [--killed]    (TRUTH: truth.json of make_systems.py; REPORT: `fleet report --format json`)

--killed: a node was killed in the last round, and a task of it has to have been begun again.

Two rounds are equal when every system has the same state, verdict, exit code, sentence and objectives' outcome: all that
a report says besides times, the ids of runs, and how often a task was begun. Exit status 1 when anything differs.
"""
import json
import re
import sys

# The server names each build of an index anew, and says so in its refusal.
BUILD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def answers(path):
    report = json.load(open(path))
    found = {}
    for system in report["systems"]:
        found[system["name"]] = {
            "index": system["index"],
            "state": system["state"],
            "verdict": system["verdict"],
            "exit_code": system["exit_code"],
            "sentence": BUILD.sub("ID", system["sentence"]),
            "owner": system["owner"],
            "rto_met": (system["rto"] or {}).get("met"),
            "rpo_met": (system["rpo"] or {}).get("met"),
        }
    again = sum(system["attempts"] > 1 for system in report["systems"])
    return report, found, again


def main():
    truth = json.load(open(sys.argv[1]))
    wrong = 0
    first = None
    paths = [word for word in sys.argv[2:] if word != "--killed"]
    again = 0
    for path in paths:
        report, found, again = answers(path)
        for name, expected in truth.items():
            code = found.get(name, {}).get("exit_code")
            if code != expected["exit_code"]:
                wrong += 1
                print(f"{path}: {name} ends in {code}, not {expected['exit_code']}: {expected['what']}")
        if set(found) != set(truth):
            wrong += 1
            print(f"{path}: other systems: {sorted(set(found) ^ set(truth))}")
        if first is None:
            first = (path, report, found)
        else:
            for name in found:
                if found[name] != first[2].get(name):
                    wrong += 1
                    print(f"{name} differs:\n  {first[0]}: {first[2].get(name)}\n  {path}: {found[name]}")
            for key in ["exit_code", "verdict", "sentence", "counts"]:
                if report[key] != first[1][key]:
                    wrong += 1
                    print(f"{key} differs: {first[1][key]} and {report[key]}")
        print(f"{report['round']}: {len(found)} systems, {report['sentence']} {again} were begun more than once.")
    if "--killed" in sys.argv and again == 0:
        wrong += 1
        print("no task was begun again, though a node was killed")
    print("all right" if not wrong else f"{wrong} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
