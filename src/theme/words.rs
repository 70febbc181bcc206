//! The messages that scripts show, as a script for each locale: pages name it and do not hold them, and it is fetched when there is something
//! to say.

use super::messages::Messages;
use crate::ordered;

/// How the keys of messages begin that the built-in scripts show.
const SHOWN: [&str; 3] = ["fault_", "form_", "search_"];

/// The name of a locale's script in the theme: `words.ja.js`.
pub(super) fn name(tag: &str) -> String {
    format!("words.{tag}.js")
}

/// The script: its default export is an object of messages by their keys. JSON is JavaScript (ECMAScript 2019).
pub(super) fn script(messages: &Messages) -> String {
    let shown = messages.keys().filter(|key| SHOWN.iter().any(|begins| key.starts_with(begins)));
    let texts = ordered::map(shown.map(|key| (key, messages.text(key))));
    format!("export default {};\n", serde_json::json!(texts))
}
