//! Images, videos and code from other files.

use super::Writer;
use crate::site::markdown::directive::ImageKind;
use crate::site::markdown::flow::{Kind, Txt};

impl Writer<'_> {
    /// An image within a line; a labelled placeholder if it does not exist.
    pub(crate) fn image(&mut self, image: usize, at: usize) {
        let image = &self.flow.images[image];
        let file = self.origin(at);
        let larger = image.spec.lightbox.as_deref().and_then(|written| self.surroundings.resource(file, written));
        let Some(source) = self.surroundings.resource(file, &image.spec.source) else {
            return self.missing(&image.spec.alt, image.foreign);
        };
        let alt = if image.spec.kind == ImageKind::Icon { "" } else { &image.spec.alt };
        if is_elsewhere(&source) {
            return self.image_elsewhere(&source, alt, image.foreign);
        }
        if let Some(href) = &larger {
            self.out.push_str("<a class=\"image-link\"");
            self.attribute("href", href);
            self.out.push('>');
        }
        self.out.push_str("<img");
        self.attribute("src", &source);
        self.attribute("alt", alt);
        if image.foreign {
            self.attribute("lang", self.other);
        }
        if !self.in_figure && !image.title.is_empty() {
            self.attribute("title", &image.title);
        }
        self.out.push_str(" loading=\"lazy\">");
        if larger.is_some() {
            self.out.push_str("</a>");
        }
    }

    /// A picture on another host is a link that says what it shows and where it is: a page loads nothing from elsewhere. Within a link it
    /// is the words of that link.
    pub(crate) fn image_elsewhere(&mut self, address: &str, alt: &str, foreign: bool) {
        let linked = self.out.rfind("<a ").is_some_and(|open| !self.out[open..].contains("</a>"));
        self.out.push_str(if linked { "<span class=\"elsewhere\"" } else { "<a class=\"elsewhere\"" });
        if !linked {
            self.attribute("href", address);
        }
        self.out.push('>');
        self.say("image_elsewhere");
        self.alternative(alt, foreign);
        self.host_of(address);
        self.out.push_str(if linked { "</span>" } else { "</a>" });
    }

    /// What an image that is not shown says, after what stands in its place.
    fn alternative(&mut self, alt: &str, foreign: bool) {
        if !alt.is_empty() {
            self.out.push_str(" <span");
            if foreign {
                self.attribute("lang", self.other);
            }
            self.out.push('>');
            self.words(alt);
            self.out.push_str("</span>");
        }
    }

    /// The host of an address in brackets, so that a reader knows where a link leads.
    fn host_of(&mut self, address: &str) {
        let host = address.split("://").nth(1).unwrap_or(address).split(['/', '?']).next().unwrap_or_default();
        self.out.push_str(" (");
        self.words(host);
        self.out.push(')');
    }

    pub(crate) fn missing(&mut self, alt: &str, foreign: bool) {
        self.out.push_str("<span class=\"image-missing\">");
        self.say("image_missing");
        self.alternative(alt, foreign);
        self.out.push_str("</span>");
    }

    /// A paragraph that holds one image and nothing else is a figure.
    pub(crate) fn figure(&mut self, from: usize, to: usize) -> bool {
        let events = &self.flow.events[from..to];
        let [event] = events else { return false };
        let Kind::Image(image) = event.kind else { return false };
        let image = &self.flow.images[image as usize];
        self.out.push_str(if image.spec.border { "<figure class=\"image border\">" } else { "<figure class=\"image\">" });
        self.in_figure = true;
        self.inline(from, to);
        self.in_figure = false;
        if !image.title.is_empty() {
            self.out.push_str("<figcaption");
            if image.foreign {
                self.attribute("lang", self.other);
            }
            self.out.push('>');
            self.words(&image.title);
            self.out.push_str("</figcaption>");
        }
        self.out.push_str("</figure>\n");
        true
    }

    /// A video is a link: nothing is loaded from elsewhere.
    pub(crate) fn video(&mut self, address: Txt, at: usize) {
        let written = self.flow.get(address);
        self.out.push_str("<p class=\"video\">");
        match self.surroundings.link(self.origin(at), written) {
            Some(href) => {
                self.out.push_str("<a");
                self.attribute("href", &href);
                self.out.push('>');
                self.say("video");
                self.host_of(written);
                self.out.push_str("</a>");
            }
            None => self.say("video"),
        }
        self.out.push_str("</p>\n");
    }

    /// A form; a notice where it cannot be shown, and a link to it where it stands on the page already.
    pub(crate) fn form(&mut self, name: Txt) {
        let name = self.flow.get(name);
        let id = crate::form::view::id(name);
        let shown = if self.ids.contains(&super::hash(&id)) { None } else { self.surroundings.form(name) };
        if let Some(html) = &shown {
            self.ids.insert(super::hash(&id));
            self.out.push_str(html);
        } else if self.ids.contains(&super::hash(&id)) {
            self.out.push_str("<p><a");
            self.attribute("href", &format!("#{id}"));
            self.out.push('>');
            self.say("form_above");
            self.out.push_str("</a></p>\n");
        } else {
            self.out.push_str("<p class=\"unknown-extension\">");
            self.say("form_unavailable");
            self.out.push_str("</p>\n");
        }
    }

    /// Code from another file; its path where that does not exist.
    pub(crate) fn snippet(&mut self, snippet: usize, at: usize) {
        let spec = &self.flow.snippets[snippet];
        let code = self.surroundings.snippet(self.origin(at), spec);
        let language = spec.language.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        self.code_block(&language, code.as_deref().unwrap_or(&spec.source));
    }
}

/// Whether an address is of another host: those of the site are relative.
pub(crate) fn is_elsewhere(address: &str) -> bool {
    address.contains("://")
}
