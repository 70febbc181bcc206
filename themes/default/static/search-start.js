// Search is fetched when it is wanted: on the page of results, and when the box or the title of a request is pointed at or gets the focus.

const input = document.querySelector("form.search input");
const WANTED = "form.search, form.request [name=title]";
let [fetched, composing] = [undefined, false];

/** What was typed meanwhile is heard of then, unless an input method composes it still: it tells when it has done. */
function told() {
  const active = document.activeElement;
  if (active?.closest(WANTED) && active.value && !composing) active.dispatchEvent(new Event("input", { bubbles: true }));
}

function want() {
  // Without it the box is a form that leads to the page of results. The next time it is tried again.
  fetched ??= import("./search-box.js").then(told, () => (fetched = undefined));
}

for (const type of ["compositionstart", "compositionend"]) document.addEventListener(type, () => (composing = type === "compositionstart"));
for (const type of ["focusin", "pointerover"]) document.addEventListener(type, ({ target }) => target.closest?.(WANTED) && want());
// Ctrl+K, or ⌘K, leads to the box; in a field it may mean something else, and is left alone. A single character would be no key for all: speech
// input may type it (WCAG 2.1.4).
document.addEventListener("keydown", (event) => {
  if (!/^k$/i.test(event.key) || event.ctrlKey === event.metaKey || event.altKey || event.shiftKey || event.target.matches?.(":read-write")) return;
  event.preventDefault();
  input.focus();
  input.select();
});
if (document.querySelector(".found") || document.activeElement?.closest(WANTED)) want();
