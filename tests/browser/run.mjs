// Looks at built sites with a real browser: run.mjs FOLDER... [--foreign FOLDER...], the latter of pages that others wrote.
// Each `*.test.mjs` beside this file exports a list of [name, async (site) => …, others]; a test that cannot run throws `skip(why)`. `others`
// says whether it is meant for the pages of others: always if nothing is said, in full (TEST_LONG) if "long", and not at all if "never".
// One that also exports `own = true` is about what only our own pages hold, and is not meant for others; its `end` is called last.
// ONLY=WORDS runs the tests whose name holds these words.
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { Skip } from "./skip.mjs";
import { Site } from "./site.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const ONLY = process.env.ONLY ?? "";
const LONG = Boolean(process.env.TEST_LONG);
const here = dirname(fileURLToPath(import.meta.url));
const [own, others] = [process.argv.slice(2), []];
if (own.includes("--foreign")) others.push(...own.splice(own.indexOf("--foreign")).slice(1));
const sites = [...own.map((folder) => ({ folder })), ...others.map((folder) => ({ folder, foreign: true }))];
if (sites.length === 0) throw new Error("usage: run.mjs FOLDER... [--foreign FOLDER...]");

const count = { passed: 0, failed: 0, skipped: 0 };

async function runOne(name, test, site) {
  const began = performance.now();
  try {
    await test(site);
    count.passed += 1;
    console.log(`ok: ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    const skipped = error instanceof Skip;
    count[skipped ? "skipped" : "failed"] += 1;
    console.log(`${skipped ? "SKIPPED" : "FAILED"}: ${name}: ${error.message}`);
  } finally {
    await site.closePages();
  }
}

// Playwright starts the browser with a new user data folder and removes it.
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
try {
  const files = (await readdir(here)).filter((file) => file.endsWith(".test.mjs")).sort();
  for (const { folder, foreign } of sites) {
    const site = Object.assign(await Site.serve(resolve(folder), browser), { foreign });
    console.log(`${folder}:`);
    for (const file of files) {
      const { default: tests, own, end } = await import(pathToFileURL(join(here, file)));
      if (own && foreign) continue;
      const meant = (others) => !foreign || !others || (others === "long" && LONG);
      for (const [name, test, others] of tests) if (name.includes(ONLY) && meant(others)) await runOne(name, test, site);
      await end?.();
    }
    await site.stop();
  }
} finally {
  await browser.close();
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed > 0 ? 1 : 0;
