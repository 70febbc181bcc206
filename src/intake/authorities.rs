//! Whose certificates are believed when the counter connects to a mail server or a database: an edge, since it reads a file.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The authorities that browsers trust (Mozilla's list, as this version was built with it).
pub fn public() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

/// The authorities of a PEM file, and no others.
///
/// # Errors
/// Why the file gives none: it cannot be read, holds what is no certificate, or holds no certificate at all.
pub fn of_file(file: &Path) -> Result<RootCertStore, String> {
    let unreadable = |why: &dyn std::fmt::Display| format!("{} cannot be read: {why}", file.display());
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|why| unreadable(&why))? {
        authorities.add(certificate.map_err(|why| unreadable(&why))?).map_err(|why| unreadable(&why))?;
    }
    if authorities.is_empty() { Err(format!("{} holds no certificate in PEM", file.display())) } else { Ok(authorities) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let said = |text: &str| {
            let file = folder.path().join("ca.pem");
            std::fs::write(&file, text).unwrap();
            of_file(&file).unwrap_err()
        };
        assert!(said("").ends_with("ca.pem holds no certificate in PEM"));
        assert!(said("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").contains("ca.pem cannot be read"));
        assert!(of_file(Path::new("/nowhere/ca.pem")).unwrap_err().contains("/nowhere/ca.pem cannot be read"));
        assert!(!public().is_empty());
    }
}
