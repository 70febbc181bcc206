// What the server said last, beside what the browser shows. Only the difference between what it said and what it says now is
// carried over, so that whatever scripts and readers did to the page stays: typed text, open tabs, marks of the form.
import { align } from "./align.js";

const ELEMENT = 1;

/** A page as the server sent it, without what the preview put into it. */
export function parse(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.head.querySelectorAll('[src^="/-/"], [href^="/-/"]').forEach((own) => own.remove());
  page.normalize();
  return page;
}

export class Shadow {
  /** `said` is the page as parsed, `shown` the document that shows it. */
  constructor(said, shown) {
    Object.assign(this, { said, document: shown, shown: new WeakMap(), changed: new Set() });
    this.pair(said.documentElement, shown.documentElement);
  }

  /** Carries over what is new. Gives the elements of the page that have changed. */
  update(now) {
    this.changed = new Set();
    this.morph(this.said.documentElement, now.documentElement);
    return [...this.changed].filter((element) => element.isConnected);
  }

  /** The node that shows what was said, if it still stands in the page. */
  standing(said) {
    const shown = this.shown.get(said);
    return shown?.isConnected ? shown : undefined;
  }

  pair(said, shown) {
    this.shown.set(said, shown);
    let next = shown.firstChild;
    for (const child of said.childNodes) {
      const found = counterpart(child, next);
      if (!found) continue;
      this.pair(child, found);
      next = found.nextSibling;
    }
  }

  morph(said, now) {
    this.attributes(said, now, this.standing(said));
    this.children(said, now);
  }

  attributes(said, now, shown) {
    for (const name of new Set([...said.getAttributeNames(), ...now.getAttributeNames()])) {
      const [old, value] = [said.getAttribute(name), now.getAttribute(name)];
      if (old === value) continue;
      put(said, name, value);
      if (!shown) continue;
      this.changed.add(shown);
      if (name === "class" && shown.getAttribute("class") !== old) classes(shown, old ?? "", value ?? "");
      else put(shown, name, value);
    }
  }

  children(said, now) {
    const before = [...said.childNodes];
    const matches = align(before, [...now.childNodes]);
    let [at, last] = [0, null];
    [...now.childNodes].forEach((node, index) => {
      const match = matches[index];
      if (match === undefined) return void (last = this.insert(said, node, last));
      while (at < match) this.remove(before[at++]);
      at = match + 1;
      last = before[match];
      if (!last.isEqualNode(node)) last = this.replace(last, node);
    });
    while (at < before.length) this.remove(before[at++]);
  }

  /** Makes a node like another of its kind; gives the node that stands in its place then. */
  replace(said, now) {
    if (said.nodeType !== ELEMENT) return this.text(said, now);
    const special = this.special?.(said, now, this.standing(said));
    if (special === "whole") {
      const made = this.insert(said.parentNode, now, said);
      this.remove(said);
      return made;
    }
    this.morph(said, now);
    return said;
  }

  text(said, now) {
    const shown = this.standing(said);
    if (shown) {
      retype(shown, now.nodeValue);
      this.changed.add(shown.parentElement);
    } else if (said.parentNode) {
      this.standing(said.parentNode)?.replaceChildren(now.nodeValue);
    }
    said.nodeValue = now.nodeValue;
    return said;
  }

  insert(parent, node, after) {
    const said = this.said.importNode(node, true);
    parent.insertBefore(said, after ? after.nextSibling : parent.firstChild);
    const place = this.standing(parent);
    if (!place) return said;
    const shown = copy(this.document, node);
    place.insertBefore(shown, this.following(said, place));
    this.pair(said, shown);
    this.changed.add(shown.nodeType === ELEMENT ? shown : place);
    return said;
  }

  /** Where a new node belongs: after the nearest node before it that is shown, else before the nearest after it. */
  following(said, place) {
    for (let near = said.previousSibling; near; near = near.previousSibling) {
      const shown = this.shown.get(near);
      if (shown?.parentNode === place) return shown.nextSibling;
    }
    for (let near = said.nextSibling; near; near = near.nextSibling) {
      const shown = this.shown.get(near);
      if (shown?.parentNode === place) return shown;
    }
    return place.firstChild;
  }

  remove(said) {
    const shown = this.standing(said);
    said.remove();
    if (!shown) return;
    if (shown.parentElement) this.changed.add(shown.parentElement);
    shown.remove();
  }
}

/** The first of some siblings that can be what a node became. */
function counterpart(said, from) {
  for (let node = from; node; node = node.nextSibling) if (node.isEqualNode(said)) return node;
  const key = named(said);
  for (let node = from; node; node = node.nextSibling) if (named(node) === key) return node;
  return undefined;
}

function named(node) {
  if (node.nodeType !== ELEMENT) return node.nodeName;
  return [node.nodeName, node.id, node.classList[0], node.getAttribute("name"), node.getAttribute("href"), node.getAttribute("src")].join(" ");
}

/** A copy for the document; scripts of a parsed page would never run, so they are made anew. */
function copy(document, node) {
  const made = document.importNode(node, true);
  if (node.nodeName !== "SCRIPT") return made;
  const script = document.createElement("script");
  for (const { name, value } of node.attributes) script.setAttribute(name, value);
  return script;
}

function put(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** Changes the classes that have changed, and leaves those that scripts have set. */
function classes(element, old, value) {
  const [before, after] = [old, value].map((text) => text.split(/\s+/).filter(Boolean));
  element.classList.remove(...before.filter((name) => !after.includes(name)));
  element.classList.add(...after.filter((name) => !before.includes(name)));
}

/** Changes only the letters that differ: a selection around them stays. */
function retype(text, value) {
  const old = text.data;
  const short = Math.min(old.length, value.length);
  let [head, tail] = [0, 0];
  while (head < short && old[head] === value[head]) head += 1;
  while (tail < short - head && old.at(-1 - tail) === value.at(-1 - tail)) tail += 1;
  text.replaceData(head, old.length - head - tail, value.slice(head, value.length - tail));
}
