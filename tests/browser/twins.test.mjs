// Both languages of a page: aligned, and one step apart.
import assert from "node:assert/strict";
import { skip } from "./skip.mjs";

const FEW = 10;

function parallels(site) {
  const pages = site.pages.filter(({ path }) => path.endsWith("/parallel/"));
  return pages.length > 0 ? pages.slice(0, FEW) : skip("the site has no parallel view");
}

/** Top, bottom, left and language of both cells of every row. */
function rows(page) {
  const box = (cell) => {
    const { top, bottom, left } = cell.getBoundingClientRect();
    return { top, bottom, left, lang: cell.closest("[lang]")?.lang ?? cell.querySelector("[lang]")?.lang };
  };
  return page.$$eval("div.row", (all, box) => {
    const measure = eval(box);
    return all.map((row) => [...row.children].filter((cell) => cell.matches("div.cell")).map(measure));
  }, `(${box})`);
}

async function aligned(site) {
  for (const { path } of parallels(site)) {
    const page = await site.open(path, { width: 1280 });
    const all = await rows(page);
    assert.ok(all.length > 0, `${path} has no rows`);
    for (const [at, cells] of all.entries()) {
      assert.equal(cells.length, 2, `${path}: row ${at} has ${cells.length} cells`);
      const apart = Math.abs(cells[0].top - cells[1].top);
      assert.ok(apart <= 1, `${path}: the tops of row ${at} are ${apart} px apart`);
      assert.notEqual(cells[0].left, cells[1].left, `${path}: the cells of row ${at} are not side by side`);
    }
    await site.closePages();
  }
}

async function stacked(site) {
  for (const { path } of parallels(site)) {
    const page = await site.open(path, { width: 320 });
    for (const [at, [first, second]] of (await rows(page)).entries()) {
      assert.ok(second.top >= first.bottom - 1, `${path}: the cells of row ${at} overlap`);
    }
    await site.closePages();
  }
}

/** Each heading's id with the address of its twin. */
function twins(page) {
  return page.$$eval("a.heading-twin", (links) => links.map((link) => {
    const heading = link.closest("h1, h2, h3, h4, h5, h6") ?? link.parentElement.querySelector("h1, h2, h3, h4, h5, h6");
    return { id: heading?.id, href: link.href };
  }));
}

async function twinHeadings(site) {
  const { path } = site.kinds.find(({ kind, path }) => path && kind.endsWith(" article")) ?? skip("the site has no article");
  const page = await site.open(path, { script: false });
  const all = await twins(await site.open(path));
  assert.ok(all.length > 0, `${path} has no a.heading-twin`);
  for (const { id, href } of all.slice(0, FEW)) {
    const url = new URL(href);
    assert.ok(id, `${path}: a twin link stands at no heading with an id`);
    assert.equal(decodeURIComponent(url.hash.slice(1)), id);
    assert.notEqual(url.pathname.split("/")[1], path.split("/")[1], `${href} is in the same language`);
    await page.goto(href);
    assert.equal(await page.locator(`[id="${id}"]`).count(), 1, `${href} leads to no heading`);
  }
}

export default [
  ["rows of the parallel view are aligned when wide", aligned],
  ["rows of the parallel view stand one under the other when narrow", stacked],
  ["a heading's twin is the same heading in the other language", twinHeadings],
];
