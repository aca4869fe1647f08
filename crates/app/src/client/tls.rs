//! Whom to trust when a server is reached over https.

use std::path::Path;

use anyhow::Context;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// Trusts the usual authorities and those in `ca`.
pub fn connector(
    http: HttpConnector,
    ca: Option<&Path>,
) -> anyhow::Result<HttpsConnector<HttpConnector>> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = ca {
        add(&mut roots, path)?;
    }
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http))
}

fn add(roots: &mut RootCertStore, path: &Path) -> anyhow::Result<()> {
    let name = path.display();
    let found = CertificateDer::pem_file_iter(path)
        .with_context(|| format!("cannot read certificates from {name}"))?;
    let before = roots.len();
    for certificate in found {
        let certificate =
            certificate.with_context(|| format!("{name} is no PEM file of certificates"))?;
        roots
            .add(certificate)
            .with_context(|| format!("a certificate in {name} cannot be an authority"))?;
    }
    anyhow::ensure!(
        roots.len() > before,
        "{name} holds no certificate; give a PEM file"
    );
    Ok(())
}
