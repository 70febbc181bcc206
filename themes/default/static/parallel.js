// Both languages in one view: the pair of a segment is marked, the keyboard moves between segments, texts are copied, and the reader's
// choice of order and arrangement is remembered. Without this script the view is complete; its checkboxes work by styles alone.
import { language, words } from "./place.js";

const STORE = "madoguchi-parallel";
const MOVES = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];

const article = document.querySelector("article");
const bar = document.querySelector(".bar");
const [other, interleaved] = bar.querySelectorAll("input");
const tools = bar.querySelector("[role=group]");
const status = bar.querySelector("[role=status]");

// ---- order and arrangement ----

let swapped = false;

/** Brings the language that leads to the front, so that the order of reading and of the keyboard is the one that is seen. */
function arrange() {
  if (other.checked !== swapped) article.querySelectorAll(".row").forEach((row) => row.append(row.firstElementChild));
  swapped = other.checked;
}

/** The choice that the address expresses, else the one that this browser remembers. */
function recall() {
  const asked = new URLSearchParams(location.search);
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(STORE)) ?? kept;
  } catch {
    // The browser keeps nothing for this site, or what it kept is damaged.
  }
  const choice = (name) => asked.get(name) ?? kept[name];
  other.checked = choice("lead") === other.value;
  interleaved.checked = choice("layout") === interleaved.value;
}

function remember() {
  const lead = other.checked ? other.value : other.dataset.first;
  const layout = interleaved.checked ? interleaved.value : "side";
  const url = new URL(location);
  url.searchParams.set("lead", lead);
  url.searchParams.set("layout", layout);
  address(url);
  try {
    localStorage.setItem(STORE, JSON.stringify({ lead, layout }));
  } catch {
    // The choice holds for this page only.
  }
}

/** Puts an address into the browser's bar, unless it has had enough of them for now. */
function address(url) {
  try {
    history.replaceState(history.state, "", url);
  } catch {
    // The view is right all the same.
  }
}

// ---- marking ----

const pieces = (key) => article.querySelectorAll(`[data-seg="${key}"]`);
const marked = () => article.querySelector(".seg[aria-current]");

function set(attribute, value, key) {
  article.querySelectorAll(`.seg[${attribute}]`).forEach((piece) => piece.removeAttribute(attribute));
  if (key) pieces(key).forEach((piece) => piece.setAttribute(attribute, value));
}

/** Marks a segment and its pair, and makes its permalink the page's address; without a segment, takes the mark away. */
function mark(piece) {
  const key = piece?.dataset.seg;
  if (key === marked()?.dataset.seg) return;
  set("aria-current", "true", key);
  bar.toggleAttribute("data-marked", Boolean(key));
  say();
  const url = new URL(location);
  url.hash = key ? `s-${key}` : "";
  address(url);
}

/** The first piece of each segment that can be seen, in each language. */
function stops() {
  const seen = new Set();
  const isFirst = (piece) => {
    const name = `${piece.dataset.seg} ${language(piece)}`;
    return !seen.has(name) && seen.add(name);
  };
  return [...article.querySelectorAll(".seg")].filter((piece) => isFirst(piece) && piece.checkVisibility());
}

/** One segment can be reached with the Tab key; from there, arrow keys lead to the others. */
function stop(piece) {
  piece.tabIndex = 0;
  article.querySelectorAll(".seg[tabindex]").forEach((one) => {
    if (one !== piece) ["tabindex", "aria-describedby"].forEach((name) => one.removeAttribute(name));
  });
}

/** At once, for a key that is held down would overtake a page that glides. */
function go(piece) {
  if (!piece) return;
  stop(piece);
  piece.focus({ preventScroll: true });
  piece.scrollIntoView({ block: "nearest", behavior: "instant" });
}

/** The stop that stands for a piece. */
function head(piece) {
  return stops().find((one) => one.dataset.seg === piece.dataset.seg && language(one) === language(piece));
}

function move(piece, key) {
  const [all, { seg }, lang] = [stops(), piece.dataset, language(piece)];
  const column = all.filter((one) => language(one) === lang);
  const at = column.indexOf(piece);
  const pair = () => all.find((one) => one.dataset.seg === seg && language(one) !== lang);
  const to = { ArrowUp: () => column[at - 1], ArrowDown: () => column[at + 1], Home: () => column[0], End: () => column.at(-1) }[key] ?? pair;
  go(to());
}

function clear() {
  // The place in the order of the keyboard stays.
  if (tools.contains(document.activeElement)) go(article.querySelector(".seg[tabindex]"));
  mark();
}

// ---- copying ----

/** The segment in the languages' order, and a link to it. */
function quotation() {
  const [key, url] = [marked().dataset.seg, new URL(location)];
  [url.search, url.hash] = ["", `s-${key}`];
  const languages = [...new Set([...pieces(key)].map(language))];
  return [...languages.map((lang) => words(key, lang)), url.href].join("\n");
}

/** Where the clipboard may not be written directly, as on a page without HTTPS, the browser's own copying is used. */
function copyOtherwise(text) {
  const fill = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };
  document.addEventListener("copy", fill, { once: true });
  const copied = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  return copied;
}

async function copy() {
  const text = quotation();
  try {
    await navigator.clipboard.writeText(text);
    say("copied");
  } catch {
    say(copyOtherwise(text) ? "copied" : "failed");
  }
}

/** Says in both languages how copying went; styles show the language that leads. */
function say(what) {
  bar.dataset.said = what ?? "";
  const said = what ? bar.querySelector(`template.${what}`).content.cloneNode(true) : "";
  status.replaceChildren(said);
}

// ---- what the reader does ----

article.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType !== "touch") set("data-near", "", target.closest(".seg")?.dataset.seg);
});
article.addEventListener("pointerleave", () => set("data-near"));

let before;
article.addEventListener("pointerdown", () => (before = marked()?.dataset.seg));
article.addEventListener("click", ({ target }) => {
  if (target.closest("a, summary, button, input, label, form") || !getSelection().isCollapsed) return;
  const piece = target.closest(".seg");
  if (!piece || piece.dataset.seg === before) mark();
  else go(head(piece));
});
article.addEventListener("focusin", ({ target }) => {
  const piece = target.closest(".seg");
  if (!piece) return;
  mark(piece);
  stop(head(piece));
});
article.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (!target.matches(".seg") || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (MOVES.includes(key)) move(target, key);
  else if (key === "Enter" && marked()) tools.querySelector("button").focus();
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  if (marked()) clear();
  else if (document.activeElement.matches(".seg")) document.activeElement.blur();
});
bar.addEventListener("change", () => {
  arrange();
  remember();
});
bar.querySelector(".copy").addEventListener("click", copy);
bar.querySelector(".clear").addEventListener("click", clear);

/** The segment that the address names is marked. */
function arrive() {
  const named = document.getElementById(location.hash.slice(1));
  if (!named?.matches("article .seg")) return;
  mark(named);
  stop(named);
}
addEventListener("hashchange", arrive);

recall();
// From now on the order of the rows' parts is the document's own, not that of the styles.
article.dataset.live = "";
arrange();
const first = stops()[0];
if (first) {
  stop(first);
  first.setAttribute("aria-describedby", "md-keys");
}
arrive();
