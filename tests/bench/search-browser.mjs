// What queries move, how long they take and what they find: the press's index and Pagefind's, in one browser. search.py calls this.
//
//     node tests/bench/search-browser.mjs --site DIR --probes N [--pages DIR --pagefind DIR]
//
// `--site` is a built site with its search, `--pages` the pages that Pagefind has indexed into `--pagefind`. Prints JSON.
import { readFile, readdir, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { createRequire } from "node:module";
import { seen } from "../browser/seen.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(HERE, "../browser/package.json"))("playwright-core");
const { values: options } = parseArgs({ options: { site: { type: "string" }, probes: { type: "string" }, pages: { type: "string" }, pagefind: { type: "string" } } });
const PROBES = Number(options.probes);
const SHOWN = 7;
/** How many queries of each language are typed. */
const TYPED = 10;
const TYPES = { ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".txt": "text/plain" };
const say = (text) => process.stderr.write(`bench: ${text}\n`);

// ---- A server that counts what it sends

const counted = { bytes: 0 };

async function serve() {
  const folders = { "/pagefind/": options.pagefind, "/": options.site };
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const [prefix, folder] = Object.entries(folders).find(([prefix, folder]) => folder && path.startsWith(prefix));
    try {
      const name = path.endsWith("/") ? `${path}index.html` : path;
      const body = await readFile(normalize(join(folder, name.slice(prefix.length))));
      counted.bytes += body.length;
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

// ---- The contestants, in the page

/** Asks the press's index: the pages found, and with `whole` all of them. */
async function askPress({ script, base, query, whole }) {
  const { Search } = await import(script);
  const start = performance.now();
  globalThis.search ??= new Map();
  if (!globalThis.search.has(base)) globalThis.search.set(base, new Search(new URL(base, location.href)));
  const asked = globalThis.search.get(base).query(query);
  let ms;
  const first = () => (ms ??= performance.now() - start);
  await asked.more(first);
  first();
  while (whole && !asked.complete) await asked.more();
  return { ms, complete: asked.complete, pages: asked.sorted().map(({ address }) => address.split("#")[0]) };
}

/** Asks Pagefind's index, in the language of the document. */
async function askPagefind({ tag, query, whole, shown }) {
  document.documentElement.lang = tag;
  const pagefind = await import("/pagefind/pagefind.js");
  const start = performance.now();
  const { results } = await pagefind.search(query);
  const first = await Promise.all(results.slice(0, shown).map((result) => result.data()));
  const ms = performance.now() - start;
  const all = whole ? await Promise.all(results.map((result) => result.data())) : first;
  return { ms, complete: true, pages: all.map(({ url }) => url.replace(/^.*?\/(?=[a-z-]+\/)|index\.html$/g, "").replace(`${tag}/`, "").replace(/^\//, "")) };
}

/** By language, the folded text of every page with its own by its address, and the bytes of all pages. */
async function scan(tags, fold) {
  const [texts, bytes] = [new Map(), new Map()];
  for (const tag of tags) {
    const all = new Map();
    let size = 0;
    for (const file of await readdir(join(options.site, tag), { recursive: true })) {
      if (!file.endsWith(".html")) continue;
      const html = await readFile(join(options.site, tag, file), "utf8");
      size += Buffer.byteLength(html);
      const address = file.replaceAll("\\", "/").replace(/index\.html$/, "");
      if (/<body class="article">/.test(html) && !/<article lang=/.test(html)) all.set(address, fold(seen(html)));
    }
    texts.set(tag, all);
    bytes.set(tag, size);
  }
  return { texts, bytes };
}

function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Pieces of a language's texts, of 2 to 24 characters. A piece over the border of two blocks, between which there is no space in a query, is none. */
function pieces(texts, count, fold) {
  const [next, all, found] = [random(21), [...texts.values()].filter((text) => text.length > 40), []];
  while (found.length < count) {
    const text = all[next(all.length)];
    const page = [...text];
    const start = next(page.length - 2);
    const piece = fold(page.slice(start, start + 2 + next(22)).join(""));
    if ([...piece].length > 1 && !piece.includes('"') && text.includes(piece)) found.push(piece);
  }
  return found;
}

// ---- Measuring

const sorted = (all) => [...all].sort((a, b) => a - b);
const at = (all, part) => sorted(all)[Math.min(all.length - 1, Math.floor(all.length * part))];

async function measure(browser, origin, tags, queries, ask, judge) {
  const began = Date.now();
  const [bytes, ms] = [[], []];
  let best = 0;
  for (const tag of tags) {
    for (const [query, pages] of queries[tag] ?? []) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${origin}/robots.txt`);
      counted.bytes = 0;
      const answer = await ask(page, tag, query, false);
      bytes.push(counted.bytes);
      ms.push(answer.ms);
      if (answer.pages.slice(0, 3).some((found) => [pages].flat().includes(found))) best += 1;
      await context.close();
    }
  }
  say(`${queries.en.length + queries.ja.length} queries in ${Date.now() - began} ms`);
  const [recall, precision] = [{}, {}];
  for (const tag of tags) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${origin}/robots.txt`);
    let [recalled, precise, count] = [0, 0, 0];
    for (const { piece, truth } of judge(tag)) {
      const found = new Set((await ask(page, tag, `"${piece}"`, true)).pages);
      const right = [...found].filter((one) => truth.has(one)).length;
      recalled += right / truth.size;
      precise += found.size ? right / found.size : 1;
      count += 1;
    }
    [recall[tag], precision[tag]] = [recalled / count, precise / count];
    await page.context().close();
  }
  return { bytes: { median: at(bytes, 0.5), most: Math.max(...bytes) }, ms: { median: at(ms, 0.5), p95: at(ms, 0.95), most: Math.max(...ms) }, recall, precision, best };
}

/** How long after its last key the results of a query stand below the box: a page is opened with nothing in the cache, the box clicked, and the
    query typed at twelve keys a second. */
async function typed(browser, origin, tags, queries) {
  const ms = [];
  for (const tag of tags) {
    for (const [query] of queries[tag].slice(0, TYPED)) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${origin}/${tag}/`);
      const box = page.locator("form.search input");
      await box.evaluate((input) => {
        let last;
        input.addEventListener("input", () => (last = performance.now()));
        const list = () => [...document.querySelectorAll("form.search [role=listbox]:not([hidden]) [role=option]")];
        new MutationObserver(() => list().length && (globalThis.took = performance.now() - last)).observe(input.form, { subtree: true, childList: true, attributeFilter: ["hidden"] });
      });
      await box.click();
      await box.pressSequentially(query, { delay: 83 });
      await page.waitForTimeout(1_000);
      ms.push(await page.evaluate(() => globalThis.took));
      await context.close();
    }
  }
  return { median: at(ms, 0.5), most: Math.max(...ms) };
}

async function main() {
  const names = await readdir(join(options.site, "assets"));
  const script = `/assets/${names.find((name) => /^search\.[0-9a-f]+\.js$/.test(name))}`;
  const { fold } = await import(pathToFileURL(join(HERE, "../../themes/default/static/search.js")).href).catch(async () => import(`data:text/javascript;base64,${(await readFile(join(HERE, "../../themes/default/static/search.js"))).toString("base64")}`));
  const tags = ["ja", "en"];
  const { texts, bytes } = await scan(tags, fold);
  const queries = JSON.parse(await readFile(join(HERE, "../browser/queries.json"), "utf8"));
  const probes = new Map(tags.map((tag) => [tag, pieces(texts.get(tag), PROBES, fold)]));
  const holds = (piece, languages) => new Set(languages.flatMap((tag) => [...texts.get(tag)].filter(([, text]) => text.includes(piece)).map(([address]) => address)));
  const judge = (languages) => (tag) => probes.get(tag).map((piece) => ({ piece, truth: holds(piece, languages(tag)) }));

  const server = await serve();
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const report = { share: {} };
  try {
    const press = (page, tag, query, whole) => page.evaluate(askPress, { script, base: `/${tag}/search/`, query, whole });
    report.press = await measure(browser, origin, tags, queries, press, judge(() => tags));
    report.press.typed = await typed(browser, origin, tags, queries);
    if (options.pagefind) {
      const pagefind = (page, tag, query, whole) => page.evaluate(askPagefind, { tag, query, whole, shown: SHOWN });
      report.pagefind = await measure(browser, origin, tags, queries, pagefind, judge((tag) => [tag]));
    }
  } finally {
    await browser.close();
    server.close();
  }
  for (const tag of tags) {
    const files = (await readdir(join(options.site, tag, "search"), { recursive: true })).filter((name) => /\.(?:bin|json)$/.test(name));
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(options.site, tag, "search", name))).size));
    report.share[tag] = sizes.reduce((sum, size) => sum + size, 0) / bytes.get(tag);
  }
  // Only the shipped site has the pages that the queries ask for.
  if (!texts.get("ja").has("submit-a-service-request/")) for (const who of [report.press, report.pagefind]) if (who) delete who.best;
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

await main();
