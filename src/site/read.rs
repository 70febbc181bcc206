//! The bytes of the docset's files. An edge, beside `discover`.

use std::cell::RefCell;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::diag::{Code, Diagnostic, Span};
use crate::source::Source;
use crate::vpath::SourcePath;

use super::discover::{Found, Listing};

/// How many bytes are asked for at once, at least: more than nearly all texts have.
const STEP: usize = 1 << 16;
/// The most bytes that a thread keeps for the next file.
const MOST_KEPT: usize = 1 << 20;

thread_local! {
    /// What text files are read to. Their texts are copies of it, so that one piece of memory serves for all files of a thread.
    static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Reads a text file; `path` counts from `folder`. Symbolic links are followed wherever they lead: for a file of a
/// [`Listing`] use [`read_found`].
///
/// # Errors
/// [`Code::Unreadable`], [`Code::NotUtf8`].
pub fn read(folder: &Path, path: &SourcePath) -> Result<Source, Diagnostic> {
    decode(path, &read_bytes(folder, path)?)
}

/// Reads a file as it stands: images and other resources.
///
/// # Errors
/// [`Code::Unreadable`].
pub fn read_bytes(folder: &Path, path: &SourcePath) -> Result<Vec<u8>, Diagnostic> {
    fs::read(folder.join(path.as_str())).map_err(|error| unreadable(path, &error))
}

/// Reads a text file of a listing.
///
/// # Errors
/// Those of [`read`], and [`Code::PathOutside`].
pub fn read_found(listing: &Listing, found: &Found) -> Result<Source, Diagnostic> {
    let file = place(listing, found)?;
    BYTES.with_borrow_mut(|bytes| {
        let len = read_whole(&file, bytes).map_err(|error| unreadable(&found.path, &error))?;
        let source = decode(&found.path, &bytes[..len]);
        if bytes.len() > MOST_KEPT {
            *bytes = Vec::new();
        }
        source
    })
}

/// Reads a file of a listing as it stands.
///
/// # Errors
/// Those of [`read_bytes`], and [`Code::PathOutside`] where a symbolic link has been turned since the folder was listed.
pub fn read_found_bytes(listing: &Listing, found: &Found) -> Result<Vec<u8>, Diagnostic> {
    fs::read(place(listing, found)?).map_err(|error| unreadable(&found.path, &error))
}

/// What keeps files of a listing from being read, of those that are published as they stand: to be known before anything is written.
pub(crate) fn refused<'p>(listing: &Listing, files: impl IntoIterator<Item = &'p SourcePath>) -> Vec<Diagnostic> {
    let listed = files.into_iter().filter_map(|path| listing.find(path));
    let open = |found: &Found| fs::File::open(place(listing, found)?).map_err(|error| unreadable(&found.path, &error));
    listed.filter_map(|found| open(found).err()).collect()
}

/// Where a file of a listing stands.
fn place(listing: &Listing, found: &Found) -> Result<PathBuf, Diagnostic> {
    // Resolving a path asks for each of its folders; only a link can lead outside, so only links pay for it.
    if found.linked && !lies_inside(listing, &found.path) {
        let message = "the symbolic link leads out of the site's folder";
        return Err(Diagnostic::new(Code::PathOutside, Span::file(found.path.clone()), message));
    }
    Ok(listing.folder.join(found.path.as_str()))
}

/// Reads a file to the beginning of some bytes, of which there may be more. Gives its length.
///
/// Nobody asks the system for the length before: most files fit, and asking takes longer than a second call that finds the end.
fn read_whole(file: &Path, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let mut file = fs::File::open(file)?;
    let mut read = 0;
    loop {
        if bytes.len() == read {
            bytes.resize(read + STEP.max(read), 0);
        }
        match file.read(&mut bytes[read..]) {
            Ok(0) => return Ok(read),
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn unreadable(path: &SourcePath, error: &io::Error) -> Diagnostic {
    let message = format!("the file cannot be read: {error}");
    Diagnostic::new(Code::Unreadable, Span::file(path.clone()), message).help("check its permissions")
}

/// Reads a text file that the configuration names, like a file of the listing; `None` if there is no such file.
pub(crate) fn read_named(listing: &Listing, path: &SourcePath) -> Option<Result<Source, Diagnostic>> {
    if !listing.folder.join(path.as_str()).exists() {
        return None;
    }
    // Any folder on its way may be a link, so that its place is asked for.
    let found = Found { path: path.clone(), linked: true, state: None };
    Some(read_found(listing, &found))
}

/// What stands at a path, after symbolic links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A device, a socket, or what may not be asked for.
    Other,
    /// Nothing, or a link that leads nowhere.
    Gone,
}

/// What stands at a path.
pub(crate) fn kind(path: &Path) -> Kind {
    match fs::metadata(path) {
        Ok(data) if data.is_file() => Kind::File,
        Ok(data) if data.is_dir() => Kind::Folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Kind::Gone,
        _ => Kind::Other,
    }
}

/// The bytes of a file that a command names.
///
/// # Errors
/// It cannot be read.
pub fn bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    fs::read(file)
}

/// The text of a file that need not be there.
pub(crate) fn text(file: &Path) -> Option<String> {
    fs::read_to_string(file).ok()
}

/// What tells this program from another version of it: the length and time of its file.
pub(crate) fn program() -> String {
    let metadata = std::env::current_exe().and_then(fs::metadata).ok();
    format!("{:?}", metadata.and_then(|metadata| Some((metadata.len(), metadata.modified().ok()?))))
}

/// Reports the first NUL byte of a text, and how many there are.
pub fn nul_bytes(source: &Source) -> Option<Diagnostic> {
    let first = memchr::memchr(0, source.text.as_bytes())?;
    let count = memchr::memchr_iter(0, source.text.as_bytes()).count();
    let message = format!("the text holds NUL bytes ({count}), shown as U+FFFD");
    let diagnostic = Diagnostic::new(Code::NulByte, Span::new(source.path.clone(), first..first + 1), message);
    Some(diagnostic.help("save the file again as UTF-8 text"))
}

fn lies_inside(listing: &Listing, path: &SourcePath) -> bool {
    fs::canonicalize(listing.folder.join(path.as_str())).is_ok_and(|target| target.starts_with(&listing.root))
}

fn decode(path: &SourcePath, bytes: &[u8]) -> Result<Source, Diagnostic> {
    Source::decode(path.clone(), bytes).map_err(|error| {
        // The bytes go no further than here, and so the line is named in the message.
        let at = error.valid_up_to;
        let message = format!("the file is not UTF-8: line {}, byte {} of the file", line_of(bytes, at), at + 1);
        let span = Span::new(path.clone(), at..at + 1);
        Diagnostic::new(Code::NotUtf8, span, message).help("save the file as UTF-8; Shift_JIS and UTF-16 are not read")
    })
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    memchr::memchr_iter(b'\n', bytes.get(..at).unwrap_or(bytes)).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, SourcePath) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), bytes).unwrap();
        (folder, SourcePath::parse("a.md").unwrap())
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_with_its_line() {
        let (folder, path) = file(b"a\n\x82\xa0\n");
        let error = read(folder.path(), &path).unwrap_err();
        assert_eq!((error.code, error.span.start), (Code::NotUtf8, 2));
        assert!(error.message.contains("line 2"), "{}", error.message);
        assert_eq!(read_bytes(folder.path(), &path).unwrap().len(), 5);
    }

    #[test]
    fn nul_bytes_are_reported_and_kept() {
        let (folder, path) = file(b"a\0b\0");
        let source = read(folder.path(), &path).unwrap();
        let found = nul_bytes(&source).unwrap();
        assert_eq!((found.code, found.span.start), (Code::NulByte, 1));
        assert!(nul_bytes(&Source { path, text: "a".to_owned() }).is_none());
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let (folder, _) = file(b"");
        let gone = SourcePath::parse("gone.md").unwrap();
        assert_eq!(read(folder.path(), &gone).unwrap_err().code, Code::Unreadable);
    }

    #[test]
    fn a_long_file_is_read_whole_and_a_short_one_after_it_too() {
        for len in [0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP, 5] {
            let (folder, path) = file("x".repeat(len).as_bytes());
            let listing = Listing { root: folder.path().to_owned(), folder: folder.path().to_owned(), files: Vec::new() };
            let found = Found { path, linked: false, state: None };
            assert_eq!(read_found(&listing, &found).unwrap().text.len(), len);
        }
    }

    #[test]
    fn files_to_be_published_that_cannot_be_read_are_named() {
        let (folder, path) = file(b"");
        let gone = SourcePath::parse("z.png").unwrap();
        let files = [path, gone.clone()].map(|path| Found { path, linked: false, state: None }).to_vec();
        let listing = Listing { root: folder.path().to_owned(), folder: folder.path().to_owned(), files };
        let refused = refused(&listing, listing.files.iter().map(|found| &found.path));
        assert_eq!(refused.iter().map(|d| (d.code, &d.span.path)).collect::<Vec<_>>(), [(Code::Unreadable, &gone)]);
    }
}
