//! Addresses of APIs and proxies: checked for what does not belong, printed without a password.
//!
//! How the paths of an API follow from its address is the provider's.

use std::{fmt, net::IpAddr};

use toml::de::DeValue;

use super::value::Value;

/// Address of a proxy. It may hold a password, which printing leaves out.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(String);

impl ProxyUrl {
    /// The whole address.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.split_once("://"), self.0.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => write!(f, "{scheme}://[hidden]@{host}"),
            _ => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Value for ProxyUrl {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let url = String::read(value)?;
        let schemes = ["http", "https", "socks5", "socks5h"];
        match url.split_once("://") {
            Some((scheme, rest)) if schemes.contains(&scheme) && !rest.is_empty() => Ok(Self(url)),
            _ => Err("expected an address with http, https, socks5 or socks5h".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.to_string().show()
    }
}

/// Address of an API: the host root, its `/v1`, or the full `/v1/chat/completions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseUrl {
    url: String,
    host: String,
}

impl BaseUrl {
    /// Checks that it has a scheme and a host and nothing that does not belong.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = url.trim().trim_end_matches('/');
        let lower = url.to_ascii_lowercase();
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| lower.strip_prefix(scheme))
            .ok_or("expected an address that starts with https:// or http://")?;
        if url.contains(['?', '#', '\\'])
            || url.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err("expected an address without a query, fragment or blank".to_owned());
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return Err("expected an address without a user name or password".to_owned());
        }
        let host = match authority.strip_prefix('[').and_then(|a| a.split_once(']')) {
            Some((address, _)) => address,
            None => authority.split(':').next().unwrap_or_default(),
        };
        if host.is_empty() {
            return Err("expected an address with a host".to_owned());
        }
        Ok(Self {
            url: url.to_owned(),
            host: host.to_owned(),
        })
    }

    /// The public service.
    pub(super) fn cerebras() -> Self {
        Self {
            url: "https://api.cerebras.ai/v1".to_owned(),
            host: "api.cerebras.ai".to_owned(),
        }
    }

    /// The address as given, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Its host in lower case, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// True if it can only be this machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self
                .host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// True if nothing on the way is encrypted.
    pub fn is_plain(&self) -> bool {
        !self.url.is_empty() && !self.url.to_ascii_lowercase().starts_with("https://")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl Value for BaseUrl {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        Self::parse(&String::read(value)?)
    }

    fn show(&self) -> String {
        Some(self.url.clone()).filter(|u| !u.is_empty()).show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_an_address_and_nothing_else() {
        for (url, host, loopback) in [
            ("https://api.cerebras.ai", "api.cerebras.ai", false),
            ("https://API.cerebras.ai/v1/", "api.cerebras.ai", false),
            (
                "http://127.0.0.1:8080/v1/chat/completions",
                "127.0.0.1",
                true,
            ),
            ("http://127.1.2.3", "127.1.2.3", true),
            ("http://[::1]:80", "::1", true),
            ("http://localhost:9", "localhost", true),
            ("http://a.localhost", "a.localhost", true),
            (
                "http://localhost.example.com",
                "localhost.example.com",
                false,
            ),
            (
                "http://127.0.0.1.example.com",
                "127.0.0.1.example.com",
                false,
            ),
        ] {
            let parsed = BaseUrl::parse(url).unwrap();
            assert_eq!(
                (parsed.host(), parsed.is_loopback()),
                (host, loopback),
                "{url}"
            );
        }
        for url in [
            "",
            "api.cerebras.ai",
            "ftp://x",
            "https://",
            "https:///v1",
            "https://user:pw@host",
            "https://h/v1?key=1",
            "https://h/#a",
            "https://a b",
        ] {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_in_a_proxy_is_not_printed() {
        let toml = "\"http://user:s3cret@proxy:3128\"";
        let proxy = ProxyUrl::read(DeValue::parse(toml).unwrap().get_ref()).unwrap();
        assert_eq!(proxy.show(), "\"http://[hidden]@proxy:3128\"");
        assert_eq!(proxy.expose(), "http://user:s3cret@proxy:3128");
        assert!(!format!("{proxy:?} {proxy}").contains("s3cret"));
    }
}
