//! PostgreSQL behind TLS, with an authority of one's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::certificates::certificates;
use crate::postgres::{NOBODY, Server, is_root};
use crate::support::{NOW, fill, run};
use madoguchi::config::StoreConfig;
use madoguchi::intake::store::{Options, Store, StoreError};
use madoguchi::redact::Secret;

/// Lets the server take TLS connections only; the file of the authority's certificate.
fn encrypt(server: &Server) -> PathBuf {
    let data = PathBuf::from(server.data());
    let [authority, certificate, key] = certificates();
    for (name, text) in [("server.crt", certificate), ("server.key", key), ("ca.pem", authority)] {
        let file = data.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            chown(&file, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
    server.sql("postgres", "ALTER SYSTEM SET ssl = on");
    server.down("fast");
    server.up().unwrap();
    data.join("ca.pem")
}

async fn open(address: &str, query: &str) -> Result<Store, StoreError> {
    let config = StoreConfig::Postgres(Secret::new(format!("{address}?{query}")));
    Store::open(&config, Options::counter(NOW, 0)).await
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn the_server_is_believed_by_its_authority_alone() {
    let server = match Server::start() {
        Ok(server) => server,
        Err(why) => return println!("SKIPPED: tls::the_server_is_believed_by_its_authority_alone: {why}"),
    };
    let address = server.database();
    let authority = encrypt(&server);
    let other = tempfile::NamedTempFile::new().unwrap();
    fs::write(other.path(), &certificates()[0]).unwrap();
    let trusting = |file: &Path| format!("sslmode=verify-full&sslrootcert={}", file.display());
    run(async {
        let store = open(&address, &trusting(&authority)).await.unwrap();
        fill(&store, 1).await;
        assert!(store.description().ends_with("(TLS)"), "{}", store.description());
        let encrypted =
            "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'madoguchi'";
        assert_eq!(server.sql("postgres", encrypted), "t");
        for query in [trusting(other.path()), "sslmode=require".into(), "sslmode=disable".into()] {
            let refused = open(&address, &query).await.err();
            assert!(matches!(refused, Some(StoreError::Unavailable(_))), "{query}: {refused:?}");
        }
    });
}
