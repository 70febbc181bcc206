// A built site on loopback, and what a page of it complains about.
import { readFile, readdir, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png",
  ".jpg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon", ".xml": "application/xml",
  ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2", ".wasm": "application/wasm",
};

export class Site {
  static async serve(folder, browser) {
    const site = new Site();
    Object.assign(site, { folder, browser, contexts: new Map(), opened: [], pages: await pagesOf(folder) });
    site.server = createServer((request, response) => site.answer(request, response));
    await new Promise((ready) => site.server.listen(0, "127.0.0.1", ready));
    site.origin = `http://127.0.0.1:${site.server.address().port}`;
    return site;
  }

  async answer(request, response) {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = normalize(join(this.folder, path.endsWith("/") ? `${path}index.html` : path));
    try {
      if (!file.startsWith(this.folder + sep)) throw new Error("outside");
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    }
  }

  /** Opens a page. `problems` of the answer holds what the browser complained about. */
  async open(path, { width = 1280, scheme = "light", script = true } = {}) {
    const page = await (await this.context(width, scheme, script)).newPage();
    this.opened.push(page);
    const problems = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("response", (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`));
    page.on("request", (request) => {
      if (!request.url().startsWith(this.origin) && !request.url().startsWith("data:")) problems.push(`asks ${request.url()}`);
    });
    await page.goto(this.origin + path, { waitUntil: "load" });
    return Object.assign(page, { problems });
  }

  /** A context for each way of looking: a fresh one for each page takes most of a second. */
  async context(width, scheme, script) {
    const key = `${width} ${scheme} ${script}`;
    const options = { viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: script };
    if (!this.contexts.has(key)) this.contexts.set(key, await this.browser.newContext(options));
    return this.contexts.get(key);
  }

  /** The locales: first folders that hold a page. */
  get locales() {
    return [...new Set(this.pages.map(({ path }) => path.split("/")[1]))].filter((tag) => /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(tag));
  }

  /** The kinds of page, each with the largest of its kind and, for articles, a locale's first page. */
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

  async closePages() {
    await Promise.all(this.opened.splice(0).map((page) => page.close()));
  }

  async stop() {
    await Promise.all([...this.contexts.values()].map((context) => context.close()));
    this.server.closeAllConnections();
    await new Promise((stopped) => this.server.close(stopped));
  }
}

function special(path) {
  return /\/(parallel|search|contents)\/$|\/404\.html$/.test(path);
}

/** Every page's address and size. */
async function pagesOf(folder) {
  const files = (await readdir(folder, { recursive: true })).map((file) => file.split(sep).join("/"));
  const pages = files.filter((file) => /(^|\/)(index|404)\.html$/.test(file)).sort();
  const size = async (file) => (await stat(join(folder, file))).size;
  return Promise.all(pages.map(async (file) => ({ path: `/${file.replace(/(^|\/)index\.html$/, "$1")}`, size: await size(file) })));
}
