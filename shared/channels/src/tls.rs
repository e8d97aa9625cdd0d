//! Whom we believe when a provider shows its certificate: the public authorities, and those named in settings.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// With `ca_file` (PEM) its certificates alone are believed, so that a private carrier cannot be impersonated
/// by anybody a public authority vouches for.
pub(crate) fn client(ca_file: Option<&Path>) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let certificates = CertificateDer::pem_file_iter(path).with_context(|| {
                format!("the certificates in {} cannot be read", path.display())
            })?;
            for certificate in certificates {
                let certificate =
                    certificate.with_context(|| format!("{} is no PEM file", path.display()))?;
                roots.add(certificate).with_context(|| {
                    format!("a certificate in {} is not usable", path.display())
                })?;
            }
            anyhow::ensure!(
                !roots.is_empty(),
                "{} contains no certificate",
                path.display()
            );
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("no TLS version is available")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
