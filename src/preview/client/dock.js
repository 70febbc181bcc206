// What the preview adds to a page, at its bottom edge: errors, a panel about the page, and whether there is a connection.
// It stands in a tree of its own, so that neither the site's styles nor the changes of the page reach it.
import { findings, element, panel } from "./panel.js";
import { languageOf, wordsFor } from "./words.js";

/** Alt and Shift with these keys: the panel, and the list of errors. */
const KEYS = { KeyP: "togglePanel", KeyE: "toggleTrouble" };
/** A connection that is back sooner than this is not spoken of. */
const PATIENCE = 1500;

export class Dock {
  /** `turned` is called when the panel opens, when what it shows is asked for, and when it closes. */
  constructor(document, turned) {
    Object.assign(this, { document, turned, open: false, folded: false, online: true, state: undefined, gone: false });
    this.host = document.createElement("madoguchi-preview");
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/-/preview.css" });
    this.section = element("section", { class: "preview-dock", hidden: true });
    style.addEventListener("load", () => (this.section.hidden = false));
    this.host.attachShadow({ mode: "open" }).append(style, this.section);
    // Regions must stand in the page before they speak.
    this.status = element("p", { class: "preview-heard", role: "status" });
    this.alert = element("p", { class: "preview-heard", role: "alert" });
    this.panel = element("div", { class: "preview-panel", id: "panel", hidden: true });
    this.toggle = element("button", { class: "preview-toggle", type: "button", "aria-controls": "panel", "aria-keyshortcuts": "Alt+Shift+P" });
    this.trouble = element("div", { class: "preview-trouble", hidden: true });
    this.toggle.addEventListener("click", () => this.togglePanel());
    this.section.append(this.status, this.alert, this.toggle, this.panel, this.trouble);
    this.section.addEventListener("keydown", (event) => this.escaped(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    this.speak();
  }

  /** Stands at the end of the page, in its language. */
  speak() {
    if (this.host.parentNode !== this.document.body) this.document.body.append(this.host);
    const tag = this.document.documentElement.lang;
    if (this.tag === tag) return;
    this.tag = tag;
    this.words = wordsFor(tag);
    this.section.lang = languageOf(tag);
    this.section.setAttribute("aria-label", this.words.region);
    this.render();
  }

  get failed() {
    return (this.state?.site?.errors ?? 0) > 0;
  }

  /** Takes what the server knows of the page. */
  know(state) {
    const [before, after] = [this.troubles(), this.troubles(state)];
    const failed = this.failed;
    const equal = same(this.state, state);
    this.state = state;
    if (!equal) this.render();
    if (after && after !== before) this.alert.textContent = `${this.words.errors(state.site.errors)}. ${shown(state)[0]?.message ?? ""}`;
    else if (failed && !after) this.say(this.words.mended);
  }

  /** A text that differs whenever the errors do. */
  troubles(state = this.state) {
    return state?.site?.errors ? shown(state).map(({ excerpt }) => excerpt).join("\n") : "";
  }

  /** Counts that came with an event, before more is known. */
  count(errors, warnings) {
    this.counts = { errors, warnings };
    this.renderToggle();
  }

  connected(online) {
    if (online) this.waiting = clearTimeout(this.waiting);
    if (online === this.online || this.waiting) return;
    if (online) this.setOnline(true);
    else this.waiting = setTimeout(() => this.setOnline(false), PATIENCE);
  }

  setOnline(online) {
    this.online = online;
    this.say(online ? this.words.online : this.words.offlineText);
    this.render();
  }

  /** Whether the page is there at all. */
  exists(exists) {
    if (this.gone === !exists) return;
    this.gone = !exists;
    this.say(exists ? this.words.back : this.words.gone);
    this.render();
  }

  say(text) {
    this.alert.textContent = "";
    this.status.textContent = text;
  }

  /** The place under the pointer or the focus. */
  point(place) {
    this.place = place;
    const old = this.panel.querySelector(".preview-here");
    if (old) old.replaceWith(panel.here(this.words, this.state, place));
  }

  pressed(event) {
    const does = event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey && KEYS[event.code];
    if (!does || event.isComposing) return;
    event.preventDefault();
    this[does]({ byKey: true });
  }

  /** Escape takes away what has the focus, and gives the focus back. */
  escaped(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    if (this.panel.contains(event.target)) this.togglePanel({ byKey: true });
    else if (this.trouble.contains(event.target) && !this.folded) this.toggleTrouble({ byKey: true });
  }

  togglePanel({ byKey = false } = {}) {
    this.open = !this.open;
    if (this.open) this.before = this.document.activeElement;
    this.render();
    this.turned(this.open);
    if (!byKey) return;
    if (this.open) this.panel.querySelector("h2").focus();
    else if (this.before?.isConnected && this.before !== this.document.body && this.before !== this.host) this.before.focus({ preventScroll: true });
    else this.toggle.focus();
  }

  toggleTrouble({ byKey = false } = {}) {
    if (!this.failed) return;
    this.folded = !this.folded;
    this.render();
    if (byKey) this.trouble.querySelector("button").focus();
  }

  render() {
    this.renderToggle();
    const focused = this.section.getRootNode().activeElement;
    const name = focused?.dataset.name;
    this.panel.hidden = !this.open;
    if (this.open) this.panel.replaceChildren(...panel.parts(this.words, this.state, this.place, () => this.togglePanel({ byKey: true })));
    this.renderTrouble();
    this.document.documentElement.classList.toggle("md-preview-docked", this.open || (this.notes().length > 0 && !this.folded));
    if (name && !focused.isConnected) this.section.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
  }

  renderToggle() {
    const { words } = this;
    const { errors = 0, warnings = 0 } = this.counts ?? {};
    const marks = [];
    if (!this.online) marks.push(element("span", { class: "preview-mark warning" }, words.offline));
    if (errors) marks.push(element("span", { class: "preview-mark error" }, words.errors(errors)));
    if (warnings) marks.push(element("span", { class: "preview-mark" }, words.warnings(warnings)));
    this.toggle.replaceChildren(element("span", {}, words.preview), ...marks);
    this.toggle.setAttribute("aria-expanded", String(this.open));
  }

  /** What is to be read at the bottom edge, each a list of elements. */
  notes() {
    const notes = [];
    if (!this.online) notes.push(element("p", { class: "preview-note" }, this.words.offlineText));
    if (this.gone) notes.push(element("p", { class: "preview-note" }, this.words.gone));
    return notes;
  }

  renderTrouble() {
    const { words } = this;
    const notes = this.notes();
    this.trouble.hidden = !this.failed && !notes.length;
    const parts = [...notes];
    if (this.failed) {
      const fold = element("button", { type: "button", "data-name": "fold", "aria-expanded": String(!this.folded), "aria-controls": "errors", "aria-keyshortcuts": "Alt+Shift+E" }, this.folded ? words.unfold : words.fold);
      fold.addEventListener("click", () => this.toggleTrouble({ byKey: true }));
      const { errors } = this.state.site;
      parts.push(element("div", { class: "preview-head" }, element("strong", {}, words.errors(errors)), element("span", { class: "preview-why" }, words.trouble), fold));
      const list = shown(this.state);
      const more = errors - list.filter(({ severity }) => severity === "error").length;
      const rest = more > 0 ? [element("p", {}, words.more(more))] : [];
      parts.push(element("div", { id: "errors", class: "preview-errors", hidden: this.folded, role: "group", tabindex: "0", "aria-label": words.errors(errors) }, findings(words, this.state, list), ...rest));
    }
    this.trouble.replaceChildren(...parts);
  }
}

/** Whether two states of a page differ in nothing but their number. */
function same(before, after) {
  return JSON.stringify({ ...before, revision: 0 }) === JSON.stringify({ ...after, revision: 0 });
}

/** The errors to show: those of this page before the others. */
function shown(state) {
  const own = (state.diagnostics ?? []).filter(({ severity }) => severity === "error");
  const seen = new Set(own.map(({ excerpt }) => excerpt));
  return [...own, ...(state.site.first ?? []).filter(({ excerpt }) => !seen.has(excerpt))];
}
