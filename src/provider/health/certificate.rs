//! A TLS handshake for its own sake: what the server shows, what was agreed on, and whether it is believed.
//! It trusts what requests trust and nothing else; who is not believed is only looked at.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rustls::DigitallySignedStruct;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ProtocolVersion, SignatureScheme};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::super::client::{alpn, crypto, no_tls, roots, tls_builder};
use super::super::endpoint::Endpoint;
use super::super::error::Error;
use super::super::transport::{certificate, tls_remedy};
use super::super::{Provider, lock};
use crate::text::SafeText;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The hosts it is for; its subject where it names none.
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// From when on it holds.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl Certificate {
    /// Reads the binary form; `None` if it is none, or says nothing that can be read.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let read = x509_cert::Certificate::from_der(der).ok()?;
        let told = read.tbs_certificate();
        let moment = |time: &x509_cert::time::Time| {
            let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
            Timestamp::from_second(seconds).ok()
        };
        let said = |name: &dyn ToString| SafeText::line(&name.to_string()).into_string();
        // Hosts that cannot be read say nothing of the rest.
        let hosts = told.get_extension::<SubjectAltName>().ok().flatten();
        let hosts = hosts.iter().flat_map(|(_, hosts)| &hosts.0);
        let mut names: Vec<_> = hosts.filter_map(host).map(|name| said(&name)).collect();
        if names.is_empty() {
            names.push(said(told.subject()));
        }
        Some(Self {
            names,
            issuer: said(told.issuer()),
            from: moment(&told.validity().not_before)?,
            until: moment(&told.validity().not_after)?,
        })
    }
}

/// A name that a certificate is for; `None` for what is no host.
fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(host) => Some(host.to_string()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
                .ok()
                .map(|address| address.to_string())
        }
        _ => None,
    }
}

/// What came of a handshake.
#[derive(Debug)]
pub struct Handshake {
    /// What the server showed, also where it was not believed; `None` if it showed nothing that can be read.
    pub certificate: Option<Certificate>,
    /// Version of TLS and the HTTP that was agreed on, or why there is no connection.
    pub agreed: Result<Agreed, Error>,
}

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// `TLS 1.3`.
    pub protocol: &'static str,
    /// `h2`, if the server chose one.
    pub alpn: Option<String>,
}

impl Provider {
    /// Shakes hands with the server over a fresh connection to it.
    pub async fn handshake(&self, stream: TcpStream) -> Handshake {
        let seen = Arc::new(Mutex::new(None));
        let agreed = self.agree(stream, Arc::clone(&seen)).await;
        let certificate = lock(&seen).as_deref().and_then(Certificate::read);
        Handshake {
            certificate,
            agreed,
        }
    }

    async fn agree(&self, stream: TcpStream, seen: Seen) -> Result<Agreed, Error> {
        let endpoint = self.endpoint();
        let config = witnessed(endpoint, seen)?;
        let host = endpoint.base.host().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|e| no_tls(&e))?;
        let server = endpoint.base.host_port();
        let shaking = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = match timeout(self.patience(), shaking).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                let what = certificate(&error)
                    .unwrap_or_else(|| format!("the TLS handshake broke off: {error}"));
                return Err(Error::Tls {
                    message: format!("{server}: {what}"),
                    remedy: tls_remedy(&error),
                    cause: Box::new(error),
                });
            }
            Err(_) => return Err(self.late(None, &format!("no TLS handshake with {server}"))),
        };
        let (_, connection) = stream.get_ref();
        Ok(Agreed {
            protocol: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS",
            },
            alpn: connection
                .alpn_protocol()
                .map(|p| SafeText::line(&String::from_utf8_lossy(p)).into_string()),
        })
    }
}

/// The certificate that was shown last.
pub(super) type Seen = Arc<Mutex<Option<Vec<u8>>>>;

/// TLS as requests have it, with the certificates that are shown noted in `seen`.
pub(super) fn witnessed(endpoint: &Endpoint, seen: Seen) -> Result<ClientConfig, Error> {
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots(endpoint)?), crypto())
            .build()
            .map_err(|e| no_tls(&e))?;
    let mut config = tls_builder()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Witness { verifier, seen }))
        .with_no_client_auth();
    config.alpn_protocols = alpn();
    Ok(config)
}

/// Notes the certificate that a server shows and leaves the verdict to the verifier of all requests.
#[derive(Debug)]
struct Witness {
    verifier: Arc<WebPkiServerVerifier>,
    seen: Seen,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *lock(&self.seen) = Some(end_entity.to_vec());
        self.verifier
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
