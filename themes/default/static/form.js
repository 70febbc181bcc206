// A form's script is fetched when the form comes near: a little before it is seen, or when it is pointed at or has the focus. Until then, and
// without it, the form is posted, reviewed on a page of the counter, and confirmed there; both ways send the same request.

/** How far below the window a form may be: what the script adds must have its place before it is seen. */
const NEAR = "400px";
let fetched;

function want() {
  // The next time it is tried again.
  fetched ??= import("./request-form.js").then(({ start }) => start()).catch(() => (fetched = undefined));
}

const near = new IntersectionObserver((seen) => seen.some(({ isIntersecting }) => isIntersecting) && want(), { rootMargin: NEAR });
for (const form of document.querySelectorAll("form.request")) {
  near.observe(form);
  for (const type of ["focusin", "pointerover"]) form.addEventListener(type, want);
}
