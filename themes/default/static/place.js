// The reader's place in a page: carried into the links that show the page in another way, and into the report of a translation.

/** The longest address that a report is opened with: web servers commonly take a request line of up to 8 KB. */
const MOST_ADDRESS = 6000;

/** The language that a piece of a segment is in: that of its column, else of the article. */
export function language(piece) {
  return piece.closest(".cell, summary > [lang], article[lang], html").lang;
}

/** The words of a segment in a language: from its first piece to its last. */
export function words(key, lang) {
  const pieces = [...document.querySelectorAll(`article [data-seg="${key}"]`)].filter((piece) => language(piece) === lang);
  if (!pieces.length) return "";
  const range = new Range();
  range.setStartBefore(pieces[0]);
  range.setEndAfter(pieces.at(-1));
  return range.toString().replace(/\s+/g, " ").trim();
}

/** The segment that the reader has marked, put the cursor in, or followed a link to. */
function chosen() {
  const node = getSelection().anchorNode;
  const selected = (node?.closest ? node : node?.parentElement)?.closest("article .seg");
  return document.querySelector(".seg[aria-current]") ?? selected ?? document.querySelector(".seg:target");
}

/** Whether the page glides to what its address names: until it rests there, what it passes is not where the reader is. A browser that does
 * not tell when a page rests is not asked. */
let gliding = "onscrollend" in window;
addEventListener("hashchange", () => { gliding = "onscrollend" in window; });
addEventListener("scrollend", () => { gliding = false; });

/** The fragment that finds the reader's place again in another view: the marked segment, else the first heading or segment in sight. */
function fragment() {
  const marked = document.querySelector(".seg[aria-current]");
  if (marked) return `#s-${marked.dataset.seg}`;
  if (gliding && location.hash) return location.hash;
  const top = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  // At the end of a page what a link led to cannot come to the top.
  const target = document.querySelector("article :target")?.getBoundingClientRect();
  if (target && target.bottom > top && target.top < innerHeight) return location.hash;
  const places = document.querySelectorAll("article :is(h1, h2, h3, h4, h5, h6)[id], article .seg[id]");
  const first = [...places].find((one) => one.getBoundingClientRect().bottom > top);
  return !first || first.localName === "h1" ? location.hash : `#${first.id}`;
}

function shortened(text, most) {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}

/** The address of the form with the segment and its texts filled in, each as long as the form and an address allow. */
function report(link) {
  const { page, source, target, sourceMost, targetMost } = link.dataset;
  const [key, url] = [chosen()?.dataset.seg, new URL(page)];
  if (!key) return page;
  url.searchParams.set("segment", `s-${key}`);
  const texts = [["source_text", words(key, source), sourceMost], ["target_text", words(key, target), targetMost]];
  for (let share = 1; share > 0.01; share *= 0.9) {
    for (const [name, text, most] of texts) if (text && most > 0) url.searchParams.set(name, shortened(text, Math.floor(most * share)));
    if (url.href.length <= MOST_ADDRESS) break;
  }
  return url.href;
}

// A link says where it leads when it is pointed at or has the focus, and once more when it is followed: a pointer may have rested on it while
// the page came, or while it glided.
for (const type of ["pointerover", "focusin", "pointerdown", "click"]) {
  addEventListener(type, ({ target }) => {
    const link = target.closest?.("a");
    if (link?.matches(".languages a, .single a")) link.hash = fragment();
    if (link?.matches("[data-source]")) {
      link.dataset.page ??= link.href;
      link.href = report(link);
    }
  });
}
