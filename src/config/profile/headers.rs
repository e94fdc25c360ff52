//! Request headers of a person's own, whose values may be secrets.

use std::{collections::BTreeMap, fmt};

use toml::de::DeValue;

use crate::{
    config::value::{Value, expected},
    text::Secret,
};

/// Headers that frame a request or belong to one connection (RFC 9110, section 7.6.1). Another value would cut a request in two
/// or send it elsewhere.
const FRAMING: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Extra request headers. Their values may be secrets, so printing gives the names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, Secret>);

impl Headers {
    /// Names with values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.expose()))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Value for Headers {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let table = value
            .as_table()
            .ok_or_else(|| expected("a table of names and values", value))?;
        let entries = table.iter().map(|(name, value)| {
            let name = name.get_ref();
            // RFC 9110, section 5.6.2: token.
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_token) {
                return Err("expected header names of letters, digits and -".to_owned());
            }
            if FRAMING.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                return Err(format!(
                    "{name} cannot be set: it says where a request ends or where it goes, and is made with each"
                ));
            }
            if name.eq_ignore_ascii_case("proxy-authorization") {
                return Err(format!(
                    "{name} would go to the server; write proxy = \"http://USER:PASSWORD@HOST:PORT\""
                ));
            }
            let text = String::read(value.get_ref())?;
            if text.chars().any(char::is_control) {
                return Err(format!("expected a value of {name} on one line"));
            }
            Ok((name.to_string(), Secret::from(text)))
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    fn show(&self) -> String {
        let names: Vec<_> = self.0.keys().map(|n| format!("{n} = [hidden]")).collect();
        if names.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{ {} }}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_headers_are_not_printed() {
        let toml = "{ Authorization = \"Bearer s3cret\" }";
        let headers = Headers::read(DeValue::parse(toml).unwrap().get_ref()).unwrap();
        assert_eq!(headers.show(), "{ Authorization = [hidden] }");
        assert_eq!(
            headers.iter().next(),
            Some(("Authorization", "Bearer s3cret"))
        );
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn headers_cannot_smuggle_lines() {
        for toml in [
            "{ \"a b\" = \"x\" }",
            "{ a = \"x\\r\\nb: y\" }",
            "{ \"\" = \"x\" }",
            "{ a = 1 }",
            "[]",
            "{ Content-Length = \"5\" }",
            "{ \"transfer-encoding\" = \"chunked\" }",
            "{ HOST = \"evil.example\" }",
            "{ Proxy-Authorization = \"Basic x\" }",
        ] {
            assert!(
                Headers::read(DeValue::parse(toml).unwrap().get_ref()).is_err(),
                "{toml}"
            );
        }
    }
}
