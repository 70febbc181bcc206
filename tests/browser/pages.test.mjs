// Every kind of page: accessible, quiet, and never wider than the window.
import assert from "node:assert/strict";
import axe from "axe-core";
import { skip } from "./skip.mjs";

const VIEWS = [320, 1280].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme })));
/** The most pages that are looked at one by one. */
const MOST = 60;

async function violations(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}

async function accessible(site) {
  const found = [];
  for (const { kind, path } of site.kinds.filter(({ path }) => path)) {
    for (const view of VIEWS) {
      const page = await site.open(path, view);
      found.push(...(await violations(page)).map((what) => `${kind} ${path} at ${view.width} ${view.scheme}: ${what}`));
      await site.closePages();
    }
  }
  assert.deepEqual(found, []);
}

async function complete(site) {
  const missing = site.kinds.filter(({ path }) => !path).map(({ kind }) => kind);
  if (missing.length > 0) skip(`the site has no page of the kind ${missing.join(", ")}`);
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
  ["no kind of page has an accessibility violation, narrow or wide, light or dark", accessible],
  ["no page logs an error or asks another host", quiet],
  ["no page scrolls sideways at 320 px", narrow],
];
