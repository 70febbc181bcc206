// Every kind of page: accessible, quiet, and never wider than the window.
import assert from "node:assert/strict";
import axe from "axe-core";

const VIEWS = [320, 1280].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme })));
/** The most pages that are looked at one by one. */
const MOST = 60;
const FEW = 10;

/** Pages that others wrote may leave out a level of heading. */
const FOREIGN = { "heading-order": { enabled: false } };

async function violations(page, rules) {
  // Through the debugger, which no policy of the page stops.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { resultTypes: ["violations"], rules }), rules);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}

async function accessible(site) {
  const found = [];
  for (const { kind, path } of [...site.kinds.filter(({ path }) => path), ...site.parts]) {
    for (const view of VIEWS) {
      const page = await site.open(path, view);
      found.push(...(await violations(page, site.foreign ? FOREIGN : {})).map((what) => `${kind} ${path} at ${view.width} ${view.scheme}: ${what}`));
      await site.closePages();
    }
  }
  assert.deepEqual(found, []);
}

async function complete(site) {
  const missing = site.kinds.filter(({ path }) => !path).map(({ kind }) => kind);
  assert.deepEqual(missing, []);
}

/** The words that a reader sees; an empty line says nothing. */
const words = async (page) => (await page.locator("body").innerText()).replace(/\n+/g, "\n");

async function withoutScript(site) {
  // A form says more with its script: that it keeps a draft. Its own tests compare what is sent.
  for (const { path } of [...site.kinds.filter(({ path }) => path), ...site.parts.filter(({ kind }) => kind !== "form")]) {
    if (site.pages.some((page) => page.path === path && page.parts.includes("form"))) continue;
    assert.equal(await words(await site.open(path, { script: false })), await words(await site.open(path)), path);
    await site.closePages();
  }
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

async function quiet(site) {
  const found = [];
  for (const { path } of spread(site.pages)) {
    const page = await site.open(path);
    await page.waitForTimeout(50);
    found.push(...page.problems.map((what) => `${path}: ${what}`));
    await site.closePages();
  }
  assert.deepEqual(found, []);
}

async function narrow(site) {
  const found = [];
  for (const { path } of spread(site.pages)) {
    const page = await site.open(path, { width: 320 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) found.push(`${path}: ${wide} px too wide`);
    await site.closePages();
  }
  assert.deepEqual(found, []);
}

/** At most `MOST` of a list, evenly spread. */
function spread(list) {
  return list.filter((_, at) => list.length <= MOST || Math.floor((at * MOST) / list.length) !== Math.floor(((at - 1) * MOST) / list.length));
}

export default [
  ["every kind of page is there", complete],
  ["no kind of page, and nothing in it, has an accessibility violation, narrow or wide, light or dark", accessible],
  ["no page logs anything, breaks the strict policy, or asks another host", quiet],
  ["every kind of page reads the same without script", withoutScript],
  ["nothing lies over the words and links of an open tab", tabs],
  ["a page that has moved leads on", moved],
  ["no page scrolls sideways at 320 px", narrow],
];
