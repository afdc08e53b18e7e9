//! Requests over TLS: certificates are verified, always (S6.45).

#![expect(clippy::unwrap_used, reason = "the lints spare test functions but not what they call")]

use std::net::SocketAddr;
use std::sync::Arc;

use chatflow_server::{EgressRules, Outbound};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const ROOT: &[u8] = include_bytes!("tls/root.pem");

/// Serves a document over TLS, with a certificate for `localhost`.
async fn serve() -> SocketAddr {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("tls/localhost.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/localhost.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Whoever does not trust the certificate goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"keys\":1}";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

#[tokio::test]
async fn a_certificate_must_be_of_the_host_and_of_a_known_authority() {
    let port = serve().await.port();
    let trusting = EgressRules { authorities: ROOT.to_vec(), ..EgressRules::development() };
    let trusting = Outbound::new(trusting).unwrap();
    let read = trusting.get_json(&format!("https://localhost:{port}/keys")).await;
    assert_eq!(read.unwrap(), json!({"keys": 1}));
    let by_address = trusting.get_json(&format!("https://127.0.0.1:{port}/keys")).await;
    assert!(by_address.unwrap_err().to_string().starts_with("network"), "it is another name");
    let usual = Outbound::new(EgressRules::development()).unwrap();
    let unknown = usual.get_json(&format!("https://localhost:{port}/keys")).await;
    assert!(unknown.unwrap_err().to_string().starts_with("network"));
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    assert!(Outbound::new(EgressRules { authorities: broken, ..EgressRules::default() }).is_err());
}

#[tokio::test]
async fn a_document_is_read_from_public_places_only() {
    // S12.4, F48: as everything that leaves.
    let outbound = Outbound::new(EgressRules::default()).unwrap();
    for (url, code) in [
        ("http://keys.example/", "url_invalid"),
        ("https://10.0.0.1/keys", "url_forbidden"),
        ("https://localhost/keys", "url_forbidden"),
        ("https://keys.example:8443/", "url_forbidden"),
    ] {
        let error = outbound.get_json(url).await.unwrap_err().to_string();
        assert!(error.starts_with(code), "{url}: {error}");
    }
}
