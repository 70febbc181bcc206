// The real counter behind the real nginx, by the file of the manual, with the built site beside it. All on loopback, in a folder of its
// own; the browser takes https://docs.example.com for it, so that origins, headers and addresses are those of the manual.
import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skip } from "./skip.mjs";
import { freePort } from "./port.mjs";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = process.env.MADOGUCHI ?? resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target", "release/madoguchi");
const NGINX = process.env.NGINX ?? "/usr/sbin/nginx";
export const ORIGIN = "https://docs.example.com";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

async function listens(port, process) {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (process.exitCode !== null) throw new Error(`it does not start: ${process.said}`);
    const open = await new Promise((known) => connect(port, "127.0.0.1").on("connect", () => known(true)).on("error", () => known(false)).unref());
    if (open) return;
    await new Promise((later) => setTimeout(later, 20));
  }
  throw new Error(`nothing listens: ${process.said}`);
}

/** Starts a program; `said` is what it wrote to standard error. */
function start(program, ...args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MADOGUCHI")));
  const started = Object.assign(spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env }), { said: "" });
  started.stderr.on("data", (data) => (started.said += data));
  return started;
}

async function stop(process) {
  if (process.exitCode !== null) return;
  const ended = new Promise((known) => process.on("exit", known));
  process.kill("SIGTERM");
  await ended;
}

async function manual(language) {
  const text = await readFile(join(ROOT, "content/manual/operating.md"), "utf8");
  return text.split(`\n\`\`\`${language}\n`)[1].split("\n```\n")[0];
}

function replaced(text, places) {
  return Object.entries(places).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`"${from}" does not stand in the manual's file`);
    return text.replaceAll(from, to);
  }, text);
}

export class Counter {
  static async start(site, guard = "per_minute = 0") {
    for (const [name, file] of [["nginx", NGINX], ["the program", PROGRAM]]) {
      await readFile(file).catch(() => skip(`${name} is not there`));
    }
    const counter = Object.assign(new Counter(), { site, contexts: new Map(), folder: await mkdtemp(join(tmpdir(), "counter-")) });
    await counter.configure(await freePort(), guard);
    await counter.begin();
    await counter.serve();
    return counter;
  }

  async configure(port, guard) {
    this.port = port;
    await cp(join(ROOT, "content/forms"), join(this.folder, "content/forms"), { recursive: true });
    const intake = `[intake]\nlisten = "127.0.0.1:${port}"\nfrom = "Guidance <guidance@example.com>"\nsmtp = "directory:var/mail"\n`
      + `public_url = "${ORIGIN}/requests/"\nsite_url = "${ORIGIN}/"\ntrusted_proxies = ["127.0.0.1"]\ndisk_reserve = "1MiB"\n[intake.guard]\n${guard}\n`;
    await writeFile(join(this.folder, "madoguchi.toml"), `${await readFile(join(ROOT, "madoguchi.toml"), "utf8")}\n${intake}`);
  }

  /** The counter alone: it may stop and begin again. */
  async begin() {
    this.process = start(PROGRAM, "intake", "--site", this.folder);
    await listens(this.port, this.process);
  }

  async halt() {
    await stop(this.process);
  }

  async serve() {
    const { folder } = this;
    await run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=docs.example.com", "-keyout", join(folder, "key.pem"), "-out", join(folder, "certificate.pem")]);
    const [plain, secure] = [await freePort(), await freePort()];
    await writeFile(join(folder, "headers.conf"), (await run(PROGRAM, ["headers", "--site", ROOT, "--for", "nginx"])).stdout);
    const own = replaced(await manual("nginx"), {
      "    listen 80;\n    listen [::]:80;\n": `    listen 127.0.0.1:${plain};\n`,
      "    listen 443 ssl;\n    listen [::]:443 ssl;\n": `    listen 127.0.0.1:${secure} ssl;\n`,
      "/etc/ssl/docs.example.com/fullchain.pem": join(folder, "certificate.pem"),
      "/etc/ssl/docs.example.com/privkey.pem": join(folder, "key.pem"),
      "/srv/docs": this.site.folder,
      "/var/log/nginx": folder,
      "/etc/nginx/madoguchi-headers.conf": join(folder, "headers.conf"),
      "127.0.0.1:8025": `127.0.0.1:${this.port}`,
    });
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
    await writeFile(join(folder, "nginx.conf"), `user root;\npid ${folder}/nginx.pid;\nerror_log stderr;\ndaemon off;\nevents {}\nhttp {\ninclude /etc/nginx/mime.types;\ndefault_type application/octet-stream;\ngzip on;\n${temporary}\n${own}\n}\n`);
    this.proxy = start(NGINX, "-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf"));
    await listens(secure, this.proxy);
    const rule = `--host-resolver-rules=MAP docs.example.com:443 127.0.0.1:${secure}, MAP evil.example:443 127.0.0.1:${secure}`;
    const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
    this.browser = await this.site.browser.browserType().launch({ executablePath, headless: true, args: [...FLAGS, rule] });
  }

  /** A new page in a context for this way of looking. `problems` holds what the browser complained about. */
  async page({ width = 1280, scheme = "light", script = true, locale = "ja-JP" } = {}) {
    const key = JSON.stringify([width, scheme, script, locale]);
    const options = { viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: script, locale, timezoneId: "Asia/Tokyo", reducedMotion: "reduce", ignoreHTTPSErrors: true, baseURL: ORIGIN };
    if (!this.contexts.has(key)) this.contexts.set(key, await this.browser.newContext(options));
    const page = Object.assign(await this.contexts.get(key).newPage(), { problems: [] });
    page.setDefaultTimeout(15_000);
    page.on("console", (message) => page.problems.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => page.problems.push(String(error)));
    page.on("request", (request) => request.url().startsWith(`${ORIGIN}/`) || page.problems.push(`asks ${request.url()}`));
    return page;
  }

  /** The requests in the store, as an operator exports them. */
  async requests() {
    const { stdout } = await run(PROGRAM, ["requests", "export", "--format", "jsonl", "--site", this.folder]);
    return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  async stop() {
    await this.browser?.close();
    if (this.proxy) await stop(this.proxy);
    await this.halt();
    await rm(this.folder, { recursive: true, force: true });
  }
}
