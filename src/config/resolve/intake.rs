//! `[intake]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use super::{ConfigError, ConfigErrorKind, File, Given, WebAddress, filled, web_address};
use crate::config::raw::{RawGuard, RawIntake};
use crate::config::setting::By;
use crate::config::value::{Bytes, host_and_port, is_loopback};
use crate::config::variable::Secrets;
use crate::config::{GuardConfig, IntakeConfig, IpPrefix, MailServer, Mailbox, Origin, Smtp, StoreConfig};
use crate::redact::Secret;

/// The least length of a signing secret in bytes.
const LEAST_SECRET: usize = 32;

/// What holds where nothing is set.
pub(super) fn defaults(root: &Path) -> IntakeConfig {
    IntakeConfig {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8025),
        admin_listen: None,
        store: StoreConfig::Sqlite(root.join("var/requests.db")),
        from: None,
        smtp: None,
        smtp_ca_file: None,
        smtp_user: None,
        smtp_password: None,
        public_url: None,
        site_url: None,
        allowed_origins: Vec::new(),
        trusted_proxies: Vec::new(),
        disk_reserve: Bytes(256 << 20),
        batch: 256,
        secret: None,
        guard: GuardConfig {
            token: true,
            proof_of_work: false,
            haste_seconds: 2,
            per_minute: Some(20),
            connections: 896,
            connections_per_client: 20,
            in_flight: 128,
        },
    }
}

/// The settings of the counter.
pub(super) fn settings(
    root: &Path,
    file: &File<'_>,
    raw: RawIntake,
    secrets: Secrets,
    base_url: Option<&WebAddress>,
) -> Result<IntakeConfig, ConfigError> {
    let default = defaults(root);
    let public_url = web_address(file, "public_url", raw.public_url)?;
    let site_url = web_address(file, "site_url", raw.site_url)?.or_else(|| base_url.cloned());
    let origins = raw.allowed_origins.map(|given| list(file, "allowed_origins", &given, Origin::parse)).transpose()?;
    let proxies = raw.trusted_proxies.map(|given| list(file, "trusted_proxies", &given, proxy)).transpose()?;
    let user = filled(raw.smtp_user).map(|given| given.value);
    let size = raw.disk_reserve.map(|given| file.parse("disk_reserve", &given, |text| Bytes::parse(text))).transpose()?;
    Ok(IntakeConfig {
        listen: raw.listen.map_or(Ok(default.listen), |given| address(file, "listen", &given))?,
        admin_listen: filled(raw.admin_listen).map(|given| address(file, "admin_listen", &given)).transpose()?,
        store: raw.store.map_or(Ok(default.store), |given| store(root, file, &given))?,
        from: filled(raw.from).map(|given| file.parse("from", &given, |text| Mailbox::parse(text))).transpose()?,
        smtp: filled(raw.smtp).map(|given| smtp(root, file, &given)).transpose()?,
        smtp_ca_file: filled(raw.smtp_ca_file).map(|given| root.join(given.value)),
        smtp_password: secrets.smtp_password.map(|given| password(file, given, user.is_some())).transpose()?,
        smtp_user: user,
        allowed_origins: origins.unwrap_or_else(|| own_origins(&[site_url.as_ref(), public_url.as_ref()])),
        public_url,
        site_url,
        trusted_proxies: proxies.unwrap_or_default(),
        disk_reserve: size.unwrap_or(default.disk_reserve),
        batch: at_least_one(file, "batch", raw.batch.as_ref(), default.batch)?,
        secret: secrets.secret.map(|given| signing_secret(file, given)).transpose()?,
        guard: guard(file, &raw.guard, default.guard)?,
    })
}

fn guard(file: &File<'_>, raw: &RawGuard, default: GuardConfig) -> Result<GuardConfig, ConfigError> {
    let value = |given: &Option<Given<bool>>, default| given.as_ref().map_or(default, |given| given.value);
    let per_minute = raw.per_minute.as_ref().map(|given| Some(given.value).filter(|most| *most > 0));
    let most = |key: &str, given: &Option<Given<u32>>, default| at_least_one(file, key, given.as_ref(), default);
    Ok(GuardConfig {
        token: value(&raw.token, default.token),
        proof_of_work: value(&raw.proof_of_work, default.proof_of_work),
        haste_seconds: raw.haste_seconds.as_ref().map_or(default.haste_seconds, |given| given.value),
        per_minute: per_minute.unwrap_or(default.per_minute),
        connections: most("connections", &raw.connections, default.connections)?,
        connections_per_client: most("connections_per_client", &raw.connections_per_client, default.connections_per_client)?,
        in_flight: most("in_flight", &raw.in_flight, default.in_flight)?,
    })
}

fn at_least_one(file: &File<'_>, key: &str, given: Option<&Given<u32>>, default: u32) -> Result<u32, ConfigError> {
    let parse = |most: &u32| if *most > 0 { Ok(*most) } else { Err("must be at least 1".into()) };
    given.map_or(Ok(default), |given| file.parse(key, given, parse))
}

fn own_origins(addresses: &[Option<&WebAddress>]) -> Vec<Origin> {
    let mut origins: Vec<Origin> = addresses.iter().flatten().map(|address| address.origin()).collect();
    origins.dedup();
    origins
}

fn list<T>(
    file: &File<'_>,
    key: &str,
    given: &Given<Vec<String>>,
    parser: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, ConfigError> {
    let parse = |text: &String| parser(text).map_err(|why| format!("holds `{text}`, but each part {why}"));
    file.parse(key, given, |texts| texts.iter().map(parse).collect())
}

/// A header of a trusted peer says who the client is, so that not everybody can be trusted.
fn proxy(text: &str) -> Result<IpPrefix, String> {
    let prefix = IpPrefix::parse(text)?;
    if prefix.is_everything() {
        Err("must be fewer than all addresses, or anybody could choose whom the limits count".into())
    } else {
        Ok(prefix)
    }
}

fn address(file: &File<'_>, key: &str, given: &Given<String>) -> Result<SocketAddr, ConfigError> {
    let wrong = |_| "must be an IP address and a port such as `127.0.0.1:8025`".to_owned();
    file.parse(key, given, |text| text.parse().map_err(wrong))
}

fn store(root: &Path, file: &File<'_>, given: &Given<String>) -> Result<StoreConfig, ConfigError> {
    let text = given.value.as_str();
    if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        return Ok(StoreConfig::Sqlite(root.join(path)));
    }
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        let message = "`store` must be `sqlite:PATH` or `postgres://USER@HOST/DATABASE`";
        return Err(file.error(&given.by, ConfigErrorKind::Value, message, ""));
    };
    if matches!(given.by, By::File(_)) && has_password(rest) {
        let help = "set the variable MADOGUCHI_INTAKE_STORE, or MADOGUCHI_INTAKE_STORE_FILE to the name of a file";
        return Err(file.error(
            &given.by,
            ConfigErrorKind::Value,
            "`store` holds a password, which does not belong in this file",
            help,
        ));
    }
    Ok(StoreConfig::Postgres(Secret::new(text)))
}

fn has_password(address: &str) -> bool {
    let authority = address.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || address.contains("password=")
}

fn smtp(root: &Path, file: &File<'_>, given: &Given<String>) -> Result<Smtp, ConfigError> {
    let text = given.value.as_str();
    if let Some(path) = text.strip_prefix("directory:").filter(|path| !path.is_empty()) {
        return Ok(Smtp::Directory(root.join(path)));
    }
    let server = |rest: &str, port| file.parse("smtp", given, |_| mail_server(rest, port));
    match text.split_once("://") {
        Some(("smtp", rest)) => server(rest, 25).and_then(|server| plain(file, given, server)),
        Some(("smtps", rest)) => server(rest, 465).map(Smtp::Smtps),
        Some(("smtp+starttls", rest)) => server(rest, 587).map(Smtp::StartTls),
        _ => {
            let message = "`smtp` must begin with `smtp://`, `smtps://`, `smtp+starttls://` or `directory:`";
            Err(file.error(&given.by, ConfigErrorKind::Value, message, ""))
        }
    }
}

fn mail_server(rest: &str, default_port: u16) -> Result<MailServer, String> {
    if rest.contains('@') {
        return Err("must hold no user; set `smtp_user`, and the password by MADOGUCHI_INTAKE_SMTP_PASSWORD".into());
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    host_and_port(authority, default_port).map(|(host, port)| MailServer { host, port })
}

fn plain(file: &File<'_>, given: &Given<String>, server: MailServer) -> Result<Smtp, ConfigError> {
    if is_loopback(&server.host) {
        return Ok(Smtp::Smtp(server));
    }
    let message = format!("`smtp` would send requests without encryption to `{}`, which is not this machine", server.host);
    Err(file.error(&given.by, ConfigErrorKind::Value, message, "use `smtps://` or `smtp+starttls://`, or a relay on loopback"))
}

/// A user without a password is no error here: the file is everybody's, the password only the counter's.
fn password(file: &File<'_>, given: Given<Secret>, has_user: bool) -> Result<Secret, ConfigError> {
    if has_user {
        return Ok(given.value);
    }
    Err(file.error(&given.by, ConfigErrorKind::Missing, "the password has no user", "set `smtp_user` in `[intake]`"))
}

fn signing_secret(file: &File<'_>, given: Given<Secret>) -> Result<Secret, ConfigError> {
    if given.value.expose_secret().len() >= LEAST_SECRET {
        return Ok(given.value);
    }
    let help = "take random text, or leave it out: one is made and kept in the store";
    Err(file.error(&given.by, ConfigErrorKind::Value, format!("the secret must have at least {LEAST_SECRET} bytes"), help))
}
