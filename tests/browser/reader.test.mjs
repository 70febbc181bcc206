// What a reader meets: keys alone, focus that is seen, small windows, large tables, lines of Japanese, and how much is loaded.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { atWork, each } from "./site.mjs";

/** In short a few pages of each kind, in full all of them. */
const LONG = Boolean(process.env.TEST_LONG);
/** The most that the first view of an article may load, in bytes: its HTML, style sheets and scripts, each compressed. */
const FIRST_VIEW = 20 * 1024;
/** By gzip at this level: what the manual's nginx sends. Brotli and Zstandard, which other hosts send, are seldom larger. */
const LEVEL = 6;
/** Of so many of the heaviest pages, and of those with a form, it is seen in the browser what they load. */
const HEAVIEST = 3;
const ARTICLE = "/provide-technical-support/";

const articles = (site, tag) => site.pages.map(({ path }) => path).filter((path) => path.startsWith(`/${tag}/`) && !/\/(parallel|search|contents)\/$|404\.html$/.test(path));

/** Presses Tab until the focus is on what the selector names. */
async function tabTo(page, selector) {
  for (let stops = 0; stops < 120; stops += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
  }
  assert.fail(`no key leads to ${selector} on ${page.url()}`);
}

const follow = async (page, selector) => {
  await tabTo(page, selector);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
};

/** The whole way of a reader who has no mouse. */
async function keysAlone(site) {
  const page = await site.open("/");
  await follow(page, ".choice a[hreflang=ja]");
  assert.equal(new URL(page.url()).pathname, "/ja/");
  // The first stop leads past everything that stands before the text.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "md-main");
  await page.goto(`${site.origin}/ja${ARTICLE}`);
  await follow(page, ".languages a[hreflang=en]");
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await follow(page, ".languages li:last-child a");
  assert.match(page.url(), /\/parallel\//);
  await page.goto(`${site.origin}/en/submit-a-service-request/`);
  // No counter stands behind this page: that there is no token is all that may be complained of.
  await tabTo(page, "form.request [name=requester_name]");
  await page.keyboard.type("Taro");
  await tabTo(page, "form.request select[name=service]");
  await page.keyboard.type("Azure");
  await tabTo(page, "form.request [name=severity]");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.isChecked("form [name=severity][value=b]"), true);
  await tabTo(page, "form.request button[type=submit]");
  await atWork(page);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".form-faults:not([hidden])");
  // What is wrong is heard at once, and each entry leads to its field.
  assert.equal(await page.evaluate(() => document.activeElement.closest(".form-faults") !== null), true);
  await tabTo(page, ".form-faults a");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.name), "company");
  assert.deepEqual(page.problems.filter((what) => !/\/token$|status of 404/.test(what)), []);
}

/** Goes through every stop of a page; gives what cannot be seen there. */
async function unseenStops(page, keys) {
  const found = [];
  await page.evaluate(() => document.activeElement.blur());
  let last;
  for (let stops = 0; stops < 400; stops += 1) {
    await page.keyboard.press(keys);
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      const style = getComputedStyle(element);
      // A scroll that is under way ends where it is asked for.
      const boxes = [...element.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
      const inside = (box) => box.top < innerHeight && box.bottom > 0 && box.left < innerWidth && box.right > 0;
      const seen = boxes.filter(inside).some((box) => {
        const [x, y] = [Math.min(Math.max((box.left + box.right) / 2, 1), innerWidth - 1), Math.min(Math.max((box.top + box.bottom) / 2, 1), innerHeight - 1)];
        const top = document.elementFromPoint(x, y);
        return top !== null && (element.contains(top) || top.contains(element));
      });
      const ring = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
      return { name: `${element.localName}.${element.className} ${element.textContent.trim().slice(0, 30)}`, seen, ring };
    });
    if (!stop || stop.name === last?.name) {
      if (!stop) break;
    }
    last = stop;
    if (!stop.seen) found.push(`${stop.name} is hidden`);
    if (!stop.ring) found.push(`${stop.name} shows no focus`);
  }
  return found;
}

async function focusIsSeen(site) {
  const found = [];
  const ways = LONG ? [[1280, "Tab"], [1280, "Shift+Tab"], [320, "Tab"], [320, "Shift+Tab"]] : [[1280, "Shift+Tab"], [320, "Tab"]];
  await each([`/ja${ARTICLE}`, `/ja${ARTICLE}parallel/`, "/ja/submit-a-service-request/", "/en/contents/"], async (path) => {
    for (const [width, keys] of ways) {
      // In the colours of the reader's system as well, for one of them.
      const page = await site.open(path, { width, motion: "reduce", forced: width === 320 ? "active" : "none" });
      found.push(...(await unseenStops(page, keys)).map((what) => `${path} at ${width}, ${keys}: ${what}`));
      await page.close();
    }
  });
  assert.deepEqual(found, []);
}

/** What stays at the top is always in sight: the page rests where it is when the focus comes there. */
async function headerRests(site) {
  for (const path of [`/ja${ARTICLE}`, `/ja${ARTICLE}parallel/`]) {
    const page = await site.open(path, { motion: "reduce" });
    const moved = await page.evaluate(async () => {
      const moved = [];
      for (const one of [...document.querySelectorAll(":is(.top, .bar) :is(a, button, input)")].filter((one) => one.checkVisibility({ visibilityProperty: true }))) {
        scrollTo(0, 1000);
        one.focus();
        await new Promise(requestAnimationFrame);
        if (document.activeElement !== one || scrollY !== 1000) moved.push(`${one.outerHTML}: ${scrollY}`);
      }
      return moved;
    });
    assert.deepEqual(moved, [], path);
  }
}

async function reducedMotion(site) {
  const moving = () => [...document.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    const lasts = (times) => times.split(",").some((time) => Number.parseFloat(time) > 0);
    return style.scrollBehavior !== "auto" || lasts(style.transitionDuration) || style.animationName !== "none";
  }).length;
  const calm = await site.open(`/ja${ARTICLE}`, { motion: "reduce" });
  assert.equal(await calm.evaluate(moving), 0);
  const other = await site.open(`/ja${ARTICLE}`, { motion: "no-preference" });
  assert.notEqual(await other.evaluate(moving), 0, "the test can tell");
}

/** A table that does not fit scrolls by itself, with the keys as well. */
async function wideTables(site) {
  const page = await site.open("/ja/submit-a-service-request/", { width: 320, motion: "reduce" });
  const wide = page.locator(".table").filter({ has: page.locator("th:nth-child(3)") }).first();
  assert.equal(await wide.evaluate((table) => table.scrollWidth > table.clientWidth + 20), true);
  await wide.focus();
  for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press("ArrowRight");
  await page.waitForFunction((table) => table.scrollLeft > 0, await wide.elementHandle());
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
}

/** At 400 % a window of 1,280 × 1,024 px has 320 × 256. The header must not stand in the way there. */
async function zoomed(site) {
  for (const path of [`/ja${ARTICLE}`, `/ja${ARTICLE}parallel/`, "/ja/submit-a-service-request/"]) {
    const page = await site.open(path, { width: 320, height: 256 });
    await page.evaluate(() => scrollTo(0, 600));
    const covered = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => ["sticky", "fixed"].includes(getComputedStyle(element).position))
      .map((element) => element.getBoundingClientRect()).filter(({ top, bottom, height }) => height > 0 && top < innerHeight && bottom > 0)
      .reduce((sum, { height }) => sum + height, 0));
    assert.ok(covered < 64, `${path}: ${covered} px of 256 stay covered`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, path);
  }
}

/** Nothing in the design knows left from right: turned round, the page is its mirror. */
async function rightToLeft(site) {
  const page = await site.open(`/en${ARTICLE}`);
  const places = () => page.evaluate(() => {
    document.documentElement.scrollTop = 0;
    const mirrored = document.documentElement.dir === "rtl";
    const edge = (name) => {
      const { left, right } = document.querySelector(name).getBoundingClientRect();
      return Math.round(mirrored ? document.documentElement.clientWidth - right : left);
    };
    return { ...Object.fromEntries([".section", "main", ".here", ".brand", ".alert", ".table", ".tabs"].map((name) => [name, edge(name)])), wide: document.documentElement.scrollWidth - document.documentElement.clientWidth };
  });
  const before = await places();
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  assert.deepEqual(await places(), before);
}

/** Where lines of Japanese begin and end, by the rectangles of its characters. */
function brokenLines() {
  const never = { first: /[)\]}、。，．・：；？！）］｝〕〉》」』】〙〗〟’”ー〜々〻ヽヾゝゞぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ‼⁇⁈⁉]/u, last: /[([{（［｛〔〈《「『【〘〖〝‘“]/u };
  const found = [];
  const range = document.createRange();
  const block = (node) => {
    let element = node.parentElement;
    while (getComputedStyle(element).display.startsWith("inline")) element = element.parentElement;
    return element;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let before, count = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent.closest(":lang(ja)") || parent.closest("pre, textarea, select, .hidden, [hidden], .form-trap") || !parent.checkVisibility()) continue;
    const own = block(node);
    for (let at = 0; at < node.length; at += 1) {
      const character = node.data[at];
      if (/\s/.test(character)) continue;
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const box = range.getClientRects()[0];
      if (!box || box.width === 0) continue;
      // A line begins where a character stands below the one before it, and further back.
      const next = before && before.own === own && box.top > before.box.top + before.box.height / 2 && box.left < before.box.left;
      if (next && !parent.closest("code")) {
        count += 1;
        if (never.first.test(character)) found.push(`begins: ${before.text}|${node.data.slice(at, at + 8)}`);
        if (never.last.test(before.character) && !before.code) found.push(`ends: ${before.text}|${node.data.slice(at, at + 8)}`);
      }
      before = { own, box, character, code: Boolean(parent.closest("code")), text: node.data.slice(Math.max(0, at - 8), at + 1) };
    }
  }
  return { found, count };
}

async function lines(site) {
  const found = [];
  let count = 0;
  const paths = articles(site, "ja");
  const few = LONG ? paths : [`/ja${ARTICLE}`, "/ja/report-problems-on-behalf-of-a-customer/", "/ja/submit-a-service-request/", "/ja/manual/operating/"];
  await each(few.filter((path) => paths.includes(path)), async (path) => {
    const page = await site.open(path);
    for (const width of [320, 375, 600, 768, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      const { found: broken, count: all } = await page.evaluate(brokenLines);
      found.push(...broken.map((what) => `${path} at ${width}: ${what}`));
      count += all;
    }
    await page.close();
  });
  assert.deepEqual(found, []);
  assert.ok(count > 500, `${count} lines were looked at`);
}

/** Files of a page that count: named in its HTML. */
async function named(site, path) {
  const html = await readFile(join(site.folder, path, "index.html"), "utf8");
  const found = [...html.matchAll(/<(?:link rel="stylesheet" href|script[^>]* src)="([^"]*)"/g)].map(([, name]) => new URL(name, `http://x${path}`).pathname);
  return [...new Set(found)].sort();
}

/** Files of a page that the browser asks for before the reader does anything. */
async function asked(site, path, view) {
  const page = await site.open(path, view);
  await page.waitForTimeout(200);
  const files = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname).filter((name) => /\.(css|js)$/.test(name)));
  await site.closePages();
  return [...new Set(files)].sort();
}

async function firstView(site) {
  const sizes = new Map();
  const size = async (file) => {
    if (!sizes.has(file)) sizes.set(file, gzipSync(await readFile(join(site.folder, file)), { level: LEVEL }).length);
    return sizes.get(file);
  };
  const all = [];
  for (const path of site.locales.flatMap((tag) => articles(site, tag))) {
    const files = await named(site, path);
    const parts = await Promise.all([`${path}index.html`, ...files].map(size));
    all.push({ path, files, bytes: parts.reduce((sum, part) => sum + part, 0) });
  }
  all.sort((a, b) => b.bytes - a.bytes);
  assert.deepEqual(all.filter(({ bytes }) => bytes > FIRST_VIEW).map(({ path, bytes }) => `${path}: ${bytes}`), []);
  const forms = new Set(site.pages.filter(({ parts }) => parts.includes("form")).map(({ path }) => path));
  for (const { path, files } of all.filter(({ path }, at) => at < HEAVIEST || forms.has(path))) {
    for (const view of [{ width: 320, height: 640 }, {}]) assert.deepEqual(await asked(site, path, view), files, path);
  }
  console.log(`   first view of ${all.length} articles: median ${all[all.length >> 1].bytes}, largest ${all[0].bytes} bytes by gzip (${all[0].path})`);
}

/** How soon the largest part is painted is told, for it depends on the machine; that nothing moves is asserted. */
async function stable(site) {
  const told = [];
  for (const [path, width] of [[`/ja${ARTICLE}`, 1280], [`/ja${ARTICLE}`, 320], [`/ja${ARTICLE}parallel/`, 1280], ["/en/submit-a-service-request/", 1280]]) {
    const page = await site.open(path, { width });
    const { shift, paint } = await page.evaluate(() => new Promise((done) => {
      const seen = { shift: 0, paint: 0 };
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => (seen.shift += entry.value))).observe({ type: "layout-shift", buffered: true });
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => (seen.paint = entry.startTime))).observe({ type: "largest-contentful-paint", buffered: true });
      setTimeout(() => done(seen), 300);
    }));
    assert.ok(shift < 0.01, `${path} at ${width}: ${shift}`);
    assert.ok(paint > 0, path);
    told.push(`${path} at ${width}: LCP ${Math.round(paint)} ms, CLS ${shift}`);
    await site.closePages();
  }
  console.log(told.map((line) => `   ${line}`).join("\n"));
}

export const own = true;

export default [
  ["keys alone lead from the choice of a language to a request", keysAlone],
  ["focus is visible at every stop, and nothing covers it", focusIsSeen],
  ["the page rests when the focus comes to what stays at its top", headerRests],
  ["who wants no motion gets none", reducedMotion],
  ["a table that is too wide scrolls by itself, with the keys too", wideTables],
  ["at 400 % nothing stays in the way", zoomed],
  ["turned from right to left a page is its mirror", rightToLeft],
  ["no line of Japanese begins or ends with what must not", lines],
  ["the first view of an article is light", firstView],
  ["nothing moves while a page loads", stable],
];
