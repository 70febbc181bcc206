//! Block events as HTML.

use std::fmt::Write as _;

use super::Writer;
use crate::site::markdown::directive::AlertKind;
use crate::site::markdown::flow::{Align, Ev, Kind, Tag, Txt};
use crate::site::markdown::rawhtml;

impl Writer<'_> {
    /// Writes the blocks between two indices; inline events among them (a tight list's) are written as a run.
    pub(crate) fn blocks(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            at = self.block(at, to);
        }
    }

    /// Writes one block, or one run of inline events, and gives the index after it.
    pub(crate) fn block(&mut self, at: usize, to: usize) -> usize {
        let next = self.flow.after(at);
        match self.flow.events[at].kind {
            Kind::Start(Tag::HtmlBlock) if self.has_raw(at, next) => return self.raw_region(at, to),
            Kind::Start(tag) if !tag.is_inline() => self.element(tag, at, next),
            Kind::Rule => self.out.push_str("<hr>\n"),
            Kind::Snippet(snippet) => self.snippet(snippet as usize, at),
            Kind::Form(name) => self.form(name),
            Kind::Video(address) => self.video(address, at),
            Kind::Mark(_) => {}
            _ => {
                let end = self.run(at, to);
                self.inline(at, end);
                return end;
            }
        }
        next
    }

    fn has_raw(&self, at: usize, next: usize) -> bool {
        self.flow.events[at..next].iter().any(|event| matches!(event.kind, Kind::Raw(_)))
    }

    /// The index after the run of inline events that begins here.
    pub(crate) fn run(&self, at: usize, to: usize) -> usize {
        let mut end = at;
        while end < to && self.is_inline(end) {
            end = self.flow.after(end);
        }
        end.max(at + 1).min(to)
    }

    fn is_inline(&self, at: usize) -> bool {
        match self.flow.events[at].kind {
            Kind::Start(tag) => tag.is_inline(),
            Kind::Rule | Kind::Snippet(_) | Kind::Form(_) | Kind::Video(_) | Kind::Mark(_) => false,
            _ => true,
        }
    }

    fn element(&mut self, tag: Tag, at: usize, next: usize) {
        let (from, to) = (at + 1, next - 1);
        match tag {
            Tag::Paragraph => self.paragraph(from, to),
            Tag::Heading(level) => self.heading(level, at, next),
            Tag::CodeBlock(language) => self.code(language, from, to),
            Tag::Table => self.table(from, to),
            Tag::TabTitle => {}
            _ => {
                self.open_block(tag);
                self.block_title(tag, from, to);
                self.blocks(from, to);
                self.close_block(tag);
            }
        }
    }

    fn paragraph(&mut self, from: usize, to: usize) {
        if self.figure(from, to) || from >= to {
            return;
        }
        let blocks = |event: &Ev| matches!(event.kind, Kind::Raw(txt) if rawhtml::has_blocks(self.flow.get(txt)));
        let holds_blocks = self.flow.events[from..to].iter().any(blocks);
        let (open, close) = if holds_blocks { ("<div>", "</div>\n") } else { ("<p>", "</p>\n") };
        let before = self.out.len();
        self.out.push_str(open);
        let empty = self.out.len();
        self.inline(from, to);
        if self.out.len() == empty {
            return self.out.truncate(before);
        }
        self.out.push_str(close);
    }

    /// A heading, with a link to itself and one to its twin in each other language beside it.
    fn heading(&mut self, level: u8, at: usize, next: usize) {
        let Ok(found) = self.headings.binary_search_by_key(&at, |h| h.at) else {
            // An empty heading would be announced as one; an anchor in it is a place all the same.
            self.inline(at + 1, next - 1);
            return;
        };
        let id = self.headings[found].id.as_str();
        let fresh = self.is_new(id);
        // Formatting a number of one digit takes ten times as long.
        let level = char::from(b'0' + level);
        self.out.push_str("<div class=\"heading\"><h");
        self.out.push(level);
        self.id(id);
        self.out.push('>');
        self.in_heading = true;
        self.inline(at + 1, next - 1);
        self.in_heading = false;
        self.out.push_str("</h");
        self.out.push(level);
        self.out.push('>');
        if fresh {
            let twins = self.surroundings.twins(self.locale);
            let foreign = self.surroundings.foreign(self.locale);
            super::heading_links(id, self.message("heading_link"), foreign, &twins, &mut self.out);
        }
        self.out.push_str("</div>\n");
    }

    fn code(&mut self, language: Txt, from: usize, to: usize) {
        let flow = self.flow;
        let code: String = flow.events[from..to]
            .iter()
            .filter_map(|event| match event.kind {
                Kind::Text(txt) | Kind::Raw(txt) => Some(flow.get(txt)),
                _ => None,
            })
            .collect();
        self.code_block(flow.get(language), &code);
    }

    pub(crate) fn code_block(&mut self, language: &str, code: &str) {
        self.out.push_str("<pre tabindex=\"0\"><code");
        if !language.is_empty() {
            self.attribute("class", &format!("language-{language}"));
        }
        self.out.push('>');
        self.words(code);
        self.out.push_str("</code></pre>\n");
    }

    /// Opens what a table scrolls in where it is wider than the screen; the keyboard reaches it (WCAG 2.2, 1.4.10 and 2.1.1).
    pub(crate) fn table_frame(&mut self) {
        self.out.push_str("<div class=\"table\" role=\"group\" tabindex=\"0\"");
        self.attribute("aria-label", self.message("table"));
        self.out.push('>');
    }

    fn table(&mut self, from: usize, to: usize) {
        self.table_frame();
        self.out.push_str("<table>\n");
        let mut body = false;
        let rows: Vec<usize> = self.flow.siblings(from, to).collect();
        for row in rows {
            let end = self.flow.after(row);
            let head = self.flow.events[row].kind == Kind::Start(Tag::TableHead);
            if !head && !std::mem::replace(&mut body, true) {
                self.out.push_str("<tbody>\n");
            }
            self.out.push_str(if head { "<thead>" } else { "" });
            self.row(row + 1, end - 1, if head { "th" } else { "td" });
            self.out.push_str(if head { "</thead>\n" } else { "\n" });
        }
        self.out.push_str(if body { "</tbody>\n</table></div>\n" } else { "</table></div>\n" });
    }

    fn row(&mut self, from: usize, to: usize, element: &str) {
        self.out.push_str("<tr>");
        let cells: Vec<usize> = self.flow.siblings(from, to).collect();
        for cell in cells {
            let align = match self.flow.events[cell].kind {
                Kind::Start(Tag::TableCell(Align::Left)) => " class=\"left\"",
                Kind::Start(Tag::TableCell(Align::Center)) => " class=\"center\"",
                Kind::Start(Tag::TableCell(Align::Right)) => " class=\"right\"",
                _ => "",
            };
            let end = self.flow.after(cell);
            // A head's cell without words labels nothing.
            let element = if element == "th" && cell + 2 == end { "td" } else { element };
            self.out.extend(["<", element, align, ">"]);
            self.blocks(cell + 1, end - 1);
            self.out.extend(["</", element, ">"]);
        }
        self.out.push_str("</tr>");
    }

    /// Opens a block that holds blocks.
    pub(crate) fn open_block(&mut self, tag: Tag) {
        let flow = self.flow;
        match tag {
            Tag::Quote => self.out.push_str("<blockquote>\n"),
            Tag::List(None) => self.out.push_str("<ul>\n"),
            Tag::List(Some(1)) => self.out.push_str("<ol>\n"),
            Tag::List(Some(first)) => {
                let _ = writeln!(self.out, "<ol start=\"{first}\">");
            }
            Tag::Item => self.out.push_str("<li>"),
            Tag::Alert(kind) | Tag::Callout(kind) => {
                let _ = writeln!(self.out, "<div class=\"alert alert-{}\" role=\"note\">", kind.name());
            }
            Tag::Div(class) => {
                let _ = writeln!(self.out, "<div class=\"{}\">", div_class(flow.get(class)));
            }
            Tag::Columns => self.out.push_str("<div class=\"columns\">\n"),
            Tag::Column(1) => self.out.push_str("<div class=\"column\">\n"),
            Tag::Column(span) => {
                let _ = writeln!(self.out, "<div class=\"column span-{span}\">");
            }
            Tag::Tabs => {
                self.tabs += 1;
                self.out.push_str("<div class=\"tabs\">\n");
            }
            Tag::Tab(_) => {
                let first = self.out.ends_with("<div class=\"tabs\">\n");
                let _ = write!(
                    self.out,
                    "<details class=\"tab\" name=\"md-tabs-{}\"{}>",
                    self.tabs,
                    if first { " open" } else { "" }
                );
            }
            Tag::Foreign(locale) => {
                self.out.push_str("<div");
                self.enter(locale);
                self.out.push_str(">\n");
            }
            _ => {}
        }
    }

    /// Closes it.
    pub(crate) fn close_block(&mut self, tag: Tag) {
        if matches!(tag, Tag::Foreign(_)) {
            self.leave();
        }
        self.out.push_str(match tag {
            Tag::Quote => "</blockquote>\n",
            Tag::List(None) => "</ul>\n",
            Tag::List(Some(_)) => "</ol>\n",
            Tag::Item => "</li>\n",
            Tag::Tab(_) => "</details>\n",
            Tag::Alert(_) | Tag::Callout(_) | Tag::Div(_) | Tag::Columns | Tag::Column(_) | Tag::Tabs | Tag::Foreign(_) => {
                "</div>\n"
            }
            _ => "",
        });
    }

    /// The title of an alert or a tab.
    pub(crate) fn block_title(&mut self, tag: Tag, from: usize, to: usize) {
        match tag {
            Tag::Alert(kind) => {
                self.out.push_str("<p class=\"alert-title\">");
                self.say(alert_label(kind));
                self.out.push_str("</p>\n");
            }
            Tag::Tab(_) => {
                self.out.push_str("<summary>");
                self.tab_title(from, to);
                self.out.push_str("</summary>\n");
            }
            _ => {}
        }
    }

    pub(crate) fn tab_title(&mut self, from: usize, to: usize) {
        if from < to && self.flow.events[from].kind == Kind::Start(Tag::TabTitle) {
            self.inline(from + 1, self.flow.after(from) - 1);
        }
    }
}

/// The key of what an alert is called.
fn alert_label(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Note => "alert_note",
        AlertKind::Tip => "alert_tip",
        AlertKind::Important => "alert_important",
        AlertKind::Warning => "alert_warning",
        AlertKind::Caution => "alert_caution",
    }
}

/// The theme's class for a class of `[!div]`: those that mean something, by one name each.
fn div_class(written: &str) -> &'static str {
    match written.to_ascii_lowercase().as_str() {
        "nextstepaction" => "next-step",
        "checklist" => "checklist",
        "mx-imgborder" | "mx-imgborder2" => "bordered",
        "has-no-wrap" => "no-wrap",
        "op_single_selector" | "op_multi_selector" => "selector",
        _ => "plain",
    }
}
