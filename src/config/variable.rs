//! The variables that override the file: `MADOGUCHI_INTAKE_KEY`, `MADOGUCHI_INTAKE_GUARD_KEY`, `MADOGUCHI_FORM_NAME_MAILBOX`.

use super::error::{ConfigError, ConfigErrorKind, Place};
use super::raw::{RawConfig, RawGuard, RawIntake, SECRETS};
use super::setting::{By, Given};
use crate::diag::nearest;
use crate::ordered;
use crate::ordered::Map;
use crate::redact::Secret;

/// What all our variables begin with.
pub(super) const PREFIX: &str = "MADOGUCHI_";
const INTAKE: &str = "MADOGUCHI_INTAKE_";

/// The `MADOGUCHI_` variables by name. Their values may be secrets, so that only their names are shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Map<String, String>,
    ignores_intake: bool,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    /// Takes the variables that are ours and leaves all others.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: ordered::map(pairs.filter(|(name, _)| name.starts_with(PREFIX))), ignores_intake: false }
    }
}

/// What is given by variables only.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    pub(super) secret: Option<Given<Secret>>,
    pub(super) smtp_password: Option<Given<Secret>>,
}

impl Environment {
    /// The same for who must not reach the real counter: nothing that is set for it counts, in variables or in the file.
    #[must_use]
    pub fn without_intake(mut self) -> Self {
        self.variables.retain(|name, _| !name.starts_with(INTAKE));
        Self { ignores_intake: true, ..self }
    }

    /// Puts the text of the file that `NAME_FILE` names in the place of `NAME`, for each setting that may be a secret.
    pub(super) fn read_files(mut self, read: impl Fn(&str) -> Result<String, String>) -> Result<Self, ConfigError> {
        for key in SECRETS.iter().chain(&["store"]) {
            let name = variable(INTAKE, key);
            let file_variable = format!("{name}_FILE");
            let Some(file) = self.variables.remove(&file_variable) else { continue };
            if self.variables.contains_key(&name) {
                let help = format!("set only one of {name} and {file_variable}");
                return Err(error(&file_variable, ConfigErrorKind::Value, format!("{name} is set as well"), help));
            }
            let text = read(&file).map_err(|why| {
                error(&file_variable, ConfigErrorKind::Unreadable, format!("`{file}` cannot be read: {why}"), String::new())
            })?;
            self.variables.insert(name, text.trim_end_matches(['\r', '\n']).to_owned());
        }
        Ok(self)
    }

    /// Overrides what the file says.
    pub(super) fn apply(&self, raw: &mut RawConfig) -> Result<Secrets, ConfigError> {
        let mut secrets = Secrets::default();
        if self.ignores_intake {
            raw.intake = RawIntake::default();
        }
        for (name, text) in &self.variables {
            if !known(raw).contains(name) {
                return Err(unknown(name, raw));
            }
            let by = By::Variable(name.clone());
            match name.strip_prefix(INTAKE).map(str::to_lowercase).as_deref() {
                Some("secret") => secrets.secret = Some(Given { value: Secret::new(text), by }),
                Some("smtp_password") => secrets.smtp_password = Some(Given { value: Secret::new(text), by }),
                Some(key) => set_intake(raw, key, name, text)?,
                None => set_mailbox(raw, name, text),
            }
        }
        Ok(secrets)
    }
}

fn set_intake(raw: &mut RawConfig, key: &str, name: &str, text: &str) -> Result<(), ConfigError> {
    let result = match key.strip_prefix("guard_") {
        Some(key) => raw.intake.guard.set(key, name, text),
        None => raw.intake.set(key, name, text),
    };
    result.map_err(|why| error(name, ConfigErrorKind::Value, format!("the value {why}"), String::new()))
}

fn set_mailbox(raw: &mut RawConfig, name: &str, text: &str) {
    for (form, settings) in &mut raw.form {
        if mailbox_variable(form.get_ref()) == name {
            settings.mailbox = Some(Given { value: text.to_owned(), by: By::Variable(name.to_owned()) });
        }
    }
}

fn known(raw: &RawConfig) -> Vec<String> {
    let intake = RawIntake::KEYS.iter().chain(&SECRETS).map(|key| variable(INTAKE, key));
    let guard = RawGuard::KEYS.iter().map(|key| variable("MADOGUCHI_INTAKE_GUARD_", key));
    let forms = raw.form.keys().map(|form| mailbox_variable(form.get_ref()));
    intake.chain(guard).chain(forms).collect()
}

fn unknown(name: &str, raw: &RawConfig) -> ConfigError {
    let mut known = known(raw);
    known.extend(SECRETS.iter().chain(&["store"]).map(|key| variable(INTAKE, key) + "_FILE"));
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("unset it; the variables known here are {}", known.join(", ")),
    };
    error(name, ConfigErrorKind::Unknown, "this variable matches no setting".into(), help)
}

fn error(name: &str, kind: ConfigErrorKind, message: String, help: String) -> ConfigError {
    ConfigError { kind, place: Place::Variable(name.to_owned()), message, help }
}

fn variable(prefix: &str, key: &str) -> String {
    format!("{prefix}{}", key.to_uppercase())
}

/// The variable that sets a form's mailbox.
pub(super) fn mailbox_variable(form: &str) -> String {
    format!("MADOGUCHI_FORM_{}_MAILBOX", form.to_uppercase().replace('-', "_"))
}
