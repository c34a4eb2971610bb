"""What the benchmarks share: mongodrill built for release, data that is made once, and the two ways that are timed."""
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
MONGODRILL = os.path.join(TOP, ".build", "release", "mongodrill")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "mongodrill", "benchmark")
PYTHON = os.path.join(CACHE, "venv", "bin", "python")
PYMONGO = "pymongo==4.20.0"
SANDBOXES = os.environ.get("MONGODRILL_SANDBOX_DIR") or "/var/tmp"


def say(text):
    print(f"run: {text}", file=sys.stderr, flush=True)


def prepare():
    """Builds mongodrill, and gets pymongo into an environment of its own."""
    say("building mongodrill")
    subprocess.run(["swift", "build", "--package-path", TOP, "-c", "release", "--product", "mongodrill"],
                   check=True, stdout=subprocess.DEVNULL)
    if not os.path.exists(PYTHON):
        say(f"getting {PYMONGO}")
        venv = os.path.dirname(os.path.dirname(PYTHON))
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", venv + ".new"], check=True)
        subprocess.run([venv + ".new/bin/python", "-m", "pip", "-q", "install", "--only-binary", ":all:", PYMONGO],
                       check=True)
        os.rename(venv + ".new", venv)


def data(scale, large=0):
    """The folder of a data set, which is made once."""
    path = os.path.join(CACHE, f"restore-{scale:g}" + (f"-{large}" if large else ""))
    if not os.path.exists(path):
        say(f"making {path}")
        subprocess.run([PYTHON, os.path.join(HERE, "restore", "make_data.py"), path + ".new", "--scale", str(scale),
                        "--large", str(large)], check=True)
        os.rename(path + ".new", path)
    return path


def size(folder):
    return sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(folder) for name in names)


def drill(folder, command=("true",), options=("--no-replay",)):
    """A whole run of mongodrill: its seconds, the peak of its own resident memory in bytes, COMMAND's output."""
    begun = time.monotonic()
    child = subprocess.Popen([MONGODRILL, "-q", "restore", folder, *options, "--sandbox-dir", SANDBOXES, "--",
                              *command], stdout=subprocess.PIPE, text=True)
    peak = 0
    while child.poll() is None:
        with open(f"/proc/{child.pid}/status") as status:
            peak = max([peak] + [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")])
        time.sleep(0.005)
    seconds = time.monotonic() - begun
    if child.returncode:
        sys.exit(f"run: mongodrill ended with {child.returncode}")
    return seconds, peak, child.stdout.read()


def server_arguments(folder):
    """What mongodrill starts its mongod with, as that mongod says."""
    ask = ("import os, pymongo; server = pymongo.MongoClient(os.environ['MONGODRILL_URI']); "
           "print('\\n'.join(server.admin.command('getCmdLineOpts')['argv']))")
    return drill(folder, (PYTHON, "-c", ask))[2].splitlines()


def by_hand(mongorestore, arguments, folder, options, then=None):
    """The same with mongorestore: its seconds. `then` is a command that is run at the end and isn't timed: its output."""
    begun = time.monotonic()
    home = tempfile.mkdtemp(dir=SANDBOXES)
    listens_on = os.path.join(home, "mongod.sock")
    os.mkdir(os.path.join(home, "db"))
    arguments = list(arguments)
    arguments[arguments.index("--dbpath") + 1] = os.path.join(home, "db")
    arguments[arguments.index("--bind_ip") + 1] = listens_on
    with open(os.path.join(home, "log"), "w") as log:
        mongod = subprocess.Popen(arguments, stdout=log, stderr=log)
        while True:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(listens_on) == 0:
                    break
            if mongod.poll() is not None:
                sys.exit(f"run: mongod ended with {mongod.returncode}, see {home}/log")
            time.sleep(0.002)
    uri = f"mongodb://{listens_on.replace('/', '%2F')}/"
    done = subprocess.run([mongorestore, "--uri", uri, *options, folder], capture_output=True, text=True)
    asked = time.monotonic()
    output = then and subprocess.run(then, env=os.environ | {"MONGODRILL_URI": uri}, capture_output=True, text=True).stdout
    begun += time.monotonic() - asked
    mongod.kill()
    mongod.wait()
    shutil.rmtree(home)
    if done.returncode:
        sys.exit(f"run: mongorestore ended with {done.returncode}: {done.stderr[-1000:]}")
    seconds = time.monotonic() - begun
    return (seconds, output) if then else seconds


def version(*command):
    out = subprocess.run(command, capture_output=True, text=True).stdout
    return re.search(r"\d+\.\d+\.\d+", out).group()


def describe(mongorestore, mongod, folder):
    with open("/proc/cpuinfo") as info:
        model = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    print(f"{len(os.sched_getaffinity(0))} cores ({model}), {memory:.0f} GiB of memory, Linux {platform.release()}; "
          f"mongod {version(mongod, '--version')}, mongorestore {version(mongorestore, '--version')}; "
          f"data {size(folder) / 1e6:.0f} MB.\n")


def table(seconds, ours):
    """Prints the times of each way, with the ratio of ours to each other."""
    print("| | min | median | max | mongodrill's ratio: of medians | median of pairs |\n|---|---|---|---|---|---|")
    for name, times in seconds.items():
        ratios = ["", ""]
        if name != ours:
            ratios = [f"{statistics.median(seconds[ours]) / statistics.median(times):.3f}",
                      f"{statistics.median(our / their for our, their in zip(seconds[ours], times)):.3f}"]
        print(f"| {name} | {min(times):.2f} s | {statistics.median(times):.2f} s | {max(times):.2f} s | "
              + " | ".join(ratios) + " |")
