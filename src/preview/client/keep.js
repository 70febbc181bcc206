// What a reader has at hand while the page changes: the place on the screen, the focus, and what was typed.

/** What a reading position holds on to. */
const BLOCKS = "h1, h2, h3, h4, h5, h6, p, li, tr, pre, dt, dd, figure, summary, .cell, .form-field, .form-choice";
const CONTROLS = "input, textarea, select";

/** Notes the place on the screen; the answer puts it back. At the very top of a page, the top is the place. */
export function holdPlace(document) {
  const view = document.defaultView;
  const root = document.documentElement;
  if (view.scrollY <= 0) return () => {};
  const anchors = anchored(document).map((node) => ({ node, top: node.getBoundingClientRect().top }));
  root.classList.add("md-preview-still");
  return () => {
    const anchor = anchors.find(({ node }) => node.isConnected && node.getClientRects().length > 0);
    const moved = anchor ? anchor.node.getBoundingClientRect().top - anchor.top : 0;
    if (Math.abs(moved) >= 0.5) view.scrollBy({ top: moved, behavior: "instant" });
    view.requestAnimationFrame(() => view.requestAnimationFrame(() => root.classList.remove("md-preview-still")));
  };
}

/** What is to stay where it is, the best first: what has the focus, the block at the top, those below it, those above it. */
function anchored(document) {
  const { innerHeight } = document.defaultView;
  // What sticks to the top covers so much of the page, and never moves itself: only the article's own blocks are looked at.
  const top = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  const seen = ({ top: upper, bottom }) => bottom > top + 1 && upper < innerHeight;
  const [above, within] = [[], []];
  for (const block of (document.querySelector("main article") ?? document.querySelector("main") ?? document.body).querySelectorAll(BLOCKS)) {
    const box = block.getBoundingClientRect();
    if (!box.height) continue;
    if (seen(box)) within.push({ block, at: box.top });
    else if (box.bottom <= top + 1) above.push(block);
    if (within.length > 60) break;
  }
  // A list item reaches over those in it: what begins on the screen is a finer hold than what began before it.
  within.sort((a, b) => (a.at < top) - (b.at < top));
  const active = document.activeElement;
  const focused = active && active !== document.body && active.matches(`${CONTROLS}, a, button, summary`) && seen(active.getBoundingClientRect());
  return [...(focused ? [active] : []), ...within.map(({ block }) => block), ...above.reverse().slice(0, 20)];
}

/** Notes what has the focus; the answer puts the focus on its like, should it have gone. */
export function holdFocus(document) {
  const active = document.activeElement;
  if (!active || active === document.body || active.shadowRoot) return () => {};
  const selection = selected(active);
  const near = [active.closest("[id]:not(form, main)")?.id, active.closest("article, form, section, nav, main")?.id].filter(Boolean);
  const like = likes(active);
  return () => {
    if (active.isConnected) return;
    const found = like && [...document.querySelectorAll(like)].find((other) => other.getClientRects().length > 0);
    const next = found ?? near.map((id) => document.getElementById(id)).find(Boolean) ?? document.querySelector("main, h1") ?? document.body;
    if (!found && next.tabIndex < 0 && !next.hasAttribute("tabindex")) next.setAttribute("tabindex", "-1");
    next.focus({ preventScroll: true });
    if (found && selection) next.setSelectionRange?.(...selection);
  };
}

/** A selector for what stands in the place of an element. */
function likes(element) {
  const quoted = (text) => CSS.escape(text);
  if (element.id) return `#${quoted(element.id)}`;
  const name = element.getAttribute("name");
  if (name) return `${element.localName}[name="${quoted(name)}"]${element.type === "radio" ? `[value="${quoted(element.value)}"]` : ""}`;
  const href = element.getAttribute("href");
  return href ? `a[href="${quoted(href)}"]` : "";
}

function selected(element) {
  try {
    const { selectionStart, selectionEnd, selectionDirection } = element;
    return selectionStart === null || selectionStart === undefined ? undefined : [selectionStart, selectionEnd, selectionDirection];
  } catch {
    // Some kinds of fields have no selection.
    return undefined;
  }
}

/** Notes what was entered into all forms; the answer enters it again wherever a control was made anew. */
export function holdAnswers(document) {
  const answers = new Map();
  for (const control of document.querySelectorAll(CONTROLS)) {
    if (control.name && isAnswered(control)) answers.set(key(control), { control, value: control.value, checked: control.checked });
  }
  return () => {
    for (const control of document.querySelectorAll(CONTROLS)) {
      const held = answers.get(key(control));
      if (!held || (held.control === control && control.localName !== "select")) continue;
      if (control.type === "radio" || control.type === "checkbox") control.checked = held.checked;
      else if (control.localName !== "select" || hasOption(control, held.value)) control.value = held.value;
    }
  };
}

function key(control) {
  const one = control.type === "radio" || control.type === "checkbox" ? control.value : "";
  return [control.form?.id, control.name, one].join(" ");
}

function isAnswered(control) {
  if (control.type === "radio" || control.type === "checkbox") return control.checked !== control.defaultChecked;
  if (control.localName === "select") return [...control.options].some((option) => option.selected !== option.defaultSelected);
  return control.value !== control.defaultValue;
}

function hasOption(select, value) {
  return [...select.options].some((option) => option.value === value);
}
