// What scripts say: the theme's messages for them stand in a file for each language, which pages name.

/** `draft_clear` as an element's data would name it: `draftClear`. */
const camel = (key) => key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** The messages whose keys begin so, by the rest of the key: in the language of an element, which names the file. */
export async function said(element, begins) {
  const { default: all } = await import(`./${element.dataset.words}`);
  const own = Object.entries(all).filter(([key]) => key.startsWith(begins));
  return Object.fromEntries(own.map(([key, text]) => [camel(key.slice(begins.length)), text]));
}
