// The text that a reader sees.

const LINE = "a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|font|i|img|input|ins|kbd|label|mark|q|rp|rt|ruby|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr";
const REFERENCES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", "#x27": "'", "#39": "'" };

/** The text of an article as a reader sees it, by regular expressions. Lines of code are no lines of text: what goes over their ends is found. */
export function seen(html) {
  const article = /<article(?: lang="[^"]*" dir="[^"]*")?>([^]*?)<\/article>/.exec(html)?.[1] ?? "";
  return article
    .replace(/<pre[^]*?<\/pre>/g, (code) => code.replaceAll("\n", " "))
    .replace(/<a class="heading-(?:link|twin)"[^]*?<\/a>/g, "")
    .replace(/<div class="form-trap"[^]*?<\/div>/g, "")
    .replace(/<div class="form-faults"[^>]*hidden>[^]*?<\/div>/g, "")
    .replace(/<span class="hidden">[^]*?<\/span>/g, "")
    .replace(new RegExp(`</?(?:${LINE})(?: [^>]*)?>`, "g"), "")
    .replace(/<[^>]*>/g, "\n")
    .replace(/&([a-z]+|#x?[0-9a-f]+);/g, (all, name) => REFERENCES[name] ?? all);
}
