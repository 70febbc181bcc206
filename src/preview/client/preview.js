// The writer's preview in the browser: what was saved shows at once, and nothing else on the page moves.
//
// The server tells a number with each change. The page asks for itself again, and what differs from what the server sent before
// is carried over (shadow.js); place, focus and answers stay (keep.js). Errors, and what is known of the page, stand below (dock.js).
import { Dock } from "./dock.js";
import { holdAnswers, holdFocus, holdPlace } from "./keep.js";
import { placeOf } from "./places.js";
import { Shadow, parse } from "./shadow.js";
import { Stream } from "./stream.js";

/** For how long a change is marked, in milliseconds. */
const MARKED = 1200;
/** So many images of a page at most are looked at for changes. */
const MOST_IMAGES = 60;

class Preview {
  constructor() {
    this.own = document.querySelector('script[src^="/-/preview.js"]');
    this.address = location.pathname + location.search;
    this.images = new Map();
    this.dock = new Dock(document, (open) => (open ? this.know() : this.unpoint()));
    this.composing = false;
    addEventListener("compositionstart", () => (this.composing = true), true);
    for (const ends of ["compositionend", "blur"]) addEventListener(ends, () => this.composed(), true);
    for (const moves of ["pointermove", "focusin"]) document.addEventListener(moves, (event) => this.pointed(event), { passive: true });
    this.ready = this.begin();
    this.ready.catch(() => undefined);
    this.stream = new Stream("/-/events", (event) => this.told(event), (online) => this.dock.connected(online));
  }

  /** What the server sent for this page: the browser has just stored it. */
  async begin() {
    const response = await fetch(this.address, { cache: "force-cache" });
    const html = await response.text();
    this.take(response);
    this.known = scripts();
    this.shadow = Object.assign(new Shadow(parse(html), document), { special: (said, now, shown) => this.special(said, now, shown) });
    // Should the browser have had to ask the server again, this may be newer than what it shows.
    this.exact = html.includes(`data-revision="${this.own?.dataset.revision}"`);
    this.dock.exists(response.status !== 404);
    this.noteImages();
  }

  take(response) {
    this.etag = response.headers.get("etag");
    this.status = response.status;
  }

  /** A number of the server: whatever differs from what is shown is fetched. */
  async told({ session, revision, errors, warnings }) {
    const news = session !== this.session || revision !== this.revision;
    const others = errors !== this.errors || warnings !== this.warnings;
    Object.assign(this, { session, revision, errors, warnings });
    this.dock.count(errors, warnings);
    if (news) await this.catchUp();
    else if (others) await this.know();
  }

  /** One at a time; a change during it makes it go round again. */
  async catchUp() {
    this.behind = true;
    if (this.busy) return;
    this.busy = true;
    try {
      await this.ready;
      while (this.behind && !this.composing) {
        this.behind = false;
        await this.look();
      }
    } catch (error) {
      // Without an answer there is nothing to show; the next event brings the next try.
      console.debug("preview:", error);
      this.session = undefined;
      this.ready = this.shadow ? this.ready : this.begin().catch(() => undefined);
    }
    this.busy = false;
  }

  async look() {
    const headers = this.etag && this.exact ? { "if-none-match": this.etag } : {};
    const response = await fetch(this.address, { headers, cache: "no-store" });
    // Errors of the server leave the page as it is, unless it is one of them itself.
    if (response.ok || response.status === 404 || this.status >= 500) {
      const html = await response.text();
      this.take(response);
      this.show(html);
    }
    // What is known of the page, and its images, need not hold the next change up.
    if (this.errors || this.dock.failed || this.dock.open) this.know();
    this.renewImages();
  }

  show(html) {
    const now = parse(html);
    if (!this.exact || newScripts(this.shadow.said, now)) return this.reload();
    const put = [holdPlace(document), holdFocus(document), holdAnswers(document)];
    if (this.status === 404 && !this.dock.gone) this.left = scrollY;
    const changed = this.shadow.update(now);
    this.enliven();
    put.reverse().forEach((back) => back());
    if (this.status !== 404 && this.dock.gone) scrollTo({ top: this.left ?? 0, behavior: "instant" });
    this.dock.speak();
    this.dock.exists(this.status !== 404);
    this.mark(changed);
  }

  /** What cannot be carried over begins anew; the browser keeps the place, and the form its draft. */
  reload() {
    location.reload();
  }

  /** Parts that are more than their text: a style sheet is loaded before the old one goes, a form with other fields is made anew. */
  special(said, now, shown) {
    if (shown && said.matches('link[rel="stylesheet"]') && said.getAttribute("href") !== now.getAttribute("href")) {
      const made = shown.cloneNode();
      made.setAttribute("href", now.getAttribute("href"));
      made.media = "not all";
      const swap = () => {
        const put = holdPlace(document);
        if (now.hasAttribute("media")) made.media = now.getAttribute("media");
        else made.removeAttribute("media");
        shown.remove();
        put();
      };
      made.addEventListener("load", swap, { once: true });
      made.addEventListener("error", swap, { once: true });
      shown.after(made);
      this.shadow.shown.set(said, made);
    }
    if (said.localName === "script" && fileOf(said) !== fileOf(now)) return "whole";
    return said.matches("form.request") && questions(said) !== questions(now) ? "whole" : undefined;
  }

  /** Forms that were made anew get their script again, which would run only once. */
  enliven() {
    const [known, now] = [this.known, scripts()];
    this.known = now;
    const fresh = [...document.querySelectorAll("form.request")].filter((form) => !form.querySelector(".form-status"));
    if (!fresh.length) return;
    document.querySelectorAll("section.request").forEach((panel) => panel.remove());
    const again = [...now].filter((script) => known.has(script) && /\/form\.[^/]*$/.test(script));
    again.forEach((script) => import(`${script}?again=${(this.times = (this.times ?? 0) + 1)}`));
  }

  mark(changed) {
    const main = document.querySelector("main");
    const blocks = new Set(changed.map((element) => element.closest("p, li, h1, h2, h3, h4, h5, h6, td, th, dt, dd, pre, figure, .form-field, .cell")).filter((block) => main?.contains(block)));
    if (blocks.size > 30) return;
    for (const block of blocks) {
      block.classList.add("md-preview-changed");
      setTimeout(() => block.classList.remove("md-preview-changed"), MARKED);
    }
  }

  /** Asks what is known of the page; an answer that a newer question has overtaken is dropped. */
  async know() {
    const asked = (this.asked = (this.asked ?? 0) + 1);
    try {
      const response = await fetch(`/-/state?page=${encodeURIComponent(location.pathname)}`, { cache: "no-store" });
      const state = response.ok ? await response.json() : undefined;
      if (state && asked === this.asked) this.dock.know(state);
    } catch (error) {
      console.debug("preview:", error);
    }
  }

  composed() {
    if (!this.composing) return;
    this.composing = false;
    if (this.behind) setTimeout(() => this.catchUp());
  }

  pointed(event) {
    if (!this.dock.open || event.target === this.dock.host || this.pointing) return;
    this.pointing = requestAnimationFrame(() => {
      this.pointing = undefined;
      const at = placeOf(event.target, this.dock.state?.places);
      if (!at || at.element === this.here) return;
      this.here?.classList.remove("md-preview-here");
      this.here = at.element;
      this.here.classList.add("md-preview-here");
      this.dock.point(at.place);
    });
  }

  unpoint() {
    this.here?.classList.remove("md-preview-here");
    this.here = undefined;
  }

  /** The images of this page, by their address. */
  sources() {
    const all = [...document.images].filter((image) => image.src.startsWith(`${location.origin}/`));
    return Map.groupBy ? Map.groupBy(all, (image) => image.src.replace(/[?#].*/, "")) : new Map(all.map((image) => [image.src, [image]]));
  }

  async noteImages() {
    for (const address of [...this.sources().keys()].slice(0, MOST_IMAGES)) this.images.set(address, await sign(address, "force-cache"));
  }

  /** An image whose file has changed has the same address: it is asked for again by another. */
  async renewImages() {
    if (this.renewing) return;
    this.renewing = true;
    for (const [address, images] of [...this.sources()].slice(0, MOST_IMAGES)) {
      const found = await sign(address, "no-cache");
      const known = this.images.get(address);
      this.images.set(address, found);
      if (known && found && known !== found) images.forEach((image) => (image.src = `${address}?revision=${this.revision}`));
    }
    this.renewing = false;
  }
}

/** The addresses of the page's scripts. */
function scripts() {
  return new Set([...document.scripts].map((script) => script.src));
}

/** What tells a file from an earlier version of it. */
async function sign(address, cache) {
  try {
    const response = await fetch(address, { cache });
    if (!response.ok) return undefined;
    const tag = response.headers.get("etag");
    if (tag) return tag;
    const bytes = new Uint8Array(await response.arrayBuffer());
    return `${bytes.length} ${bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 7)}`;
  } catch {
    return undefined;
  }
}

/** Whether a script has been replaced by a newer one of its name: what the old one did cannot be undone. */
function newScripts(said, now) {
  const [before, after] = [said, now].map((page) => [...page.scripts].map(fileOf));
  const name = (file) => file.replace(/\.[0-9a-f]{10}(?=\.)/, "");
  return after.some((file) => !before.includes(file) && before.some((old) => name(old) === name(file)));
}

/** The file of a script, whatever the way to it: a page at any depth names it from the root. */
function fileOf(script) {
  return (script.getAttribute("src") ?? "").split("/").at(-1);
}

/** The fields of a form, what its script knows of them, and the file of its messages. */
function questions(form) {
  const fields = [...form.querySelectorAll("[data-field], input, select, textarea")].map((one) => one.cloneNode().outerHTML);
  return [form.dataset.words, ...fields].join("\n");
}

globalThis.madoguchiPreview = new Preview();
