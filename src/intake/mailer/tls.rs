//! Encryption: required wherever the server is not on this machine.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::BadServer;
use super::wire::Stream;
use crate::config::MailServer;

/// How the connection is protected.
#[derive(Debug, Clone)]
pub(super) enum Security {
    /// It is not; the server is on this machine.
    None,
    /// From the first byte.
    Tls(Client),
    /// After STARTTLS, without which nothing is sent.
    StartTls(Client),
}

/// What a handshake needs.
#[derive(Clone)]
pub(super) struct Client {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why there is no encryption.
#[derive(Debug)]
pub(super) enum NoTls {
    /// The two sides do not agree, or the certificate is not the right one: the operator must act.
    Refused(String),
    /// The connection was lost.
    Lost(String),
}

impl Client {
    pub(super) fn new(server: &MailServer, roots: RootCertStore) -> Result<Self, BadServer> {
        let bad = || BadServer(format!("`smtp` names the server `{}`, for which there can be no certificate", server.host));
        let host = idna::domain_to_ascii(&server.host).unwrap_or_else(|_| server.host.clone());
        let name = ServerName::try_from(host).map_err(|_| bad())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| BadServer(format!("TLS cannot be used: {error}")))?;
        Ok(Self { config: Arc::new(builder.with_root_certificates(roots).with_no_client_auth()), name })
    }

    /// Puts TLS around a connection; with it the version that was agreed on, for people: `TLS 1.3`.
    pub(super) async fn shake_hands(&self, stream: Box<dyn Stream>) -> Result<(Box<dyn Stream>, String), NoTls> {
        match TlsConnector::from(self.config.clone()).connect(self.name.clone(), stream).await {
            Ok(stream) => {
                let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str());
                let version = version.unwrap_or("TLS").replacen("TLSv", "TLS ", 1).replace('_', ".");
                Ok((Box::new(stream), version))
            }
            Err(error) if error.get_ref().is_some_and(|why| why.is::<rustls::Error>()) => Err(NoTls::Refused(error.to_string())),
            Err(error) => Err(NoTls::Lost(error.kind().to_string())),
        }
    }
}
