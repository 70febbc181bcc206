// Both languages of a page: aligned, and one step apart.
import assert from "node:assert/strict";
import { skip } from "./skip.mjs";

const FEW = 10;
/** How many parallel views are measured in short. */
const SAMPLE = 12;

function parallels(site) {
  const pages = site.pages.filter(({ path }) => path.endsWith("/parallel/"));
  return pages.length > 0 ? pages : skip("the site has no parallel view");
}

/** Both cells of every row that is seen: their box, their language, and the top of the first block in each, however deep it stands. */
function pairs(page) {
  return page.$$eval(".row", (rows) => rows.filter((row) => row.checkVisibility()).map((row) => [...row.children].map((cell) => {
    const { top, bottom, left } = cell.getBoundingClientRect();
    let block = cell;
    for (let inner = cell; inner && !getComputedStyle(inner).display.startsWith("inline"); inner = inner.firstElementChild) block = inner;
    return { top, bottom, left, lang: cell.lang, block: block.getBoundingClientRect().top, filled: cell.textContent.trim() !== "", name: block.localName };
  })));
}

/** In short, an even choice of pages. */
function some(pages) {
  const step = process.env.TEST_LONG ? 1 : Math.ceil(pages.length / SAMPLE);
  return pages.filter((_, at) => at % step === 0);
}

async function aligned(site) {
  let count = 0;
  const pages = some(parallels(site));
  for (const { path } of pages) {
    const page = await site.open(path, { width: 1280 });
    const all = await pairs(page);
    assert.ok(all.length > 0, `${path} has no rows`);
    for (const [at, cells] of all.entries()) {
      assert.equal(cells.length, 2, `${path}: row ${at} has ${cells.length} cells`);
      const apart = Math.abs(cells[0].top - cells[1].top);
      assert.ok(apart <= 1, `${path}: the tops of row ${at} are ${apart} px apart`);
      const blocks = cells.every(({ filled }) => filled) && cells[0].name === cells[1].name ? Math.abs(cells[0].block - cells[1].block) : 0;
      assert.ok(blocks <= 1, `${path}: the first blocks of row ${at} are ${blocks} px apart`);
      assert.notEqual(cells[0].lang, cells[1].lang, `${path}: the cells of row ${at} are of one language`);
      assert.ok(cells[1].left > cells[0].left + 200, `${path}: the cells of row ${at} are not side by side`);
    }
    count += all.length;
    await site.closePages();
  }
  console.log(`${count} rows in ${pages.length} of ${parallels(site).length} parallel views`);
}

async function stacked(site) {
  for (const { path } of parallels(site).slice(0, FEW)) {
    const page = await site.open(path, { width: 320 });
    for (const [at, [first, second]] of (await pairs(page)).entries()) {
      assert.ok(second.top >= first.bottom - 1, `${path}: the cells of pair ${at} overlap`);
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
  const articles = site.kinds.filter(({ kind, path }) => path && kind.endsWith(" article"));
  for (const { path } of articles) {
    const all = await twins(await site.open(path, { script: false }));
    assert.ok(all.length > 0, `${path} has no a.heading-twin`);
    const page = await site.open(all[0].href, { script: false });
    for (const { id, href } of all) {
      const url = new URL(href);
      assert.ok(id, `${path}: a twin link stands at no heading with an id`);
      assert.equal(decodeURIComponent(url.hash.slice(1)), id);
      assert.notEqual(url.pathname.split("/")[1], path.split("/")[1], `${href} is in the same language`);
      assert.equal(await page.locator(`:is(h1, h2, h3, h4, h5, h6)[id="${id}"]`).count(), 1, `${href} leads to no heading`);
    }
    await site.closePages();
  }
}

export default [
  ["rows of the parallel view are aligned when wide", aligned],
  ["rows of the parallel view stand one under the other when narrow", stacked, "long"],
  ["a heading's twin is the same heading in the other language", twinHeadings],
];
