// Every kind of page: accessible, quiet, and never wider than the window.
import assert from "node:assert/strict";
import { violationsInEveryView } from "./axe.mjs";
import { each } from "./site.mjs";

const LONG = Boolean(process.env.TEST_LONG);
/** The most pages that are looked at one by one, in short. */
const MOST = LONG ? Infinity : 60;
const FEW = 10;
/** How many pages a reader goes through, in short. */
const STEPS = LONG ? Infinity : 30;

/** Pages that others wrote may leave out a level of heading. */
const FOREIGN = { "heading-order": { enabled: false } };

/** A page of each kind, and for each thing that may stand in one, without those that are the same. */
function sample(site) {
  const all = new Map();
  for (const { kind, path } of [...site.kinds, ...site.extras, ...site.parts]) if (path) all.set(path, [...(all.get(path) ?? []), kind]);
  return [...all].map(([path, kinds]) => ({ path, kinds }));
}

async function accessible(site) {
  const found = [];
  await each(sample(site), async ({ path, kinds }) => {
    const page = await site.open(path, { motion: "reduce" });
    // In short, more contrast is asked of the pages that have the colours.
    const more = LONG || (!site.foreign && kinds.some((kind) => /^(choose|parallel|alert|form|tabs|[a-z]+ home)$/.test(kind)));
    found.push(...(await violationsInEveryView(page, { rules: site.foreign ? FOREIGN : {}, more })).map((what) => `${kinds.join(", ")}: ${path} ${what}`));
    await page.close();
  });
  assert.deepEqual(found, []);
}

async function complete(site) {
  const missing = site.kinds.filter(({ path }) => !path).map(({ kind }) => kind);
  assert.deepEqual(missing, []);
}

/** The words that a reader sees; an empty line says nothing. */
const words = async (page) => (await page.locator("body").innerText()).replace(/\n+/g, "\n");

async function withoutScript(site) {
  const forms = new Set(site.pages.filter(({ parts }) => parts.includes("form")).map(({ path }) => path));
  // A form says more with its script: that it keeps a draft. Its own tests compare what is sent. And the page of results is about its script.
  await each(sample(site).filter(({ path }) => !forms.has(path) && !path.endsWith("/search/")), async ({ path }) => {
    const [without, with_] = [await site.open(path, { script: false }), await site.open(path)];
    assert.equal(await words(without), await words(with_), path);
    await Promise.all([without.close(), with_.close()]);
  });
}

/** Words and links of an open tab that something unseen lies over. */
async function tabs(site) {
  const covered = [];
  for (const { path } of site.parts.filter(({ kind }) => kind === "tabs")) {
    const page = await site.open(path);
    covered.push(...(await page.$$eval(".tab[open]", (all) => all.flatMap((tab) => {
      tab.closest(".tabs").scrollIntoView({ block: "center", behavior: "instant" });
      const inside = [...tab.querySelectorAll(".seg, a[href]")].filter((one) => !one.closest("summary"));
      const hidden = (one) => {
        const { left, top, width, height } = one.getClientRects()[0];
        const hit = document.elementFromPoint(left + width / 2, top + height / 2);
        return hit && !one.contains(hit) && !hit.contains(one.parentElement.closest("p, li, .cell")) && !hit.closest(".seg, a");
      };
      return inside.filter(hidden).map((one) => one.textContent);
    }))).map((words) => `${path}: ${words}`));
    await site.closePages();
  }
  assert.deepEqual(covered, []);
}

async function moved(site) {
  for (const { path } of site.moved.filter(({ moved }) => !moved.includes("://")).slice(0, FEW)) {
    const page = await site.open(path);
    await page.waitForURL((url) => url.pathname !== path);
    assert.notEqual(await page.locator("main h1").count(), 0, path);
    await site.closePages();
  }
}

/** One visit of each page, for two tests: what it logs, asks for and cannot load, and by how much it is too wide. */
async function visits(site) {
  const found = { said: [], wide: [] };
  await each(spread(site.pages, MOST), async ({ path }) => {
    const page = await site.open(path);
    await page.waitForTimeout(50);
    await page.setViewportSize({ width: 320, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) found.wide.push(`${path}: ${wide} px too wide`);
    found.said.push(...page.problems.map((what) => `${path}: ${what}`));
    await page.close();
  });
  return found;
}

async function quiet(site) {
  site.visits ??= visits(site);
  assert.deepEqual((await site.visits).said, []);
}

async function narrow(site) {
  site.visits ??= visits(site);
  assert.deepEqual((await site.visits).wide, []);
}

/** What there is to press on a page but links and forms: folds, tabs, segments. */
async function press(page) {
  for (const summary of (await page.locator("main summary").all()).slice(0, 4)) await summary.click();
  const piece = page.locator(".cell .seg:not(:has(a)):not(a .seg)").first();
  if (await piece.count()) {
    await piece.click();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
  }
  const table = page.locator("main .table[tabindex]").first();
  if (await table.count()) await table.focus();
}

/** The place among all links of one that can be seen and leads to a page that is wanted: in the text before the header. */
function leading(links, wanted) {
  const fits = (link) => wanted.includes(decodeURI(link.pathname)) && link.origin === location.origin && link.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const found = [links.find((link) => link.closest("article") && fits(link)), links.find(fits)].find(Boolean);
  return found ? [links.indexOf(found), decodeURI(found.pathname)] : undefined;
}

/** A reader goes from page to page by what can be clicked, in both languages and in both at once; where nothing new can be reached, by an address. */
async function walk(site) {
  const wanted = new Set(spread(site.pages.filter(({ path }) => !path.endsWith("404.html")), STEPS).map(({ path }) => path));
  for (const { path } of sample(site)) if (site.pages.some((page) => page.path === path) && !path.endsWith("404.html")) wanted.add(path);
  const [all, found] = [wanted.size, []];
  let clicks = 0;
  const page = await site.open("/");
  while (wanted.size) {
    const next = await page.$$eval("a[href]", leading, [...wanted]);
    const path = next ? next[1] : [...wanted][0];
    if (next) {
      clicks += 1;
      await page.locator("a[href]").nth(next[0]).click();
      await page.waitForURL((url) => decodeURI(url.pathname) === path, { waitUntil: "load" });
    } else {
      await page.goto(new URL(path, site.origin).href, { waitUntil: "load" });
    }
    await press(page);
    wanted.delete(path);
    found.push(...page.problems.splice(0).map((what) => `${path}: ${what}`));
  }
  assert.deepEqual(found, []);
  console.log(`   ${all} pages, ${clicks} of them by a click`);
}

/** At most so many of a list, evenly spread. */
function spread(list, most) {
  return list.filter((_, at) => list.length <= most || Math.floor((at * most) / list.length) !== Math.floor(((at - 1) * most) / list.length));
}

export default [
  ["every kind of page is there", complete],
  ["no kind of page, and nothing in it, has an accessibility violation, narrow or wide, light or dark, or with more contrast", accessible, "long"],
  ["no page logs anything, breaks the strict policy, or asks another host", quiet],
  ["every kind of page reads the same without script", withoutScript, "long"],
  ["nothing lies over the words and links of an open tab", tabs],
  ["a page that has moved leads on", moved, "long"],
  ["no page scrolls sideways at 320 px", narrow],
  ["a reader clicks from page to page, opens and marks what there is, and nothing is logged or fails", walk],
];
