//! Mails as HTML. The words are those of mail itself (From, Subject), and each further one stands in English and Japanese.

use std::fmt::Write as _;

use mail_parser::{Address, Message, MessageParser, MimeHeaders};

use crate::site::html::escape;

const TITLE: &str = "Mail / メール";

/// The list of mails, newest first: name and bytes of each, and how many more there are.
pub(super) fn list(mails: &[(&str, &[u8])], more: usize) -> String {
    let mut out = head(TITLE);
    let _ = write!(out, "<h1>Mail <span lang=\"ja\">/ メール</span></h1>");
    if mails.is_empty() {
        out.push_str(
            "<p>No mail yet: send a request with a form of the site.</p>\
             <p lang=\"ja\">メールはまだありません。サイトのフォームからリクエストを送ってください。</p>",
        );
        return foot(out);
    }
    out.push_str("<table><thead><tr><th scope=\"col\">Subject</th><th scope=\"col\">To</th><th scope=\"col\">Date</th></tr></thead><tbody>");
    for (name, bytes) in mails {
        let message = MessageParser::default().parse(*bytes);
        let subject = message.as_ref().and_then(|message| message.subject()).map(str::trim).filter(|subject| !subject.is_empty());
        let _ = write!(out, "<tr><td><a href=\"/-/mail/{name}/\">{}</a></td>", text(subject.unwrap_or(name)));
        let to = message.as_ref().and_then(|message| message.to()).map(addresses).unwrap_or_default();
        let _ = write!(out, "<td>{}</td><td>{}</td></tr>", text(&to), text(&message.as_ref().map(date).unwrap_or_default()));
    }
    out.push_str("</tbody></table>");
    if more > 0 {
        let _ = write!(
            out,
            "<p>{more} older ones are in var/mail. <span lang=\"ja\">古いメールが、var/mailにあと{more}通あります。</span></p>"
        );
    }
    foot(out)
}

/// One mail: its headers decoded, its text, and what is attached.
pub(super) fn one(name: &str, bytes: &[u8]) -> String {
    let Some(message) = MessageParser::default().parse(bytes) else { return unreadable(name) };
    let subject = message.subject().map(str::trim).filter(|subject| !subject.is_empty()).unwrap_or(name);
    let mut out = head(subject);
    let _ = write!(out, "<p><a href=\"/-/mail/\">{TITLE}</a></p><h1>{}</h1><dl>", text(subject));
    let of = |address: Option<&Address<'_>>| address.map(addresses).unwrap_or_default();
    let id = message.message_id().map(|id| format!("<{id}>")).unwrap_or_default();
    let facts = [
        ("From", of(message.from())),
        ("To", of(message.to())),
        ("Cc", of(message.cc())),
        ("Reply-To", of(message.reply_to())),
        ("Date", date(&message)),
        ("Message-ID", id),
    ];
    for (term, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(out, "<div><dt>{term}</dt><dd>{}</dd></div>", text(value));
    }
    let _ = write!(out, "</dl><p><a href=\"/-/mail/{name}.eml\" download>{name}.eml</a></p>");
    for at in 0..message.text_body.len() {
        let body = message.body_text(at).unwrap_or_default();
        let language = message.content_language().as_text().unwrap_or_default();
        let lang = if is_tag(language) { format!(" lang=\"{language}\"") } else { String::new() };
        let _ = write!(out, "<pre{lang} tabindex=\"0\">\n{}</pre>", text(body.trim_end()));
    }
    attachments(&message, &mut out);
    foot(out)
}

fn attachments(message: &Message<'_>, out: &mut String) {
    let all: Vec<_> = message.attachments().collect();
    if all.is_empty() {
        return;
    }
    out.push_str("<h2>Attachments <span lang=\"ja\">/ 添付ファイル</span></h2><ul>");
    for part in all {
        let kind = part
            .content_type()
            .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
            .unwrap_or_default();
        let name = part.attachment_name().unwrap_or("(no name)");
        let _ = write!(out, "<li><code>{}</code> {} {} bytes</li>", text(name), text(&kind), part.len());
    }
    out.push_str("</ul>");
}

/// What is shown for an address that names no mail.
pub(super) fn absent() -> String {
    let mut out = head(TITLE);
    let _ = write!(
        out,
        "<h1>There is no such mail <span lang=\"ja\">/ このメールはありません</span></h1><p><a href=\"/-/mail/\">{TITLE}</a></p>"
    );
    foot(out)
}

fn unreadable(name: &str) -> String {
    let mut out = head(name);
    let _ = write!(
        out,
        "<h1>{}</h1><p>This file is no mail that can be read. <span lang=\"ja\">このファイルは、メールとして読み取れません。</span></p>\
         <p><a href=\"/-/mail/{name}.eml\">{name}.eml</a></p>",
        text(name)
    );
    foot(out)
}

fn addresses(address: &Address<'_>) -> String {
    let one = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    address.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn date(message: &Message<'_>) -> String {
    message.date().map(mail_parser::DateTime::to_rfc822).unwrap_or_default()
}

/// Whether a language tag may stand in an attribute as it is.
fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= 35 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    escape::text(value, &mut out);
    out
}

fn head(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"stylesheet\" href=\"/-/preview.css\">\n</head>\n<body class=\"preview-mail\">\n<main>\n",
        text(title)
    )
}

fn foot(mut page: String) -> String {
    page.push_str("\n</main>\n</body>\n</html>\n");
    page
}
