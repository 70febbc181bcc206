// The form in a page with its script, against a counter that answers as it is told.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { violations } from "./axe.mjs";
import { atWork } from "./site.mjs";
import { skip } from "./skip.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const PROBLEM = { "content-type": "application/problem+json" };
const REFERENCE = "SR-04HM-ASW9-NF6Y-Y07Z";
const received = { status: 201, type: JSON_TYPE, body: { reference: REFERENCE, status: "/requests/status/SR?key=1" } };
const refused = (code, more = {}) => ({ status: 422, type: PROBLEM, body: { code, title: code, ...more } });

/** Opens the page with the form; `counter.answer` says what the counter does with the next request, `null` that it hangs up. */
async function opened(site, options) {
  const path = site.pages.find(({ path, parts }) => parts.includes("form") && path === "/ja/submit-a-service-request/")?.path;
  if (!path) skip("this site has no service request");
  const counter = { answer: received, first: [], posts: [], tokens: 0, pow: undefined };
  site.counter = async (request, response) => {
    if (counter.answer === null) return request.destroy();
    if (request.url.endsWith("/token")) {
      counter.tokens += 1;
      return response.writeHead(200, JSON_TYPE).end(JSON.stringify({ token: `token ${counter.tokens}`, expires: "2100-01-01T00:00:00Z", pow: counter.pow }));
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    counter.posts.push({ key: request.headers["idempotency-key"], body: JSON.parse(Buffer.concat(parts).toString()) });
    const { status, type, body } = counter.first.shift() ?? counter.answer;
    response.writeHead(status, type).end(JSON.stringify(body));
  };
  const page = await site.open(path, options);
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await atWork(page);
  return { page, counter };
}

async function fill(page) {
  const texts = { requester_name: "髙橋 太郎", company: "㈱サンプル", email: "ａ@example.jp", customer_name: "顧客", customer_tenant: "contoso.partner.onmschina.cn", title: "全員がメールを送れない" };
  for (const [name, text] of Object.entries(texts)) await page.fill(`form [name=${name}]`, text);
  await page.fill("form [name=description]", "一行目\n二行目 𠮷野家");
  await page.selectOption("form [name=service]", "azure");
  await page.check("form [name=severity][value=b]");
  await page.check("form [name=preferred_language][value=ja]");
  await page.check("form [name=consent]");
}

const submit = (page) => page.click("form.request button[type=submit]");
const send = (page) => page.locator("section.request .form-buttons button").first();

async function faults(site) {
  const { page } = await opened(site);
  await page.check("form [name=severity][value=a]");
  assert.equal(await page.locator("[data-field=phone] .form-need").innerText(), "必須");
  await page.fill("form [name=title]", "あ".repeat(121));
  await submit(page);
  const listed = await page.locator(".form-faults li").allInnerTexts();
  const beside = await page.locator(".form-fault").evaluateAll((all) => all.map((one) => one.lastChild.textContent));
  assert.deepEqual(listed, beside);
  assert.ok(listed.includes("「題名」は120文字以内で入力してください") && listed.some((one) => one.includes("電話番号")), listed.join());
  assert.equal(await page.evaluate(() => document.activeElement.className), "form-faults");
  await page.locator(".form-faults a").first().click();
  assert.equal(await page.evaluate(() => document.activeElement.name), "requester_name");
  assert.deepEqual(await violations(page), []);
}

async function once(site) {
  const { page, counter } = await opened(site);
  await fill(page);
  await submit(page);
  assert.deepEqual(await violations(page), []);
  await send(page).dblclick();
  await page.waitForSelector(".form-reference");
  assert.equal(await page.locator(".form-reference").innerText(), REFERENCE);
  const [{ key, body }, ...more] = counter.posts;
  assert.equal(more.length, 0);
  assert.match(key, /^[0-9a-f-]{36}$/);
  assert.equal(body.description, "一行目\n二行目 𠮷野家");
  assert.deepEqual([body.token, body.locale, body.page, body.phone], ["token 1", "ja", "ja/submit-a-service-request/", undefined]);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
}

async function retries(site) {
  const { page, counter } = await opened(site);
  await fill(page);
  counter.answer = null;
  await submit(page);
  await send(page).click();
  await page.waitForSelector("section .form-status.wrong .form-note");
  for (const answer of [refused("busy", { detail: "混雑" }), refused("token_expired")]) {
    counter.answer = answer;
    const before = counter.posts.length;
    await send(page).click();
    await page.waitForFunction(() => !document.querySelector("section.request [aria-disabled]"));
    assert.equal(counter.posts.length, before + 1);
  }
  counter.answer = refused("invalid_fields", { errors: [{ field: "email", code: "bad_email", message: "形が違います" }] });
  await send(page).click();
  await page.waitForSelector("form.request .form-fault");
  assert.equal(await page.inputValue("form [name=title]"), "全員がメールを送れない");
  counter.answer = received;
  await submit(page);
  await send(page).click();
  await page.waitForSelector(".form-reference").catch(async (error) => { throw new Error(`${error}: ${await page.locator("main").innerText()}`); });
  assert.equal(new Set(counter.posts.map(({ key }) => key)).size, 1, "retries keep their key");
}

async function work(site) {
  const { page, counter } = await opened(site);
  counter.pow = { algorithm: "SHA-256", bits: 8 };
  await fill(page);
  await submit(page);
  await send(page).click();
  await page.waitForSelector(".form-reference");
  const { token, pow } = counter.posts[0].body;
  assert.equal(createHash("sha256").update(`${token}:${pow}`).digest()[0], 0);
}

async function pressed(site) {
  const { page, counter } = await opened(site);
  counter.first = [refused("pow_required", { token: "another token", pow: { algorithm: "SHA-256", bits: 8 } })];
  await fill(page);
  await submit(page);
  await send(page).click();
  await page.waitForSelector(".form-reference");
  const [asked, worked, ...more] = counter.posts;
  assert.deepEqual([asked.body.pow, worked.body.token, worked.key, more.length], [undefined, "another token", asked.key, 0]);
  assert.equal(createHash("sha256").update(`another token:${worked.body.pow}`).digest()[0], 0);
}

async function draft(site) {
  const { page } = await opened(site);
  await fill(page);
  await page.reload();
  await atWork(page);
  assert.equal(await page.inputValue("form [name=title]"), "全員がメールを送れない");
  assert.equal(await page.isChecked("form [name=consent]"), false);
  await page.evaluate(() => {
    const [place] = Object.keys(localStorage);
    localStorage.setItem(place, JSON.stringify({ ...JSON.parse(localStorage.getItem(place)), at: Date.now() - 86_400_001 }));
  });
  const again = await page.context().newPage();
  await again.goto(page.url());
  await atWork(again);
  assert.equal(await again.inputValue("form [name=title]"), "", "after a day it is gone");
  await again.fill("form [name=title]", "x");
  again.on("dialog", (dialog) => dialog.accept());
  await again.click(".form-draft button");
  assert.deepEqual([await again.inputValue("form [name=title]"), await again.evaluate(() => localStorage.length)], ["", 0]);
  await again.close();
}

/** A fast reader is in the form before its script, which puts the note about the draft above. */
async function late(site) {
  const { page } = await opened(site, { width: 320, motion: "reduce" });
  const moved = [];
  for (const name of ["requester_name", "company", "phone", "customer_tenant"]) {
    const top = () => page.evaluate(() => Math.round(document.activeElement.getBoundingClientRect().top));
    const release = await heldBack(page);
    await page.focus(`form.request [name=${name}]`);
    await painted(page);
    const before = await top();
    await release();
    if (Math.abs((await top()) - before) > 2) moved.push(`${name}: from ${before} to ${await top()}`);
  }
  assert.deepEqual(moved, []);
}

/** Who has left the field by hand and reads above is not moved for its sake. */
async function away(site) {
  const { page } = await opened(site, { width: 320, motion: "reduce" });
  const release = await heldBack(page);
  await page.focus("form.request [name=phone]");
  await painted(page);
  await page.evaluate(() => scrollTo(0, 0));
  await release();
  assert.equal(await page.evaluate(() => scrollY), 0);
}

/** Loads the page again with the form's script held back. Gives what lets it come, and waits for it. */
async function heldBack(page) {
  let come;
  const held = new Promise((done) => (come = done));
  await page.context().route("**/request-form.*", (route) => held.then(() => route.continue()));
  await page.reload();
  return async () => {
    come();
    await page.waitForSelector("form.request .form-draft");
    await painted(page);
    await page.context().unroute("**/request-form.*");
  };
}

const painted = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

const alone = (test) => async (site) => {
  try {
    await test(site);
  } finally {
    site.counter = undefined;
  }
};

export const own = true;

export default [
  ["a form shows what is wrong above it and beside its fields, in the same words", alone(faults)],
  ["a request is reviewed, sent once however often the button is pressed, and receipted", alone(once)],
  ["a request that cannot be sent keeps its text and its key", alone(retries)],
  ["a proof of work is found when the counter asks for one", alone(work)],
  ["a browser works as soon as that is asked for, and nobody has to press again", alone(pressed)],
  ["a script that comes late leaves the field in use where it is", alone(late)],
  ["a script that comes late leaves who has scrolled away where they are", alone(away)],
  ["a draft is kept for a day, without consent, and can be cleared", alone(draft)],
];
