//! `madoguchi intake --probe`: a test mail to the mailbox of each form, by the very way that requests go.
//!
//! The store is not opened, so that it works beside a running counter, and leaves nothing behind there.

use std::io::{self, Write};

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{counter, mount, now, refused, way};
use crate::cli::failure::Failure;
use crate::cli::requests::shown;
use crate::config::Config;
use crate::intake::http::Form;
use crate::intake::letter::{self, Desk};
use crate::intake::mailer::{Step, Steps};
use crate::intake::outbox::Letter;
use crate::intake::retry::{Ending, Phase};

/// Sends all of them. The first that was not taken does not keep the others from being tried; all failures are said.
pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let letters = letters(config)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::environment(format!("no runtime can be started: {why}"), ""))?;
    let mut failed: Option<Failure> = None;
    for (form, letter) in &letters {
        let Err(failure) = runtime.block_on(send(config, form, letter)) else { continue };
        if let Some(earlier) = failed.replace(failure) {
            // Where nobody reads, nobody is told; the last one is the exit code's.
            let _ = write!(io::stderr(), "{earlier}");
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The mails, by the names of their forms.
fn letters(config: &Config) -> Result<Vec<(String, Letter)>, Failure> {
    let needs = counter::Needs::of(config)?;
    let (theme, forms, at) = (counter::theme(config)?, counter::forms(config)?, now());
    let letter = |(name, form): (&String, &Form)| {
        let (form, config, locales) = (&form.spec, &form.config, &config.site.locales);
        let desk = Desk { form, config, from: &needs.from, locales, theme: &theme };
        let letter = letter::probe(&desk, &format!("{at:x}-{name}"), at);
        letter.map(|letter| (name.clone(), letter)).map_err(|why| refused(why.to_string(), ""))
    };
    forms.iter().map(letter).collect()
}

async fn send(config: &Config, form: &str, letter: &Letter) -> Result<(), Failure> {
    let (sender, steps) = unbounded_channel();
    let mailer = mount::mailer(&config.intake)?.with_steps(Steps::to(sender));
    let title = format!("test mail of [form.{form}] to {} through {}\n", letter.rcpt_to, way(&config.intake));
    Failure::of_output(io::stdout().write_all(title.as_bytes()))?;
    // The steps end with the mailer.
    let carrying = async move { mailer.carry(letter, async { true }).await };
    let (carried, shown) = tokio::join!(carrying, show(steps));
    Failure::of_output(shown)?;
    if let Some(goodbye) = carried.goodbye {
        goodbye.await;
    }
    judged(form, letter, &carried.ending)
}

/// Shows each step when it has gone well: what hangs, hangs at the next one.
async fn show(mut steps: UnboundedReceiver<Step>) -> io::Result<()> {
    while let Some(step) = steps.recv().await {
        line(done(step.phase), &step.said)?;
    }
    Ok(())
}

fn line(what: &str, said: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "  {what:<19}{}", shown(said))?;
    out.flush()
}

/// A step that has gone well.
fn done(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connected",
        Phase::Greeting => "greeted",
        Phase::Ehlo => "introduced",
        Phase::StartTls => "encryption agreed",
        Phase::Tls => "encrypted",
        Phase::Auth => "logged in",
        Phase::Mail => "sender taken",
        Phase::Rcpt => "recipient taken",
        Phase::Data | Phase::Body => "message begun",
        Phase::Dot => "mail taken",
    }
}

fn judged(form: &str, letter: &Letter, ending: &Ending) -> Result<(), Failure> {
    let why = match ending {
        Ending::Sent { reply } => {
            Failure::of_output(line(done(Phase::Dot), reply))?;
            return Failure::of_output(line("now look", &format!("into the mailbox: {} must be there", letter.message_id)));
        }
        Ending::NotNow { why, .. } | Ending::Fault { why, .. } | Ending::Refused { why, .. } => shown(why),
        Ending::Unanswered { why } => {
            let why = shown(why);
            let help = "the mail may have arrived: look into the mailbox; the counter would send it again after ten minutes";
            return Err(Failure::environment(format!("nobody knows what became of the mail of [form.{form}]: {why}"), help));
        }
        Ending::Stopped => "it was stopped".to_owned(),
    };
    Err(Failure::environment(format!("the test mail of [form.{form}] was not taken: {why}"), help(form, ending)))
}

/// What to do about it.
fn help(form: &str, ending: &Ending) -> String {
    if matches!(ending, Ending::NotNow { phase, .. } if !phase.is_contact()) {
        return "the server may take it later: try again in ten minutes, as the counter would".to_owned();
    }
    match ending.phase() {
        Phase::Connect => "look at `smtp` in [intake], and whether this machine may connect to it".into(),
        Phase::Greeting | Phase::Ehlo => "ask whoever runs the server whether this machine may send mail through it".into(),
        Phase::StartTls => "the server must offer STARTTLS; one that speaks TLS from the first byte is named with `smtps://`".into(),
        Phase::Tls => "the certificate must be made out to the name in `smtp`, by an authority that browsers trust or by that of `smtp_ca_file`".into(),
        Phase::Auth => "look at `smtp_user` in [intake] and at its password".into(),
        Phase::Mail => "the server must let the account send as the address of `from` in [intake]".into(),
        Phase::Rcpt => format!("look at `mailbox` in [form.{form}]; the server must take mail for it"),
        Phase::Data | Phase::Body | Phase::Dot => "ask whoever runs the server what it has against the mail".into(),
    }
}
