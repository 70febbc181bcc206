//! The address of a database, and how its server is trusted.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::error::StoreError;
use crate::config::is_loopback;
use crate::intake::authorities;

/// Where to connect to.
pub(super) struct Address {
    pub(super) config: Config,
    /// Absent for a connection without encryption.
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Host and database, for people.
    pub(super) fn place(&self) -> String {
        let hosts: Vec<String> = self.config.get_hosts().iter().map(name).collect();
        let tls = if self.tls.is_some() { "TLS" } else { "no TLS" };
        format!("{} on {} ({tls})", self.config.get_dbname().unwrap_or("default database"), hosts.join(", "))
    }
}

/// Reads an address. `sslmode` is `disable`, `require` or `verify-full`; the last two mean the same: the certificate is checked
/// with the host's name. Unless it is given, TLS is required but for a server on this machine. `sslrootcert` names a PEM
/// file of authorities that are trusted in place of Mozilla's.
pub(super) fn parse(text: &str) -> Result<Address, StoreError> {
    let (base, query) = text.split_once('?').unwrap_or((text, ""));
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", value)) => roots = Some(decoded(value)),
            _ => rest.push(pair),
        }
    }
    let address = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    // The error of the parser may quote the address, which may hold a password.
    let mut config: Config = address.parse().map_err(|_| wrong("the address in `store` cannot be read"))?;
    let encrypted = match mode {
        Some("disable") => false,
        Some("require" | "verify-full") => true,
        None => !config.get_hosts().iter().all(local),
        Some(other) => return Err(wrong(&format!("`sslmode` must be disable, require or verify-full, not `{other}`"))),
    };
    config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
    config.application_name("madoguchi").connect_timeout(Duration::from_secs(5));
    config.keepalives_idle(Duration::from_secs(10)).tcp_user_timeout(Duration::from_secs(10));
    let tls = if encrypted { Some(MakeRustlsConnect::new(tls(roots.as_deref())?)) } else { None };
    Ok(Address { config, tls })
}

fn tls(roots: Option<&str>) -> Result<ClientConfig, StoreError> {
    let roots = match roots {
        None => authorities::public(),
        Some(file) => authorities::of_file(Path::new(file)).map_err(|why| wrong(&format!("`sslrootcert`: {why}")))?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| wrong(&error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => is_loopback(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

/// Undoes percent-encoding (RFC 3986 §2.1); what is none is left as it is.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let code = code.filter(|_| first == b'%');
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn wrong(what: &str) -> StoreError {
    let help = "write `postgres://USER@HOST/DATABASE?sslmode=require`, with `sslrootcert=FILE` for an authority of your own";
    StoreError::Unsafe { what: what.to_owned(), help: help.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_required_unless_the_server_is_here_or_the_address_says_otherwise() {
        let tls = |text: &str| parse(text).map(|address| address.tls.is_some()).map_err(|error| error.to_string());
        assert_eq!(tls("postgres://a@db.example.com/b"), Ok(true));
        assert_eq!(tls("postgres://a@db.example.com/b?sslmode=disable"), Ok(false));
        assert_eq!(tls("postgres://a@127.0.0.1:5432/b"), Ok(false));
        assert_eq!(tls("postgres://a@localhost/b?sslmode=verify-full&application_name=x"), Ok(true));
        assert_eq!(tls("postgres:///b?host=/run/postgresql"), Ok(false));
        assert!(tls("postgres://a@localhost/b?sslmode=prefer").unwrap_err().contains("not `prefer`"));
        assert!(tls("postgres://a@h/b?sslrootcert=%2Fnowhere").unwrap_err().contains("/nowhere"));
    }

    #[test]
    fn a_password_is_never_shown() {
        let address = parse("postgres://a:hunter2@localhost/b").unwrap();
        assert_eq!(address.place(), "b on localhost (no TLS)");
        let error = parse("postgres://a:hunter2@localhost:port/b").err().unwrap();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
