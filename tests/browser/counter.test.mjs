// The whole way of a request with everything real: the site and its headers, nginx, the counter, its store.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { violations } from "./axe.mjs";
import { Counter, ORIGIN } from "./counter.mjs";
import { atWork, each } from "./site.mjs";

const FORM = "submit-a-service-request/";
const LOCALES = ["ja", "en"];
/** In short each width has one scheme, which is each scheme once; in full every width has both. */
const VIEWS = [320, 1280].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme })))
  .filter(({ width, scheme }) => process.env.TEST_LONG || (width === 320) === (scheme === "light"));
const WORDS = { ja: { review: "入力内容の確認", received: "受け付けました", missing: "氏名" }, en: { review: "Check your answers", received: "received", missing: "Name" } };
const TEXT = "一行目 𠮷野家 ㈱\n二行目 <script>alert(1)</script> & \"'";
/** A folder for pictures of every page, for people to look at. */
const PICTURES = process.env.PICTURES;

async function fill(page) {
  const texts = { requester_name: "髙橋 太郎", company: "㈱サンプル", email: "taro@example.co.jp", customer_name: "顧客", customer_tenant: "contoso.partner.onmschina.cn", title: "全員がメールを送れない", description: TEXT };
  for (const [name, text] of Object.entries(texts)) await page.fill(`form [name=${name}]`, text);
  await page.selectOption("form [name=service]", "azure");
  await page.check("form [name=severity][value=b]");
  await page.check("form [name=preferred_language][value=ja]");
  await page.check("form [name=consent]");
}

const next = (page) => page.click("form.request .form-buttons button[type=submit]");
const send = (page) => page.locator("section.request .form-buttons button").first();
const text = (page) => page.locator("main").innerText();

/** What is wrong with what stands on the page now: for people who cannot see well, for fingers, for narrow windows. */
async function look(page, name, { width, scheme }) {
  if (PICTURES) {
    await mkdir(PICTURES, { recursive: true });
    const what = name.includes("script") ? page.locator(".request:not([hidden])").first() : page;
    await what.screenshot({ path: `${PICTURES}/${name}-${width}-${scheme}.png`, fullPage: true });
  }
  const found = await violations(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) found.push(`${wide} px too wide`);
  const plain = await page.evaluate(() => [...document.querySelectorAll("main *")].flatMap(({ classList }) => [...classList]).filter((name) => name.startsWith("request-")
    && ![...document.styleSheets].some((sheet) => [...sheet.cssRules].some((rule) => rule.cssText.includes(`.${name}`)))));
  found.push(...new Set(plain.map((name) => `.${name} has no style`)));
  return found.map((what) => `${name} at ${width} ${scheme}: ${what}`);
}

async function withoutScript(counter) {
  for (const tag of LOCALES) {
    const before = (await counter.requests()).length;
    const page = await counter.page({ script: false });
    await page.goto(`/${tag}/${FORM}`);
    await fill(page);
    await page.fill("form [name=title]", "");
    await next(page);
    assert.equal(await page.getAttribute("html", "lang"), tag);
    const [fault] = await page.locator(".form-faults a").all();
    await fault.click();
    assert.match(page.url(), /#md-form-service-request-title$/);
    assert.equal(await page.inputValue("form [name=description]"), TEXT);
    await page.fill("form [name=title]", "件名");
    await next(page);
    assert.ok((await text(page)).includes(WORDS[tag].review));
    await page.click("button[value=edit]");
    assert.equal(await page.inputValue("form [name=description]"), TEXT);
    assert.equal(await page.isChecked("form [name=severity][value=b]"), true);
    await next(page);
    await page.dblclick("button[value=confirm]");
    await page.waitForURL(/\/requests\/status\/SR-[0-9A-Z-]+\?key=/);
    assert.ok((await text(page)).includes(WORDS[tag].received));
    // Neither a reload nor the button "back" sends it again: the browser keeps nothing of the review, and asks.
    await page.reload();
    await page.goBack().catch(() => {});
    const [sent, ...more] = (await counter.requests()).slice(before);
    assert.equal(more.length, 0);
    assert.equal(sent.answers.description, TEXT);
    assert.deepEqual(page.problems, ["error: Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"]);
    await page.close();
  }
}

async function withScript(counter) {
  for (const tag of LOCALES) {
    const before = (await counter.requests()).length;
    const page = await counter.page();
    await page.goto(`/${tag}/${FORM}`);
    await atWork(page);
    await next(page);
    assert.ok((await page.locator(".form-faults li").first().innerText()).includes(WORDS[tag].missing));
    await fill(page);
    await page.reload();
    await atWork(page);
    assert.equal(await page.inputValue("form [name=description]"), TEXT, "the draft is kept");
    await page.check("form [name=consent]");
    await next(page);
    await send(page).dblclick();
    const reference = await page.locator(".form-reference").innerText();
    assert.match(reference, /^SR-[0-9A-Z-]+$/);
    assert.equal(await page.evaluate(() => localStorage.length), 0, "the draft is gone");
    await page.click("section.request a");
    await page.waitForURL(/\/requests\/status\//);
    assert.equal(await page.getAttribute("html", "lang"), tag, "the receipt speaks the reader's language");
    assert.ok((await text(page)).includes(reference));
    await page.goBack();
    assert.equal(await page.inputValue("form [name=title]"), "", "an empty form, and no second request");
    const [sent, ...more] = (await counter.requests()).slice(before);
    assert.deepEqual([more.length, sent.reference, sent.answers.description, sent.answers._locale], [0, reference, TEXT, tag]);
    assert.deepEqual(page.problems, []);
    await page.close();
  }
}

/** The way of a page without script: both send the same. */
async function trap(counter) {
  const page = await counter.page();
  await page.goto(`/ja/${FORM}`);
  await atWork(page);
  await fill(page);
  await page.evaluate(() => (document.querySelector("form [name=website]").value = "https://spam.example"));
  await next(page);
  await send(page).click();
  await page.waitForSelector(".form-reference");
  const last = (await counter.requests()).at(-1);
  assert.equal(last.reference, await page.locator(".form-reference").innerText());
  const held = last.deliveries.filter(({ state, hold }) => state === "held" && hold === "honeypot");
  assert.equal(held.length, 1, JSON.stringify(last));
  await page.close();
}

async function prefilled(counter) {
  const page = await counter.page();
  await page.goto("/requests/service-request?company=%E3%88%B1%E6%9D%B1&service=azure&severity=a&description=x&requester_name=x&locale=en");
  assert.deepEqual(await Promise.all(["company", "service", "description", "requester_name"].map((name) => page.inputValue(`form [name=${name}]`))), ["㈱東", "azure", "", ""]);
  assert.equal(await page.isChecked("form [name=severity][value=a]"), true);
  assert.equal(await page.isChecked("form [name=consent]"), false);
  assert.deepEqual(page.problems, []);
  await page.close();
}

/** The counter goes away while the page is open, and comes back: the reader is told, and the request arrives once. */
async function outage(counter) {
  const before = (await counter.requests()).length;
  const page = await counter.page();
  await page.goto(`/ja/${FORM}`);
  await atWork(page);
  await fill(page);
  await next(page);
  await counter.halt();
  await send(page).click();
  await page.waitForSelector("section.request .form-status.wrong");
  assert.ok((await page.locator("section.request .form-status").innerText()).includes("契約書に記載された連絡先"));
  await counter.begin();
  await send(page).click();
  await page.waitForSelector(".form-reference");
  assert.equal((await counter.requests()).length, before + 1);
  await page.close();
}

/** The answer to a request that was taken is lost on its way: what the page then says is done, and nothing is taken twice. */
async function lost(counter) {
  const before = (await counter.requests()).length;
  const page = await counter.page({ script: false });
  await page.goto(`/ja/${FORM}`);
  await fill(page);
  await next(page);
  const body = await readFile(join(counter.site.folder, "unavailable.html"), "base64");
  const session = await page.context().newCDPSession(page);
  await session.send("Fetch.enable", { patterns: [{ urlPattern: "*/requests/service-request", requestStage: "Response" }] });
  session.on("Fetch.requestPaused", ({ requestId, responseStatusCode }) => {
    assert.equal(responseStatusCode, 303);
    const responseHeaders = [{ name: "Content-Type", value: "text/html; charset=utf-8" }];
    session.send("Fetch.fulfillRequest", { requestId, responseCode: 503, responseHeaders, body });
  });
  await page.click("button[value=confirm]");
  await page.locator("main p", { hasText: "再読み込みし" }).first().waitFor();
  await session.detach();
  await page.reload();
  await page.waitForURL(/\/requests\/status\/SR-/);
  const [taken, ...more] = (await counter.requests()).slice(before);
  assert.equal(more.length, 0);
  assert.ok((await text(page)).includes(taken.reference));
  await page.close();
}

/** From a marked sentence to the desk: the form is filled in with page, segment and both texts. */
async function report(counter) {
  const path = "/ja/report-problems-on-behalf-of-a-customer/parallel/";
  const page = await counter.page();
  await page.goto(path);
  const longest = await page.$$eval(".cell:first-child .seg", (all) => all.filter((one) => !one.querySelector("a")).sort((a, b) => b.textContent.length - a.textContent.length)[0].dataset.seg);
  const piece = (column) => page.locator(`.cell:${column}-child [data-seg="${longest}"]`).first();
  await piece("first").click();
  const [target, source] = [await piece("first").innerText(), await piece("last").innerText()];
  await page.locator(".for-mark .report").click();
  await page.waitForURL((url) => url.pathname === "/requests/translation-feedback");
  await page.fill("form [name=suggestion]", "こう訳すと読みやすい");
  await next(page);
  await page.click("button[value=confirm]");
  await page.waitForSelector(".form-reference");
  const { answers } = (await counter.requests()).at(-1);
  assert.deepEqual([answers.segment, answers.source_text, answers.target_text], [`s-${longest}`, source, target]);
  assert.ok(answers.page.endsWith(path), answers.page);
  assert.deepEqual(page.problems, []);
  await page.close();
}

/** In times of pressure a script works for a moment, and whoever has none waits. */
async function pressure(counter) {
  const page = await counter.page();
  await page.goto(`/en/${FORM}`);
  await atWork(page);
  await fill(page);
  await next(page);
  await send(page).click();
  await page.waitForSelector(".form-reference");
  await page.close();
  const plain = await counter.page({ script: false });
  await plain.goto(`/en/${FORM}`);
  await fill(plain);
  await next(plain);
  await plain.click("button[value=confirm]");
  assert.match(await text(plain), /wait five seconds/);
  await new Promise((later) => setTimeout(later, 5_200));
  await plain.click("button[value=confirm]");
  await plain.waitForURL(/\/status\//);
  assert.equal((await counter.requests()).length, 2);
  await plain.close();
}

/** A page of another origin, with the visitor's browser: refused by the header, and nothing can be read. */
async function foreign(counter) {
  const before = (await counter.requests()).length;
  const page = await counter.page();
  const [found, evil] = [`${ORIGIN}/requests/service-request`, "https://evil.example/"];
  await page.route(evil, (route) => route.fulfill({ contentType: "text/html", body: `<form method="post" action="${found}"><input name="title" value="x"><button>x</button></form>` }));
  await page.goto(evil);
  assert.equal(await page.evaluate((at) => fetch(`${at}/token`).then(() => "read", () => "refused"), found), "refused");
  assert.equal(await page.evaluate((at) => fetch(at, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }).then(() => "read", () => "refused"), found), "refused");
  const [response] = await Promise.all([page.waitForNavigation(), page.click("button")]);
  assert.equal(response.status(), 403);
  // Our own page in a frame of theirs shows nothing.
  await page.goto(evil);
  await page.evaluate((at) => document.body.append(Object.assign(document.createElement("iframe"), { src: at })), found);
  await page.waitForTimeout(500);
  const frame = page.frames().find((frame) => frame !== page.mainFrame());
  assert.equal(await frame.locator("form.request").count(), 0);
  assert.equal((await counter.requests()).length, before);
  await page.close();
}

/** Every page that the counter shows, and what a script puts in the place of the form. */
async function everyPage(counter, tag, view) {
  const found = [];
  const page = await counter.page({ ...view, locale: tag });
  const seen = async (name) => found.push(...(await look(page, `${tag}-${name}`, view)));
  await page.goto(`/requests/service-request?company=x&locale=${tag}`);
  await seen("form");
  await fill(page);
  await page.fill("form [name=email]", "x");
  await page.fill("form [name=title]", "");
  await page.$eval("form.request", (form) => form.submit());
  await page.waitForSelector(".form-faults:not([hidden])");
  await seen("faults");
  await fill(page);
  await next(page);
  await seen("review");
  await page.$eval("[name=token]", (token) => (token.value = "r.00.1.00"));
  await page.click("button[value=confirm]");
  await page.waitForSelector("[role=alert]");
  await seen("review-again");
  await page.click("button[value=confirm]");
  await page.waitForURL(/\/status\//);
  await seen("receipt");
  await page.goto(`/requests/status/SR-04HM-ASW9-NF6Y-Y07Z?key=x&locale=${tag}`);
  await seen("no-receipt");
  await page.goto("/requests/nothing");
  await seen("no-form");
  await page.goto(`/${tag}/nothing/`);
  await seen("not-found");
  await page.goto(`/${tag}/${FORM}`);
  await atWork(page);
  await next(page);
  await seen("script-faults");
  await fill(page);
  await next(page);
  await seen("script-review");
  await send(page).click();
  await page.waitForSelector(".form-reference");
  await seen("script-receipt");
  const complaints = page.problems.filter((what) => !/status of (404|422)/.test(what));
  await page.close();
  return [...found, ...complaints];
}

async function pages(counter) {
  const found = [];
  await each(LOCALES.flatMap((tag) => VIEWS.map((view) => [tag, view])), async ([tag, view]) => found.push(...(await everyPage(counter, tag, view))));
  assert.deepEqual([...new Set(found)], []);
}

/** What the reader gets when it is too much, and when nobody is there. */
async function refusals(counter) {
  const found = [];
  for (const tag of LOCALES) {
    for (const view of VIEWS) {
      const page = await counter.page({ ...view, locale: tag });
      for (let tries = 0; tries < 2; tries += 1) {
        await page.goto(`/requests/service-request?locale=${tag}`);
        await next(page);
      }
      assert.equal(await page.getAttribute("html", "lang"), tag);
      found.push(...(await look(page, `${tag}-too-many`, view)));
      await page.close();
    }
  }
  await counter.halt();
  for (const view of VIEWS) {
    const page = await counter.page(view);
    await page.goto("/requests/service-request");
    assert.ok((await text(page)).includes("The counter gave no answer"));
    found.push(...(await look(page, "unavailable", view)));
    await page.close();
  }
  assert.deepEqual(found, []);
}

/** One counter for most tests. */
let shared;
const behind = (test) => async (site) => test((shared ??= await Counter.start(site)), site);
const alone = (guard, test) => async (site) => {
  const counter = await Counter.start(site, guard);
  try {
    await test(counter);
  } finally {
    await counter.stop();
  }
};

export const own = true;

export async function end() {
  await shared?.stop();
  shared = undefined;
}

export default [
  ["without script a request is corrected, reviewed, sent once, and receipted", behind(withoutScript)],
  ["with script it is as well, and the draft is kept until it is sent", behind(withScript)],
  ["what fills in the field that nobody sees is held, and told nothing of it", behind(trap)],
  ["an address fills in what it may and no more", behind(prefilled)],
  ["a report of a translation reaches the desk with page, segment and both texts", behind(report)],
  ["a counter that goes away and comes back takes the request once", behind(outage)],
  ["without script a page whose answer was lost is loaded anew, and the request is taken once", behind(lost)],
  ["a page of another origin can send and read nothing", behind(foreign)],
  ["every page of the counter is accessible, quiet, and fits", behind(pages)],
  ["in times of pressure a browser works for a moment, or waits without script", alone("per_minute = 0\nproof_of_work = true", pressure)],
  ["too many requests, and a counter that is down, are told on a page that is accessible and fits", alone("per_minute = 1", refusals)],
];
