// What the panel and the list of errors are made of.

/** An element with attributes and children; `hidden` and other switches are true or false. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "boolean") made.toggleAttribute(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** The address that opens a file in the writer's editor; none without a template or with one that would run a script. */
export function editorLink(template, { absolute, line = 1, column = 1 }) {
  if (!template || !absolute || !/^(?!javascript|data|vbscript)[a-z][a-z0-9+.-]*:/i.test(template)) return undefined;
  let path = absolute.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/").replace(/^([A-Za-z])%3A/, "$1:");
  if (template.includes("/{path}")) path = path.replace(/^\//, "");
  return template.replaceAll("{path}", path).replaceAll("{line}", line ?? 1).replaceAll("{column}", column ?? 1);
}

/** A place in a file, as a link to the editor where the file is known. */
function place(words, state, { path, absolute, line, column }) {
  const text = line ? `${path}:${line}` : path;
  const file = absolute ?? (state.root ? `${state.root}/${path}` : (state.places ?? []).find((other) => other.path === path)?.absolute);
  const href = editorLink(state.editor ?? "vscode://file/{path}:{line}:{column}", { absolute: file, line, column });
  const shown = element("code", { translate: "no" }, text);
  return href ? element("a", { href, title: words.edit(text), "data-name": `edit ${text}` }, shown) : shown;
}

/** Diagnostics, each as `check` prints it. */
export function findings(words, state, list) {
  const items = list.map((found) => {
    const head = element("p", { class: "preview-place" }, element("strong", { class: `preview-mark ${found.severity}` }, words[found.severity] ?? found.severity), " ", place(words, state, found));
    return element("li", {}, head, element("pre", { lang: "en", tabindex: "0", "data-name": `finding ${found.excerpt}`, role: "group", "aria-label": `${found.code} ${found.path}` }, found.excerpt));
  });
  return element("ul", { class: "preview-findings" }, ...items);
}

function fact(term, ...values) {
  return [element("dt", {}, term), element("dd", {}, ...values)];
}

/** How far the translation of this page is. */
function translation(words, state) {
  const parts = [words[state.availability] ?? state.availability];
  if (state.machine) parts.push(words.machine);
  if (state.draft) parts.push(words.draft);
  const { total = 0, untranslated = 0 } = state.segments ?? {};
  if (total) parts.push(words.segments(total, untranslated));
  return parts.filter(Boolean).map((part) => element("span", { class: "preview-part" }, part));
}

export const panel = {
  /** Everything in the panel. */
  parts(words, state, pointed, close) {
    const button = element("button", { type: "button", "data-name": "close" }, words.close);
    button.addEventListener("click", close);
    const head = element("div", { class: "preview-head" }, element("h2", { tabindex: "-1", "data-name": "title" }, words.panel), button);
    if (!state) return [head];
    const sources = (state.sources ?? []).map((source) => element("span", { class: "preview-part" }, place(words, state, { ...source, line: undefined })));
    const { errors = 0, warnings = 0 } = state.site ?? {};
    const list = element("dl", {}, ...(sources.length ? fact(words.sources, ...sources) : []),
      ...(state.availability ? fact(words.state, ...translation(words, state)) : []),
      ...fact(words.site, words.counts(errors, warnings)),
      ...fact(words.mail, element("a", { href: "/-/mail/" }, "/-/mail/")));
    const own = state.diagnostics ?? [];
    const found = own.length ? findings(words, state, own) : element("p", {}, words.none);
    return [head, panel.here(words, state, pointed), list, element("h3", {}, `${words.findings} (${own.length})`), found];
  },

  /** The place under the pointer. */
  here(words, state, pointed) {
    const shown = pointed && state ? place(words, state, pointed) : element("span", {}, words.hereNone);
    return element("p", { class: "preview-here" }, element("strong", {}, words.here), " ", shown);
  },
};
