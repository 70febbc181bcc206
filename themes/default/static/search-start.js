// Search is fetched when it is wanted: on the page of results, and when the box or the title of a request is pointed at or gets the focus.

const input = document.querySelector("form.search input");
const WANTED = "form.search, form.request [name=title]";
const load = () => import("./search.js");

if (document.querySelector(".found")) load();
for (const type of ["focusin", "pointerover"]) document.addEventListener(type, ({ target }) => target.closest?.(WANTED) && load());
// `/` leads to the box, unless it is typed.
document.addEventListener("keydown", (event) => {
  const typing = event.target.isContentEditable || /^(?:input|textarea|select)$/.test(event.target.localName ?? "");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing) return;
  event.preventDefault();
  input.focus();
  input.select();
});
if (document.activeElement?.closest(WANTED)) load();
