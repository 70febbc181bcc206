//! `madoguchi requests`: what the operator sees of the store, and does with it. All of it works beside a running counter.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::failure::Failure;
use crate::config::{self, Environment};
use crate::intake::ids::Reference;
use crate::intake::outbox::{DeliveryState, Millis};
use crate::intake::store::{After, Entry, Filter, Options, Store, StoreError, Which, export};

mod backup;
mod change;
mod print;

pub(super) use print::shown;

/// How many requests are read at a time.
const PAGE: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Requests {
    /// The site's folder, whose configuration names the store
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    site: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the requests with a mail that is not sent
    List(List),
    /// Show all of one request
    Show {
        #[command(flatten)]
        request: One,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Send what is deferred, unknown or held as soon as possible
    Retry {
        /// The request's reference
        #[arg(value_name = "REF", value_parser = parse_reference, required_unless_present = "all", conflicts_with = "all")]
        reference: Option<Reference>,
        /// All requests
        #[arg(long)]
        all: bool,
    },
    /// Send a request that the honeypot has held
    Release(One),
    /// Write all requests to standard output
    Export {
        /// How
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
    },
    /// Copy the store into a new file, beside a running counter (SQLite)
    Backup {
        /// The file, which must not exist
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Delete a request for good; mail that was delivered is out of reach
    Forget {
        #[command(flatten)]
        request: One,
        /// Even if a mail of it was not sent, which then never will be
        #[arg(long)]
        unsent: bool,
    },
    /// Count what is kept
    Stats {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct One {
    /// The request's reference
    #[arg(value_name = "REF", value_parser = parse_reference)]
    reference: Reference,
}

#[derive(Debug, clap::Args)]
struct List {
    /// Those with a mail in this state (repeatable)
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    state: Vec<DeliveryState>,
    /// Those of this form
    #[arg(long, value_name = "NAME")]
    form: Option<String>,
    /// All, sent ones too
    #[arg(long, conflicts_with = "state")]
    all: bool,
    /// As JSON, an object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a spreadsheet; what could be a formula begins with an apostrophe
    Csv,
    /// One JSON object a line, every text exactly as it was sent
    Jsonl,
}

impl Requests {
    pub(super) fn run(self) -> Result<(), Failure> {
        // Where it cannot be, the command does its work all the same: the counter warns of it.
        let _ = super::memory::keep();
        let config = config::load(&self.site, &Environment::of_process()?, |_| Vec::new())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Failure::environment(format!("no runtime can be started: {why}"), ""))?;
        runtime.block_on(async {
            let options = Options::operator(now(), config.intake.disk_reserve.0);
            let store = Store::open(&config.intake.store, options).await?;
            let result = self.command.run(&store).await;
            store.close().await;
            result
        })
    }
}

impl Command {
    async fn run(self, store: &Store) -> Result<(), Failure> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match self {
            Self::List(list) => list.run(store, &mut out).await?,
            Self::Show { request, json } => show(store, &request.reference, json, &mut out).await?,
            Self::Retry { reference, .. } => {
                change::retry(store, &reference.map_or(Which::All, Which::One), &mut out).await?;
            }
            Self::Release(request) => change::release(store, &request.reference, &mut out).await?,
            Self::Export { format } => write_all(store, format, &mut out).await?,
            Self::Backup { file } => backup::run(store, &file).await?,
            Self::Forget { request, unsent } => change::forget(store, &request.reference, unsent).await?,
            Self::Stats { json } => Failure::of_output(print::stats(&mut out, &store.stats().await?, json, now()))?,
        }
        Failure::of_output(out.flush())
    }
}

impl List {
    async fn run(&self, store: &Store, out: &mut dyn Write) -> Result<(), Failure> {
        let unsent = DeliveryState::ALL.iter().copied().filter(|state| *state != DeliveryState::Sent);
        let states = if self.all || !self.state.is_empty() { self.state.clone() } else { unsent.collect() };
        let filter = Filter { states, form: self.form.clone() };
        let mut pages = Pages::default();
        let mut listed = 0;
        while let Some(entries) = pages.next(async |after| store.list(&filter, after, PAGE).await).await? {
            listed += entries.len();
            let written = entries.iter().try_for_each(|entry| match self.json {
                true => line(out, entry),
                false => print::entry(out, entry),
            });
            Failure::of_output(written)?;
        }
        if listed == 0 && !self.json {
            print::say(if self.all { "There is no request." } else { "There is no such request; `--all` lists sent ones too." });
        }
        Ok(())
    }
}

async fn show(store: &Store, reference: &Reference, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let entry = store.show(reference).await?.ok_or_else(|| not_found(reference))?;
    Failure::of_output(if json { line(out, &entry) } else { print::whole(out, &entry) })
}

/// CSV is gone through twice: its columns must be known before its first line. Both times it is the same state, in which no answer is without
/// a column, and no request is passed over because its commit came late.
async fn write_all(store: &Store, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    let (state, all) = (store.snapshot().await?, Filter::default());
    let mut columns = export::Columns::default();
    if format == Format::Csv {
        let mut pages = Pages::default();
        while let Some(entries) = pages.next(async |after| state.list(&all, after, PAGE).await).await? {
            entries.iter().for_each(|entry| columns.add(entry));
        }
        Failure::of_output(out.write_all(columns.header().as_bytes()))?;
    }
    let mut pages = Pages::default();
    while let Some(entries) = pages.next(async |after| state.list(&all, after, PAGE).await).await? {
        let written = entries.iter().try_for_each(|entry| match format {
            Format::Csv => out.write_all(columns.row(entry).as_bytes()),
            Format::Jsonl => line(out, entry),
        });
        Failure::of_output(written)?;
    }
    state.close().await;
    Ok(())
}

fn line(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    out.write_all(export::json_line(entry)?.as_bytes())
}

/// A listing, piece by piece, so that memory does not grow with the store.
#[derive(Default)]
struct Pages(After);

impl Pages {
    /// The next piece, which comes after the last.
    async fn next(
        &mut self,
        list: impl AsyncFnOnce(After) -> Result<Vec<Entry>, StoreError>,
    ) -> Result<Option<Vec<Entry>>, StoreError> {
        let entries = list(self.0.take()).await?;
        self.0 = entries.last().map(|last| (last.received_at, last.reference.clone()));
        Ok(Some(entries).filter(|entries| !entries.is_empty()))
    }
}

fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

fn parse_reference(text: &str) -> Result<Reference, String> {
    Reference::parse(text).map_err(|_| "a reference looks like SR-XXXX-XXXX-XXXX-XXXX".into())
}

fn parse_state(text: &str) -> Result<DeliveryState, String> {
    let names: Vec<&str> = DeliveryState::ALL.iter().map(|state| state.name()).collect();
    DeliveryState::parse(text).ok_or_else(|| format!("a state is one of {}", names.join(", ")))
}

fn not_found(reference: &Reference) -> Failure {
    Failure::usage(format!("there is no request {reference}"), "`madoguchi requests list --all` lists all that are kept")
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::environment(error.to_string(), error.help())
    }
}
