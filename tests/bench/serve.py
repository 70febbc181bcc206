"""The preview's benchmark: from the end of a save until the page is fresh over HTTP, against Hugo's server in the same run.

    python3 tests/bench/serve.py [--sizes 350,1000,10000] [--edits 40] [--many 0] [--no-hugo] [--work DIR]
    python3 tests/bench/serve.py --short      the whole way once, on few pages; measures nothing

How it measures:
- a page is saved with a new word at its end, and asked for every 2 ms until it holds the word: the time from the end of
  the save to the end of that answer. Between two saves passes what a writer takes at least: 0.3 s;
- pages take turns, some far from each other; they are the same pages for both servers, which take turns (A B A B …);
- the start is the time from starting the process to the first whole page, its files having been read before;
- peak memory is what the kernel counted for the process when it ends (VmHWM), in MiB of 2^20 bytes; processor time that
  of the process, while nothing but these saves happened, for each save;
- `--many N` saves one page N times as fast as the server follows, and tells the memory in use after a tenth and at the end.

Absolute times say little on a machine that others use: each line tells how many cores they took. Exit code 0: measured (or
skipped, without a corpus); 1: a server failed.
"""

import argparse
import dataclasses
import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # No traces beside the sources.

import run  # noqa: E402
import sets  # noqa: E402

PAUSE_S = 0.3
POLL_S = 0.002
PATIENCE_S = 120
# Targets of the issue.
MEDIAN_MS, P95_MS, START_S = 30, 60, 1.5
HUGO_TIMES = {1_000: 10, 10_000: 30}


@dataclasses.dataclass
class Server:
    """A server under test: how it is started, and where a page stands for it."""

    name: str
    command: list
    folder: Path
    file: object
    address: object
    port: int = 0
    process: subprocess.Popen = None
    start: float = 0.0
    times: list = dataclasses.field(default_factory=list)
    cpu: float = 0.0

    def get(self, path):
        """The body of a page, or nothing while there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            return body if answer.status == 200 else b""
        except OSError:
            return b""
        finally:
            connection.close()

    def open(self, page):
        """Start, and wait for the first page."""
        self.port = free_port()
        command = [str(part).replace("PORT", str(self.port)) for part in self.command]
        log = open(self.folder.parent / f"{self.name}.log", "wb")
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=run.plain_environment())
        while not self.get(self.address(page)):
            if self.process.poll() is not None or time.monotonic() - began > 10 * PATIENCE_S:
                raise run.Failed(f"{self.name} does not serve; see {log.name}")
            time.sleep(POLL_S)
        self.start = time.monotonic() - began

    def seconds(self):
        """Processor time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, key):
        """A line of the kernel's account of the process's memory, in MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(key + ":")) * 1024 / run.MIB

    def save(self, page, word):
        """Save a page with a word at its end, and wait until it is served; gives the milliseconds."""
        file = self.folder / self.file(page)
        text = file.read_text(encoding="utf-8")
        body = text.split("\n\nword-")[0]
        file.write_text(f"{body}\n\nword-{word}\n", encoding="utf-8")
        saved = time.monotonic()
        wanted = f"word-{word}<".encode()
        while wanted not in self.get(self.address(page)):
            if time.monotonic() - saved > PATIENCE_S:
                raise run.Failed(f"{self.name} did not serve {page} within {PATIENCE_S} s")
            time.sleep(POLL_S)
        return (time.monotonic() - saved) * 1000

    def close(self):
        """Stop as a terminal does; gives the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - began


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pages_of(docset, count):
    """Some pages of a docset, from its beginning to its end."""
    content = docset.site / "content"
    all_pages = sorted(path.relative_to(content) for path in content.rglob("*.md") if path.stem != "index")
    step = max(len(all_pages) // count, 1)
    return all_pages[::step][:count]


def press(program, site):
    """The preview of a site."""
    command = [program, "serve", "--site", site, "--listen", "127.0.0.1:PORT"]
    return Server("press", command, site, lambda page: Path("content") / page,
                  lambda page: f"/ja/{page.with_suffix('').as_posix().lower()}/")


def hugo(program, site):
    """Hugo's server of the same pages; both of its languages hold a page, of which the Japanese one is saved."""
    command = [program, "server", "--source", site, "--bind", "127.0.0.1", "--port", "PORT", "--baseURL", "http://127.0.0.1:PORT/",
               "--renderToMemory"]
    return Server("hugo", command, site, lambda page: Path("content/ja") / sets.hugo_name(page),
                  lambda page: f"/ja/{sets.hugo_name(page).with_suffix('').as_posix().lower()}/")


def measure(servers, pages, edits):
    """Let the servers take turns in saving."""
    for number in range(edits):
        for server in servers:
            page = pages[number % len(pages)]
            server.get(server.address(page))
            time.sleep(PAUSE_S)
            before = server.seconds()
            server.times.append(server.save(page, f"{server.name}-{number}"))
            server.cpu += server.seconds() - before


def flat(server, page, many):
    """Memory in use after a tenth of many saves, and after all."""
    early = 0
    for number in range(many):
        server.save(page, f"many-{number}")
        if number == many // 10:
            early = server.memory("VmRSS")
    return early, server.memory("VmRSS")


def measure_set(docset, program, hugo_program, chosen):
    """One size: start, save, tell."""
    work = Path(tempfile.mkdtemp(prefix="serve-", dir=chosen.work))
    shutil.copytree(docset.site, work / "site")
    servers = [press(program, work / "site")]
    if hugo_program:
        shutil.copytree(docset.hugo, work / "hugo")
        servers.append(hugo(hugo_program, work / "hugo"))
    pages = pages_of(docset, 10)
    run.read_all(work)
    before, began = run.busy_seconds(), time.monotonic()
    for server in servers:
        server.open(pages[-1])
        if server.name == "press":
            print(f"{docset.name}: start to first page {server.start:.2f} s", flush=True)
    measure(servers, pages, chosen.edits)
    others = (run.busy_seconds() - before - sum(server.seconds() for server in servers)) / (time.monotonic() - began)
    memory = flat(servers[0], pages[0], chosen.many) if chosen.many else None
    for server in servers:
        times = sorted(server.times)
        p95 = times[min(len(times) * 95 // 100, len(times) - 1)]
        print(f"{docset.name}: {server.name:6} median {statistics.median(times):8.1f} ms, p95 {p95:8.1f}, range {times[0]:.1f}–{times[-1]:.1f}; "
              f"cpu {1000 * server.cpu / len(times):.1f} ms a save; start {server.start:.2f} s; peak {server.memory('VmHWM'):.0f} MiB; "
              f"stop {server.close():.2f} s; others {others:.1f} cores", flush=True)
    if len(servers) == 2:
        ratio = statistics.median(h / p for p, h in zip(servers[0].times, servers[1].times))
        print(f"{docset.name}: hugo/press {ratio:.1f}", flush=True)
    if memory:
        print(f"{docset.name}: memory in use after {chosen.many // 10} saves {memory[0]:.0f} MiB, after {chosen.many} {memory[1]:.0f} MiB", flush=True)
    shutil.rmtree(work)


def main():
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="350,1000,10000")
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--no-hugo", action="store_true")
    parser.add_argument("--program", type=Path)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "madoguchi-bench")
    parser.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    if chosen.short:
        chosen.sizes, chosen.edits, chosen.no_hugo = "20", 3, True
    chosen.work.mkdir(parents=True, exist_ok=True)
    docsets = run.make_docsets(chosen.work, [int(size) for size in chosen.sizes.split(",")], False)
    if not docsets:
        print("skipped: there is no corpus")
        return 0
    program = chosen.program or run.cargo_build(chosen.short, "--bin", "madoguchi")
    hugo_program = None if chosen.no_hugo else run.hugo_program(chosen.work)
    for docset in docsets:
        measure_set(docset, program, hugo_program, chosen)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except run.Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(1)
