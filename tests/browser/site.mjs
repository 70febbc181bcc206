// A built site on loopback, and what a page of it complains about.
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png",
  ".jpg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon", ".xml": "application/xml",
  ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2", ".wasm": "application/wasm",
};

/** What a page may do, and no more, if the site has no file of headers: its own styles, images and scripts, and requests to its own host. */
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** What an address of a page that has moved ends in, for it to stay. */
export const STAY = "?stay";

export class Site {
  static async serve(folder, browser) {
    const site = new Site();
    const all = await pagesOf(folder);
    const [pages, moved] = [all.filter((page) => !page.moved), all.filter((page) => page.moved)];
    const files = await readdir(folder, { recursive: true });
    const [unavailable, print] = ["unavailable.html", "print.html"].map((name) => files.sort().find((file) => file.split(sep).at(-1) === name)).map((file) => file && `/${file.split(sep).join("/")}`);
    Object.assign(site, { folder, browser, contexts: new Map(), opened: [], pages, moved, unavailable, print, headers: await headersOf(folder) });
    site.server = createServer((request, response) => site.answer(request, response));
    await new Promise((ready) => site.server.listen(0, "127.0.0.1", ready));
    site.origin = `http://127.0.0.1:${site.server.address().port}`;
    return site;
  }

  async answer(request, response) {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (this.counter && path.startsWith("/requests/")) return this.counter(request, response);
    const file = normalize(join(this.folder, path.endsWith("/") ? `${path}index.html` : path));
    try {
      if (!file.startsWith(this.folder + sep)) throw new Error("outside");
      let body = await readFile(file);
      // A page that has moved, so that it can be looked at.
      if (request.url.endsWith(STAY)) body = body.toString().replace(/<meta http-equiv="refresh"[^>]*>/, "");
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { ...this.headers, "content-type": type }).end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    }
  }

  /** Opens a page. `problems` of the answer holds what the browser complained about. */
  async open(path, view = {}) {
    const page = await (await this.context(view)).newPage();
    this.opened.push(page);
    const problems = [];
    page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("response", (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`));
    page.on("request", (request) => {
      if (!request.url().startsWith(this.origin) && !request.url().startsWith("data:")) problems.push(`asks ${request.url()}`);
    });
    await page.goto(new URL(path, this.origin).href, { waitUntil: "load" });
    return Object.assign(page, { problems });
  }

  /** A context for each way of looking: a fresh one for each page takes most of a second. */
  async context({ width = 1280, height = 900, scheme = "light", script = true, motion = "no-preference", contrast = "no-preference", forced = "none" }) {
    const key = [width, height, scheme, script, motion, contrast, forced].join(" ");
    const options = { viewport: { width, height }, colorScheme: scheme, javaScriptEnabled: script, reducedMotion: motion, contrast, forcedColors: forced };
    if (!this.contexts.has(key)) this.contexts.set(key, await this.browser.newContext(options));
    return this.contexts.get(key);
  }

  /** The locales: first folders that hold a page. */
  get locales() {
    return [...new Set(this.pages.map(({ path }) => path.split("/")[1]))].filter((tag) => /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(tag));
  }

  /** The kinds of page that every site has, each with the largest of its kind; for what may stand in an article, the first page that has it. */
  get kinds() {
    const largest = (test) => this.pages.filter(test).sort((a, b) => b.size - a.size)[0]?.path;
    const article = (tag) => largest(({ path }) => path.startsWith(`/${tag}/`) && !special(path) && path !== `/${tag}/`);
    const known = { choose: "/", parallel: largest(({ path }) => path.endsWith("/parallel/")) };
    for (const tag of this.locales) {
      known[`${tag} home`] = `/${tag}/`;
      known[`${tag} article`] = article(tag);
      for (const name of ["contents/", "search/", "404.html"]) known[`${tag} ${name}`] = `/${tag}/${name}`;
    }
    const exists = new Set(this.pages.map(({ path }) => path));
    return Object.entries(known).map(([kind, path]) => ({ kind, path: exists.has(path) ? path : undefined }));
  }

  /** Kinds of page that a site has only if it needs them. */
  get extras() {
    const moved = this.moved.find(({ moved }) => !moved.includes("://"));
    const all = { moved: moved && `${moved.path}${STAY}`, unavailable: this.unavailable, print: this.print };
    return Object.entries(all).map(([kind, path]) => ({ kind, path })).filter(({ path }) => path);
  }

  /** What may stand in an article, in one language and in two, each with the first page that has it. Not every site has each of them. */
  get parts() {
    return Object.keys(PARTS).flatMap((part) => [false, true].map((parallel) => ({
      kind: part, path: this.pages.find(({ path, parts }) => path.endsWith("/parallel/") === parallel && parts.includes(part))?.path,
    }))).filter(({ path }) => path);
  }

  async closePages() {
    await Promise.all(this.opened.splice(0).map((page) => page.close()));
  }

  async stop() {
    await Promise.all([...this.contexts.values()].map((context) => context.close()));
    this.server.closeAllConnections();
    await new Promise((stopped) => this.server.close(stopped));
  }
}

/** Calls back for each of a list, with two at work: while a page loads, its browser leaves room for another. */
export async function each(list, call) {
  const rest = [...list];
  const work = async () => {
    while (rest.length) await call(rest.shift());
  };
  await Promise.all([work(), work()]);
}

/** Waits for the script of the form, which comes when the form is near. */
export async function atWork(page) {
  await page.locator("form.request").first().scrollIntoViewIfNeeded();
  await page.locator("form.request .form-status").first().waitFor({ state: "attached" });
}

/** The headers of all pages, from the file `_headers` that a static host would read. */
async function headersOf(folder) {
  const text = await readFile(join(folder, "_headers"), "utf8").catch(() => `/*\n  Content-Security-Policy: ${POLICY}`);
  const first = text.split("\n").filter((line) => !line.startsWith("#")).slice(1);
  const lines = first.slice(0, first.findIndex((line, at) => at > 0 && !line.startsWith("  ")));
  const all = (lines.length ? lines : first).map((line) => line.trim().split(/: (.*)/).slice(0, 2)).filter(([name]) => name);
  return Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), value]));
}

function special(path) {
  return /\/(parallel|search|contents)\/$|\/404\.html$/.test(path);
}

const PARTS = {
  tabs: 'class="tabs"', table: 'class="table"', figure: "<figure", "missing image": 'class="image-missing"', alert: 'class="alert ',
  code: "<pre", notice: 'class="notice ', fallback: 'class="notice fallback"', columns: 'class="columns"', video: 'class="video"',
  form: '<form class="request"',
};

/** Every page's address, size and parts; `moved` is where it leads if it does nothing else. */
async function pagesOf(folder) {
  const files = (await readdir(folder, { recursive: true })).map((file) => file.split(sep).join("/"));
  const read = async (file) => {
    const html = await readFile(join(folder, file), "utf8");
    const parts = Object.keys(PARTS).filter((part) => html.includes(PARTS[part]));
    return { path: `/${file.replace(/(^|\/)index\.html$/, "$1")}`, size: html.length, parts, moved: /<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(html)?.[1] };
  };
  return Promise.all(files.filter((file) => /(^|\/)(index|404)\.html$/.test(file)).sort().map(read));
}
