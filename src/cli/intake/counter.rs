//! What the counter is made of, from the configuration; what is dangerous is refused with a reason.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Notify;

use super::refused;
use crate::cli::failure::Failure;
use crate::config::{self, Config, Environment, FormConfig, Mailbox, WebAddress};
use crate::diag::{Diagnostic, Severity};
use crate::form;
use crate::intake::http::{Counter, Form};
use crate::intake::letter;
use crate::intake::store::Store;
use crate::ordered;
use crate::ordered::Map;
use crate::source::Source;
use crate::telemetry::Metrics;
use crate::theme::Theme;
use crate::vpath::SourcePath;

/// What the counter cannot do without, and the press can.
#[derive(Debug)]
pub(super) struct Needs {
    public_url: WebAddress,
    pub(super) from: Mailbox,
}

/// The configuration of the site in a folder. Its locales must be named there: the counter reads no content.
pub(super) fn configuration(site: &Path) -> Result<Config, Failure> {
    Ok(config::load(site, &Environment::of_process()?, |_| Vec::new())?)
}

const PASSWORD: &str = "MADOGUCHI_INTAKE_SMTP_PASSWORD, or MADOGUCHI_INTAKE_SMTP_PASSWORD_FILE: the password of `smtp_user`";

impl Needs {
    /// Takes what is needed, or names everything that is missing at once.
    pub(super) fn of(config: &Config) -> Result<Self, Failure> {
        let intake = &config.intake;
        let mut missing: Vec<String> = Vec::new();
        let mut need = |given: bool, what: &str| {
            if !given {
                missing.push(what.to_owned());
            }
        };
        need(!config.forms.is_empty(), "a form: a table [form.NAME] with `spec` and `mailbox`");
        for (name, form) in &config.forms {
            need(form.mailbox.is_some(), &format!("`mailbox` in [form.{name}]: where its requests are mailed to"));
        }
        need(intake.from.is_some(), "`from` in [intake]: the sender of all mail");
        need(intake.smtp.is_some(), "`smtp` in [intake]: where mail is handed over");
        need(intake.smtp_user.is_none() || intake.smtp_password.is_some(), PASSWORD);
        need(intake.public_url.is_some(), "`public_url` in [intake]: the public address of the counter's /requests/");
        match (&intake.public_url, &intake.from) {
            (Some(public_url), Some(from)) if missing.is_empty() => {
                secure(public_url)?;
                for (name, form) in &config.forms {
                    zone(name, form)?;
                }
                for mailbox in config.forms.values().filter_map(|form| form.mailbox.as_ref()) {
                    deliverable(from, mailbox)?;
                }
                Ok(Self { public_url: public_url.clone(), from: from.clone() })
            }
            _ => {
                Err(refused("the counter does not start without a few settings", format!("set {}", missing.join("\n      and "))))
            }
        }
    }
}

/// With an address that no mail can hold, every request would be refused.
fn deliverable(from: &Mailbox, mailbox: &Mailbox) -> Result<(), Failure> {
    letter::deliverable(from, mailbox).map_err(|error| {
        refused(error.to_string(), format!("`from` is {}, and requests go to {}", from.address, mailbox.address))
    })
}

/// The mail says times in the desk's zone.
fn zone(name: &str, form: &FormConfig) -> Result<(), Failure> {
    let zone = &form.desk_time_zone;
    if letter::knows_zone(zone) {
        return Ok(());
    }
    let help = "name one of the IANA database, such as `Asia/Shanghai` or `UTC`";
    Err(refused(format!("`desk_time_zone` in [form.{name}] is `{zone}`, and there is no such time zone"), help))
}

/// Requests hold personal data: they travel encrypted, unless they do not leave the machine.
fn secure(public_url: &WebAddress) -> Result<(), Failure> {
    if public_url.is_safe() {
        return Ok(());
    }
    let help = "put a proxy with TLS before the counter, and name its https:// address";
    Err(refused(format!("`public_url` is {public_url}: readers would send personal data without encryption"), help))
}

/// The counter.
pub(super) fn assemble(
    config: &Config,
    needs: Needs,
    store: Store,
    metrics: Arc<Metrics>,
    bell: Arc<Notify>,
) -> Result<Counter, Failure> {
    Ok(Counter {
        locales: config.site.locales.clone(),
        title: config.site.title.clone(),
        theme: theme(config)?,
        forms: forms(config)?,
        config: config.intake.clone(),
        public_url: needs.public_url,
        from: needs.from,
        store,
        metrics,
        bell,
    })
}

/// The words of the pages and of the mails.
pub(super) fn theme(config: &Config) -> Result<Theme, Failure> {
    let theme = Theme::load(config.theme_folder().as_deref(), &config.site.locales);
    theme.map_err(|error| refused(error.to_string(), error.help.clone()))
}

/// The forms that it takes.
pub(super) fn forms(config: &Config) -> Result<Map<String, Form>, Failure> {
    ordered::try_map(config.forms.iter().map(|(name, form)| Ok((name.clone(), read(config, name, form)?))))
}

/// Reads a form's specification. `madoguchi check` shows what is wrong with it; the counter takes none with an error.
fn read(config: &Config, name: &str, form: &FormConfig) -> Result<Form, Failure> {
    let file = config.root.join(&form.spec);
    let unreadable = |why: String| {
        Failure::environment(format!("{}: {why}", file.display()), format!("`spec` in [form.{name}] names the file"))
    };
    let bytes = std::fs::read(&file).map_err(|why| unreadable(format!("the specification cannot be read: {why}")))?;
    let path = SourcePath::parse(&form.spec).map_err(|why| unreadable(why.to_string()))?;
    let source = Source::decode(path, &bytes).map_err(|_| unreadable("the specification is not UTF-8".into()))?;
    let checked = form::parse(name, &source, &config.site.locales);
    let first = checked.diagnostics.iter().find(|found| found.code.severity() == Severity::Error);
    match (first, checked.value) {
        (None, Some(spec)) => Ok(Form { spec, config: form.clone() }),
        (first, _) => Err(faulty(&form.spec, first.or(checked.diagnostics.first()))),
    }
}

fn faulty(spec: &str, found: Option<&Diagnostic>) -> Failure {
    let what = found.map_or("the specification cannot be used", |found| &found.message);
    let help = found.map(|found| found.help.clone()).filter(|help| !help.is_empty());
    refused(format!("{spec}: {what}"), help.unwrap_or_else(|| "`madoguchi check` shows the place".into()))
}
