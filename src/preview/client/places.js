// Where a part of the page stands in its files.

const HEADINGS = "h1, h2, h3, h4, h5, h6";

/**
 * The part of the page at an element, and its place. Segments and headings know theirs by name; blocks with neither are told
 * apart by their order, as the server counts them.
 */
export function placeOf(element, places) {
  const article = element.closest?.("main article");
  if (!article || !places?.length) return undefined;
  const segment = element.closest("[data-seg]");
  if (segment) return found(segment, places.find((place) => place.segment === segment.dataset.seg));
  const heading = element.closest(HEADINGS) ?? element.closest(".heading")?.querySelector(HEADINGS);
  if (heading?.id) return found(heading, places.find((place) => place.id === heading.id));
  const block = blocks(article).find((block) => block.contains(element));
  if (!block) return undefined;
  const inner = block.querySelector(`[data-seg], :is(${HEADINGS})[id]`);
  if (inner) return placeOf(inner, places) && { ...placeOf(inner, places), element: block };
  const nameless = blocks(article).filter((block) => !block.querySelector(`[data-seg], :is(${HEADINGS})[id]`));
  return found(block, places.filter((place) => !place.segment && !place.id)[nameless.indexOf(block)]);
}

function found(element, place) {
  return place && { element, place };
}

/** The blocks of the top level. */
function blocks(article) {
  return [...article.children];
}
