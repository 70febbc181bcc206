//! The bare floor of the press: a program that only reads localized files, splits them, renders both languages
//! with pulldown-cmark into a trivial template, and writes as many files and bytes as the press did. It resolves
//! no links and makes no contents and no navigation: a lower bound for any program that makes this site.
//!
//! ```text
//! floor --site DIR [--parallel] [--except LIST]
//!     renders without writing; prints the number of page files and of their bytes
//! floor --site DIR --out NEWDIR --files N --bytes B --natural M [--parallel] [--except LIST]
//!     writes N files of B bytes in all; M: the bytes that the first form printed
//! ```
//!
//! `NEWDIR` must not exist. Each page becomes `LOCALE/PATH/index.html`, with `--parallel` also
//! `ja/PATH/parallel/index.html` with both languages. The bytes that are missing are shared equally by all files;
//! the files that are missing (assets, lists, sitemaps of the press) are written into a folder of their own.
//! `LIST` names sources, one a line, relative to the content folder, that are no pages.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use memchr::memchr;
use memchr::memmem::{self, Finder};
use pulldown_cmark::{Options, Parser, html};

/// Threads that read, render and write: the cores of the machine for which the targets were set.
const THREADS: usize = 2;
/// Folder of the files that belong to no page.
const ASSETS: &str = "assets";
const TARGET_OPENER: &str = "<span data-ttu-id=\"";
const SOURCE_OPENER: &str = "</span><span class=\"sxs-lookup\"><span data-stu-id=\"";
const CLOSER: &str = "</span></span>";

fn main() -> ExitCode {
    match Settings::from_arguments(std::env::args().skip(1)).and_then(|settings| run(&settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "floor: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
#[derive(Default)]
struct Settings {
    site: PathBuf,
    out: Option<PathBuf>,
    files: usize,
    bytes: usize,
    natural: usize,
    parallel: bool,
    except: Option<PathBuf>,
}

impl Settings {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> io::Result<Self> {
        let mut settings = Self::default();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| usage(&format!("{name} needs a value")));
            match name.as_str() {
                "--site" => settings.site = value()?.into(),
                "--out" => settings.out = Some(value()?.into()),
                "--except" => settings.except = Some(value()?.into()),
                "--files" => settings.files = number(&value()?)?,
                "--bytes" => settings.bytes = number(&value()?)?,
                "--natural" => settings.natural = number(&value()?)?,
                "--parallel" => settings.parallel = true,
                "--bench" => {} // Added by `cargo bench`.
                _ => return Err(usage(&format!("unknown argument {name}"))),
            }
        }
        Ok(settings)
    }
}

fn usage(message: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, message)
}

fn number(text: &str) -> io::Result<usize> {
    text.parse().map_err(|_| usage(&format!("not a number: {text}")))
}

/// The sources of one folder: a piece of work, so that two threads seldom make entries in the same folder.
struct Folder {
    /// Relative to the content folder, as found.
    path: PathBuf,
    /// Names of the Markdown files in it.
    names: Vec<String>,
}

/// Work shared by the threads.
struct Job {
    content: PathBuf,
    folders: Vec<Folder>,
    next: AtomicUsize,
    parallel: bool,
    writing: Option<Padding>,
}

/// Bytes added to each file so that the totals are those of the press.
struct Padding {
    each: usize,
    /// What cannot be shared equally: added to the first file.
    rest: usize,
    extra_files: usize,
}

fn run(settings: &Settings) -> io::Result<()> {
    if settings.site.as_os_str().is_empty() {
        // So `cargo bench` and `cargo test --all-targets` call it.
        return writeln!(io::stdout(), "floor: nothing to do without --site; tests/bench/run.py gives the arguments");
    }
    let content = fs::canonicalize(settings.site.join("content"))?;
    let folders = folders(&content, &exceptions(settings.except.as_deref())?)?;
    let pages: usize = folders.iter().map(|folder| folder.names.len()).sum();
    let page_files = pages * if settings.parallel { 3 } else { 2 };
    let writing = match &settings.out {
        Some(out) => {
            fs::create_dir(out)?;
            // Paths inside the output are short and resolved from here.
            std::env::set_current_dir(out)?;
            Some(padding(settings, page_files)?)
        }
        None => None,
    };
    let job = Job { content, folders, next: AtomicUsize::new(0), parallel: settings.parallel, writing };
    let bytes = run_threads(&job)?;
    if job.writing.is_none() {
        writeln!(io::stdout(), "{page_files} {bytes}")?;
    }
    Ok(())
}

fn padding(settings: &Settings, page_files: usize) -> io::Result<Padding> {
    let extra_files = settings.files.checked_sub(page_files);
    let missing = settings.bytes.checked_sub(settings.natural);
    match (extra_files, missing) {
        (Some(extra_files), Some(missing)) if settings.files > 0 => {
            Ok(Padding { each: missing / settings.files, rest: missing % settings.files, extra_files })
        }
        _ => Err(usage("the output to equal is smaller than that of the floor")),
    }
}

/// Renders, and writes, all pages; returns the bytes of the pages without padding.
fn run_threads(job: &Job) -> io::Result<usize> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|index| scope.spawn(move || work(job, index))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread of the floor panicked")).sum()
    })
}

/// One thread: takes folders until none is left. Thread 0 also writes the files that belong to no page.
fn work(job: &Job, index: usize) -> io::Result<usize> {
    let mut page = Page::default();
    let splitter = Splitter::new();
    let mut bytes = 0;
    if let (0, Some(padding)) = (index, &job.writing) {
        write_extra_files(padding)?;
    }
    while let Some(at) = Some(job.next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < job.folders.len()) {
        let folder = &job.folders[at];
        if job.writing.is_some() {
            for locale in ["ja", "en"] {
                make_folder(&Path::new(locale).join(lower(&folder.path)))?;
            }
        }
        for (place, name) in folder.names.iter().enumerate() {
            page.read(&job.content.join(&folder.path).join(name), &splitter)?;
            page.render(job.parallel);
            bytes += page.size(job.parallel);
            if let Some(padding) = &job.writing {
                let rest = if at == 0 && place == 0 { padding.rest } else { 0 };
                page.write(&folder.path, name, job.parallel, padding.each, rest)?;
            }
        }
    }
    Ok(bytes)
}

fn write_extra_files(padding: &Padding) -> io::Result<()> {
    if padding.extra_files == 0 {
        return Ok(());
    }
    fs::create_dir(ASSETS)?;
    let filling = vec![b' '; padding.each];
    (0..padding.extra_files).try_for_each(|index| write_file(&Path::new(ASSETS).join(index.to_string()), &filling))
}

/// Buffers of one page, used again for the next.
#[derive(Default)]
struct Page {
    raw: Vec<u8>,
    target: String,
    source: String,
    ja: String,
    en: String,
    both: String,
}

impl Page {
    fn read(&mut self, path: &Path, splitter: &Splitter) -> io::Result<()> {
        read_file(path, &mut self.raw)?;
        let text = String::from_utf8_lossy(&self.raw);
        self.target.clear();
        self.source.clear();
        splitter.split(body(&text), &mut self.target, &mut self.source);
        Ok(())
    }

    fn render(&mut self, parallel: bool) {
        render(&mut self.ja, "ja", &[&self.target]);
        render(&mut self.en, "en", &[&self.source]);
        if parallel {
            render(&mut self.both, "ja", &[&self.target, &self.source]);
        }
    }

    fn size(&self, parallel: bool) -> usize {
        self.ja.len() + self.en.len() + if parallel { self.both.len() } else { 0 }
    }

    fn write(&mut self, folder: &Path, name: &str, parallel: bool, each: usize, rest: usize) -> io::Result<()> {
        let stem = name[..name.len() - ".md".len()].to_ascii_lowercase();
        let is_index = stem == "index";
        let path = if is_index { lower(folder) } else { lower(folder).join(&stem) };
        for (locale, text, padding) in [("ja", &mut self.ja, each + rest), ("en", &mut self.en, each)] {
            let place = Path::new(locale).join(&path);
            if !is_index {
                make_folder(&place)?;
            }
            pad(text, padding);
            write_file(&place.join("index.html"), text.as_bytes())?;
        }
        if parallel {
            let place = Path::new("ja").join(&path).join("parallel");
            make_folder(&place)?;
            pad(&mut self.both, each);
            write_file(&place.join("index.html"), self.both.as_bytes())?;
        }
        Ok(())
    }
}

fn pad(text: &mut String, mut padding: usize) {
    const FILLING: &str = match std::str::from_utf8(&[b' '; 4096]) {
        Ok(filling) => filling,
        Err(_) => unreachable!(),
    };
    while padding > 0 {
        let step = padding.min(FILLING.len());
        text.push_str(&FILLING[..step]);
        padding -= step;
    }
}

/// The text after the front matter.
fn body(text: &str) -> &str {
    match text.strip_prefix("---").and_then(|rest| Some((rest, memmem::find(rest.as_bytes(), b"\n---")?))) {
        Some((rest, end)) => &rest[end + "\n---".len()..],
        None => text,
    }
}

/// The three strings that part a localized text, ready to be searched for.
struct Splitter {
    target_opener: Finder<'static>,
    source_opener: Finder<'static>,
    closer: Finder<'static>,
}

/// One pair, and where it ends in the text.
struct Segment<'a> {
    target: &'a str,
    source: &'a str,
    end: usize,
}

impl Splitter {
    fn new() -> Self {
        Self { target_opener: Finder::new(TARGET_OPENER), source_opener: Finder::new(SOURCE_OPENER), closer: Finder::new(CLOSER) }
    }

    /// Splits a localized text; what cannot be paired goes to both.
    fn split(&self, text: &str, target: &mut String, source: &mut String) {
        let (mut done, mut from) = (0, 0);
        while let Some(start) = find(text, from, &self.target_opener) {
            let Some(segment) = self.segment(text, start) else {
                from = start + TARGET_OPENER.len();
                continue;
            };
            target.push_str(&text[done..start]);
            source.push_str(&text[done..start]);
            target.push_str(segment.target);
            source.push_str(segment.source);
            done = segment.end;
            from = done;
        }
        target.push_str(&text[done..]);
        source.push_str(&text[done..]);
    }

    /// The segment whose opener stands at `start`.
    fn segment<'a>(&self, text: &'a str, start: usize) -> Option<Segment<'a>> {
        let target_start = after_name(text, start + TARGET_OPENER.len())?;
        let target_end = find(text, target_start, &self.source_opener)?;
        let source_start = after_name(text, target_end + SOURCE_OPENER.len())?;
        let source_end = self.source_end(text, source_start)?;
        let end = source_end + CLOSER.len();
        Some(Segment { target: text.get(target_start..target_end)?, source: text.get(source_start..source_end)?, end })
    }

    /// Where the source text ends: at the first closer that closes none of its own spans.
    fn source_end(&self, text: &str, start: usize) -> Option<usize> {
        let first = find(text, start, &self.closer)?;
        let mut end = first;
        while memchr(b'<', &text.as_bytes()[start..end]).is_some() {
            let inside = &text.as_bytes()[start..end];
            if memmem::find_iter(inside, "<span").count() <= memmem::find_iter(inside, "</span>").count() {
                break;
            }
            match text[end + 1..].find("</span>").map(|at| end + 1 + at) {
                Some(next) if !text[end..next].contains(TARGET_OPENER) => end = next,
                _ => return Some(first),
            }
        }
        Some(end)
    }
}

/// Where the text of a span begins whose name begins at `start`.
fn after_name(text: &str, start: usize) -> Option<usize> {
    memchr(b'"', &text.as_bytes()[start..]).map(|at| start + at + "\">".len())
}

fn find(text: &str, from: usize, what: &Finder<'_>) -> Option<usize> {
    what.find(&text.as_bytes()[from..]).map(|at| from + at)
}

/// Renders texts, one after the other, into the trivial template.
fn render(page: &mut String, locale: &str, texts: &[&String]) {
    page.clear();
    page.push_str("<!doctype html>\n<html lang=\"");
    page.push_str(locale);
    page.push_str("\"><meta charset=\"utf-8\"><title>Page</title>\n<main>\n");
    for text in texts {
        html::push_html(page, Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_GFM));
    }
    page.push_str("</main>\n</html>\n");
}

/// The Markdown files below `content` by folder, folders with many files first: the threads end together.
fn folders(content: &Path, except: &HashSet<PathBuf>) -> io::Result<Vec<Folder>> {
    let mut folders = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(path) = waiting.pop() {
        let mut names = Vec::new();
        for entry in fs::read_dir(content.join(&path))? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| usage(&format!("not UTF-8: {name:?}")))?;
            if entry.file_type()?.is_dir() {
                waiting.push(path.join(name));
            } else if name.ends_with(".md") && (except.is_empty() || !except.contains(&path.join(&name))) {
                names.push(name);
            }
        }
        if !names.is_empty() {
            folders.push(Folder { path, names });
        }
    }
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.names.len()));
    Ok(folders)
}

fn exceptions(list: Option<&Path>) -> io::Result<HashSet<PathBuf>> {
    let text = list.map_or_else(|| Ok(String::new()), fs::read_to_string)?;
    Ok(text.lines().map(PathBuf::from).collect())
}

fn lower(path: &Path) -> PathBuf {
    path.to_string_lossy().to_ascii_lowercase().into()
}

/// Makes a folder, its parents only if they are missing; another thread may make it at the same time.
fn make_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(path),
        result => result,
    }
}

/// Reads a file into a buffer that is used again, without asking for its size.
fn read_file(path: &Path, buffer: &mut Vec<u8>) -> io::Result<()> {
    const STEP: usize = 1 << 16;
    let mut file = File::open(path)?;
    let mut filled = 0;
    loop {
        if buffer.len() < filled + STEP {
            buffer.resize(filled + STEP, 0);
        }
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    buffer.truncate(filled);
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::create(path)?.write_all(bytes)
}
