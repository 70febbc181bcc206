// The writer's preview in a real browser: what is saved shows, and what the writer has at hand stays.
import assert from "node:assert/strict";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { violations } from "./axe.mjs";
import { Preview } from "./preview.mjs";
import { skip } from "./skip.mjs";

const LONG = Boolean(process.env.TEST_LONG);
let preview;
const started = async (site) => (preview ??= await Preview.start(site));

const shows = (page, text) => page.waitForFunction((text) => document.body.textContent.includes(text), text);
const lacks = (page, text) => page.waitForFunction((text) => !document.body.textContent.includes(text), text);
const paragraph = (page, text) => page.locator("main article").getByText(text, { exact: false }).first();
const top = (locator) => locator.evaluate((element) => element.getBoundingClientRect().top);
/** The dock, whose tree is its own. */
const dock = (page) => page.locator("madoguchi-preview");
const same = async (page) => assert.equal(await page.evaluate(() => globalThis.opened), true, "the page was never left");

async function place(site) {
  await started(site);
  for (const [path, file, mark, long] of [
    ["/ja/long/", "content/long.ja.md", "段落30です", "とても長い説明です。".repeat(80)],
    ["/en/long/", "content/long.md", "paragraph 30 of", "A very long explanation. ".repeat(80)],
    ["/ja/long/parallel/", "content/long.md", "段落30です", "Another very long explanation. ".repeat(80)],
  ]) {
    const page = await preview.open(path);
    const anchor = paragraph(page, mark);
    await anchor.evaluate((element) => scrollTo({ top: scrollY + element.getBoundingClientRect().top - 10, behavior: "instant" }));
    const before = await top(anchor);
    const [text, height] = [await preview.read(file), await page.evaluate(() => document.documentElement.scrollHeight)];
    await preview.save(file, text.replace(/(paragraph 3 |段落3です)/, `${long}$1`));
    await shows(page, long.slice(0, 40));
    assert.ok(Math.abs((await top(anchor)) - before) <= 1, `${path}: from ${before} to ${await top(anchor)}`);
    assert.notEqual(await page.evaluate(() => document.documentElement.scrollHeight), height, "something above has grown");
    await preview.save(file, text);
    await lacks(page, long.slice(0, 40));
    assert.ok(Math.abs((await top(anchor)) - before) <= 1, `${path}: back to ${await top(anchor)}`);
    await same(page);
    assert.deepEqual(page.problems, []);
  }
}

async function selection(site) {
  await started(site);
  const page = await preview.open("/ja/long/");
  await page.evaluate(() => {
    const text = document.evaluate("//main//*[contains(text(),'段落4です')]/text()", document).iterateNext();
    getSelection().setBaseAndExtent(text, 0, text, 3);
  });
  await preview.edit("content/long.ja.md", "段落4です。", "段落4でした。");
  await shows(page, "段落4でした");
  assert.equal(await page.evaluate(() => getSelection().toString()), "これは");
  // Only what has changed is another node: the paragraph, its neighbours and the text before the change are the same.
  await preview.edit("content/long.ja.md", "段落4でした。", "段落4です。");
  await shows(page, "段落4です");
}

async function removedFocus(site) {
  await started(site);
  const text = await preview.read("content/long.ja.md");
  await preview.save("content/long.ja.md", text.replace("段落5です。", "[段落5](index.md)です。"));
  const page = await preview.open("/ja/long/");
  await page.locator("main article a").getByText("段落5").focus();
  await preview.save("content/long.ja.md", text);
  await page.waitForFunction(() => ![...document.querySelectorAll("main article a")].some((a) => a.textContent.includes("段落5")));
  const active = await page.evaluate(() => document.activeElement.localName);
  assert.notEqual(active, "body", "the focus is not lost");
}

async function typed(site) {
  await started(site);
  const page = await preview.open("/ja/submit-a-service-request/");
  await page.fill("form [name=company]", "㈱サンプル");
  await page.check("form [name=severity][value=b]");
  await page.selectOption("form [name=service]", "azure");
  await page.fill("form [name=description]", "一行目\n二行目");
  await page.locator("form [name=description]").evaluate((area) => area.setSelectionRange(2, 4));
  const answers = () => page.evaluate(() => {
    const data = Object.fromEntries(new FormData(document.querySelector("form.request")));
    const { name, selectionStart, selectionEnd } = document.activeElement;
    return [data.company, data.severity, data.service, data.description, name, selectionStart, selectionEnd];
  });
  const expected = ["㈱サンプル", "b", "azure", "一行目\n二行目", "description", 2, 4];
  assert.deepEqual(await answers(), expected);
  const field = page.locator("form [name=description]");
  const before = await top(field);
  const text = await preview.read("content/submit-a-service-request.md");
  await preview.save("content/submit-a-service-request.md", text.replace("エラー メッセージの全文を控えます。", "エラー メッセージの全文を、翻訳せずに控えます。".repeat(9)));
  await shows(page, "翻訳せずに控えます");
  assert.deepEqual(await answers(), expected, "a change of the page");
  assert.ok(Math.abs((await top(field)) - before) <= 1, "the field stays where it is");
  await preview.save("content/submit-a-service-request.md", text);
  // A new word in a label, then a new field: the form is made anew, and its script works on it.
  const form = await preview.read("content/forms/service-request.toml");
  await preview.save("content/forms/service-request.toml", form.replace("ja = \"会社名\"", "ja = \"御社名\""));
  await shows(page, "御社名");
  assert.deepEqual(await answers(), expected, "a change of a label");
  const extra = "[[group.field]]\nname = \"room\"\ntype = \"line\"\nrequired = true\nlabel = { ja = \"部屋番号\", en = \"Room\" }\nlimit = { graphemes = 9, bytes = 90 }\n\n[[group.field]]\nname = \"company\"";
  await preview.save("content/forms/service-request.toml", form.replace("[[group.field]]\nname = \"company\"", extra));
  await shows(page, "部屋番号");
  assert.deepEqual(await answers(), expected, "a new field");
  await page.waitForFunction(() => document.querySelectorAll("form.request .form-status").length === 1);
  await page.click("form.request button[type=submit]");
  const faults = await page.locator(".form-faults li").allInnerTexts();
  assert.ok(faults.some((fault) => fault.includes("部屋番号")), faults.join());
  assert.equal(await page.locator("form.request .form-fault").count(), faults.length);
  await preview.save("content/forms/service-request.toml", form);
  await lacks(page, "部屋番号");
  assert.equal((await answers())[0], "㈱サンプル");
  await same(page);
}

async function composing(site) {
  await started(site);
  const page = await preview.open("/ja/submit-a-service-request/");
  const debug = await page.context().newCDPSession(page);
  await page.focus("form [name=title]");
  await debug.send("Input.imeSetComposition", { text: "しょうが", selectionStart: 4, selectionEnd: 4 });
  const form = await preview.read("content/forms/service-request.toml");
  await preview.save("content/forms/service-request.toml", form.replace("ja = \"題名\"", "ja = \"件名\""));
  await page.waitForFunction(() => globalThis.madoguchiPreview.behind);
  assert.equal(await page.inputValue("form [name=title]"), "しょうが");
  assert.ok(!(await page.locator("body").innerText()).includes("件名"), "nothing moves while a word is being composed");
  await debug.send("Input.insertText", { text: "障害" });
  await shows(page, "件名");
  assert.equal(await page.inputValue("form [name=title]"), "障害");
  await preview.save("content/forms/service-request.toml", form);
  await lacks(page, "件名");
}

async function opened(site) {
  await started(site);
  const text = await preview.read("content/index.md");
  await preview.save("content/index.md", `${text}\n<details>\n<summary>More</summary>\n\nHidden words.\n\n</details>\n\n# [First](#tab/one)\n\nOne.\n\n# [Second](#tab/two)\n\nTwo.\n\n---\n`);
  const page = await preview.open("/en/", { width: 700 });
  const states = () => page.evaluate(() => [...document.querySelectorAll("details")].map((details) => details.open));
  const before = await states();
  assert.ok(before.length >= 5, `${before.length} parts to open`);
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = !details.open)));
  const after = await states();
  assert.notDeepEqual(before, after);
  await preview.save("content/index.md", (await preview.read("content/index.md")).replace("# Start here", "# Start here now").replace("Two.", "Two, changed."));
  await shows(page, "Start here now");
  assert.deepEqual(await states(), after);
  assert.equal(await page.title().then((title) => title.includes("Start here")), true);
  await preview.save("content/index.md", text);
  await lacks(page, "Start here now");
}

async function frame(site) {
  await started(site);
  const page = await preview.open("/en/");
  const bar = () => page.locator(".own-note").evaluate((note) => getComputedStyle(note).borderTopWidth);
  // From now on there is never a moment without the site's two style sheets.
  await page.evaluate(() => {
    globalThis.least = Infinity;
    const count = () => (globalThis.least = Math.min(globalThis.least, [...document.styleSheets].filter((sheet) => sheet.href?.includes("/assets/")).length));
    new MutationObserver(count).observe(document.head, { childList: true, subtree: true, attributes: true });
    count();
  });
  const css = await preview.read("themes/own/static/own.css");
  await preview.save("themes/own/static/own.css", `${css}.own-note { border-top: 7px solid; }\n`);
  await page.waitForFunction(() => getComputedStyle(document.querySelector(".own-note")).borderTopWidth === "7px");
  assert.deepEqual([await bar(), await page.evaluate(() => globalThis.least), await page.locator('link[href*="/own."]').count()], ["7px", 2, 1]);
  await preview.save("themes/own/static/own.css", css);
  await preview.edit("themes/own/messages/en.toml", "for our partners", "for all partners");
  await shows(page, "for all partners");
  const template = await preview.read("themes/own/templates/base.html");
  await preview.save("themes/own/templates/base.html", template.replace("<p class=\"own-note\">", "<p class=\"own-note\">Note: "));
  await shows(page, "Note: This guidance");
  await preview.save("themes/own/templates/base.html", template);
  const toc = await preview.read("content/TOC.yml");
  await preview.save("content/TOC.yml", `${toc}- name: 長いページ\n  href: long.md\n`);
  await page.locator("nav.section").getByText("Long").waitFor({ state: "attached" });
  await preview.save("content/TOC.yml", toc);
  await page.locator("nav.section").getByText("Long").waitFor({ state: "detached" });
  await preview.edit("content/index.md", "title: Start here", "title: Begin here");
  await page.waitForFunction(() => document.title.includes("Begin here"));
  await preview.edit("content/index.md", "title: Begin here", "title: Start here");
  await same(page);
  assert.deepEqual(page.problems, []);
}

async function images(site) {
  await started(site);
  const svg = (width) => `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="10"/>`;
  await preview.save("content/plan.svg", svg(120));
  const text = await preview.read("content/index.md");
  await preview.save("content/index.md", `${text}\n![A plan](plan.svg)\n`);
  const page = await preview.open("/en/");
  const width = (wanted) => page.waitForFunction((wanted) => document.querySelector("main img")?.naturalWidth === wanted, wanted);
  await width(120);
  await preview.save("content/plan.svg", svg(240));
  await width(240);
  await preview.save("content/index.md", text);
  await page.locator("main img").waitFor({ state: "detached" });
  await preview.remove("content/plan.svg");
}

const BROKEN = "{% if %}";

async function overlay(site) {
  await started(site);
  const page = await preview.open("/ja/long/");
  await page.evaluate(() => scrollTo({ top: 600, behavior: "instant" }));
  const [before, words] = [await page.evaluate(() => scrollY), await page.locator("main").innerText()];
  const template = await preview.read("themes/own/templates/base.html");
  await preview.save("themes/own/templates/base.html", template + BROKEN);
  const errors = dock(page).locator("#errors");
  await errors.waitFor();
  assert.equal(await page.locator("main").innerText(), words, "the last good page stays");
  assert.equal(await page.evaluate(() => scrollY), before);
  assert.equal(await page.evaluate(() => document.activeElement.localName), "body", "the focus is not taken");
  const printed = await preview.check();
  const shown = await errors.locator("pre").first().evaluate((pre) => pre.textContent);
  assert.ok(printed.includes(shown.trim()) && shown.includes("base.html"), `${printed}\n---\n${shown}`);
  assert.match(await dock(page).locator("[role=alert]").innerText(), /^エラー1件/);
  const box = await dock(page).locator(".preview-trouble").boundingBox();
  assert.ok(box.y > 450 && box.height <= 900 * 0.4 + 1, "it stands at the bottom edge");
  await page.keyboard.press("Alt+Shift+KeyE");
  await errors.waitFor({ state: "hidden" });
  assert.ok((await dock(page).locator(".preview-trouble").boundingBox()).height < 80);
  await page.keyboard.press("Enter");
  await errors.waitFor();
  await page.keyboard.press("Escape");
  await errors.waitFor({ state: "hidden" });
  await preview.save("themes/own/templates/base.html", template);
  await dock(page).locator(".preview-trouble").waitFor({ state: "hidden" });
  assert.equal(await dock(page).locator("[role=status]").innerText(), "エラーは直りました。");
  await same(page);
}

async function deletion(site) {
  await started(site);
  const page = await preview.open("/en/long/");
  await page.evaluate(() => scrollTo({ top: 900, behavior: "instant" }));
  const file = join(preview.folder, "content/long.md");
  const translation = join(preview.folder, "content/long.ja.md");
  await rename(file, `${file}.away~`);
  await rename(translation, `${translation}.away~`);
  await dock(page).getByText("This page is no longer made").first().waitFor();
  await lacks(page, "paragraph 2 of");
  await rename(`${file}.away~`, file);
  await rename(`${translation}.away~`, translation);
  await shows(page, "paragraph 2 of");
  await dock(page).locator(".preview-trouble").waitFor({ state: "hidden" });
  assert.ok(Math.abs((await page.evaluate(() => scrollY)) - 900) <= 1);
  await same(page);
}

async function recovery(site) {
  await started(site);
  const page = await preview.open("/ja/");
  await preview.kill();
  await preview.edit("content/index.ja.md", "最初のページです", "はじめのページです");
  await dock(page).getByText("プレビューが応答しません").first().waitFor();
  await preview.begin();
  await shows(page, "はじめのページです");
  await dock(page).locator(".preview-trouble").waitFor({ state: "hidden" });
  await preview.edit("content/index.ja.md", "はじめのページです", "最初のページです");
  await shows(page, "最初のページです");
  await same(page);
}

async function mail(site) {
  await started(site);
  const page = await preview.open("/ja/submit-a-service-request/");
  const { status } = await fetch(`${preview.origin}/requests/service-request/token`);
  if (status === 503) skip("this build's preview has no counter");
  const texts = { requester_name: "髙橋 太郎", company: "㈱サンプル", email: "a@example.jp", customer_name: "顧客", customer_tenant: "contoso.partner.onmschina.cn", title: "全員がメールを送れない<b>", description: "一行目" };
  for (const [name, text] of Object.entries(texts)) await page.fill(`form [name=${name}]`, text);
  await page.selectOption("form [name=service]", "azure");
  await page.check("form [name=severity][value=b]");
  await page.check("form [name=preferred_language][value=ja]");
  await page.check("form [name=consent]");
  await page.click("form.request button[type=submit]");
  await page.locator("section.request .form-buttons button").first().click();
  const reference = await page.locator(".form-reference").innerText();
  assert.match(reference, /^SR-/);
  const list = await preview.open("/ja/");
  for (let tries = 0; tries < 100; tries += 1) {
    await list.goto(`${preview.origin}/-/mail/`);
    if ((await list.locator("tbody tr").count()) > 0) break;
    await list.waitForTimeout(50);
  }
  await list.locator("tbody a", { hasText: "全員がメールを送れない<b>" }).first().click();
  await list.getByText("一行目").first().waitFor();
  assert.ok((await list.locator("main").innerText()).includes(reference));
  assert.deepEqual(await violations(list), []);
  const files = await readdir(join(preview.folder, "var/mail"));
  assert.ok(files.some((file) => file.endsWith(".eml")), files.join());
}

async function panel(site) {
  await started(site);
  const index = await preview.read("content/index.ja.md");
  await preview.save("content/index.ja.md", index.replace("三つ目の表示", "4つ目の表示").replace("(submit-a-service-request.md)", "(long.md)"));
  const template = await preview.read("themes/own/templates/base.html");
  const found = [];
  const views = [["/ja/", 1280, "light"], ["/en/", 320, "dark"], ["/ja/", 320, "light"], ["/en/", 1280, "dark"]];
  for (const [path, width, scheme] of LONG ? views : views.slice(0, 2)) {
    const page = await preview.open(path, { width, scheme });
    await page.keyboard.press("Alt+Shift+KeyP");
    const panel = dock(page).locator("#panel");
    await panel.locator("dl").waitFor();
    const target = page.locator("main article li [data-seg], main article li").first();
    await target.scrollIntoViewIfNeeded();
    await target.evaluate((element) => element.dispatchEvent(new PointerEvent("pointermove", { bubbles: true })));
    await panel.locator(".preview-here a").waitFor();
    const link = await panel.locator(".preview-here a").getAttribute("href");
    const file = path === "/ja/" ? "index.ja.md" : "index.md";
    const line = (await preview.read(`content/${file}`)).split("\n").findIndex((text) => text.startsWith("1. ")) + 1;
    assert.equal(link, `vscode://file${preview.folder}/content/${file}:${line}:${/:(\d+)$/.exec(link)[1]}`);
    if (path === "/ja/") {
      const words = await panel.innerText();
      assert.ok(words.includes("url-differs") || words.includes("link-differs") || words.includes("number-differs"), words);
    }
    await preview.save("themes/own/templates/base.html", template + BROKEN);
    await dock(page).locator("#errors").waitFor();
    found.push(...(await violations(page)).map((what) => `${path} ${width} ${scheme}: ${what}`));
    if (width === 320) assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, "never wider than the window");
    await preview.save("themes/own/templates/base.html", template);
    await dock(page).locator("#errors").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "hidden" });
    assert.equal(await page.locator(".md-preview-here").count(), 0, "nothing is marked when nobody asks");
    await site.closePages();
  }
  assert.deepEqual(found, []);
  await preview.save("content/index.ja.md", index);
}

/** Whatever a page was and becomes: afterwards it is what the server says, and nodes that are equal were not touched. */
async function anything(site) {
  await started(site);
  const page = await preview.open("/ja/");
  const wrong = await page.evaluate(async ({ paths, rounds }) => {
    const { Shadow, parse } = await import("/-/shadow.js");
    let seed = 21;
    const random = (below) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below;
    const texts = await Promise.all(paths.map(async (path) => (await fetch(path)).text()));
    /** A page with parts of it gone, doubled, moved, renamed or rewritten. */
    const varied = (text) => {
      const page = parse(text);
      for (let times = 1 + random(6); times > 0; times -= 1) {
        const all = [...page.body.querySelectorAll("*")];
        const [one, other] = [all[random(all.length)], all[random(all.length)]];
        const change = random(6);
        if (!one || !other) break;
        if (change === 0) one.remove();
        else if (change === 1) one.after(one.cloneNode(true));
        else if (change === 2 && !one.contains(other)) other.after(one);
        else if (change === 3) one.setAttribute("class", `c${random(9)} d`);
        else if (change === 4) one.prepend(`語${random(99)} <&`);
        else one.replaceChildren(...[...one.childNodes].reverse());
      }
      return `<!doctype html>${page.documentElement.outerHTML}`;
    };
    const wrong = [];
    for (let times = 0; times < rounds; times += 1) {
      const from = texts[random(texts.length)];
      const shown = parse(from);
      const shadow = new Shadow(parse(from), shown);
      let to = from;
      for (let step = 0; step < 3; step += 1) {
        to = random(4) === 0 ? texts[random(texts.length)] : varied(to);
        shadow.update(parse(to));
        const wanted = parse(to).documentElement;
        if (!shown.documentElement.isEqualNode(wanted) || !shadow.said.documentElement.isEqualNode(wanted)) {
          const [is, be] = [shown.documentElement.outerHTML, wanted.outerHTML];
          const at = [...is].findIndex((letter, at) => letter !== be[at]);
          wrong.push(`${times}.${step}: ${is.slice(at - 40, at + 80)} <> ${be.slice(at - 40, at + 80)}`);
        }
      }
    }
    // One word is changed: every element but the one around it stays the very same node.
    const shown = parse(texts[0]);
    const before = [...shown.querySelectorAll("*")];
    new Shadow(parse(texts[0]), shown).update(parse(texts[0].replace("最初のページ", "はじめてのページ")));
    if (![...shown.querySelectorAll("*")].every((element, at) => element === before[at]) || !shown.body.textContent.includes("はじめて")) wrong.push("one word");
    return wrong;
  }, { rounds: LONG ? 1000 : 40, paths: ["/ja/", "/en/", "/ja/long/", "/ja/long/parallel/", "/ja/submit-a-service-request/", "/ja/contents/", "/ja/404.html", "/"] });
  assert.deepEqual(wrong, []);
}

export const own = true;

export async function end() {
  await preview?.stop();
  preview = undefined;
}

export default [
  ["preview: the place on the screen stays, in each view", place],
  ["preview: whatever a page was, it becomes what the server says", anything],
  ["preview: a selection stays", selection],
  ["preview: the focus moves on from what is gone", removedFocus],
  ["preview: what was typed stays, whatever changes around it or in the form", typed],
  ["preview: a word that is being composed is left alone", composing],
  ["preview: what is open stays open", opened],
  ["preview: styles, messages, templates and the table of contents show at once", frame],
  ["preview: a changed image shows", images],
  ["preview: errors stand below the last good page until they are mended", overlay],
  ["preview: a page that is deleted says so, and comes back", deletion],
  ["preview: the server may die and come back", recovery],
  ["preview: a request that was sent is in the mail", mail],
  ["preview: the panel, with and without errors, is accessible at every width", panel],
];
