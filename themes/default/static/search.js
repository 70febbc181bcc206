// Search in this browser: reads the index that the press writes beside the pages (src/site/search.rs tells its format and its rules).
// It knows no document: search-box.js shows what it finds.

// ---- Folding and grams: the same as in src/site/search/fold.rs and gram.rs, held against tests/corpus/search.json

const CLUSTER = /.[\p{M}\uFF9E\uFF9F\u1160-\u11FF]*/gsu;
/** Letters of Hangul that would join the one before them if a whole text were normalized at once, and do not as a cluster of their own. */
const JAMO = /[\u3131-\u3163\uFFA3-\uFFDC]/;
const SPECIAL = /[\0-\t\v-\x1f\x7f-\xa0\xad\u1680\u2000-\u200b\u2010-\u2015\u2018\u2019\u201c\u201d\u2028\u2029\u202f\u205f\u2060\u2212\u3000\u301c\ufeff\ufe00-\ufe0fςß\u{e0100}-\u{e01ef}]/gu;
const SPACE = /[\t-\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const PLAIN = { "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2212": "-", "\u301c": "~", "ς": "σ", "ß": "ss" };

const special = (c) => (SPACE.test(c) ? " " : (PLAIN[c] ?? (c >= "\u2010" && c <= "\u2015" ? "-" : "")));
const plain = (text) => text.normalize("NFKC").toLowerCase().replace(SPECIAL, special);

const DENSE = /[\u3005-\u3007\u3041-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF\u{20000}-\u{3FFFF}]/u;
const BETWEEN = new RegExp(`(?<=${DENSE.source}) +(?=${DENSE.source})`, "gu");

/** A text, folded, but for its line breaks. Of one without `JAMO` the whole gives what its clusters give, and fifty times as fast. */
function foldLines(text) {
  const folded = (JAMO.test(text) ? text.replace(CLUSTER, plain) : plain(text)).replace(BETWEEN, "");
  // Most texts have nothing of this, and it takes longer to replace than to find.
  return (/\s\s/.test(folded) ? folded.replace(/ *\n[ \n]*/g, "\n").replace(/ {2,}/g, " ") : folded).trim();
}

/** A text, folded. */
export const fold = (text) => foldLines(text).replaceAll("\n", " ");

/** For each place in a folded line its place in the line. */
function placesOfLine(line) {
  const places = [];
  let [last, space] = ["", -1];
  for (const { 0: cluster, index } of line.matchAll(CLUSTER)) {
    for (const c of plain(cluster)) {
      if (c === " ") space = space < 0 ? index : space;
      else {
        if (last && space >= 0 && !(DENSE.test(last) && DENSE.test(c))) places.push(space);
        for (const _ of c.length > 1 ? "ab" : "a") places.push(index);
        [last, space] = [c, -1];
      }
    }
  }
  return places;
}

/** How many of ascending numbers are less. */
function less(numbers, than) {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    numbers[middle] < than ? (from = middle + 1) : (to = middle);
  }
  return from;
}

/** The same, with `place`, which gives the place in `text` of a place in the result, and `line`, which gives that in the result of a line's beginning. */
export function foldWithPlaces(text, folded = foldLines(text)) {
  const starts = (lines, at = 0) => lines.map(({ length }) => (at += length + 1) - length - 1);
  const [lines, left] = [text.split("\n"), folded.split("\n")];
  const [from, to] = [starts(lines), starts(left)];
  // Of some lines nothing is left.
  const kept = [...lines.keys()].filter((at) => lines.length === left.length || fold(lines[at]));
  const counted = [];
  const place = (at) => {
    if (at >= folded.length) return text.length;
    const within = less(to, at + 1) - 1;
    const line = kept[within];
    counted[line] ??= placesOfLine(lines[line]);
    return from[line] + (counted[line][at - to[within]] ?? lines[line].length);
  };
  const begin = kept.map((at) => from[at]);
  const line = (start) => to[less(begin, start)] ?? folded.length + 1;
  return { text: folded.replaceAll("\n", " "), place, line };
}

/** The grams of a folded text, each once. */
export function grams(folded) {
  const found = new Set();
  const chars = [...folded];
  const dense = chars.map((c) => DENSE.test(c));
  for (let at = 1; at < chars.length; at += 1) {
    const [a, b] = [chars[at - 1], chars[at]];
    if ((a !== " " && b !== " ") || dense[at - 1] || dense[at]) found.add(a + b);
    if (at > 1 && !dense[at - 2] && !dense[at - 1] && !dense[at]) found.add(chars[at - 2] + a + b);
  }
  return [...found];
}

/** The file that a gram stands in, of so many. */
export function shard(gram, shards) {
  let hash = 0x811c9dc5;
  for (const c of gram) hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) & (shards - 1);
}

// ---- The files of the index

/** Bytes, opened. As the body of an answer they stay in this process; a Blob would not. */
const inflate = (bytes) => new Response(new Response(bytes).body.pipeThrough(new DecompressionStream("deflate")));

/** Bytes in base64; browsers of before 2025 take some ten milliseconds longer. */
const decode = (text) => Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (c) => c.charCodeAt());

/** What is told of the index in a locale's file. The texts of a small site stand in it. */
const directory = async ({ base, get }) => (await get(new URL("index.json", base), { cache: "no-cache" })).json();

/** The files of one locale. */
class Language {
  constructor(base, directory, get) {
    Object.assign(this, directory, { base, get, grams: new Map(), packs: new Map() });
  }

  async file(folder, number, meter) {
    if (!this.shards) return inflate(decode(this.packed ?? (await directory(this)).locales[0].packed));
    const response = await this.get(new URL(`${folder}/${String(number).padStart(3, "0")}.bin?${this.key}`, this.base));
    if (!response.ok) throw new Error(response.url);
    const bytes = await response.arrayBuffer();
    meter.bytes += bytes.byteLength;
    meter.largest = Math.max(meter.largest, bytes.byteLength);
    return inflate(bytes);
  }

  /** By gram, where its list stands in the file; read once. */
  async lists(number, meter) {
    return once(this.grams, number, () => this.file("g", number, meter).then((file) => file.arrayBuffer()).then(readGrams));
  }

  /** As `pagesOf` for any folded text, in the texts of all pages: where they are few, there are no grams. */
  async scanned(folded, meter) {
    const pages = new Uint8Array(this.pages);
    for (const text of await this.every(meter)) {
      if (text.folded.includes(folded)) pages[text.page] = text.parts.headings.some(({ words }) => words.includes(folded)) ? 3 : 1;
    }
    return pages;
  }

  /** The texts of all pages of a small site. */
  async every(meter) {
    return [...(await this.opened(0, meter)).values()];
  }

  /** By page: 1 if the gram is on it, 3 if in a heading; nothing if it is nowhere. */
  async pagesOf(gram, meter) {
    const file = await this.lists(shard(gram, this.shards), meter);
    const range = file.places.get(gram);
    if (!range) return undefined;
    const pages = new Uint8Array(this.pages);
    let page = -1;
    for (let at = range[0]; at < range[1];) {
      let [number, shift] = [0, 0];
      do number += (file.bytes[at] & 0x7f) << shift, (shift += 7); while (file.bytes[at++] & 0x80);
      page += (number >> 1) + 1;
      pages[page] = number & 1 ? 3 : 1;
    }
    return pages;
  }

  /** The texts of a page, read with its neighbours. */
  async text(page, meter) {
    return (await this.opened(Math.floor(page / this.pack), meter)).get(page);
  }

  /** Whether the texts of a page are there, or on their way. */
  has(page) {
    return this.packs.has(Math.floor(page / this.pack));
  }

  /** Names the file of a page's texts, among those of all languages. */
  place(page) {
    return `${this.locale} ${Math.floor(page / this.pack)}`;
  }

  /** The texts of a file, by page. */
  async opened(number, meter) {
    return once(this.packs, number, () => this.file("p", number, meter).then((file) => file.json()).then((rows) => new Map(rows.map((row) => [row[0], new Text(row)]))));
  }
}

/** What a key stands for, made once; a failure is not kept. */
function once(all, key, make) {
  if (!all.has(key)) {
    all.set(key, make().catch((error) => {
      all.delete(key);
      throw error;
    }));
  }
  return all.get(key);
}

function readGrams(buffer) {
  const bytes = new Uint8Array(buffer);
  let at = 0;
  const number = () => {
    let [value, shift] = [0, 0];
    do value += (bytes[at] & 0x7f) << shift, (shift += 7); while (bytes[at++] & 0x80);
    return value;
  };
  const length = number();
  const keys = new TextDecoder().decode(bytes.subarray(at, at + length));
  at += length;
  let last = [];
  const lengths = [...keys.matchAll(/([\x01-\x04])([^\x01-\x04]*)/g)].map(([, shared, rest]) => {
    last = [...last.slice(0, shared.charCodeAt(0) - 1), ...rest];
    return [last.join(""), number()];
  });
  const places = new Map();
  for (const [key, size] of lengths) places.set(key, [at, (at += size)]);
  return { bytes, places };
}

/** The text of a page. What only pages need that are found is made when it is asked for. */
class Text {
  constructor([page, address, title, locales, marked, numbers, order]) {
    Object.assign(this, { page, address, title, locales, marked, numbers, order, text: marked.replaceAll("\x7f", "") });
  }

  get lines() {
    return (this.even ??= foldLines(this.text));
  }

  get folded() {
    return (this.whole ??= this.lines.replaceAll("\n", " "));
  }

  get parts() {
    return (this.made ??= this.make());
  }

  make() {
    const { place, line } = foldWithPlaces(this.text, this.lines);
    const [headings, numbers] = [[], this.numbers];
    let begin = 0;
    for (let at = 0; at < numbers.length; at += 4) {
      const stop = (begin += numbers[at]) + numbers[at + 1];
      const [from, to] = [line(begin), line(stop + 1) - 1];
      headings.push({ start: begin, end: stop, from, to, words: this.folded.slice(from, to), level: numbers[at + 2], id: numbers[at + 3] });
    }
    return { place, headings, called: fold(this.title) };
  }

  get segments() {
    let end = 0;
    const starts = this.marked.split("\x7f").map((part) => (end += part.length)).slice(0, -1);
    return starts.map((start, at) => ({ start, end: starts[at + 1] ?? this.text.length, number: this.order[at] ?? at }));
  }
}

// ---- Words

const STOP = new Set("a an and are as at be by can cannot do does for from has have how i if in into is it me my not of on or our so that the their there they this to was we what when where which who why will with you your".split(" "));

/** The stem of an English word: what is left without the usual endings. Others keep theirs. */
export function stem(word) {
  if (!/^[a-z]{4,}$/.test(word)) return word;
  let s = word.replace(/(?:'s|s')$/, "");
  if (/ies$/.test(s) && s.length > 4) s = `${s.slice(0, -3)}y`;
  else if (/(?:ss|us|is)$/.test(s)) s += "";
  else if (/(?:[sxz]|[cs]h)es$/.test(s)) s = s.slice(0, -2);
  else s = s.replace(/s$/, "");
  const cut = s.replace(/(?:ing|ions?|ed|ments?)$/, "");
  if (cut.length >= 3 && /[aeiouy]/.test(cut)) s = cut.replace(/([bdfgmnprt])\1$/, "$1");
  return s.replace(/e$/, "").replace(/y$/, "i");
}

const RUNS = /[\u30A1-\u30FA\u30FC-\u30FE]{2,}|[\u3400-\u9FFF々〆]+(?:[りしいけえきみちれめせつ]{1,2}[\u3400-\u9FFF々]+)*|[\uAC00-\uD7AF]{2,}|[^\s\u3041-\u30FF\u3400-\u9FFF\uAC00-\uD7AF!-\/:-@[-\x60{-~、。，．・「」『』【】（）？！]+/gu;

/** The words of a folded query; with `runs`, those that stand in Japanese written without spaces. */
export function wordsOf(folded, runs) {
  const parts = runs ? (folded.match(RUNS) ?? []) : folded.split(/[\s,;:!?()"。、]+/u);
  const words = [...new Set(parts.map((part) => part.replace(/^[.'-]+|[.'-]+$/g, "")))].filter((part) => [...part].length > 1);
  const telling = words.filter((word) => !STOP.has(word));
  return (telling.length ? telling : words).map((text) => (DENSE.test(text) ? { text, key: text } : { text, stem: stem(text), key: stem(text).length > 2 ? stem(text).replace(/i$/, "") : text }));
}

/** Where a word stands in a folded text, from its beginning or another form of it: pairs of begin and end. */
function placesOf(word, folded, most = 50) {
  const found = [];
  for (let at = folded.indexOf(word.key); at >= 0 && found.length < most; at = folded.indexOf(word.key, at + 1)) {
    if (word.stem === undefined) found.push([at, at + word.text.length]);
    else if (!/[\p{L}\p{N}]/u.test(folded[at - 1] ?? " ")) {
      const [whole] = /^[\p{L}\p{N}'-]+/u.exec(folded.slice(at, at + 40)) ?? [""];
      if (whole.startsWith(word.text) || stem(whole) === word.stem) found.push([at, at + whole.length]);
    }
  }
  return found;
}

// ---- Queries

/** How many bytes one look may move, where the texts of the site are too many to be looked through: the last file may go over it. */
const BUDGET = 110_000;
/** Sites with fewer bytes of text in all languages are looked through to the end. */
const SMALL = 4_000_000;
/** With fewer exact results than this, pages with the words in other places are shown as well. */
const FEW = 10;
/** How many files of grams a text is looked up in, at most: the texts decide in the end. */
const MOST_GRAMS = 5;

/** How much a gram tells, by its characters. */
function telling(gram) {
  let weight = gram.includes(" ") ? -1 : 0;
  for (const c of gram) weight += /[\u3041-\u3096]/.test(c) ? 0 : /[\u3400-\u9FFF]/.test(c) ? 3 : DENSE.test(c) ? 2 : /[a-z]/.test(c) ? (/[jkqvwxyz]/.test(c) ? 1.5 : 1) : 1.2;
  return weight;
}

export class Search {
  /** `base`: the address of a locale's search page. */
  constructor(base, get = (...what) => fetch(...what)) {
    Object.assign(this, { base, get, kept: new Map() });
  }

  /** The index of each locale, the reader's own first. */
  async languages() {
    return once(this.kept, "", async () => {
      const { locales, ...site } = await directory(this);
      return locales.map((one) => new Language(new URL(`../../${one.locale}/search/`, this.base), { ...site, ...one }, this.get));
    });
  }

  /** Makes ready what every query needs: of a small site all that there is; `whole` tells that no query will fetch more. */
  async warm() {
    const all = await this.languages();
    await Promise.all(all.map(async (language) => language.shards || (await language.every({ bytes: 0 })).forEach((text) => text.folded)));
    this.whole = all.every(({ shards }) => !shards);
  }

  /** The pages of a language that may hold a folded text, and whether they surely do. */
  async candidates(language, folded, meter, most = MOST_GRAMS) {
    if (!language.shards) return { pages: await language.scanned(folded, meter), sure: true };
    let keys = grams(folded);
    const sure = keys.includes(folded);
    if (sure) keys = [folded];
    const long = (key) => [...key].length > 2;
    if (keys.some(long)) keys = keys.filter((key) => long(key) || DENSE.test(key));
    keys.sort((a, b) => telling(b) - telling(a));
    let pages;
    // Where the first gram is nowhere, no more is fetched.
    for (const some of [keys.slice(0, 1), keys.slice(1, most)]) {
      for (const list of await Promise.all(some.map((key) => language.pagesOf(key, meter)))) {
        if (!list) return { sure: true };
        if (pages) pages.forEach((value, at) => (pages[at] = value & list[at]));
        else pages = list;
      }
    }
    return { pages: pages ?? new Uint8Array(language.pages).fill(1), sure };
  }

  query(text) {
    return new Query(this, text);
  }

  /** Up to `most` passages that fit a sentence best, for hints. */
  async hints(text, most) {
    const query = this.query(text);
    await query.loose(Math.max(8, 2 * most), 0.5);
    return query.sorted().slice(0, most);
  }
}

/** One query: `more` looks on, `sorted` are the results so far, `complete` tells whether there are more; one that is `stopped` fetches no more texts. */
class Query {
  constructor(search, text) {
    const quoted = /^["“「](.+)["”」]$/u.exec(text.trim());
    this.folded = fold(quoted ? quoted[1] : text);
    this.spaced = fold(text.replace(/\s+/g, "\n"));
    Object.assign(this, { search, quoted: Boolean(quoted), results: new Map(), meter: { bytes: 0, largest: 12_000 }, complete: false });
    this.short = [...this.folded].length < 2;
  }

  /** Looks on, as far as the budget goes. `first` is told when there are some, each time that others are looked for. */
  async more(first) {
    if (this.short) return this.finish();
    this.all ??= await this.search.languages();
    const limit = (this.limit ? this.meter.bytes : 0) + BUDGET;
    this.fresh = true;
    // Where the first texts do not hold it as it was written, a part is left for the words one by one.
    this.limit = limit - (this.quoted || this.widened ? 0 : BUDGET * 0.4);
    // Where all texts are fetched, those of the reader's own language are looked through, and told of, before the others: pages first that
    // are called so.
    const [own] = this.all;
    if (!this.queue && !own.shards) {
      const queue = (await own.every(this.meter)).map(({ page, title }) => ({ page, rank: !fold(title).includes(this.folded), in: [{ at: 0 }] }));
      this.queue = queue.sort((a, b) => a.rank - b.rank);
      await this.look(this.exact, first);
      this.queue = undefined;
    }
    this.queue ??= await this.line(this.folded);
    await this.look(this.exact, first);
    this.limit = limit;
    if (this.results.size) await this.look(this.exact);
    const left = this.queue;
    if (this.results.size < (left.length ? 1 : FEW) && !this.quoted && !this.widened) {
      this.widened = true;
      await this.widen(first);
    }
    this.queue = left;
    return left.length ? this : this.finish();
  }

  finish() {
    this.complete = true;
    return this;
  }

  get small() {
    return this.all.reduce((sum, { bytes }) => sum + bytes, 0) < SMALL;
  }

  /** The pages to look into: those with the text in a heading first, the reader's language before others. */
  async line(folded) {
    const found = await Promise.all(this.all.map((language) => this.search.candidates(language, folded, this.meter)));
    const rank = new Map();
    found.forEach(({ pages, sure }, at) => pages?.forEach((value, page) => {
      if (!value || this.results.has(page)) return;
      const entry = rank.get(page) ?? { page, rank: 9, in: [] };
      entry.rank = Math.min(entry.rank, (value === 3 ? 0 : 2) + (at ? 1 : 0));
      entry.in.push({ at, sure });
      rank.set(page, entry);
    }));
    return [...rank.values()].sort((a, b) => a.rank - b.rank || a.page - b.page);
  }

  /** Looks into the pages of the queue, the texts in its languages one after the other until one is judged a result; `first` is told of the first. */
  async look(judge, first) {
    for (let some = this.next(first); some.length; some = this.next(first)) {
      await Promise.all(some.map(async (entry) => {
        for (const { at } of entry.in) {
          const result = judge(entry, at, await this.all[at].text(entry.page, this.meter));
          if (!result) continue;
          await this.show(result);
          this.results.set(entry.page, result);
          return;
        }
      }));
      if (!this.results.size) continue;
      first?.();
      first = undefined;
    }
  }

  /** The first of the queue, as many as may be fetched together, and all whose texts are there with them. */
  next(first) {
    if (this.stopped) return [];
    // The fewer are folded, the sooner there are some to show.
    if (this.small) return this.queue.splice(0, first ? 12 : 400);
    const [files, taken, left] = [new Set(), [], []];
    let free = Math.max(this.fresh ? 2 : 0, Math.min(6, Math.floor((this.limit - this.meter.bytes) / this.meter.largest)));
    this.fresh = false;
    for (const entry of this.queue) {
      // Of a page that only another language finds, the reader's own is shown.
      const ats = entry.in[0].at ? [entry.in[0].at, 0] : [0];
      const needed = ats.filter((at) => !this.all[at].has(entry.page) && !files.has(this.all[at].place(entry.page)));
      if (needed.length > free) left.push(entry);
      else {
        free -= needed.length;
        needed.forEach((at) => files.add(this.all[at].place(entry.page)));
        taken.push(entry);
      }
    }
    this.queue = left;
    return taken;
  }

  /** A page that holds the whole query. */
  exact = (entry, at, text) => {
    if (!text?.folded.includes(this.folded)) return undefined;
    const places = [];
    for (let from = text.folded.indexOf(this.folded); from >= 0 && places.length < 200; from = text.folded.indexOf(this.folded, from + 1)) places.push([from, from + this.folded.length]);
    return this.result("exact", entry, at, text, places, 0);
  };

  /** What is known of a found page: the best of its places, and how high it stands. */
  result(kind, entry, language, text, places, bonus, from) {
    const { parts } = text;
    const headings = places.map(([place]) => parts.headings.find(({ from, to }) => place >= from && place < to));
    const best = headings.reduce((best, one, at) => (one && (best < 0 || one.level < headings[best].level) ? at : best), -1);
    const title = parts.called;
    // Of two pages the one that says more of it in the same space, and less the longer it is.
    let score = bonus + (6 * places.length) / (places.length + text.text.length / 1000) - (language ? 8 : 0);
    if (kind === "exact") {
      score += 100 + (title === this.folded ? 60 : title.includes(this.folded) ? 40 - Math.min(10, title.length / 20) : 0);
      score += best >= 0 ? 30 - 4 * headings[best].level : 0;
    }
    from ??= places[Math.max(0, best)];
    return new Result({ kind, score, page: entry.page, language, text, places, from });
  }

  /** Adds the text that is shown of it: that in the reader's own language where the page has one. */
  async show(result) {
    const [own] = this.all;
    const readable = !result.language || result.text.locales & (1 << own.bit);
    result.own = result.language && readable ? await own.text(result.page, this.meter) : result.text;
    result.title = result.own.title;
    result.lang = readable ? undefined : this.all[result.language].locale;
  }

  /** The results: pages with the whole query before those with its words, the best first. */
  sorted() {
    return [...this.results.values()].sort((a, b) => (a.kind === "words") - (b.kind === "words") || b.score - a.score || a.page - b.page);
  }

  /** Few pages hold the query as it is: the kana's other set, then the words one by one, then most of them. */
  async widen(first) {
    if (!this.results.size && !this.queue.length) {
      for (const other of otherSpellings(this.folded)) {
        const folded = this.folded;
        this.folded = other;
        this.queue = await this.line(other);
        await this.look(this.exact, first);
        if (!this.results.size) this.folded = folded;
        else return;
      }
    }
    await this.loose(12, 0.35, first);
  }

  /** Pages with the words of the query, wherever they stand: at least such a part of them, by weight. */
  async loose(most, part, first) {
    this.all ??= await this.search.languages();
    this.limit ??= BUDGET;
    const together = wordsOf(this.spaced, false);
    const words = together.length > 1 ? together : wordsOf(this.spaced, true);
    let chosen = (words.length ? words : together).slice(0, 8);
    if (!this.small) chosen = chosen.sort((a, b) => b.text.length - a.text.length).slice(0, 5);
    if (!chosen.length || (chosen.length === 1 && chosen[0].text === this.folded && chosen[0].stem === undefined)) return;
    const rank = new Map();
    const look = async (word) => {
      const lists = await Promise.all(this.all.map((language) => this.search.candidates(language, word.key, this.meter, this.small ? MOST_GRAMS : 2)));
      const count = Math.max(...lists.map(({ pages }) => (pages ? pages.reduce((n, value) => n + (value ? 1 : 0), 0) : 0)));
      const parts = count ? [] : wordsOf(word.text.replace(/[\u3041-\u3096]/g, " "), true);
      if (parts.length && word.stem === undefined && parts[0].text !== word.text) return (await Promise.all(parts.map(look))).flat();
      word.weight = count && Math.log(1 + this.all[0].pages / count) ;
      lists.forEach(({ pages }, at) => pages?.forEach((value, page) => {
        if (!value) return;
        const entry = rank.get(page) ?? { page, weights: this.all.map(() => 0) };
        entry.weights[at] += word.weight * (value === 3 ? 1.6 : 1);
        rank.set(page, entry);
      }));
      return [word];
    };
    chosen = (await Promise.all(chosen.map(look))).flat();
    const all = chosen.reduce((sum, { weight }) => sum + weight, 0);
    const entries = [...rank.values()].filter(({ page }) => !this.results.has(page)).map((entry) => {
      const best = entry.weights.indexOf(Math.max(...entry.weights));
      return { page: entry.page, weight: entry.weights[best], in: [{ at: best, sure: false }] };
    });
    const enough = entries.filter(({ weight }) => weight >= part * all * 0.999).sort((a, b) => b.weight - a.weight || a.page - b.page);
    this.queue = enough.slice(0, this.small ? 4 * most : most);
    await this.look((entry, at, text) => this.scattered(entry, text, chosen, part * all * 0.999), first);
  }

  /** A page with words of the query: how near to each other, and in which headings. */
  scattered(entry, text, words, least) {
    if (!text) return undefined;
    const found = words.map((word) => ({ word, places: placesOf(word, text.folded) })).filter(({ places }) => places.length);
    const weight = found.reduce((sum, { word }) => sum + word.weight, 0);
    if (!found.length || weight < least) return undefined;
    const within = (folded) => found.reduce((sum, { word }) => sum + (placesOf(word, folded, 1).length ? word.weight : 0), 0);
    const { headings: all, called } = text.parts;
    const headings = all.map(({ words }) => within(words));
    const near = nearest(found);
    const most = Math.max(0, ...headings);
    const bonus = 0.5 * weight + 4 * within(called) + 2 * most + 2 * near.weight;
    const places = found.flatMap(({ places }) => places).sort((a, b) => a[0] - b[0]);
    const best = most > near.weight * 0.99 && all[headings.indexOf(most)];
    return this.result("words", entry, entry.in[0].at, text, places, bonus, best ? [best.from, best.to] : [near.at, near.at + 1]);
  }
}

/** A found page. What is shown of its text is made when it is asked for: the last of a long list never are. */
class Result {
  constructor(found) {
    Object.assign(this, found);
  }

  /** Where it was found, in the text that is shown. */
  get found() {
    return (this.made ??= this.make());
  }

  make() {
    const { text, own, from } = this;
    const shown = ([from, to]) => [text.parts.place(from), text.parts.place(to)];
    const at = shown(from);
    if (own !== text) return counterpart(text, at, own);
    // Only what stands near is shown.
    return { at, marks: this.places.filter(([place]) => Math.abs(place - from[0]) < 400).map(shown) };
  }

  get section() {
    return this.own.parts.headings.findLast(({ start }) => start <= this.found.at[0]);
  }

  get address() {
    return this.own.address + (this.section?.id ? `#${this.section.id}` : "");
  }

  get heading() {
    const section = this.section;
    return section?.level > 1 ? this.own.text.slice(section.start, section.end).replaceAll("\n", " ") : "";
  }

  get snippet() {
    return snippet(this.own.text, this.found);
  }
}

/** Where the most words stand within a few lines of each other. */
function nearest(found) {
  const REACH = 160;
  const all = found.flatMap(({ word, places }) => places.map(([at]) => ({ at, word }))).sort((a, b) => a.at - b.at);
  let best = { weight: 0, at: 0 };
  all.forEach(({ at }, first) => {
    const seen = new Set();
    for (let next = first; next < all.length && all[next].at < at + REACH; next += 1) seen.add(all[next].word);
    const weight = [...seen].reduce((sum, word) => sum + word.weight, 0);
    if (weight > best.weight) best = { weight, at };
  });
  return best;
}

/** Kana in the other set, and Japanese loan words with or without the last long vowel. */
export function otherSpellings(folded) {
  const swap = (from, to, by) => folded.replace(new RegExp(`[${from}-${to}]`, "g"), (c) => String.fromCharCode(c.charCodeAt(0) + by));
  const spellings = [swap("\u3041", "\u3096", 0x60), swap("\u30a1", "\u30f6", -0x60), folded.replace(/(?<=[\u30a1-\u30fa]{2})ー(?![\u30a1-\u30fc])/g, "")];
  return [...new Set(spellings)].filter((other) => other !== folded && [...other].length > 1);
}

/** The segment, or else the section, of the same page in another language. */
function counterpart(text, at, own) {
  const segment = text.segments.findLast(({ start }) => start <= at[0]);
  const twin = segment && segment.end > at[0] ? own.segments.find(({ number }) => number === segment.number) : undefined;
  if (twin) {
    const end = twin.start + own.text.slice(twin.start, twin.end).trimEnd().length;
    return { at: [twin.start, end], marks: [[twin.start, end]] };
  }
  const section = text.parts.headings.findLast(({ start, id }) => id && start <= at[0]);
  const place = own.parts.headings.find(({ id }) => id === section?.id) ?? { start: 0, end: 0 };
  return { at: [place.start, place.end], marks: place.end ? [[place.start, place.end]] : [] };
}

/** What is shown around a place: pieces of text, each with whether it is marked. */
function snippet(text, { at, marks }) {
  const wide = DENSE.test(text.slice(at[0], at[0] + 40)) ? 45 : 80;
  const line = text.lastIndexOf("\n", at[0] - 1) + 1;
  let from = Math.max(line, at[0] - wide);
  let to = Math.min(text.length, Math.max(at[1], from + 2 * wide), at[0] + 4 * wide);
  // A window begins and ends between words, and never within a character.
  const gap = (place, by) => {
    for (let tried = 0; tried < 16 && place > 0 && place < text.length; tried += 1, place += by) {
      if (/\s/.test(text[place]) || DENSE.test(text[place])) break;
    }
    return /[\uDC00-\uDFFF]/.test(text[place] ?? "") ? place - 1 : place;
  };
  if (from > line) from = Math.min(gap(from, 1), at[0]);
  to = Math.max(gap(to, -1), Math.min(at[1], to));
  const pieces = [];
  const add = (a, b, marked) => a < b && pieces.push([text.slice(a, b).replaceAll("\n", " "), marked]);
  let done = from;
  for (const [a, b] of marks.filter(([a, b]) => b > from && a < to).sort((x, y) => x[0] - y[0])) {
    add(done, Math.max(a, done), false);
    add(Math.max(a, done), Math.min(b, to), true);
    done = Math.max(done, Math.min(b, to));
  }
  add(done, to, false);
  if (from > line) pieces.unshift(["…", false]);
  if (to < text.length) pieces.push(["…", false]);
  return pieces;
}
