// Both languages in one view: marking, moving by keyboard, order and arrangement, permalinks, copying, reporting.
import assert from "node:assert/strict";
import { violations } from "./axe.mjs";
import { skip } from "./skip.mjs";

/** In short each width has one scheme and one order; in full every one has both. */
const VIEWS = [320, 1280].flatMap((width) => ["light", "dark"].flatMap((scheme) => ["", "?lead=en&layout=interleaved"].map((rest) => ({ width, scheme, rest }))))
  .filter(({ width, scheme, rest }) => process.env.TEST_LONG || ((width === 320) === (scheme === "light") && (scheme === "light") === !rest));
const SEG = "article .seg";
const MARKED = `${SEG}[aria-current]`;

/** The address of a parallel view of middling length. */
function view(site) {
  const views = site.pages.filter(({ path }) => path.endsWith("/parallel/")).sort((a, b) => a.size - b.size);
  return views[Math.floor(views.length / 2)]?.path ?? skip("the site has no parallel view");
}

const open = async (site, options, rest = "") => site.open(`${view(site)}${rest}`, options);

/** The keys of the marked pieces, and their languages. */
const marks = (page) => page.$$eval(MARKED, (all) => ({
  keys: [...new Set(all.map(({ dataset }) => dataset.seg))],
  languages: [...new Set(all.map((one) => one.closest(".cell").lang))].sort(),
}));

/** The first piece of the segments that stand in both columns and hold no link, by their key. */
const keys = (page) => page.$$eval(".cell:first-child .seg", (all) => [...new Set(all.filter((one) => {
  const pieces = document.querySelectorAll(`.cell [data-seg="${one.dataset.seg}"]`);
  return pieces.length === 2 && ![...pieces].some((piece) => piece.closest("a") || piece.querySelector("a")) && one.checkVisibility();
}).map(({ dataset }) => dataset.seg))]);

const piece = (page, key, column) => page.locator(`.cell:${column}-child [data-seg="${key}"]`).first();

/** Where every row stands in the document. */
const places = (page) => page.$$eval(".row", (rows) => rows.map((row) => Math.round(row.getBoundingClientRect().top + scrollY)));

/** What lies over the marked pieces: nothing but themselves may be seen where they are. */
const covered = (page) => page.$$eval(MARKED, (all) => all.flatMap((one) => [...one.getClientRects()]
  .filter(({ top, bottom, width }) => width > 2 && top >= 0 && bottom <= innerHeight)
  .filter(({ left, top, width, height }) => !document.elementFromPoint(left + width / 2, top + height / 2)?.closest(`[data-seg="${one.dataset.seg}"]`))
  .map(() => one.textContent)));

async function marking(site) {
  const page = await open(site);
  const [first, second, third] = await keys(page);
  const before = await places(page);
  const near = () => page.$$eval("[data-near]", (all) => all.map(({ dataset }) => dataset.seg));
  await piece(page, first, "first").hover();
  assert.deepEqual(await near(), [first, first], "pointing at a segment shows its pair");
  await piece(page, second, "last").click();
  assert.deepEqual(await marks(page), { keys: [second], languages: ["en", "ja"] });
  await page.keyboard.press("Escape");
  assert.deepEqual((await marks(page)).keys, []);
  await piece(page, third, "first").click();
  await piece(page, third, "first").click();
  assert.deepEqual((await marks(page)).keys, [], "what is marked is unmarked by pressing it again");
  await piece(page, third, "first").click();
  assert.deepEqual(await covered(page), []);
  assert.deepEqual(await places(page), before, "nothing moves when a segment is marked");
  await page.mouse.move(1, 1);
  assert.deepEqual(await near(), []);
  assert.deepEqual(page.problems, []);
}

async function touch(site) {
  const context = await site.browser.newContext({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
  try {
    const page = await context.newPage();
    await page.goto(new URL(view(site), site.origin).href);
    const [first, second] = await keys(page);
    const before = await places(page);
    for (const key of [first, second]) {
      await piece(page, key, "last").tap();
      assert.deepEqual(await marks(page), { keys: [key], languages: ["en", "ja"] });
      assert.equal(await page.locator("[data-near]").count(), 0);
      assert.deepEqual(await covered(page), []);
    }
    assert.deepEqual(await places(page), before, "nothing moves when a segment is tapped");
    await page.locator(".for-mark .clear").tap();
    assert.deepEqual((await marks(page)).keys, []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} px too wide`);
  } finally {
    await context.close();
  }
}

/** The focused segment: its key, its column's language, and whether all of its first line can be seen. */
const focused = (page) => page.evaluate(() => {
  const one = document.activeElement.closest(".seg");
  if (!one) return {};
  const { left, top, width, height } = one.getClientRects()[0];
  const seen = document.elementFromPoint(left + width / 2, top + height / 2)?.closest(".seg") === one;
  return { key: one.dataset.seg, lang: one.closest(".cell, summary > [lang]").lang, seen };
});

async function keyboard(site) {
  const page = await open(site);
  const stops = () => page.locator(`${SEG}[tabindex="0"]`).count();
  assert.equal(await stops(), 1, "one segment is in the order of the keyboard");
  await page.locator(`${SEG}[tabindex]`).focus();
  const { key: first, lang } = await focused(page);
  assert.deepEqual(await marks(page), { keys: [first], languages: ["en", "ja"] }, "focusing marks");
  const order = await page.$$eval(SEG, (all) => all.filter((one) => one.checkVisibility()).map((one) => [one.closest(".cell, summary > [lang]").lang, one.dataset.seg]));
  const column = [...new Set(order.filter(([tag]) => tag === lang).map(([, key]) => key))];
  for (const key of column.slice(1)) {
    await page.keyboard.press("ArrowDown");
    const now = await focused(page);
    assert.deepEqual([now.key, now.lang, now.seen], [key, lang, true], "the next segment has the focus, and is not hidden");
  }
  await page.keyboard.press("ArrowDown");
  assert.equal((await focused(page)).key, column.at(-1), "the last stays the last");
  await page.keyboard.press("Home");
  assert.deepEqual([(await focused(page)).key, (await focused(page)).seen], [column[0], true]);
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  const before = await focused(page);
  assert.equal(before.key, column.at(-2));
  await page.keyboard.press("ArrowRight");
  const pair = await focused(page);
  assert.deepEqual([pair.key, pair.lang === lang, await stops()], [before.key, false, 1], "the same segment in the other language");
  await page.keyboard.press("ArrowLeft");
  assert.equal((await focused(page)).lang, lang);
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.className), "copy", "Enter leads to the buttons");
  await page.keyboard.press("Escape");
  assert.deepEqual([(await marks(page)).keys, (await focused(page)).key], [[], before.key], "Esc clears, and keeps the place");
  await page.keyboard.press("Escape");
  assert.equal((await focused(page)).key, undefined);
  assert.deepEqual(page.problems, []);
}

/** The tab stops of a page with and without a mark: links and controls of the content are no more than without script. */
async function tabStops(site) {
  const count = (page) => page.evaluate(() => [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter((one) => one.tabIndex === 0 && one.checkVisibility({ visibilityProperty: true })).length);
  const plain = await count(await open(site, { script: false }));
  assert.equal(await count(await open(site)), plain + 1);
}

/** Languages from left to right, or from top to bottom, in every row. */
const orders = (page) => page.$$eval(".row", (rows) => [...new Set(rows.filter((row) => row.checkVisibility()).map((row) => {
  const cells = [...row.children].map((cell) => ({ lang: cell.lang, ...cell.getBoundingClientRect().toJSON() }));
  const sideways = Math.abs(cells[0].top - cells[1].top) <= 1 && cells[0].left !== cells[1].left;
  return `${sideways ? "side" : "stack"} ${cells.sort((a, b) => (sideways ? a.left - b.left : a.top - b.top)).map(({ lang }) => lang).join()}`;
}))]);

async function choices(site) {
  for (const script of [true, false]) {
    const page = await open(site, { script });
    assert.deepEqual(await orders(page), ["side ja,en"]);
    await page.locator(".bar .other").check();
    assert.deepEqual(await orders(page), ["side en,ja"], `with script: ${script}`);
    await page.locator(".bar .stacked").check();
    assert.deepEqual(await orders(page), ["stack en,ja"]);
    await page.locator(".bar .other").uncheck();
    assert.deepEqual(await orders(page), ["stack ja,en"]);
    assert.deepEqual(page.problems, []);
    if (script) await page.evaluate(() => localStorage.clear());
  }
}

async function memory(site) {
  const page = await open(site);
  await page.locator(".bar .other").check();
  await page.locator(".bar .stacked").check();
  assert.equal(new URL(page.url()).search, "?lead=en&layout=interleaved");
  await page.goto(new URL(view(site), site.origin).href);
  assert.deepEqual(await orders(page), ["stack en,ja"], "the choice is remembered");
  await page.goto(new URL(`${view(site)}?lead=ja&layout=side`, site.origin).href);
  assert.deepEqual(await orders(page), ["side ja,en"], "an address that expresses a choice has it");
  await page.goto(new URL(`${view(site)}?lead=en`, site.origin).href);
  assert.deepEqual(await orders(page), ["stack en,ja"], "and leaves the rest to memory");
  await page.evaluate(() => localStorage.setItem("madoguchi-parallel", "{"));
  await page.goto(new URL(`${view(site)}?lead=xx`, site.origin).href);
  assert.deepEqual(await orders(page), ["side ja,en"], "what is damaged or unknown does no harm");
  await page.evaluate(() => localStorage.clear());
  assert.deepEqual(page.problems, []);
}

async function forbidden(site) {
  const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.addInitScript(() => {
      Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } });
      history.replaceState = () => { throw new DOMException("no", "SecurityError"); };
    });
    await page.goto(new URL(view(site), site.origin).href);
    await page.locator(".bar .other").check();
    assert.deepEqual(await orders(page), ["side en,ja"]);
    const [first] = await keys(page);
    await piece(page, first, "first").click();
    assert.deepEqual((await marks(page)).keys, [first]);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

/** The single views of the page, in the order of the language switch. */
const singles = (page) => page.$$eval(".languages a[hreflang]", (links) => links.map(({ pathname }) => pathname));

/** Waits until what the address names stands still in sight: the page may glide there. Asked from outside, for a page without script has no timers. */
async function arrived(page, path) {
  let before;
  for (let tries = 0; tries < 200; tries += 1) {
    const { top, seen } = await page.$eval(".seg:target", (one) => {
      const { top, bottom } = one.getBoundingClientRect();
      return { top, seen: top >= 0 && bottom <= innerHeight };
    });
    if (seen && top === before) return;
    before = top;
    await page.waitForTimeout(100);
  }
  assert.fail(`${path} does not go to its fragment`);
}

async function permalinks(site) {
  const start = await open(site);
  const key = (await keys(start)).at(-2);
  await piece(start, key, "first").click();
  assert.equal(new URL(start.url()).hash, `#s-${key}`, "the address of what is marked is its permalink");
  const paths = [view(site), ...(await singles(start))];
  for (const script of [true, false]) {
    for (const path of paths) {
      const page = await site.open(`${path}#s-${key}`, { script });
      await arrived(page, path);
      const found = await page.evaluate(() => {
        const one = document.querySelector(".seg:target");
        return { key: one.dataset.seg, background: getComputedStyle(one).backgroundColor };
      });
      assert.equal(found.key, key, path);
      assert.notEqual(found.background, "rgba(0, 0, 0, 0)", `${path} does not show what its fragment names`);
      assert.equal((await marks(page)).keys[0], script && path === paths[0] ? key : undefined);
      await page.close();
    }
  }
}

/** While the page glides to what its address names, that is the place, and not what it passes. */
async function glide(site, path, key) {
  const page = await site.open(path);
  const { passed, hashes } = await page.evaluate(async (key) => {
    const [link, hashes, passed] = [document.querySelector(".languages a[hreflang=en]"), new Set(), new Set()];
    let rests = false;
    addEventListener("scrollend", () => { rests = true; }, { once: true });
    location.hash = `s-${key}`;
    while (!rests) {
      await new Promise(requestAnimationFrame);
      link.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
      passed.add(scrollY);
      hashes.add(link.hash);
    }
    return { passed: passed.size, hashes: [...hashes] };
  }, key);
  assert.ok(passed > 1, "the page glides");
  assert.deepEqual(hashes, [`#s-${key}`]);
}

async function switching(site) {
  const start = await open(site);
  const key = (await keys(start)).at(-3);
  const [ja, en] = await singles(start);
  const page = await site.open(`${ja}#s-${key}`);
  for (const to of [en, ja]) {
    await arrived(page, page.url());
    await page.locator(`.languages a[hreflang=${to.split("/")[1]}]`).click();
    await page.waitForURL((url) => url.pathname === to);
    assert.equal(new URL(page.url()).hash, `#s-${key}`, "the language switch keeps the place");
  }
  await arrived(page, page.url());
  await page.locator(".languages li:last-child a").click();
  await page.waitForSelector(`[data-seg="${key}"][aria-current]`);
  await glide(site, ja, key);
  // The place in sight, where no address names one.
  await page.goto(new URL(ja, site.origin).href);
  await page.locator(`.languages a[hreflang=en]`).dispatchEvent("pointerover");
  const wanted = await page.evaluate((key) => {
    const one = document.getElementById(`s-${key}`);
    one.scrollIntoView({ behavior: "instant", block: "start" });
    const top = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    return [...document.querySelectorAll("article :is(h1, h2, h3, h4, h5, h6)[id], article .seg[id]")].find((one) => one.getBoundingClientRect().bottom > top).id;
  }, key);
  await page.locator(`.languages a[hreflang=en]`).dispatchEvent("pointerdown");
  const hash = await page.locator(`.languages a[hreflang=en]`).evaluate(({ hash }) => hash);
  assert.equal(hash, `#${wanted}`, "the place when the link is followed, though the pointer came to it before");
  const target = await site.open(`${en}#${wanted}`, { script: false });
  assert.equal(await target.locator(":target").count(), 1, "which the other language has, too");
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await page.locator(`.languages a[hreflang=en]`).dispatchEvent("pointerover");
  assert.equal(await page.locator(`.languages a[hreflang=en]`).evaluate(({ hash }) => hash), "", "at the top there is nothing to carry");
}

async function copying(site) {
  const context = await site.context(1280, "light", true);
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: site.origin });
  for (const api of [true, false]) {
    const page = await open(site, {}, "?lead=en");
    if (!api) await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    const [key] = (await keys(page)).slice(api ? 1 : 2);
    await piece(page, key, "last").click();
    await page.bringToFront();
    await page.locator(".for-mark .copy").click();
    await page.waitForFunction(() => document.querySelector(".bar").dataset.said);
    const texts = await Promise.all(["first", "last"].map((column) => piece(page, key, column).innerText()));
    const reader = await open(site);
    await reader.bringToFront();
    const copied = await reader.evaluate(() => navigator.clipboard.readText());
    assert.deepEqual(copied.split("\n"), [...texts, `${site.origin}${view(site)}#s-${key}`], `with the clipboard's own way: ${api}`);
    assert.equal((await page.locator(".bar [role=status]").innerText()).trim(), "Copied.", "in the language that leads");
    assert.deepEqual(page.problems, []);
    await site.closePages();
  }
}

async function reporting(site) {
  const page = await open(site);
  const links = page.locator("a[data-source]");
  if (!(await links.count())) skip("the site has no form for reports");
  const [plain] = await links.evaluateAll((all) => all.map(({ href }) => href));
  const filled = Object.fromEntries(new URL(plain).searchParams);
  assert.equal(filled.segment, "page");
  assert.ok(filled.page.endsWith(view(site)), filled.page);
  const [key] = (await keys(page)).slice(3);
  await piece(page, key, "last").click();
  await page.locator(".for-mark .report").hover();
  const href = await page.locator(".for-mark .report").evaluate((link) => link.href);
  const [ja, en] = await Promise.all(["first", "last"].map((column) => piece(page, key, column).innerText()));
  assert.deepEqual(Object.fromEntries(new URL(href).searchParams), { ...filled, segment: `s-${key}`, source_text: en, target_text: ja });
  // A segment that is very long is shortened until the address is one that servers take.
  await page.evaluate((key) => document.querySelectorAll(`[data-seg="${key}"]`).forEach((one) => (one.textContent = "長い文𠮷".repeat(2000))), key);
  await page.mouse.move(1, 1);
  await page.locator(".for-mark .report").hover();
  const long = await page.locator(".for-mark .report").evaluate((link) => link.href);
  assert.ok(long.length <= 6000 && long.length > 4000, `${long.length} characters`);
  assert.match(new URL(long).searchParams.get("target_text"), /^(長い文𠮷)+[長い文𠮷]{0,3}…$/u);
  // In a page in one language: the segment that was followed, or that the cursor is in.
  const [single] = await singles(page);
  const other = await site.open(`${single}#s-${key}`);
  const link = other.locator(".meta a[data-source]");
  await link.hover();
  const params = async () => Object.fromEntries(new URL(await link.evaluate(({ href }) => href)).searchParams);
  assert.deepEqual([(await params()).segment, (await params()).target_text, (await params()).source_text], [`s-${key}`, ja, undefined]);
  const [, , selected] = await keys(page);
  await other.locator(`article [data-seg="${selected}"]`).first().dblclick();
  await other.mouse.move(1, 1);
  await link.hover();
  assert.equal((await params()).segment, `s-${selected}`);
}

async function accessible(site) {
  const found = [];
  for (const { rest, ...view } of VIEWS) {
    const page = await open(site, view, rest);
    const [key] = (await keys(page)).slice(2);
    await piece(page, key, "first").click();
    found.push(...(await violations(page)).map((what) => `${view.width} ${view.scheme} ${rest}: ${what}`));
    const small = await page.$$eval(".bar :is(label, a, button)", (all) => all.map((one) => one.getBoundingClientRect()).filter(({ width, height }) => width > 0 && (width < 24 || height < 24)).length);
    assert.equal(small, 0, "targets are at least 24 px wide and high");
    const tall = await page.$eval(".bar", (bar) => bar.offsetHeight);
    assert.ok(tall <= 56, `the bar is ${tall} px high at ${view.width} px`);
    await site.closePages();
  }
  assert.deepEqual(found, []);
}

export const own = true;

export default [
  ["pointing at a segment shows its pair, pressing marks it, Esc clears, and nothing moves or is covered", marking],
  ["tapping a segment marks its pair, and nothing moves or is covered", touch],
  ["the keyboard reaches every segment of both languages, its buttons, and back", keyboard],
  ["all segments together are one tab stop", tabStops],
  ["a reader chooses which language leads and how they stand, with and without script", choices],
  ["the choice is remembered, and an address can express it", memory],
  ["a browser that keeps nothing shows the view all the same", forbidden],
  ["a segment's permalink finds and shows it in every view", permalinks],
  ["the language switch carries the place", switching],
  ["both texts are copied with a link, and it is said", copying],
  ["a report of a translation is filled in with page, segment and texts", reporting],
  ["a view with a mark has no accessibility violation, and its targets are large enough", accessible],
];
