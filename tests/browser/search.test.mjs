// Search as a reader uses it, and its engine without a page: the shared vectors, probes against a scan, and queries that partners ask.
import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { violations } from "./axe.mjs";
import { seen } from "./seen.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const file = join(here, "../../themes/default/static/search.js");
const { Search, fold, foldWithPlaces, grams, shard, stem } = await import(`data:text/javascript;base64,${(await readFile(file)).toString("base64")}`);
const read = async (...path) => JSON.parse(await readFile(join(here, ...path), "utf8"));

/** The engine over a folder, and how many bytes it has read. */
function engine(folder, tag) {
  const get = async (url) => new Response(await readFile(fileURLToPath(new URL(url.pathname, "file:"))));
  return new Search(pathToFileURL(join(folder, tag, "search/")), get);
}

/** All results of a query, looked through to the end. */
async function all(search, text) {
  const query = search.query(text);
  while (!query.complete) await query.more();
  return query.sorted();
}

async function vectors() {
  const { fold: folds, grams: pieces, shards, same, apart } = await read("../corpus/search.json");
  for (const [text, folded] of folds) {
    assert.equal(fold(text), folded);
    const { text: again, place } = foldWithPlaces(text);
    assert.equal(again.trim(), folded);
    for (let at = 1; at <= again.length; at += 1) assert.ok(place(at - 1) <= place(at) && place(at) <= text.length, text);
  }
  for (const [text, found] of pieces) assert.deepEqual(grams(text), found);
  for (const [gram, count, number] of shards) assert.equal(shard(gram, count), number);
  for (const [one, other] of same) assert.equal(stem(one), stem(other), `${one} ${other}`);
  for (const [one, other] of apart) assert.notEqual(stem(one), stem(other), `${one} ${other}`);
}

/** By language, the folded text of every page with its own, by its address. */
async function scan(site) {
  const texts = new Map(site.locales.map((tag) => [tag, new Map()]));
  for (const { path } of site.pages) {
    const [, tag, rest] = /^\/([^/]+)\/(.*)$/.exec(path) ?? [];
    if (!texts.has(tag) || /(?:^|\/)parallel\/$|^(?:search|contents)\/$|404\.html$/.test(rest)) continue;
    const html = await readFile(join(site.folder, path, "index.html"), "utf8");
    if (!/<article lang=/.test(html) && !/<body class="(?:contents|plain)/.test(html)) texts.get(tag).set(rest, fold(seen(html)));
  }
  return texts;
}

function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PROBES = process.env.TEST_LONG ? 1000 : 300;

/** Any piece of what is seen is found, and nothing else: the pages with the piece itself are those of a scan of either language's text. */
async function probes(site) {
  const texts = await scan(site);
  const next = random(21);
  for (const tag of site.locales) {
    const search = engine(site.folder, tag);
    const own = [...texts.get(tag).values()];
    for (let count = 0; count < PROBES; count += 1) {
      const page = [...own[next(own.length)]];
      const start = next(page.length - 2);
      const probe = fold(page.slice(start, start + 2 + next(22)).join(""));
      if ([...probe].length < 2) continue;
      const expected = new Set([...texts.values()].flatMap((all) => [...all].filter(([, text]) => text.includes(probe)).map(([at]) => at)));
      const found = (await all(search, `"${probe}"`)).map(({ address }) => address.split("#")[0]);
      assert.deepEqual(found.sort(), [...expected].sort(), `${tag}: ${probe}`);
      for (const { snippet } of await all(search, `"${probe}"`).then((results) => results.slice(0, 3))) {
        assert.ok(snippet.some(([, mark]) => mark), `${tag}: ${probe}: ${JSON.stringify(snippet)}`);
      }
    }
  }
}

/** Of the queries that partners would ask, the page that answers best stands among the first three. */
async function partners(site) {
  const wrong = [];
  for (const [tag, queries] of Object.entries(await read("queries.json"))) {
    const search = engine(site.folder, tag);
    for (const [query, best] of queries) {
      const first = (await all(search, query)).slice(0, 3).map(({ address }) => address.split("#")[0]);
      if (![best].flat().some((page) => first.includes(page))) wrong.push(`${tag}: ${query}: ${first.join(", ")}, not ${best}`);
    }
  }
  assert.deepEqual(wrong, []);
}

/** A small site tells of what it has found before all texts are folded, pages that are called so first; in the end it knows the same. */
async function early(site) {
  let asked = 0;
  const search = engine(site.folder, "ja");
  const { get } = search;
  search.get = (...what) => (asked++, get(...what));
  const query = search.query("診断");
  let first;
  await query.more(() => (first ??= { asked, pages: query.sorted().map(({ page, title }) => ({ page, title })) }));
  const last = query.sorted();
  assert.equal(first.asked, 1);
  assert.ok(first.pages.length > 0 && first.pages.length < last.length, `${first.pages.length} of ${last.length}`);
  const called = last.filter(({ title }) => title.includes("診断")).map(({ page }) => page);
  assert.deepEqual(called.filter((page) => !first.pages.some((one) => one.page === page)), []);
  assert.deepEqual(last.map(({ page }) => page).sort(), (await all(engine(site.folder, "ja"), "診断")).map(({ page }) => page).sort());
}

async function small(site) {
  const { gzipSync } = await import("node:zlib");
  const published = (await readdir(join(site.folder, "assets"))).filter((name) => /^search.*\.js$/.test(name));
  assert.equal(published.length, 3);
  const sizes = await Promise.all(published.map(async (name) => gzipSync(await readFile(join(site.folder, "assets", name)), { level: 9 }).length));
  assert.ok(sizes.reduce((sum, size) => sum + size) <= 12.5 * 1024, `${sizes}`);
  for (const tag of site.locales) {
    const size = async ({ path }) => (await stat(join(site.folder, path, "index.html")).catch(() => ({ size: 0 }))).size;
    const bytes = async (folder, test) => {
      const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && test(entry.name));
      return (await Promise.all(names.map((entry) => readFile(join(entry.parentPath ?? entry.path, entry.name))))).reduce((sum, { length }) => sum + length, 0);
    };
    const index = await bytes(join(site.folder, tag, "search"), (name) => !name.endsWith(".html"));
    const pages = await Promise.all(site.pages.filter(({ path }) => path.startsWith(`/${tag}/`) && !path.endsWith("/parallel/")).map(size));
    const html = pages.reduce((sum, size) => sum + size, 0);
    // Of other sites those between small and large pay more: their few pages share few grams.
    assert.ok(index <= (site.foreign ? 0.25 : 0.15) * html, `${tag}: ${index} of ${html}`);
  }
}

async function accessible(page) {
  assert.deepEqual(await violations(page), []);
}

const box = (page) => page.locator("input[type=search]");
const links = (page) => page.locator("ol.results > li > a");

async function results(site) {
  const page = await site.open("/ja/search/?q=%EF%BD%BB%EF%BE%8E%EF%BE%9F%EF%BD%B0%EF%BE%84");
  await links(page).first().waitFor();
  assert.equal(await box(page).inputValue(), "ｻﾎﾟｰﾄ");
  assert.match(await page.locator(".found [role=status]").innerText(), /^\d+件/);
  assert.match(await page.locator("ol.results mark").first().innerText(), /サポート/);
  await accessible(page);
  await box(page).fill("请");
  await page.waitForFunction(() => document.querySelector(".found [role=status]").textContent.startsWith("2文字"));
  await box(page).fill("21VIANET");
  await links(page).first().waitFor();
  await links(page).first().click();
  await page.waitForURL(/\/ja\/(?!search).*#/);
  assert.deepEqual(page.problems, []);
}

/** A place in the page that is being read comes into sight below the header, though the box had the focus. */
async function samePage(site) {
  const path = "/ja/submit-a-service-request/";
  const page = await site.open(path, { motion: "reduce" });
  const { id, words } = await page.$$eval("article h2[id]", (all) => all.map(({ id, textContent }) => ({ id, words: textContent })).at(1));
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.keyboard.press("Control+k");
  await page.keyboard.type(words);
  const option = page.locator(`[role=option][data-href$="${path}#${encodeURIComponent(id)}"]`);
  await option.waitFor();
  while ((await option.getAttribute("aria-selected")) !== "true") await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => decodeURIComponent(url.hash) === `#${id}`);
  const under = await page.evaluate(() => document.querySelector(":target").getBoundingClientRect().top - document.querySelector(".top").getBoundingClientRect().bottom);
  assert.ok(under >= 0, `the header covers ${-under} px of it`);
}

/** Words of the other language lead to the page in the reader's, with the place that says the same. */
async function acrossLanguages(site) {
  const page = await site.open("/ja/search/?q=escalation+desk+of+21Vianet");
  await links(page).first().waitFor();
  assert.match(await links(page).first().innerText(), /[ぁ-んァ-ヶ]/);
  assert.match(await page.locator("ol.results > li").first().locator("mark").innerText(), /[ぁ-んァ-ヶ]/);
}

/** Pages with the words in other places stand apart from those that have them just as they were written, on the page and below the box. */
async function apart(site) {
  const page = await site.open("/ja/search/?q=%E3%83%86%E3%82%AF%E3%83%8B%E3%82%AB%E3%83%AB+%E3%82%B5%E3%83%9D%E3%83%BC%E3%83%88");
  await page.locator(".found section ul.results > li").first().waitFor();
  const kinds = (list) => page.locator(`${list} > li`).evaluateAll((items) => [...new Set(items.map(({ dataset }) => dataset.match))]);
  assert.deepEqual([await kinds("ol.results"), await kinds("ul.results")], [["exact"], ["words"]]);
  await accessible(page);
  await box(page).fill("請求書");
  await page.waitForFunction(() => document.querySelector(".found section").hidden);
  const other = await site.open("/ja/");
  await box(other).fill("テクニカル サポート");
  await other.locator("[role=listbox] [role=group] [role=option]").first().waitFor();
  await accessible(other);
}

async function keyboard(site) {
  const page = await site.open("/en/");
  // A single character leads nowhere: speech input may type it.
  await page.keyboard.press("/");
  assert.ok(await box(page).evaluate((input) => input !== document.activeElement));
  await page.keyboard.press("Control+k");
  assert.ok(await box(page).evaluate((input) => input === document.activeElement && input.value === ""));
  await page.keyboard.type("severity");
  await page.locator("[role=option]").first().waitFor();
  const state = () => box(page).evaluate((input) => [input.getAttribute("aria-expanded"), document.getElementById(input.getAttribute("aria-activedescendant"))?.getAttribute("aria-selected")]);
  assert.deepEqual(await state(), ["true", undefined]);
  await page.keyboard.press("ArrowDown");
  assert.deepEqual(await state(), ["true", "true"]);
  await accessible(page);
  await page.keyboard.press("ArrowUp");
  assert.deepEqual(await state(), ["true", undefined]);
  await page.keyboard.press("Escape");
  assert.deepEqual([await state(), await box(page).inputValue()], [["false", undefined], "severity"]);
  await page.keyboard.press("ArrowDown");
  await page.locator("[role=option]").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/en\/.+#/);
  assert.deepEqual(page.problems, []);
}

/** While an input method composes, nothing is looked for and no key is taken. */
async function composition(site) {
  const page = await site.open("/ja/");
  await box(page).focus();
  const session = await page.context().newCDPSession(page);
  await session.send("Input.imeSetComposition", { text: "さぽ", selectionStart: 2, selectionEnd: 2 });
  await page.waitForTimeout(300);
  assert.equal(await page.locator("[role=option]").count(), 0);
  const stopped = await box(page).evaluate((input) => !input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, cancelable: true, bubbles: true })));
  assert.equal(stopped, false);
  await session.send("Input.insertText", { text: "21Vianet" });
  await page.locator("[role=option]").first().waitFor();
}

/** The words are looked for again by who switches to another language. */
async function inOtherLanguage(site) {
  const page = await site.open("/ja/search/");
  const address = () => page.locator(".languages a[hreflang=en]").evaluate((link) => new URL(link.href).searchParams.get("q"));
  assert.equal(await address(), null);
  await box(page).fill("21Vianet");
  await links(page).first().waitFor();
  await page.locator(".languages a[hreflang=en]").click();
  await page.waitForURL(/\/en\/search\/\?q=21Vianet/);
  await links(page).first().waitFor();
  await box(page).fill("");
  await page.waitForFunction(() => !document.querySelector(".languages a[hreflang=ja]").href.includes("q="));
  assert.equal(await page.locator(".languages a[hreflang=ja]").evaluate((link) => new URL(link.href).pathname), "/ja/search/");
}

/** In a field Ctrl+K is the field's own. */
async function keyInField(site) {
  const page = await site.open("/ja/submit-a-service-request/");
  const title = page.locator("form.request [name=title]").first();
  await title.focus();
  await page.keyboard.press("Control+k");
  assert.ok(await title.evaluate((input) => input === document.activeElement));
  await title.evaluate((input) => input.blur());
  await page.keyboard.press("Meta+k");
  assert.ok(await box(page).evaluate((input) => input === document.activeElement));
}

async function withoutScript(site) {
  const page = await site.open("/ja/", { script: false });
  await box(page).fill("サポート");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ja\/search\/\?q=/);
  assert.match(await page.locator("main").innerText(), /JavaScriptが必要です/);
  assert.match(await page.locator("main noscript a, main a").first().getAttribute("href"), /contents\/$/);
}

async function hints(site) {
  const page = await site.open("/ja/submit-a-service-request/");
  const title = page.locator("form.request [name=title]").first();
  await title.fill("請求書の金額が契約と違う");
  await page.locator(".hints a").first().waitFor();
  const count = await page.locator(".hints a").count();
  assert.ok(count >= 1 && count <= 3, String(count));
  assert.ok(await title.evaluate((input) => input === document.activeElement));
  await title.fill("");
  await page.locator(".hints").waitFor({ state: "hidden" });
}

export default [
  ["search: folding, grams and stems are those of the shared vectors", vectors],
  ["search: every piece of text that is seen is found, and nothing else", probes],
  ["search: the best page for what partners ask is among the first three", partners, "never"],
  ["search: a small site tells early of what it has found", early, "never"],
  ["search: the script and the index are small", small],
  ["search: the page of results", results, "long"],
  ["search: either language's words find a page in the reader's language", acrossLanguages, "never"],
  ["search: what has the words elsewhere stands apart", apart, "never"],
  ["search: by keyboard alone", keyboard, "never"],
  ["search: the language switch keeps the words", inOtherLanguage, "never"],
  ["search: the key is left to a field that has the focus", keyInField, "never"],
  ["search: a place in the page itself comes into sight", samePage, "never"],
  ["search: nothing during composition", composition, "long"],
  ["search: without script", withoutScript, "long"],
  ["search: hints below the title of a request", hints, "never"],
];
