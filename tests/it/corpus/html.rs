//! A strict reader of HTML: what a browser would mend, it reports.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// An element, or a run of text (which has no name).
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) line: u64,
    /// The nodes that stand in it end before this index.
    pub(crate) end: usize,
    pub(crate) parent: Option<usize>,
}

impl Node {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class))
    }
}

/// A document in its order, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Html {
    pub(crate) nodes: Vec<Node>,
    pub(crate) wrong: Vec<String>,
}

impl Html {
    pub(crate) fn read(text: &str) -> Self {
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() });
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(text));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        let mut reader = tokenizer.sink.0.into_inner();
        while let Some(open) = reader.open.pop() {
            reader.close(open);
            let node = &reader.html.nodes[open];
            reader.html.wrong.push(format!("line {}: <{}> is not closed", node.line, node.name));
        }
        reader.html
    }

    /// The elements of a name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.name == name)
    }

    /// The element that a node stands in, and those around it.
    pub(crate) fn above(&self, at: usize) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.nodes[at].parent, |up| self.nodes[*up].parent).map(|up| &self.nodes[up])
    }

    /// The text between two indices, without the elements that are left out.
    pub(crate) fn text(&self, from: usize, to: usize, leave_out: impl Fn(&Node) -> bool) -> String {
        let (mut text, mut at) = (String::new(), from);
        while at < to {
            let node = &self.nodes[at];
            if leave_out(node) {
                at = node.end;
                continue;
            }
            text.push_str(&node.text);
            at += 1;
        }
        text
    }
}

#[derive(Default)]
struct Sink(RefCell<Reader>);

#[derive(Default)]
struct Reader {
    html: Html,
    open: Vec<usize>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => reader.start(&tag, line),
            Token::TagToken(tag) => reader.end(&tag, line),
            Token::CharacterTokens(text) => reader.text(&text, line),
            Token::NullCharacterToken => reader.wrong(line, "a NUL character"),
            Token::ParseError(error) => reader.wrong(line, &error),
            Token::CommentToken(text) => reader.wrong(line, &format!("a comment: {text}")),
            Token::DoctypeToken(_) | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

const VOID: &[&str] = &["meta", "link", "br", "hr", "img", "input", "col", "wbr"];
const PHRASING: &[&str] = &[
    "a", "abbr", "b", "bdi", "br", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark", "q", "s", "samp",
    "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr", "input", "label",
];
/// Elements in which only phrasing content may stand; a browser would close some of them early.
const TAKES_PHRASING: &[&str] =
    &["p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "em", "strong", "code", "del", "sub", "sup", "small", "time", "pre"];

impl Reader {
    fn wrong(&mut self, line: u64, what: &str) {
        self.html.wrong.push(format!("line {line}: {what}"));
    }

    fn push(&mut self, mut node: Node) {
        node.end = self.html.nodes.len() + 1;
        node.parent = self.open.last().copied();
        self.html.nodes.push(node);
    }

    fn text(&mut self, text: &str, line: u64) {
        match self.html.nodes.last_mut().filter(|last| last.name.is_empty() && last.parent == self.open.last().copied()) {
            Some(last) => last.text.push_str(text),
            None => self.push(Node { text: text.to_owned(), line, ..Node::default() }),
        }
    }

    fn close(&mut self, at: usize) {
        self.html.nodes[at].end = self.html.nodes.len();
    }

    fn start(&mut self, tag: &Tag, line: u64) {
        let name = tag.name.to_string();
        let parent = self.open.last().map_or("", |at| self.html.nodes[*at].name.as_str()).to_owned();
        if !may_stand_in(&name, &parent) {
            self.wrong(line, &format!("<{name}> stands in <{parent}>"));
        }
        if name == "a" && self.open.iter().any(|at| self.html.nodes[*at].name == "a") {
            self.wrong(line, "<a> stands in <a>");
        }
        if tag.self_closing {
            self.wrong(line, &format!("<{name}/> closes itself"));
        }
        let attributes = tag.attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
        self.push(Node { name: name.clone(), attributes, line, ..Node::default() });
        if !VOID.contains(&name.as_str()) {
            self.open.push(self.html.nodes.len() - 1);
        }
    }

    fn end(&mut self, tag: &Tag, line: u64) {
        match self.open.last().copied() {
            Some(at) if self.html.nodes[at].name == *tag.name => {
                self.open.pop();
                self.close(at);
            }
            open => {
                let open = open.map_or("", |at| self.html.nodes[at].name.as_str()).to_owned();
                self.wrong(line, &format!("</{}> where <{open}> is open", tag.name));
            }
        }
    }
}

fn may_stand_in(name: &str, parent: &str) -> bool {
    match (name, parent) {
        ("li", parent) => matches!(parent, "ul" | "ol"),
        (name, "ul" | "ol") => name == "li",
        ("tr", parent) => matches!(parent, "thead" | "tbody" | "tfoot"),
        ("td" | "th", parent) => parent == "tr",
        (name, "tr") => matches!(name, "td" | "th"),
        ("thead" | "tbody" | "tfoot", parent) => parent == "table",
        (name, "table") => matches!(name, "caption" | "colgroup" | "thead" | "tbody" | "tfoot"),
        ("summary", parent) => parent == "details",
        ("title" | "meta" | "link", parent) => parent == "head",
        (name, parent) if TAKES_PHRASING.contains(&parent) => PHRASING.contains(&name),
        _ => true,
    }
}

#[test]
fn what_a_browser_would_mend_is_reported() {
    for fine in ["<p>a<br>b</p>", "<ul><li>a</li></ul>", "<p>a &amp; b</p>", "<div><p>a</p><hr></div>"] {
        assert!(Html::read(fine).wrong.is_empty(), "{fine}");
    }
    for wrong in [
        "<p>a",
        "</p>",
        "<p><div></div></p>",
        "<b><i></b></i>",
        "<ul>a<p></p></ul>",
        "<p id=\"a\" id=\"b\"></p>",
        "a &nosuch; b <",
        "<a><a></a></a>",
        "<div/>",
    ] {
        assert!(!Html::read(wrong).wrong.is_empty(), "{wrong}");
    }
}
