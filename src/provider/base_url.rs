//! A base URL in any of the forms in use, made into the addresses that requests go to.
//! Whether plain http is allowed there is decided when a provider is made.

use std::fmt;

use reqwest::Url;

/// Where an API lives: `https://host`, `https://host/v1` and `https://host/v1/chat/completions` mean the same.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// What the endpoints hang on, without a slash at its end (`https://host/v1`).
    api: Url,
    /// The same before `/v1`: where the public catalogue hangs.
    root: Url,
}

/// Why a base URL cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("not a URL: {0}")]
    Syntax(String),
    /// Neither `http` nor `https`.
    #[error("a base URL starts with https:// or http://")]
    Scheme,
    /// A query or a fragment has no meaning in a base.
    #[error("a base URL has no `?` and no `#`")]
    Query,
    /// A password in a URL ends up in logs.
    #[error("a base URL holds no user name or password")]
    UserInfo,
}

impl BaseUrl {
    /// Reads any of the forms; blanks around it and slashes at its end do not matter.
    ///
    /// ```
    /// use waferdeck::provider::BaseUrl;
    /// let base = BaseUrl::parse("http://127.0.0.1:8080/")?;
    /// assert_eq!(base.chat_url().as_str(), "http://127.0.0.1:8080/v1/chat/completions");
    /// # Ok::<(), waferdeck::provider::BaseUrlError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|e| BaseUrlError::Syntax(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(BaseUrlError::Scheme);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::UserInfo);
        }
        let path = url.path().trim_end_matches('/');
        let endpoint = path
            .strip_suffix("/chat/completions")
            .or_else(|| path.strip_suffix("/completions"));
        let prefix = endpoint.unwrap_or(path).trim_end_matches('/');
        let (root, api) = match prefix.strip_suffix("/v1") {
            Some(root) => (root, prefix.to_owned()),
            // A gateway that was named in full keeps its own path.
            None if endpoint.is_some() && !prefix.is_empty() => (prefix, prefix.to_owned()),
            None => (prefix, format!("{prefix}/v1")),
        };
        Ok(Self {
            api: with_path(&url, &api),
            root: with_path(&url, root),
        })
    }

    /// Where chat requests go.
    pub fn chat_url(&self) -> Url {
        join(&self.api, "/chat/completions")
    }

    /// The list of models that the key may use.
    pub fn models_url(&self) -> Url {
        join(&self.api, "/models")
    }

    /// The rich catalogue that needs no key.
    pub fn public_models_url(&self) -> Url {
        join(&self.root, "/public/v1/models")
    }

    /// Does nothing but open a connection.
    pub fn warm_url(&self) -> Url {
        join(&self.api, "/tcp_warming")
    }

    /// True where nothing leaves this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.api)
    }

    /// True for `http`.
    pub fn is_plain_http(&self) -> bool {
        self.api.scheme() == "http"
    }

    /// The host, as it stands in the URL.
    pub fn host(&self) -> &str {
        self.api.host_str().unwrap_or_default()
    }

    /// The port, also where the URL leaves it out.
    pub fn port(&self) -> u16 {
        self.api.port_or_known_default().unwrap_or_default()
    }

    /// Host and port, for messages about the network.
    pub fn host_port(&self) -> String {
        format!("{}:{}", self.host(), self.port())
    }

    /// The host, with its port where that is not the usual one.
    pub fn authority(&self) -> String {
        authority(&self.api)
    }

    /// Scheme, host and port, for display.
    pub fn origin(&self) -> String {
        self.api.origin().ascii_serialization()
    }
}

/// The host of an address, with its port where that is not the usual one of the scheme.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or("an address without a host");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// True if the host can only be this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let name = host.trim_end_matches('.');
    if name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost") {
        return true;
    }
    match host.trim_matches(['[', ']']).parse() {
        Ok(std::net::IpAddr::V4(ip)) => ip.is_loopback(),
        Ok(std::net::IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
        }
        Err(_) => false,
    }
}

/// The API base (`https://host/v1`).
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.api.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url
}

fn join(base: &Url, tail: &str) -> Url {
    with_path(
        base,
        &format!("{}{tail}", base.path().trim_end_matches('/')),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, chat: &str, public: &str) {
        let base = BaseUrl::parse(text).unwrap();
        assert_eq!(base.chat_url().as_str(), chat, "{text}");
        assert_eq!(base.public_models_url().as_str(), public, "{text}");
    }

    #[test]
    fn all_forms_mean_the_same() {
        for form in [
            "https://api.cerebras.ai",
            " https://api.cerebras.ai// ",
            "https://api.cerebras.ai/v1",
            "https://api.cerebras.ai/v1/",
            "https://api.cerebras.ai/v1/chat/completions",
            "https://api.cerebras.ai/v1/completions/",
            "https://api.cerebras.ai/chat/completions",
            "HTTPS://API.cerebras.ai:443/v1",
        ] {
            check(
                form,
                "https://api.cerebras.ai/v1/chat/completions",
                "https://api.cerebras.ai/public/v1/models",
            );
        }
    }

    #[test]
    fn a_gateway_keeps_its_prefix() {
        let public = "https://gw.example/llm/public/v1/models";
        check(
            "https://gw.example/llm",
            "https://gw.example/llm/v1/chat/completions",
            public,
        );
        check(
            "https://gw.example/llm/v1",
            "https://gw.example/llm/v1/chat/completions",
            public,
        );
        check(
            "https://gw.example/llm/chat/completions",
            "https://gw.example/llm/chat/completions",
            public,
        );
    }

    #[test]
    fn what_cannot_be_a_base_is_refused() {
        for text in ["", "api.cerebras.ai", "ftp://host", "data:x", "http://"] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
        assert_eq!(BaseUrl::parse("https://h/?a=1"), Err(BaseUrlError::Query));
        assert_eq!(BaseUrl::parse("https://h/#a"), Err(BaseUrlError::Query));
        assert_eq!(
            BaseUrl::parse("https://u:p@h/"),
            Err(BaseUrlError::UserInfo)
        );
    }

    #[test]
    fn loopback_is_known_in_all_its_forms() {
        for host in [
            "localhost",
            "LOCALHOST:1",
            "mock.localhost",
            "127.0.0.1:80",
            "127.9.9.9",
            "[::1]:8",
            "[::ffff:127.0.0.1]",
        ] {
            let base = BaseUrl::parse(&format!("http://{host}/v1")).unwrap();
            assert!(base.is_loopback(), "{host}");
        }
        for host in [
            "10.0.0.1",
            "localhost.example",
            "127.0.0.1.example",
            "[::2]",
            "0.0.0.0",
        ] {
            let base = BaseUrl::parse(&format!("http://{host}/v1")).unwrap();
            assert!(!base.is_loopback(), "{host}");
        }
    }

    #[test]
    fn display_shows_the_base_and_the_origin() {
        let base = BaseUrl::parse("http://127.0.0.1:9/v1/chat/completions").unwrap();
        assert_eq!(base.to_string(), "http://127.0.0.1:9/v1");
        assert_eq!(base.origin(), "http://127.0.0.1:9");
        assert_eq!(base.host_port(), "127.0.0.1:9");
        assert_eq!(base.models_url().path(), "/v1/models");
        assert_eq!(base.warm_url().path(), "/v1/tcp_warming");
    }
}
