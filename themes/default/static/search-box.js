// What search shows: the list below the box in the header, the page of results, and hints beside a form. Pages fetch it by search-start.js,
// when it is wanted.
import { said } from "./said.js";
import { Search, fold } from "./search.js";

const form = document.querySelector("form.search");
/** The language of the words around results, where it is not the page's: the form is marked so. */
const lang = form?.lang || undefined;

// ---- The box in the header

function set(holder, attributes) {
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) holder.setAttribute(key, value);
}

/** An element with attributes and children. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  set(made, attributes);
  made.append(...children);
  return made;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const marked = (pieces) => pieces.map(([text, mark]) => (mark ? element("mark", {}, text) : text));

/** What a result leads to. */
const href = (base, { address }) => new URL(`../${address.split("/").map((part, at, all) => (at === all.length - 1 ? part : encodeURIComponent(part))).join("/")}`, base).href;

/** Resolves when there is a style for what is shown here. The page of results has it from the start. */
function styled() {
  if (document.querySelector(".found")) return undefined;
  const href = new URL("./search.css", import.meta.url);
  const link = element("link", { rel: "stylesheet", href });
  const loaded = new Promise((known) => (link.onload = link.onerror = known));
  document.head.append(link);
  return loaded;
}

/** Calls back when typing has paused for so many milliseconds, never while an input method composes. */
function typed(input, wait, call) {
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(call, wait());
  };
  input.addEventListener("input", (event) => event.isComposing || later());
  input.addEventListener("compositionend", later);
  input.addEventListener("compositionstart", () => clearTimeout(timer));
}

const SHOWN = 7;

/** Results below the box while words are typed (ARIA combobox with a list). */
class Box {
  constructor(form, search, words) {
    Object.assign(this, { form, search, words, input: form.querySelector("input"), options: [], active: -1, turn: 0 });
    const id = `${this.input.id}-list`;
    // Results in the page's own language stand in a form that may be marked otherwise.
    this.own = lang && document.documentElement.lang;
    this.list = element("div", { id, role: "listbox", "aria-label": this.words.results });
    this.status = element("p", { class: "hidden", role: "status" });
    this.list.hidden = true;
    form.append(this.list, this.status);
    set(this.input, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id });
    // Where nothing is fetched for it, an answer costs a few milliseconds.
    typed(this.input, () => (search.whole ? 15 : 60), () => this.find());
    // The index is fetched while the first word is still being typed.
    const warm = () => search.warm().catch(() => {});
    this.input.addEventListener("focus", warm);
    if (document.activeElement === this.input) warm();
    this.input.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || this.close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.go(event.target.closest("[data-href]"), event.ctrlKey || event.metaKey));
  }

  async find() {
    const [turn, text] = [(this.turn += 1), this.input.value.trim()];
    // What was asked before must not keep what is asked now waiting.
    if (this.query) this.query.stopped = true;
    if ([...fold(text)].length < 2) return this.close();
    const query = (this.query = this.search.query(text));
    const show = () => turn === this.turn && document.activeElement === this.input && this.show(query, text);
    try {
      await query.more(show);
      show();
    } catch {
      // The page of results says what is wrong.
      if (turn === this.turn) this.close();
    }
  }

  show(query, text) {
    const results = query.sorted();
    const chosen = query === this.shown && this.options[this.active]?.dataset.href;
    this.shown = query;
    const shown = results.slice(0, SHOWN);
    const options = shown.map((result) => this.option(href(this.search.base, result), result.lang ?? this.own, element("strong", {}, result.title), element("span", {}, ...marked(result.snippet))));
    const exact = shown.filter(({ kind }) => kind === "exact").length;
    const apart = exact && exact < shown.length ? [this.group(options.slice(exact))] : options.slice(exact);
    const all = `${this.form.action}?q=${encodeURIComponent(text)}`;
    if (results.length > SHOWN || !query.complete) options.push(this.option(all, undefined, element("em", {}, this.words.all)));
    this.options = options;
    this.list.replaceChildren(...options.slice(0, exact), ...apart, ...options.slice(shown.length));
    this.status.textContent = results.length ? fill(this.words[query.complete ? "count" : "atLeast"], { count: results.length }) : this.words.none;
    if (!options.length) this.list.replaceChildren(element("div", { role: "option", "aria-disabled": "true", class: "none" }, this.words.none));
    this.open();
    // Who has chosen while more was looked for keeps the choice.
    this.choose(this.options.findIndex(({ dataset }) => dataset.href === chosen));
  }

  /** Pages with the words in other places, below those that have them just as they were written. */
  group(options) {
    return element("div", { role: "group", "aria-label": this.words.apart }, element("p", { class: "none", "aria-hidden": "true" }, this.words.apart), ...options);
  }

  /** An entry holds no link: it is itself what is chosen. */
  option(address, lang, ...content) {
    return element("div", { role: "option", id: `${this.list.id}-${Math.random().toString(36).slice(2)}`, "aria-selected": "false", "data-href": address, lang }, ...content);
  }

  go(option, apart) {
    if (!option) return;
    // A place in this page is to come into sight below the header, which the page makes no room for while its field has the focus: HTML has
    // the page scroll to a fragment before the focus leaves, whatever Chromium does.
    this.input.blur();
    apart ? window.open(option.dataset.href) : location.assign(option.dataset.href);
  }

  open(open = true) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", open);
    this.choose(-1);
  }

  close() {
    this.turn += 1;
    this.open(false);
  }

  choose(at) {
    this.options[this.active]?.setAttribute("aria-selected", "false");
    this.active = at;
    const chosen = this.options[at];
    chosen?.setAttribute("aria-selected", "true");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.input.setAttribute("aria-activedescendant", chosen.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    // While an input method composes, its keys are its own.
    if (event.isComposing || event.keyCode === 229) return;
    const open = !this.list.hidden && this.options.length > 0;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !open && this.input.value) this.find();
    if (step && open) this.choose(((this.active + 1 + step + this.options.length + 1) % (this.options.length + 1)) - 1);
    else if (event.key === "Enter" && open && this.active >= 0) this.go(this.options[this.active]);
    else if (event.key === "Escape" && !this.list.hidden) this.close();
    else return;
    event.preventDefault();
  }
}

// ---- The page of results

class Page {
  constructor(form, search, words) {
    Object.assign(this, { form, search, words, input: form.querySelector("input"), turn: 0 });
    this.place = document.querySelector(".found");
    this.status = this.place.querySelector("[role=status]");
    this.list = this.place.querySelector("ol");
    this.others = element("ul", { class: "results" });
    this.apart = element("section", { hidden: "" }, element("h2", { lang }, this.words.apart), this.others);
    this.next = element("button", { type: "button", hidden: "", lang }, this.words.more);
    this.place.append(element("p", { class: "more" }, this.next), this.apart);
    this.input.value = new URLSearchParams(location.search).get("q") ?? "";
    this.title = document.title;
    typed(this.input, () => 120, () => this.find());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.find();
    });
    this.next.addEventListener("click", () => this.more());
    if (this.input.value) this.find();
    else this.input.focus();
  }

  async find() {
    const text = this.input.value.trim();
    const address = new URL(location.href);
    if (text) address.searchParams.set("q", text);
    else address.searchParams.delete("q");
    history.replaceState(undefined, "", address);
    // Who reads on in another language looks for the same there.
    for (const link of document.querySelectorAll(".languages a[hreflang]")) link.search = address.search;
    document.title = text ? `${text} – ${this.title}` : this.title;
    this.query = this.search.query(text);
    this.list.replaceChildren();
    this.others.replaceChildren();
    this.apart.hidden = true;
    await this.more();
  }

  async more() {
    const turn = (this.turn += 1);
    const before = this.list.children.length;
    this.place.setAttribute("aria-busy", "true");
    this.next.hidden = true;
    try {
      await this.query.more();
      if (turn !== this.turn) return;
      this.show();
      if (before) this.list.children[before]?.querySelector("a").focus();
    } catch {
      if (turn === this.turn) this.say(this.words.failed);
    }
    this.place.removeAttribute("aria-busy");
  }

  show() {
    const { query } = this;
    const results = query.sorted();
    // Where there are pages with the query as it was written, the list holds these and no other.
    const exact = results.filter(({ kind }) => kind === "exact").length;
    const apart = exact > 0 && exact < results.length;
    if (exact) [...this.list.children].filter(({ dataset }) => dataset.match === "words").forEach((item) => item.remove());
    // What was shown keeps its place: who reads on must not lose it.
    const known = new Set([...this.list.children].map(({ dataset }) => dataset.page));
    const fresh = results.filter(({ page }) => !known.has(String(page)));
    this.list.append(...fresh.filter(({ kind }) => !apart || kind === "exact").map((result) => this.item(result)));
    this.others.replaceChildren(...(apart ? results.filter(({ kind }) => kind === "words").map((result) => this.item(result)) : []));
    this.apart.hidden = !apart;
    this.next.hidden = query.complete;
    if (query.short) return this.say(this.input.value.trim() ? this.words.short : "");
    if (!results.length) return this.say(query.complete ? this.words.none : this.words.looking);
    const values = { count: results.length, exact, query: this.input.value.trim() };
    this.say(fill(this.words[!query.complete ? "atLeast" : exact === results.length ? "count" : "mixed"], values));
  }

  say(text) {
    this.status.textContent = text;
  }

  item(result) {
    const link = element("a", { href: href(this.search.base, result), lang: result.lang }, result.title);
    const heading = result.heading && result.heading !== result.title ? [element("p", { class: "where", lang: result.lang }, result.heading)] : [];
    const words = element("p", { class: "snippet", lang: result.lang }, ...marked(result.snippet));
    return element("li", { "data-page": result.page, "data-match": result.kind }, link, ...heading, words);
  }
}

// ---- Hints beside a form

const HINTS = 3;

/** Below the title of a request: guidance that may answer it. It takes no focus, and goes when it has nothing to say. */
function hints(title, search, words) {
  const box = title.closest("[data-field]") ?? title.parentElement;
  const list = element("ul");
  const note = element("aside", { class: "hints", "aria-label": words.hints }, element("p", { lang }, words.hints), list);
  const status = element("p", { class: "hidden", role: "status", lang });
  note.hidden = true;
  box.append(note, status);
  let turn = 0;
  typed(title, () => 350, async () => {
    const [mine, text] = [(turn += 1), title.value.trim()];
    const here = location.pathname;
    const found = [...text].length < 4 ? [] : await search.hints(text, HINTS + 1).catch(() => []);
    if (mine !== turn) return;
    const links = found.map((result) => [href(search.base, result), result]).filter(([to]) => new URL(to).pathname !== here).slice(0, HINTS);
    list.replaceChildren(...links.map(([to, { title: name, lang: own, snippet: pieces }]) => element("li", {}, element("a", { href: to, target: "_blank", rel: "noopener", lang: own }, name, element("span", { class: "hidden", lang: lang ?? document.documentElement.lang }, ` ${words.newTab}`)), element("span", { lang: own }, ...marked(pieces)))));
    note.hidden = !links.length;
    status.textContent = links.length ? fill(words.hintsCount, { count: links.length }) : "";
  });
}

if (form) {
  const [words] = await Promise.all([said(form, "search_"), styled()]);
  const search = new Search(new URL(form.action));
  if (document.querySelector(".found")) new Page(form, search, words);
  else new Box(form, search, words);
  for (const title of document.querySelectorAll("form.request [name=title]")) hints(title, search, words);
}
