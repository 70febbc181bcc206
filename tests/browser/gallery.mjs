// Makes the pictures of the manual: gallery.mjs SITE, a built site; the release build and nginx must be there.
// They are WebP files in content/media/gallery, small enough to stand in the repository.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Counter } from "./counter.mjs";
import { Site, atWork } from "./site.mjs";

const OUT = join(dirname(fileURLToPath(import.meta.url)), "../../content/media/gallery");
const QUALITY = 55;
const ARTICLE = "provide-technical-support/";

async function picture(page, name) {
  // The one format that is small enough; only the browser's own protocol writes it.
  const session = await page.context().newCDPSession(page);
  await page.evaluate(() => document.activeElement?.blur());
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  const bytes = Buffer.from(data, "base64");
  await writeFile(join(OUT, `${name}.webp`), bytes);
  console.log(`${name}.webp: ${bytes.length} bytes`);
}

/** Pages as they are. */
const PAGES = [
  ["japanese", `/ja/${ARTICLE}`, {}],
  ["english", `/en/${ARTICLE}`, {}],
  ["parallel", `/ja/${ARTICLE}parallel/`, {}],
  ["dark", "/ja/report-problems-on-behalf-of-a-customer/", { scheme: "dark" }],
  ["narrow", `/ja/${ARTICLE}`, { width: 390, height: 844 }],
  ["narrow-parallel", `/ja/${ARTICLE}parallel/`, { width: 390, height: 844 }],
];

async function pages(site) {
  for (const [name, path, view] of PAGES) {
    await picture(await site.open(path, { height: 800, ...view }), name);
    await site.closePages();
  }
}

/** The way of a request, with the counter behind it. */
async function request(site) {
  const counter = await Counter.start(site);
  try {
    const page = await counter.page();
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto("/ja/submit-a-service-request/");
    await atWork(page);
    const texts = { requester_name: "山田 太郎", company: "株式会社サンプル", email: "taro@example.com", customer_name: "顧客株式会社", customer_tenant: "contoso.partner.onmschina.cn", title: "全員がメールを送信できない", description: "今朝9時ごろから、全員が社外にメールを送信できません。再起動しても変わりません。" };
    for (const [name, text] of Object.entries(texts)) await page.fill(`form [name=${name}]`, text);
    await page.selectOption("form [name=service]", "office365");
    await page.check("form [name=severity][value=a]");
    await page.fill("form [name=phone]", "+81 3 0000 0000");
    await page.check("form [name=preferred_language][value=ja]");
    await page.check("form [name=consent]");
    await page.evaluate(() => document.querySelector("form.request").scrollIntoView());
    await picture(page, "form");
    // As without script, so that the pages of the counter are seen.
    await page.$eval("form.request", (form) => form.submit());
    await page.waitForSelector("button[value=confirm]");
    await picture(page, "review");
    await page.click("button[value=confirm]");
    await page.waitForURL(/\/status\//);
    await picture(page, "receipt");
  } finally {
    await counter.stop();
  }
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: ["--no-sandbox", "--disable-gpu"] });
const site = await Site.serve(resolve(process.argv[2]), browser);
await mkdir(OUT, { recursive: true });
await pages(site);
await request(site);
await site.stop();
await browser.close();
