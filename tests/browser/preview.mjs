// `madoguchi serve` on a new site of its own, as `init` makes it, with a long page; files are edited as a writer's editor does.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skip } from "./skip.mjs";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = process.env.MADOGUCHI ?? resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target", "release/madoguchi");
const PATIENCE = 10_000;

const paragraphs = (text) => Array.from({ length: 60 }, (_, at) => `${text(at + 1)}\n`).join("\n");
const LONG = {
  "long.md": `---\ntitle: Long\n---\n# Long\n\n${paragraphs((n) => `This is paragraph ${n} of the long page. It has a second sentence.`)}`,
  "long.ja.md": `---\ntitle: 長いページ\n---\n# 長いページ\n\n${paragraphs((n) => `これは長いページの段落${n}です。二つ目の文もあります。`)}`,
};

export class Preview {
  static async start(site) {
    await readFile(PROGRAM).catch(() => skip("the program is not there"));
    const { stdout } = await run(PROGRAM, ["--help"]);
    if (!stdout.includes("serve")) skip("this build has no preview");
    const preview = Object.assign(new Preview(), { site, contexts: new Map(), folder: await mkdtemp(join(tmpdir(), "preview-")) });
    await run(PROGRAM, ["init", preview.folder]);
    for (const [name, text] of Object.entries(LONG)) await preview.save(`content/${name}`, text);
    await preview.begin();
    return preview;
  }

  /** The server: it may be killed and begin again, on the same port. */
  async begin() {
    this.process = spawn(PROGRAM, ["serve", "--site", this.folder, "--listen", `127.0.0.1:${this.port ?? 0}`], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const address = new Promise((known, failed) => {
      const hear = (data) => {
        said += data;
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (found) known(Number(found[1]));
      };
      this.process.stdout.on("data", hear);
      this.process.stderr.on("data", hear);
      this.process.on("exit", () => failed(new Error(`it does not start: ${said}`)));
    });
    this.port = await address;
    this.origin = `http://127.0.0.1:${this.port}`;
  }

  async kill(signal = "SIGKILL") {
    const ended = new Promise((known) => this.process.on("exit", known));
    this.process.removeAllListeners("exit");
    this.process.on("exit", () => {});
    const gone = new Promise((known) => this.process.on("exit", known));
    this.process.kill(signal);
    await Promise.race([gone, ended]);
  }

  /** Writes a file beside its place and renames it, as many editors do. */
  async save(path, text) {
    const file = join(this.folder, path);
    await writeFile(`${file}.new~`, text);
    await rename(`${file}.new~`, file);
  }

  read(path) {
    return readFile(join(this.folder, path), "utf8");
  }

  /** Changes words of a file, writing it in place. */
  async edit(path, from, to) {
    const text = await this.read(path);
    if (!text.includes(from)) throw new Error(`"${from}" does not stand in ${path}`);
    await writeFile(join(this.folder, path), text.replace(from, to));
  }

  async remove(path) {
    await rm(join(this.folder, path));
  }

  /** What `check` prints. */
  async check() {
    const { stdout } = await run(PROGRAM, ["check", "--site", this.folder]).catch((error) => error);
    return stdout;
  }

  /** Opens a page that is connected. `problems` holds what the browser complained about. */
  async open(path, { width = 1280, height = 900, scheme = "light" } = {}) {
    const key = JSON.stringify([width, height, scheme]);
    const options = { viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce" };
    if (!this.contexts.has(key)) this.contexts.set(key, await this.site.browser.newContext(options));
    const page = Object.assign(await this.contexts.get(key).newPage(), { problems: [] });
    this.site.opened.push(page);
    page.setDefaultTimeout(PATIENCE);
    page.on("console", (message) => message.type() === "debug" || page.problems.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => page.problems.push(String(error)));
    await page.goto(this.origin + path);
    await page.waitForFunction(() => globalThis.madoguchiPreview?.session && !globalThis.madoguchiPreview.busy);
    // Whether the page is still the one that was opened, and no reload has taken it away.
    await page.evaluate(() => (globalThis.opened = true));
    return page;
  }

  async stop() {
    await Promise.all([...this.contexts.values()].map((context) => context.close()));
    if (this.process.exitCode === null) await this.kill("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }
}
