//! Certificates for servers of the tests.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// Makes an authority and lets it sign a certificate for 127.0.0.1; the PEM texts of authority, certificate and key.
pub(crate) fn certificates() -> [String; 3] {
    let (key, server_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&key).unwrap().pem();
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&server_key, &Issuer::new(authority, key)).unwrap();
    [pem, server.pem(), server_key.serialize_pem()]
}
