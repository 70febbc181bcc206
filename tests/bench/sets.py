"""Docsets for the benchmark: copies of real pages under new names, and the real archive.

    python3 sets.py pairs 1000 DIR [--hugo DIR] [--parallel]
    python3 sets.py archive DIR [--hugo DIR] [--parallel]

DIR becomes a docset of the press (madoguchi.toml, content/); the folder after --hugo becomes the same
pages for Hugo, one monolingual content folder a language (content/ja, content/en).

The pages are those of the corpus, which is not part of the project: the folder named by the variable
TEST_CORPUS, or ../shared/corpus beside the checkout.

The archive is packed with Zstandard: the program `zstd` must be installed (Debian package zstd).
"""

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAIRS_FOLDER = "partner-center/sxs"
ARCHIVE_FILE = "scale/dynamics-365-operations.ja-jp.tar.zst"

# Stands at the end of a segment's text that differs from copy to copy (private use: no page holds it).
VARIATION = "\ue000"
VARIED_SEGMENT = 5

TARGET_OPENER = '<span data-ttu-id="'
SOURCE_OPENER = '</span><span class="sxs-lookup"><span data-stu-id="'
CLOSER = "</span></span>"
OWN_SPAN = re.compile(r"<span\b[^>]*?(/?)>|</span>")
DAMAGED_QUOTE = re.compile(r'<(?:a name|span data-ttu-id|span class|span data-stu-id)=("[^"&]*&quot;)>')

FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n", re.S | re.M)
HEADING_ANCHOR = re.compile(r'^(#{1,6}\s+)<a name="([^"]+)"></a>(.*?)\s*$', re.M)
FIRST_HEADING = re.compile(r"^#\s+(.+?)\s*(?:\{#[^}]*\})?\s*$", re.M)
IMAGE = re.compile(r":::image\b(.*?):::")
NO_LOC = re.compile(r':::no-loc text="(.*?)":::')
ATTRIBUTE = re.compile(r'([a-z-]+)="(.*?)"')
INCLUDE = re.compile(r"\[!include\s*\[[^\]]*\]\(<?([^)>]+)>?\)\]", re.I)
INDEX_LINK = re.compile(r"(\]\((?:[^()\s]*/)?)index\.md", re.I)


class Missing(Exception):
    """Something that the set is made of is not on this machine; the text says what."""


# ---------------------------------------------------------------- the localized format


def repair_quotes(text):
    """Undo the damage by which the quotes up to the next real one became `&quot;`."""
    while damage := DAMAGED_QUOTE.search(text):
        start = damage.start(1) + 1
        stop = text.find('"', start)
        stop = len(text) if stop < 0 else stop
        text = text[:start] + text[start:stop].replace("&quot;", '"') + text[stop:]
    return text


def source_end(text, start, bound):
    """Offset at which the source text that begins at `start` ends, or -1; `bound`: the next segment."""
    end = text.find(CLOSER, start, bound)
    if end < 0 or "<span" not in text[start:end]:
        return end
    depth = 0
    for tag in OWN_SPAN.finditer(text, start, bound):
        if tag.group() != "</span>":
            depth += 0 if tag.group(1) else 1
        elif depth:
            depth -= 1
        elif text.startswith(CLOSER, tag.start()):
            return tag.start()
    return text.rfind(CLOSER, start, bound)


def segments(text):
    """Yield (start, target start, target end, source start, source end, end) of each segment; offsets
    into `text`. What cannot be paired is left to the text around it."""
    start = text.find(TARGET_OPENER)
    while start >= 0:
        following = text.find(TARGET_OPENER, start + 1)
        bound = len(text) if following < 0 else following
        name_end = text.find('">', start, bound)
        name = text[start + len(TARGET_OPENER):name_end]
        between = f'{SOURCE_OPENER}{name}">'
        target_end = text.find(between, name_end, bound)
        if name_end >= 0 and target_end >= 0:
            source_start = target_end + len(between)
            end = source_end(text, source_start, bound)
            if end >= 0:
                yield start, name_end + 2, target_end, source_start, end, end + len(CLOSER)
        start = following


def split(text):
    """The target text and the source text of a localized file."""
    target, source, done = [], [], 0
    for start, target_start, target_end, source_start, source_stop, end in segments(text):
        around = text[done:start]
        target += (around, text[target_start:target_end])
        source += (around, text[source_start:source_stop])
        done = end
    return "".join(target) + text[done:], "".join(source) + text[done:]


def mark_variations(text):
    """Put VARIATION at the end of both texts of every fifth segment."""
    parts, done = [], 0
    for number, (_, _, target_end, _, source_stop, _) in enumerate(segments(text), start=1):
        if number % VARIED_SEGMENT == 0:
            parts += (text[done:target_end], VARIATION, text[target_end:source_stop], VARIATION)
            done = source_stop
    return "".join(parts) + text[done:]


# ---------------------------------------------------------------- the same page for Hugo


def front_matter(text):
    """The simple `key: value` lines of a page's front matter, keys in lower case; and the body."""
    block = FRONT_MATTER.match(text)
    if not block:
        return {}, text
    lines = (line.partition(":") for line in block.group(1).splitlines())
    fields = {key.strip().lower(): value.strip().strip("\"'") for key, colon, value in lines if colon}
    return fields, text[block.end():]


def iso_date(value):
    """`MM/DD/YYYY`, `MM/DD/YY` or `YYYY-MM-DD` as `YYYY-MM-DD`; None for anything else."""
    for form in ("%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d"):
        try:
            return datetime.datetime.strptime(value, form).date().isoformat()
        except ValueError:
            continue
    return None


def markdown_image(image):
    """`:::image …:::` as a Markdown image."""
    attributes = dict(ATTRIBUTE.findall(image.group(1)))
    label = attributes.get("alt-text", "").replace("[", r"\[").replace("]", r"\]")
    return f"![{label}](<{attributes.get('source', '')}>)"


def hugo_body(body):
    """Markdown as Hugo reads it: heading ids as attributes, images as images, no short codes by accident."""
    body = HEADING_ANCHOR.sub(r"\1\3 {#\2}", body)
    body = IMAGE.sub(markdown_image, body)
    body = NO_LOC.sub(r"\1", body)
    body = INDEX_LINK.sub(r"\1_index.md", body)
    return body.replace("{{<", "{{ <").replace("{{%", "{{ %")


def hugo_page(fields, body, locale, weight):
    """A monolingual page with the front matter that Hugo accepts. The English title is the heading's source;
    an English description does not exist in a localized file."""
    body = hugo_body(body)
    heading = FIRST_HEADING.search(body)
    title = heading.group(1) if heading else fields.get("title", "")
    head = {"title": fields.get("title", title) if locale == "ja" else title}
    if locale == "ja" and "description" in fields:
        head["description"] = fields["description"]
    if date := iso_date(fields.get("ms.date", "")):
        head["date"] = date
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items()]
    return f"---\n{''.join(lines)}weight: {weight}\n---\n{body}"


def hugo_pages(text, weight):
    """A localized file as {locale: page}."""
    fields, body = front_matter(text)
    target, source = split(body)
    return {"ja": hugo_page(fields, target, "ja", weight), "en": hugo_page(fields, source, "en", weight)}


def hugo_name(name):
    """`index.md` would be a bundle that hides its folder's other pages: `_index.md` is a section's page."""
    return name.parent / "_index.md" if name.name == "index.md" else name


def write_hugo_sections(content):
    """Make every folder under content/LOCALE a section; one without a page of its own is not rendered."""
    for folder, folders, files in os.walk(content):
        for name in folders:
            section = Path(folder, name, "_index.md")
            if Path(folder) != content and not section.exists():
                head = f"title: {json.dumps(name)}\nbuild:\n  render: never\n"
                section.write_text(f"---\n{head}---\n", encoding="utf-8")


# ---------------------------------------------------------------- the corpus


def corpus():
    """The folder of the corpus."""
    named = os.environ.get("TEST_CORPUS")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "corpus"
    if not folder.is_dir():
        raise Missing(f"the corpus is not at {folder} (TEST_CORPUS names its folder)")
    return folder


def corpus_pages():
    """{path: text with variations marked} of the localized pages of the corpus, sorted by path."""
    root = corpus() / PAIRS_FOLDER
    names = sorted(path.relative_to(root) for path in root.rglob("*.md") if path.name.lower() != "toc.md")
    if not names:
        raise Missing(f"no pages in {root}")
    return {name: mark_variations((root / name).read_bytes().decode("utf-8")) for name in names}


# ---------------------------------------------------------------- writing


def write_config(docset, parallel, search=False):
    """Write the docset's madoguchi.toml. Without search: the other contestants make no index."""
    (docset / "madoguchi.toml").write_text(
        "[site]\n"
        'title = { ja = "窓口の計測", en = "Benchmark" }\n'
        'base_url = "https://docs.example.com/"\n'
        'source_locale = "en"\n'
        'locales = ["ja", "en"]\n'
        'content = "content"\n'
        f"parallel = {'true' if parallel else 'false'}\n"
        f"search = {'true' if search else 'false'}\n",
        encoding="utf-8",
    )


def write_page(path, text):
    """Write one page, its line ends as they are; the folder must exist."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def table_of_contents(names, titles):
    """TOC.yml of one folder: its pages in order, those of each folder below it as a group."""
    lines, group = [], None
    for name in names:
        inner = name.parent.as_posix() if len(name.parts) > 1 else None
        if inner and inner != group:
            lines.append(f"- name: {json.dumps(inner)}\n  items:\n")
        group = inner
        indent = "  " if inner else ""
        title = json.dumps(titles[name], ensure_ascii=False)
        lines.append(f"{indent}- name: {title}\n{indent}  href: {name.as_posix()}\n")
    return "".join(lines)


def write_tables_of_contents(copy, names, titles):
    """One TOC.yml in each top folder of a copy, as in the corpus, and one for the pages beside these folders;
    pages of a folder stand before its groups."""
    inside = {}
    for name in names:
        top = name.parts[0] if len(name.parts) > 1 else "."
        inside.setdefault(top, {})[name.relative_to(top)] = titles[name]
    for top, entries in inside.items():
        order = sorted(entries, key=lambda name: (len(name.parts) > 1, name))
        write_page(copy / top / "TOC.yml", table_of_contents(order, entries))


def copies(pages, count):
    """Yield (number, names): whole copies of the corpus, and a last one that makes `count` pages exactly."""
    names = list(pages)
    for number, first in enumerate(range(0, count, len(names)), start=1):
        yield number, names[:count - first]


def write_copies(texts, count, content):
    """Write `count` pages {name: text} in folders s0001, s0002 …, varied by the copy's number."""
    for number, names in copies(texts, count):
        copy = content / f"s{number:04}"
        for folder in {name.parent for name in names}:
            (copy / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            write_page(copy / name, texts[name].replace(VARIATION, f" {number}"))


def make_pairs(count, docset, hugo=None, parallel=False):
    """Make a docset of `count` localized pages, and the same pages for Hugo."""
    pages = corpus_pages()
    titles = {name: front_matter(text)[0].get("title", name.stem) for name, text in pages.items()}
    write_copies(pages, count, docset / "content")
    for number, names in copies(pages, count):
        write_tables_of_contents(docset / "content" / f"s{number:04}", names, titles)
    write_config(docset, parallel)
    if hugo:
        by_locale = {"ja": {}, "en": {}}
        for weight, (name, text) in enumerate(pages.items(), start=1):
            for locale, page in hugo_pages(text, weight).items():
                by_locale[locale][hugo_name(name)] = page
        for locale, texts in by_locale.items():
            write_copies(texts, count, hugo / "content" / locale)
        write_hugo_sections(hugo / "content")


def extract_archive(docset):
    """Extract the archive; its folder `articles` becomes content/ of the docset. Its file of redirections
    stays out: the other contestants make none."""
    archive = corpus() / ARCHIVE_FILE
    if not archive.is_file():
        raise Missing(f"the archive is not at {archive}")
    if not shutil.which("zstd"):
        raise Missing("the program zstd is not installed (Debian package zstd)")
    unpacked = docset / "unpacked"
    unpacked.mkdir(parents=True)
    with subprocess.Popen(["zstd", "-dc", archive], stdout=subprocess.PIPE) as stream:
        subprocess.run(["tar", "-x", "-C", unpacked], stdin=stream.stdout, check=True)
    if stream.returncode:
        raise Missing(f"{archive} is damaged")
    (unpacked / "sxs" / "articles").rename(docset / "content")
    (unpacked / "LICENSE").rename(docset / "LICENSE")
    shutil.rmtree(unpacked)


def expand_includes(text, path, content):
    """Put included files in the place of their lines: Hugo is spared that work."""
    def included(include):
        name = include.group(1).strip()
        target = content / name[2:] if name.startswith("~/") else path.parent / name
        try:
            return front_matter(target.read_bytes().decode("utf-8", "replace"))[1].strip()
        except OSError:
            return ""
    return INCLUDE.sub(included, text)


def make_archive(docset, hugo=None, parallel=False):
    """Make a docset of the real archive, and the same pages for Hugo."""
    extract_archive(docset)
    write_config(docset, parallel)
    content = docset / "content"
    for weight, path in enumerate(sorted(content.rglob("*.md")) if hugo else (), start=1):
        text = repair_quotes(path.read_bytes().decode("utf-8", "replace"))
        name = hugo_name(path.relative_to(content))
        for locale, page in hugo_pages(expand_includes(text, path, content), weight).items():
            target = hugo / "content" / locale / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_page(target, page)
    if hugo:
        write_hugo_sections(hugo / "content")


def main():
    parser = argparse.ArgumentParser(description="Make a docset for the benchmark.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    pairs = kinds.add_parser("pairs", help="copies of the corpus pages under new names")
    pairs.add_argument("count", type=int, help="number of page pairs")
    archive = kinds.add_parser("archive", help="the real archive")
    for kind in (pairs, archive):
        kind.add_argument("docset", type=Path, help="a new folder")
        kind.add_argument("--hugo", type=Path, help="a new folder for the same pages as Hugo reads them")
        kind.add_argument("--parallel", action="store_true", help="the docset asks for parallel views")
    chosen = parser.parse_args()
    try:
        if chosen.kind == "pairs":
            make_pairs(chosen.count, chosen.docset, chosen.hugo, chosen.parallel)
        else:
            make_archive(chosen.docset, chosen.hugo, chosen.parallel)
    except Missing as missing:
        sys.exit(f"sets: {missing}")


if __name__ == "__main__":
    main()
