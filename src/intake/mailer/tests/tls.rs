//! Encryption: what a server in the middle may try.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, IsCa, Issuer, KeyPair, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::model::{self, Act, Script, Seen, Shared};
use super::{Ending, Phase, dialogue, letter, outcome, session};
use crate::config::{MailServer, Smtp};
use crate::intake::authorities;
use crate::intake::mailer::Mailer;
use crate::intake::mailer::tls::{Client, Security};

struct Authority {
    acceptor: TlsAcceptor,
    roots: RootCertStore,
}

fn authority(name: &str) -> Authority {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    Authority { acceptor: TlsAcceptor::from(Arc::new(config)), roots }
}

fn client(roots: RootCertStore) -> Client {
    Client::new(&MailServer { host: "mx.example.com".into(), port: 587 }, roots).unwrap()
}

/// A server that speaks TLS after STARTTLS, with this first EHLO and this answer to STARTTLS.
async fn start_tls(mut stream: DuplexStream, acceptor: TlsAcceptor, offer: &str, go: &str, seen: Shared) {
    let mut buffer = [0; 4096];
    stream.write_all(b"220 mx\r\n").await.unwrap();
    for answer in [offer, go] {
        let Ok(length @ 1..) = stream.read(&mut buffer).await else { return };
        seen.lock().unwrap().commands.push(String::from_utf8_lossy(&buffer[..length]).trim().to_owned());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    let Ok(tls) = acceptor.accept(stream).await else { return };
    let mut script = Script::good();
    script.acts[0] = Act::default();
    model::serve(tls, script, seen).await;
}

async fn hold(authority: &Authority, roots: RootCertStore, offer: &'static str, go: &'static str) -> (Ending, Seen) {
    let (ours, theirs) = duplex(1 << 16);
    let seen = Shared::default();
    let server = tokio::spawn(start_tls(theirs, authority.acceptor.clone(), offer, go, seen.clone()));
    let security = Security::StartTls(client(roots));
    let session = session(&security, None);
    let carried = dialogue::run(Box::new(ours), &session, &letter(1), async { true }).await;
    drop(carried.goodbye);
    server.await.unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (carried.ending, seen)
}

const OFFER: &str = "250-mx\r\n250 STARTTLS\r\n";
const GO: &str = "220 go\r\n";

#[tokio::test]
async fn mail_goes_under_tls_after_starttls() {
    let authority = authority("mx.example.com");
    let (ending, seen) = hold(&authority, authority.roots.clone(), OFFER, GO).await;
    assert_eq!((ending.name(), seen.mailbox.len()), ("sent", 1));
    assert_eq!(&seen.commands[..3], ["EHLO [127.0.0.1]", "STARTTLS", "EHLO [127.0.0.1]"]);
}

#[tokio::test]
async fn without_starttls_nothing_of_the_mail_is_said() {
    let authority = authority("mx.example.com");
    for (offer, go, phase, name) in [
        ("250 no extension\r\n", GO, Phase::StartTls, "fault"),
        (OFFER, "502 not here\r\n", Phase::StartTls, "fault"),
        (OFFER, "454 later\r\n", Phase::StartTls, "not_now"),
        (OFFER, "220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n", Phase::StartTls, "fault"),
    ] {
        let (ending, seen) = hold(&authority, authority.roots.clone(), offer, go).await;
        assert_eq!(outcome(&ending), (name, phase), "{go}");
        assert!(seen.commands.iter().all(|command| !command.contains('@')), "{:?}", seen.commands);
    }
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_for_this_server() {
    let (right, wrong) = (authority("mx.example.com"), authority("mx.example.org"));
    for (server, roots) in [(&right, RootCertStore::empty()), (&wrong, wrong.roots.clone()), (&right, wrong.roots.clone())] {
        let (ending, seen) = hold(server, roots, OFFER, GO).await;
        assert_eq!(outcome(&ending), ("fault", Phase::Tls), "{ending:?}");
        assert!(seen.mailbox.is_empty());
    }
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let authority = authority("mx.example.com");
    let (ours, theirs) = duplex(1 << 16);
    let (seen, acceptor) = (Shared::default(), authority.acceptor.clone());
    let served = seen.clone();
    let server = tokio::spawn(async move { model::serve(acceptor.accept(theirs).await.unwrap(), Script::good(), served).await });
    let security = Security::Tls(client(authority.roots));
    let session = session(&security, None);
    let carried = dialogue::run(Box::new(ours), &session, &letter(1), async { true }).await;
    carried.goodbye.unwrap().await;
    server.await.unwrap();
    assert_eq!((carried.ending.name(), seen.lock().unwrap().mailbox.len()), ("sent", 1));
}

/// The certificate of an authority of one's own, and a server that shows one signed by it for 127.0.0.1.
fn own_authority() -> (String, TlsAcceptor) {
    let (key, server_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&server_key, &Issuer::new(params, key)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![server.der().clone()], key).unwrap();
    (certificate, TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn an_authority_of_ones_own_is_believed_from_its_file_and_no_other_is() {
    let (certificate, acceptor) = own_authority();
    let file = tempfile::NamedTempFile::new().unwrap();
    for (pem, expected) in [(&certificate, "sent"), (&own_authority().0, "fault")] {
        std::fs::write(file.path(), pem).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp = Smtp::Smtps(MailServer { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port() });
        let acceptor = acceptor.clone();
        let server = tokio::spawn(async move {
            let Ok(tls) = acceptor.accept(listener.accept().await.unwrap().0).await else { return };
            model::serve(tls, Script::good(), Shared::default()).await;
        });
        let mailer = Mailer::new(&smtp, None, authorities::of_file(file.path()).unwrap()).unwrap();
        let carried = mailer.carry(&letter(1), async { true }).await;
        assert_eq!(carried.ending.name(), expected);
        drop(carried.goodbye);
        server.await.unwrap();
    }
}

#[tokio::test]
async fn a_server_without_tls_where_it_is_expected_is_no_server() {
    let (ours, mut theirs) = duplex(1 << 16);
    let server = tokio::spawn(async move { theirs.write_all(b"220 mx, in the clear\r\n").await });
    let security = Security::Tls(client(RootCertStore::empty()));
    let session = session(&security, None);
    let carried = dialogue::run(Box::new(ours), &session, &letter(1), async { true }).await;
    server.await.unwrap().unwrap();
    assert_eq!(outcome(&carried.ending), ("fault", Phase::Tls));
}
