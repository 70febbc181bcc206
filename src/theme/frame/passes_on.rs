//! Whether a template does no more with values than to pass them on: print them, ask whether they are there, go through lists.
//!
//! The engine has parsed the templates already; this reads their tags a second time, knows few words, and takes everything else for more.

use crate::ordered::{Map, Set};

/// Fields that templates may compare: they have few values, and each makes a shape of its own.
pub(super) const COMPARED: [&str; 3] = ["lang", "article_lang", "kind"];

/// The name of the messages in every view. They are the same in all pages of a language, and so they may be read.
pub(super) const MESSAGES: &str = "t";

/// What a component may choose a message by: it is given as a text, and not by a value.
const KEY: &str = "key";

/// What the templates of a theme do with values.
pub(super) struct Uses<'s> {
    /// By template, what it needs beside itself; `None` if it does more than pass values on.
    needed: Map<&'s str, Option<Vec<Needed<'s>>>>,
    /// By component, the template that defines it.
    components: Map<&'s str, &'s str>,
}

impl<'s> Uses<'s> {
    /// Reads every template once.
    pub(super) fn of(sources: &'s Map<String, (String, String)>) -> Self {
        let mut uses = Self { needed: Map::new(), components: Map::new() };
        for (name, (_, text)) in sources {
            let tags = tags(text);
            for tag in tags.iter().flatten() {
                if let [Token::Word("component"), Token::Word(component), ..] = tag.tokens[..] {
                    uses.components.entry(component).or_insert(name);
                }
            }
            uses.needed.insert(name, tags.and_then(|tags| needed(&tags)));
        }
        uses
    }

    /// Whether a template passes values on, with everything that it extends, includes or calls.
    pub(super) fn pass_on(&self, name: &str) -> bool {
        let mut waiting = vec![name];
        let mut seen = Set::default();
        while let Some(name) = waiting.pop() {
            let Some(Some(needed)) = self.needed.get(name) else { return false };
            if !seen.insert(name) {
                continue;
            }
            for one in needed {
                let template = match one {
                    Needed::Template(name) => Some(name),
                    Needed::Component(name) => self.components.get(name),
                };
                let Some(template) = template else { return false };
                waiting.push(template);
            }
        }
        true
    }
}

/// What a template needs beside itself.
enum Needed<'t> {
    Template(&'t str),
    Component(&'t str),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'t> {
    /// A name, a path of names, or a keyword.
    Word(&'t str),
    /// A text or a number as written.
    Literal(&'t str),
    Sign(&'t str),
}

/// A tag: `{{ … }}` prints, `{% … %}` does not.
struct Tag<'t> {
    prints: bool,
    tokens: Vec<Token<'t>>,
}

/// All tags of a template without its comments; `None` where a tag holds what is not known here.
fn tags(text: &str) -> Option<Vec<Tag<'_>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix('#') {
            rest = &comment[comment.find("#}")? + 2..];
            continue;
        }
        let (prints, close) = match rest.as_bytes().first() {
            Some(b'{') => (true, "}}"),
            Some(b'%') => (false, "%}"),
            _ => continue,
        };
        let (tokens, after) = tokens(rest[1..].trim_start_matches('-'), close)?;
        found.push(Tag { prints, tokens });
        rest = after;
    }
    Some(found)
}

fn tokens<'t>(text: &'t str, close: &str) -> Option<(Vec<Token<'t>>, &'t str)> {
    const SIGNS: [&str; 16] = ["==", "!=", "/>", "|", "(", ")", "[", "]", "{", "}", "=", ",", "~", "<", ">", "-"];
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    loop {
        // A component's argument may end in a brace right before the tag does.
        let ends = rest.strip_prefix(close).or_else(|| rest.strip_prefix('-').and_then(|rest| rest.strip_prefix(close)));
        if let Some(after) = ends {
            return Some((found, after));
        }
        let first = rest.chars().next()?;
        let len = match first {
            '"' | '\'' => rest[1..].find(first)? + 2,
            c if c.is_ascii_alphanumeric() || c == '_' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len())
            }
            _ => SIGNS.iter().find(|sign| rest.starts_with(**sign))?.len(),
        };
        let (written, after) = rest.split_at(len);
        found.push(match first {
            '"' | '\'' => Token::Literal(written.get(1..len - 1)?),
            c if c.is_ascii_digit() => Token::Literal(written),
            _ if matches!(written, "true" | "false") => Token::Literal(written),
            c if c.is_ascii_alphanumeric() || c == '_' => Token::Word(written),
            _ => Token::Sign(written),
        });
        rest = after.trim_start();
    }
}

/// What the tags need; `None` if one of them does more than pass values on.
fn needed<'t>(tags: &[Tag<'t>]) -> Option<Vec<Needed<'t>>> {
    use Token::{Literal, Sign, Word};
    let mut needed = Vec::new();
    for tag in tags {
        match (tag.prints, &tag.tokens[..]) {
            (true, [Sign("<"), Word(name), arguments @ .., Sign("/>")]) => {
                given(arguments)?;
                needed.push(Needed::Component(name));
            }
            (true, value) => passes(value)?,
            (
                false,
                [Word("else" | "endif" | "endfor")] | [Word("block" | "endblock" | "endcomponent"), Word(_)] | [Word("endblock")],
            ) => {}
            (false, [Word("if" | "elif"), condition @ ..]) => passes(condition)?,
            (false, [Word("for"), Word(name), Word("in"), list @ ..] | [Word("set"), Word(name), Sign("="), list @ ..]) => {
                may_be_bound(name)?;
                passes(list)?;
            }
            (false, [Word("component"), Word(_), Sign("("), parameters @ .., Sign(")")]) => {
                let plain = |parameter: &Token<'_>| matches!(parameter, Word(_) | Literal(_) | Sign("," | "="));
                parameters.iter().all(plain).then_some(())?;
            }
            (false, [Word("extends" | "include"), Literal(name)]) => needed.push(Needed::Template(name)),
            _ => return None,
        }
    }
    Some(needed)
}

/// A value must not be passed on under one of the names that mean more: those that may be compared, the messages', and that of a key.
fn may_be_bound(name: &str) -> Option<()> {
    (!means_more(name)).then_some(())
}

fn means_more(name: &str) -> bool {
    name == MESSAGES || name == KEY || COMPARED.contains(&name)
}

/// The arguments of a component: `name={value}` or `name="text"`. What a name means it means within the component, too.
fn given(mut arguments: &[Token<'_>]) -> Option<()> {
    while let [Token::Word(name), Token::Sign("="), rest @ ..] = arguments {
        arguments = match rest {
            [Token::Literal(_), rest @ ..] if *name == KEY => rest,
            [Token::Literal(_), rest @ ..] => {
                may_be_bound(name)?;
                rest
            }
            [Token::Sign("{"), rest @ ..] => {
                let close = rest.iter().position(|token| *token == Token::Sign("}"))?;
                passes(&rest[..close])?;
                let same = match rest[..close] {
                    [Token::Word(path)] if *name == KEY => path == KEY,
                    [Token::Word(path)] => path.rsplit('.').next() == Some(name),
                    _ => false,
                };
                if means_more(name) && !same {
                    return None;
                }
                &rest[close + 1..]
            }
            _ => return None,
        };
    }
    arguments.is_empty().then_some(())
}

/// Whether an expression only asks for values, joins them, or compares those that may be.
fn passes(expression: &[Token<'_>]) -> Option<()> {
    use Token::{Literal, Sign, Word};
    let joins = expression.contains(&Sign("~"));
    let mut before = None;
    for (at, token) in expression.iter().enumerate() {
        let next = expression.get(at + 1);
        let sound = match token {
            Word("is" | "in" | "if" | "else") => false,
            // A call: nothing may be but the filters below, and the block of a template that this one extends.
            Word(word) if next == Some(&Sign("(")) => {
                matches!(*word, "not" | "and" | "or" | "super") || (*word == "fill" && before == Some(Sign("|")))
            }
            Word(_) | Literal(_) | Sign("(" | ")" | "~" | "," | "=") => true,
            // A field by its name; by a value it would be read.
            Sign("[") => match expression.get(at + 1..at + 3) {
                Some([Literal(_), Sign("]")]) => matches!(before, Some(Word(_))),
                Some([Word(KEY), Sign("]")]) => before.is_some_and(are_messages),
                _ => false,
            },
            Sign("]") => matches!(before, Some(Literal(_) | Word(KEY))),
            // A message takes values in; a value that took others in would be read.
            Sign("|") => match next {
                Some(Word("safe")) => true,
                // What is put in later is then set in phrases; a part of a text would be set as if it were the whole.
                Some(Word("phrases")) => !joins && matches!(before, Some(Word(_))),
                Some(Word("fill")) => is_message(&expression[..at]),
                _ => false,
            },
            Sign("==" | "!=") => !joins && before.is_some_and(may_be_compared) && next.copied().is_some_and(may_be_compared),
            Sign(_) => false,
        };
        if !sound {
            return None;
        }
        before = Some(*token);
    }
    Some(())
}

fn are_messages(operand: Token<'_>) -> bool {
    matches!(operand, Token::Word(path) if path.rsplit('.').next() == Some(MESSAGES))
}

/// Whether an expression ends with a message: by its name, or by a key.
fn is_message(expression: &[Token<'_>]) -> bool {
    match expression {
        [.., messages, Token::Sign("["), Token::Word(KEY), Token::Sign("]")] => are_messages(*messages),
        [.., Token::Word(path)] => path.split('.').rev().skip(1).any(|part| part == MESSAGES),
        _ => false,
    }
}

fn may_be_compared(operand: Token<'_>) -> bool {
    match operand {
        Token::Literal(_) => true,
        Token::Word(path) => path.rsplit('.').next().is_some_and(|name| COMPARED.contains(&name)),
        Token::Sign(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> bool {
        let part = "{% component part(x) %}{{ x }}{% endcomponent part %}{% component worse(x) %}{{ x }}{% endcomponent worse %}";
        let all = [("a.html", text), ("part.html", part), ("bad.html", "{{ x | upper }}")];
        let sources = all.map(|(name, text)| (name.to_owned(), (String::new(), text.to_owned()))).into_iter().collect();
        Uses::of(&sources).pass_on("a.html")
    }

    #[test]
    fn printing_asking_and_going_through_lists_passes_values_on() {
        for text in [
            "{{ a.b }}{#- {{ a | upper }} -#}{%- if not a and (b or c) -%}x{% elif d %}{% else %}{% endif %}",
            "{% for x in a.b %}{{ x.y | safe }}{% if loop.last %},{% endif %}{% endfor %}{ x }",
            "{% extends \"part.html\" %}{% block b %}{{ super() }}{{ <part x={a}/> }}{% endblock %}",
            "{{ root }}{{ static[\"own.css\"] }}",
            "{{ t.updated | fill(date=date.text, more=\"}}\") }}{% if n.kind == \"machine\" and basis %}{% endif %}",
            "{{ <part t={x.t} lang={lang} more=\"x\"/> }}",
            "{% if article_lang != lang %}{% set y = a ~ \"-\" ~ b %}{{ y }}{% endif %}",
            "{{ a.b | phrases }}{{ t.title | phrases }}",
            "{% component s(key, b) %}{{ b.t[key] | fill(x=b) }}{{ t[key] }}{% endcomponent s %}{{ <s key=\"x\" b={b}/> }}",
            "{% component s(key) %}{{ <u key={key}/> }}{% endcomponent s %}{% component u(key) %}{{ t[key] }}{% endcomponent u %}",
        ] {
            assert!(check(text), "{text}");
        }
    }

    #[test]
    fn reading_values_does_not() {
        for text in [
            "{{ a | upper }}",
            "{% if a == \"x\" %}{% endif %}",
            "{% if title != site_title %}{% endif %}",
            "{% if a is starting_with(\"x\") %}{% endif %}",
            "{% if a in b %}{% endif %}",
            "{{ a[b] }}",
            "{{ a[key] }}",
            "{{ t[a.key] }}",
            "{{ t[key.a] }}",
            "{{ a[key] | fill(x=b) }}",
            "{{ <part key={a}/> }}",
            "{{ <part key={a.key}/> }}",
            "{% set key = a %}{{ t[key] }}",
            "{% for key in a %}{{ t[key] }}{% endfor %}",
            "{% if a[\"lang\"] == \"x\" %}{% endif %}",
            "{{ [a, b] | length }}",
            "{{ f(x=a) }}",
            "{{ a | fill(x=b) }}",
            "{{ a ~ b | phrases }}",
            "{{ t | fill(x=b) }}",
            "{{ a + 1 }}",
            "{% if a ~ lang == lang %}{% endif %}",
            "{% for kind in a %}{% if kind == \"x\" %}{% endif %}{% endfor %}",
            "{% set lang = a %}",
            "{% include \"bad.html\" %}",
            "{% include \"none.html\" %}",
            "{{ <none x={a}/> }}",
            "{{ <part lang={a}/> }}",
            "{{ <part t={a}/> }}",
            "{% for t in a %}{{ t.x | fill(y=z) }}{% endfor %}",
            "{% raw %}{{ a | upper }}{% endraw %}",
            "{% filter upper %}{{ a }}{% endfilter %}",
        ] {
            assert!(!check(text), "{text}");
        }
    }
}
