"""The search's benchmark: the index of the press against Pagefind's on the same pages, and what each export costs.

    python3 tests/bench/search.py [--sizes shipped,1000,10000] [--rounds 3] [--probes 200] [--no-costs] [--work DIR]
    python3 tests/bench/search.py --short      the whole way once, on few pages; measures nothing

How it measures:
- the contestants take turns (A B C A B C …); what is quoted are medians, and medians of the ratios of a round. Every run writes into a
  new folder, from nothing: SET/var/cache is removed before. What earlier runs wrote is flushed, and the run's input is read into the page cache;
- the press's index costs what a build with it takes more than a build without; Pagefind indexes the finished pages of the build
  without, articles only (`--root-selector article`), by its own program and not by the wrapper in JavaScript;
- wall time in seconds by a monotonic clock, processor time and peak memory (MiB of 2^20 bytes) by wait4 of the child;
- the index of both is asked in one browser (search-browser.mjs): 50 queries that partners ask, each in a context with nothing in its cache;
  bytes are those of all answers of the server, script and WebAssembly included, up to the first seven results with what is shown of them;
  first results: from the question to them, when the script is there and nothing of the index; after the last key: a reader clicks the box
  of a page, with nothing in the cache, and types twelve keys a second (pages fetch the script and the index when the box gets the focus);
- recall and precision: random pieces of the text that a reader sees, of 2 to 24 characters, looked for as they are (Pagefind: between
  quotation marks), against a scan of that text. Folding (width, case) is the press's for both. Each is held against the languages
  that it looks in: the press in all, Pagefind in the page's own;
- each export is switched on alone, in the same rounds: its cost is the ratio of the build's times, and the files and bytes that are more.

Pagefind is the npm package `pagefind`, pinned below and fetched into the work folder. The pages are the shipped site (`shipped`) and the sets of
sets.py. Needs node, the packages of tests/browser (npm ci there), Chromium, and, for sizes that are numbers, a corpus (TEST_CORPUS).

Exit code 0: measured, or skipped for want of one of these; 1: a program failed.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # No traces beside the sources.

import run  # noqa: E402

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PAGEFIND = "1.6.0"
EXPORTS = ["markdown", "pairs", "llms", "print"]


def pagefind_program(work):
    """Pagefind's program, fetched once; None where it cannot be."""
    folder = work / f"pagefind-{PAGEFIND}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules").is_dir():
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", f"pagefind@{PAGEFIND}"]
        if subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False).returncode:
            run.say("Pagefind cannot be fetched: left out")
            return None
    # The program with the segmentation of Japanese and Chinese is the extended one.
    found = sorted(folder.glob("node_modules/@pagefind/*/bin/pagefind_extended*"))
    return found[0] if found else None


def make_site(work, size):
    """A docset of one size: a number of page pairs, or a copy of the shipped site; None without its material."""
    site = work / f"site-{size}"
    if (site / "complete").exists():
        return site
    shutil.rmtree(site, ignore_errors=True)
    if size == "shipped":
        site.mkdir(parents=True)
        shutil.copytree(REPOSITORY / "content", site / "content")
        shutil.copy(REPOSITORY / "madoguchi.toml", site)
    elif subprocess.run([sys.executable, HERE / "sets.py", "pairs", size, site], check=False).returncode:
        return None
    (site / "complete").touch()
    return site


def configure(site, search, exports=()):
    """Set the switches of a docset. Without parallel views: no search looks into them."""
    file = site / "madoguchi.toml"
    text = re.sub(r"(?m)^(parallel|search|exports) = .*\n", "", file.read_text(encoding="utf-8"))
    switches = f"parallel = false\nsearch = {'true' if search else 'false'}\nexports = {json.dumps(list(exports))}\n"
    file.write_text(text.replace("[site]\n", f"[site]\n{switches}", 1), encoding="utf-8")


class Bench:
    """The programs, and the runs of one size."""

    def __init__(self, press, pagefind, site, folder, patience):
        self.press, self.pagefind, self.site, self.folder, self.patience = press, pagefind, site, folder, patience
        self.runs, self.weight, self.out, self.count = {}, {}, {}, 0

    def measure(self, who, command, reads):
        """One run of a contestant."""
        run.prepare(reads, self.patience)
        cost = run.measure(command, self.folder / "log")
        run.say(f"  {who:10} {cost.wall:7.2f} s  cpu {cost.cpu:7.2f}  {cost.peak:6.0f} MiB  others {cost.others:.1f}")
        self.runs.setdefault(who, []).append(cost)

    def build(self, who, search=False, exports=()):
        """A build from nothing with these switches."""
        configure(self.site, search, exports)
        shutil.rmtree(self.site / "var" / "cache", ignore_errors=True)
        out = self.new_folder(who)
        self.measure(who, [self.press, "build", "--site", self.site, "--out", out], self.site / "content")
        self.weight[who] = run.weigh(out)
        self.out[who] = out

    def index_by_pagefind(self):
        """Pagefind on the articles of the build without search."""
        pages = self.folder / "pages"
        if not pages.exists():
            link_articles(self.out["without"], pages)
        out = self.new_folder("pagefind")
        self.measure("pagefind", [self.pagefind, "--site", pages, "--output-path", out, "--root-selector", "article", "--quiet"], pages)
        self.weight["pagefind"] = run.weigh(out)
        self.out["pagefind"] = out

    def new_folder(self, who):
        self.count += 1
        return self.folder / f"{self.count:03}-{who}"

    def median(self, who, field):
        return statistics.median(getattr(cost, field) for cost in self.runs[who])

    def ratio(self, who, whom, field="wall"):
        pairs = zip(self.runs[who], self.runs[whom])
        return statistics.median(getattr(one, field) / getattr(two, field) for one, two in pairs)

    def more(self, who, field="wall"):
        """What a build with a switch costs more than one without: the median over the rounds."""
        return statistics.median(getattr(one, field) - getattr(two, field) for one, two in zip(self.runs[who], self.runs["without"]))


def link_articles(site, pages):
    """A folder with the pages of a site that are articles in their own language, as hard links."""
    for entry in run.files_below(site):
        path = Path(entry.path).relative_to(site)
        if path.name != "index.html" or len(path.parts) < 2 or path.parts[1:] == ("contents", "index.html"):
            continue
        html = Path(entry.path).read_text(encoding="utf-8")
        if '<body class="article">' in html and "<article lang=" not in html:
            (pages / path.parent).mkdir(parents=True, exist_ok=True)
            os.link(entry.path, pages / path)


def ask_browser(bench, probes):
    """What queries cost and find, by contestant."""
    command = ["node", HERE / "search-browser.mjs", "--site", bench.out["search"], "--probes", str(probes)]
    if "pagefind" in bench.out:
        command += ["--pages", bench.folder / "pages", "--pagefind", bench.out["pagefind"]]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise run.Failed("search-browser.mjs failed")
    return json.loads(done.stdout)


def kilobytes(size):
    return f"{size / 1000:,.0f} KB"


def report(size, bench, asked):
    """The table of one size, and the costs of the exports."""
    files, size_ = bench.weight["search"]
    base_files, base_size = bench.weight["without"]
    index = {"press": (files - base_files, size_ - base_size), "pagefind": bench.weight.get("pagefind")}
    cost = {"press": (bench.more("search"), bench.more("search", "cpu"), bench.median("search", "peak"))}
    if "pagefind" in bench.runs:
        cost["pagefind"] = tuple(bench.median("pagefind", field) for field in ("wall", "cpu", "peak"))
    print(f"\n## {size}\n\n| | Madoguchi | Pagefind {PAGEFIND} |\n|---|---:|---:|")
    both = [who for who in ("press", "pagefind") if who in cost]
    row = lambda name, cell: print(f"| {name} | " + " | ".join(cell(who) for who in both) + " |")
    row("Building the index", lambda who: f"{cost[who][0]:.2f} s")
    row("Processor time", lambda who: f"{cost[who][1]:.2f} s")
    row("Peak memory", lambda who: f"{cost[who][2]:.0f} MiB")
    row("Index, files", lambda who: f"{index[who][0]:,}")
    row("Index, bytes", lambda who: kilobytes(index[who][1]))
    row("Bytes of a query, median", lambda who: kilobytes(asked[who]["bytes"]["median"]))
    row("Bytes of a query, most", lambda who: kilobytes(asked[who]["bytes"]["most"]))
    row("First results, median", lambda who: f"{asked[who]['ms']['median']:.0f} ms")
    row("First results, 95 of 100", lambda who: f"{asked[who]['ms']['p95']:.0f} ms")
    row("After the last key, median", lambda who: f"{asked[who]['typed']['median']:.0f} ms" if "typed" in asked[who] else "")
    row("Recall", lambda who: ", ".join(f"{tag} {value:.3f}" for tag, value in asked[who]["recall"].items()))
    row("Precision", lambda who: ", ".join(f"{tag} {value:.3f}" for tag, value in asked[who]["precision"].items()))
    if asked["press"].get("best") is not None:
        row("Best page in the first three", lambda who: f"{asked[who]['best']} of 50")
    print(f"\nBuild with search / without: {bench.ratio('search', 'without'):.2f}, processor {bench.ratio('search', 'without', 'cpu'):.2f}; "
          f"peak without {bench.median('without', 'peak'):.0f} MiB; pages without search {base_files:,} files, {kilobytes(base_size)}")
    for tag, share in asked["share"].items():
        print(f"Index {tag}: {share:.1%} of the HTML in one language")
    if "pagefind" in cost:
        print(f"Index time, Madoguchi / Pagefind: {cost['press'][0] / cost['pagefind'][0]:.3f}, processor {cost['press'][1] / cost['pagefind'][1]:.3f}")
    exports = [name for name in EXPORTS if name in bench.runs]
    if exports:
        print("\n| Switch | Time | Processor time | Files | Bytes |\n|---|---:|---:|---:|---:|")
    for name in exports:
        files, size_ = (one - two for one, two in zip(bench.weight[name], bench.weight["without"]))
        print(f"| `{name}` | ×{bench.ratio(name, 'without'):.2f} | ×{bench.ratio(name, 'without', 'cpu'):.2f} | {files:,} | {kilobytes(size_)} |")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="shipped,1000,10000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--probes", type=int, default=200)
    parser.add_argument("--no-costs", action="store_true", help="leave the exports out")
    parser.add_argument("--no-pagefind", action="store_true")
    parser.add_argument("--patience", type=float, default=20, help="seconds to wait for a quiet moment before a run")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "madoguchi-search-bench")
    parser.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    if not (REPOSITORY / "tests/browser/node_modules").is_dir() or not shutil.which("node"):
        return run.say("skipped: node, or the packages of tests/browser, are not installed")
    if chosen.short:
        chosen.sizes, chosen.rounds, chosen.probes, chosen.patience, chosen.no_pagefind = "shipped,20", 1, 5, 0, True
    named = os.environ.get("MADOGUCHI")
    press = Path(named) if named else run.cargo_build(chosen.short, "--bin", "madoguchi")
    chosen.work.mkdir(parents=True, exist_ok=True)
    pagefind = None if chosen.no_pagefind else pagefind_program(chosen.work)
    for size in chosen.sizes.split(","):
        site = make_site(chosen.work, size)
        if not site:
            run.say(f"skipped: {size}")
            continue
        run.say(f"{size}")
        folder = Path(tempfile.mkdtemp(prefix=f"run-{size}-", dir=chosen.work))
        bench = Bench(press, pagefind, site, folder, chosen.patience)
        for _ in range(chosen.rounds):
            bench.build("without")
            bench.build("search", search=True)
            if pagefind:
                bench.index_by_pagefind()
            for name in [] if chosen.no_costs else EXPORTS:
                bench.build(name, exports=[name])
        report(size, bench, ask_browser(bench, chosen.probes))
        shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except run.Failed as failed:
        sys.exit(f"bench: {failed}")
