// Other ways to look at a page: in the colours of the reader's system, with text set wider, on paper.
import assert from "node:assert/strict";
import { atWork } from "./site.mjs";

const ARTICLE = "/provide-technical-support/";

/** Colours that the reader's system forces: what the design tells by a background must be told by them as well. */
async function forcedColours(site) {
  const page = await site.open(`/ja${ARTICLE}parallel/`, { forced: "active" });
  const seen = (selector, names) => page.locator(selector).first().evaluate((one, names) => {
    const style = getComputedStyle(one);
    return names.map((name) => style[name]);
  }, names);
  const ground = ["backgroundColor"];
  assert.notDeepEqual(await seen(".languages [aria-current]", ground), await seen(".languages a:not([aria-current])", ground), "the view that is shown");
  assert.notDeepEqual(await seen(".section [aria-current]", ground), await seen(".section a:not([aria-current])", ground), "the page that is shown");
  const piece = page.locator(".cell:first-child .seg:not(:has(a))").nth(2);
  const mark = ["backgroundColor", "outlineStyle", "textDecorationLine", "borderBlockEndStyle"];
  const look = () => piece.evaluate((one, names) => names.map((name) => getComputedStyle(one)[name]), mark);
  const before = await look();
  await piece.click();
  await page.mouse.move(1, 1);
  assert.notDeepEqual(await look(), before, "the marked segment");
  assert.deepEqual(await page.$$eval(".for-mark :is(button, a)", (all) => all.filter((one) => getComputedStyle(one).borderTopStyle === "none").length), 0, "buttons have edges");
  await page.goto(`${site.origin}/ja/submit-a-service-request/`);
  await atWork(page);
  const edges = (all) => all.filter((one) => one.checkVisibility() && Number.parseFloat(getComputedStyle(one).borderTopWidth) < 1).map(({ name, textContent }) => name || textContent);
  assert.deepEqual(await page.$$eval(".request :is(input:not([type=radio], [type=checkbox], [type=hidden], [name=website]), select, textarea, button)", edges), [], "fields and buttons have edges");
  await page.click("form.request button[type=submit]");
  const fault = [".form-field:has(> .form-fault)", ".form-field:not(:has(> .form-fault))"];
  assert.notDeepEqual(await seen(fault[0], ["borderInlineStartStyle"]), await seen(fault[1], ["borderInlineStartStyle"]), "a field with a fault");
}

/** Text that a reader sets wider (WCAG 2.2, 1.4.12) is neither cut nor does it make the page too wide. */
async function spacing(site) {
  const cut = () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-block-end: 2em !important; }");
    document.adoptedStyleSheets = [sheet];
    const clips = (one) => ["hidden", "clip"].includes(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight + 1 && one.clientHeight > 1;
    const found = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && clips(one)).map(({ className }) => `.${className} is cut`);
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return wide > 0 ? [...found, `${wide} px too wide`] : found;
  };
  for (const path of [`/ja${ARTICLE}`, `/en${ARTICLE}parallel/`, `/ja${ARTICLE}parallel/`, "/en/submit-a-service-request/"].filter((path) => site.pages.some((page) => page.path === path))) {
    for (const width of [320, 1280]) assert.deepEqual(await (await site.open(path, { width })).evaluate(cut), [], `${path} at ${width}`);
    await site.closePages();
  }
}

/** On paper: the text and nothing around it; what is folded on the screen stands open, and both languages side by side. */
async function printed(site) {
  // A page with tabs and a link to another site.
  const page = await site.open("/ja/collect-diagnostics/", { width: 718 });
  await page.emulateMedia({ media: "print" });
  const seen = (selector) => page.$$eval(selector, (all) => all.filter((one) => one.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }) && one.getBoundingClientRect().height > 0).length);
  assert.equal(await seen(".top, .section, .here, .turn, .bottom, .heading > a"), 0);
  const tabs = await page.locator(".tab").count();
  assert.ok(tabs > 1);
  assert.equal(await seen(".tab > :not(summary):last-child"), tabs, "closed tabs are open on paper");
  const link = await page.locator('article a[href^="http"]').first().evaluate((one) => getComputedStyle(one, "::after").content);
  assert.match(link, /http/, "where a link leads is written beside it");
  await page.goto(`${site.origin}/ja${ARTICLE}parallel/`);
  assert.equal(await seen(".bar, .single"), 0);
  const apart = await page.$$eval(".row", (rows) => rows.filter((row) => row.checkVisibility()).map(({ children: [a, b] }) => [a.getBoundingClientRect(), b.getBoundingClientRect()])
    .filter(([a, b]) => Math.abs(a.top - b.top) > 1 || Math.abs(a.left - b.left) < 100).length);
  assert.equal(apart, 0, "the languages stand side by side on paper");
}

export const own = true;

export default [
  ["in the colours of the reader's system everything is still told", forcedColours],
  ["text that is set wider is neither cut nor too wide", spacing],
  ["on paper a page is its text, with what is folded open and both languages side by side", printed],
];
