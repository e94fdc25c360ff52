//! NETWORK: what the facts about the way to an endpoint come to.
//!
//! The facts are `provider::health`'s; sentences about what is broken are those that requests give.

use std::{net::SocketAddr, time::Duration};

use jiff::Timestamp;

use super::check::Check;
use crate::{
    chat::{Failure, FailureKind, HttpVersion},
    provider::{
        Auth, Endpoint,
        health::{Agreed, Certificate, FirstReply, Way},
    },
    ui::format,
};

/// What is not checked where the name was not found, and so on.
pub(super) const STEPS: [&str; 5] = [
    "network.dns",
    "network.tcp",
    "network.tls",
    "network.http",
    "network.clock",
];

/// A certificate that holds for less is to be renewed now.
const SOON: i64 = 30;
/// Clocks that differ by more break the check of certificates and the waits that servers ask for as dates.
const SKEW: Duration = Duration::from_secs(30);
/// Addresses, and hosts of a certificate, that are named.
const NAMED: usize = 4;

/// Where requests go, and what is in between.
pub(super) fn address(endpoint: &Endpoint, way: &Way) -> Check {
    let base = &endpoint.base;
    let summary = match &way.proxy {
        Some(proxy) => format!("{base} by the proxy {}", proxy.place),
        None => base.to_string(),
    };
    if base.is_plain_http() && !base.is_loopback() {
        let what = match endpoint.auth {
            Auth::Key(_) => "key and prompts go",
            Auth::None => "what is asked goes",
        };
        return Check::warning(
            "network.address",
            format!("{summary}: {what} there unencrypted"),
            "use https:// if the server has it",
        );
    }
    let check = Check::good("network.address", summary);
    match &way.proxy {
        Some(_) => check.detail("DNS and TCP below are those of the proxy"),
        None => check,
    }
}

/// The addresses of a name.
pub(super) fn dns(way: &Way, found: &Result<Vec<SocketAddr>, Failure>) -> Check {
    let addresses = match found {
        Ok(addresses) => addresses,
        Err(failure) => {
            let remedy = "see whether the name servers of this machine can be reached";
            return late("network.dns", failure, remedy);
        }
    };
    let mut names: Vec<_> = addresses.iter().map(|a| a.ip().to_string()).collect();
    names.dedup();
    let is_address = names
        .iter()
        .any(|name| *name == way.host.trim_matches(['[', ']']));
    if is_address {
        return Check::good("network.dns", format!("{} is an address", way.host));
    }
    Check::good("network.dns", format!("{} is {}", way.host, some(&names)))
}

/// The first few of these, and how many more there are.
fn some(names: &[String]) -> String {
    let (first, more) = names.split_at(names.len().min(NAMED));
    let first = first.join(", ");
    match more.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// A connection.
pub(super) fn tcp(found: &Result<SocketAddr, Failure>) -> Check {
    match found {
        Ok(address) => Check::good("network.tcp", format!("connected to {address}")),
        Err(failure) => late(
            "network.tcp",
            failure,
            "check base_url; a firewall may drop what is sent there",
        ),
    }
}

/// A step that failed, with a remedy of its own where nothing at all came: to ask again is none.
fn late(id: &'static str, failure: &Failure, remedy: &str) -> Check {
    match failure.kind {
        FailureKind::Timeout => Check::failed(id, &failure.message, remedy),
        _ => Check::failure(id, failure),
    }
}

/// The certificate and the handshake. `agreed` is `None` where the HTTP client shook hands by itself, behind a proxy.
pub(super) fn tls(
    certificate: Option<&Certificate>,
    agreed: Result<Option<&Agreed>, &Failure>,
    now: Timestamp,
) -> Check {
    let agreed = match agreed {
        Ok(agreed) => agreed,
        Err(failure) => {
            let remedy = "check scheme and port of base_url: what listens there may speak no TLS";
            let check = late("network.tls", failure, remedy);
            return match certificate {
                Some(certificate) => check.detail(told(certificate, now)),
                None => check,
            };
        }
    };
    let protocol = agreed.map_or("TLS", |a| a.protocol);
    let verified = format!("{protocol}, chain and host name verified");
    let Some(certificate) = certificate else {
        return Check::good("network.tls", verified)
            .detail("the certificate does not say until when it holds");
    };
    let left = days(certificate, now);
    let summary = format!("{verified}, {}", expiry(left));
    let check = match left {
        i64::MIN..0 => Check::failed(
            "network.tls",
            summary,
            "renew the certificate on the server, or set this machine's clock",
        ),
        0..SOON => Check::warning(
            "network.tls",
            summary,
            "have the certificate renewed before that day",
        ),
        _ => Check::good("network.tls", summary),
    };
    check.detail(told(certificate, now))
}

fn days(certificate: &Certificate, now: Timestamp) -> i64 {
    let seconds = certificate.until.as_second() - now.as_second();
    seconds.div_euclid(86_400)
}

fn expiry(days: i64) -> String {
    match days {
        i64::MIN..0 => "expired".to_owned(),
        0 => "expires today".to_owned(),
        1 => "expires in 1 day".to_owned(),
        n => format!("expires in {} days", format::count(n.unsigned_abs())),
    }
}

fn told(certificate: &Certificate, now: Timestamp) -> String {
    let Certificate {
        names,
        issuer,
        from,
        until,
    } = certificate;
    let day = |t: &Timestamp| t.strftime("%F").to_string();
    let state = if *from > now { ", not yet valid" } else { "" };
    format!(
        "certificate for {}, issued by {issuer}, {} to {}{state}",
        some(names),
        day(from),
        day(until)
    )
}

/// What the first reply says before it is known what it means.
pub(super) fn http(reply: &Result<FirstReply, Failure>) -> Check {
    let reply = match reply {
        Ok(reply) => reply,
        Err(failure) => {
            let remedy = "check base_url: what listens there takes requests and replies nothing";
            return late("network.http", failure, remedy);
        }
    };
    let version = reply.http.map_or("?", HttpVersion::word);
    Check::good(
        "network.http",
        format!("HTTP/{version}, status {}", reply.status),
    )
}

/// The server's clock against ours, `now` being the moment of the reply.
pub(super) fn clock(date: Option<Timestamp>, now: Timestamp) -> Check {
    let Some(date) = date else {
        return Check::unchecked("network.clock", "the server does not tell its time");
    };
    let skew = now.duration_since(date);
    // The header has no fractions.
    if skew.unsigned_abs() <= Duration::from_secs(2) {
        return Check::good("network.clock", "agrees with the server's");
    }
    let direction = if skew.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let summary = format!("{} {direction} the server's", apart(skew.unsigned_abs()));
    if skew.unsigned_abs() <= SKEW {
        return Check::good("network.clock", summary);
    }
    Check::warning(
        "network.clock",
        summary,
        "let the clock be set from the network (NTP): certificates and waits depend on it",
    )
}

/// How far clocks are apart, to the nearest second or minute: not as a wait, which is never said to be shorter than it is.
fn apart(skew: Duration) -> String {
    let nearest =
        |unit: u64| (skew.as_millis() + u128::from(unit) * 500) / (u128::from(unit) * 1_000);
    match (nearest(1), nearest(60)) {
        (s @ 0..120, _) => format!("{s} s"),
        (_, min @ 0..120) => format!("{min} min"),
        (_, min) if min % 60 == 0 => format!("{} h", min / 60),
        (_, min) => format!("{} h {} min", min / 60, min % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Status, expect};
    use super::*;
    use crate::{
        chat::{Catalogue, FailureKind, Limits},
        provider::{BaseUrl, Dialect, Error, health::Between},
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn way(host: &str) -> Way {
        Way {
            host: host.to_owned(),
            port: 443,
            proxy: None,
        }
    }

    fn failure() -> Failure {
        Failure::new(FailureKind::Network, "cannot find it", "check the network")
    }

    #[test]
    fn an_address_says_what_is_in_between_and_what_is_not_encrypted() {
        let endpoint = |url: &str| {
            let base = BaseUrl::parse(url).unwrap();
            Endpoint::new("p", base, Auth::None, Dialect::OpenAi)
        };
        let secure = endpoint("https://api.example");
        expect(
            &address(&secure, &way("api.example")),
            Status::Good,
            &["https://api.example/v1"],
        );
        let proxied = Way {
            proxy: Some(Between {
                place: "proxy:3128".to_owned(),
                remedy: String::new(),
            }),
            ..way("proxy")
        };
        expect(
            &address(&secure, &proxied),
            Status::Good,
            &["by the proxy proxy:3128"],
        );
        let open = endpoint("http://10.0.0.1");
        expect(
            &address(&open, &way("10.0.0.1")),
            Status::Warning,
            &["unencrypted", "https"],
        );
        let here = endpoint("http://127.0.0.1:8");
        expect(&address(&here, &way("127.0.0.1")), Status::Good, &[]);
    }

    #[test]
    fn a_step_that_nobody_answers_has_a_remedy_of_its_own() {
        let failure = Failure::new(FailureKind::Timeout, "nothing within 3 s", "send again");
        let host = way("api.example");
        let checks = [
            (dns(&host, &Err(failure.clone())), "name servers"),
            (tcp(&Err(failure.clone())), "firewall"),
            (
                tls(None, Err(&failure), at("2026-01-01T00:00:00Z")),
                "no TLS",
            ),
            (http(&Err(failure.clone())), "replies nothing"),
        ];
        for (check, remedy) in checks {
            expect(&check, Status::Failed, &["nothing within 3 s", remedy]);
            assert!(!check.remedy.unwrap().contains("send again"));
        }
    }

    #[test]
    fn names_and_connections() {
        let addresses = |texts: &[&str]| texts.iter().map(|t| t.parse().unwrap()).collect();
        let two = Ok(addresses(&["1.2.3.4:443", "[2606::1]:443"]));
        expect(
            &dns(&way("h.example"), &two),
            Status::Good,
            &["1.2.3.4, 2606::1"],
        );
        let itself = Ok(addresses(&["1.2.3.4:443"]));
        expect(
            &dns(&way("1.2.3.4"), &itself),
            Status::Good,
            &["is an address"],
        );
        let six = Ok((1..=6)
            .map(|n| SocketAddr::from(([1, 1, 1, n], 1)))
            .collect());
        expect(&dns(&way("h"), &six), Status::Good, &["and 2 more"]);
        expect(
            &dns(&way("h"), &Err(failure())),
            Status::Failed,
            &["cannot find", "network"],
        );
        expect(
            &tcp(&Ok("1.2.3.4:443".parse().unwrap())),
            Status::Good,
            &["1.2.3.4:443"],
        );
        expect(&tcp(&Err(failure())), Status::Failed, &[]);
    }

    #[test]
    fn a_certificate_is_judged_by_the_days_it_has_left() {
        let now = at("2026-11-23T12:00:00Z");
        let agreed = Agreed {
            protocol: "TLS 1.3",
            alpn: None,
        };
        let check = |until: &str| {
            let certificate = Certificate {
                names: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
                issuer: "CN=R11".to_owned(),
                from: at("2026-01-01T00:00:00Z"),
                until: at(until),
            };
            tls(Some(&certificate), Ok(Some(&agreed)), now)
        };
        let told = "certificate for a, b, c, d and 1 more, issued by CN=R11, 2026-01-01 to 202";
        for (until, status, words) in [
            ("2027-01-30T12:00:00Z", Status::Good, "expires in 68 days"),
            ("2026-12-23T12:00:00Z", Status::Good, "expires in 30 days"),
            (
                "2026-12-23T11:59:59Z",
                Status::Warning,
                "expires in 29 days",
            ),
            ("2026-11-24T13:00:00Z", Status::Warning, "expires in 1 day"),
            ("2026-11-23T12:00:01Z", Status::Warning, "expires today"),
            ("2026-11-23T11:59:59Z", Status::Failed, "expired"),
        ] {
            expect(&check(until), status, &["TLS 1.3", words, told]);
        }
        expect(&tls(None, Ok(None), now), Status::Good, &["does not say"]);
        let early = Certificate {
            names: vec!["a".to_owned()],
            issuer: "CN=x".to_owned(),
            from: at("2090-01-01T00:00:00Z"),
            until: at("2091-01-01T00:00:00Z"),
        };
        let refused = Failure::new(FailureKind::Tls, "valid from 2090", "check the clock");
        let check = tls(Some(&early), Err(&refused), now);
        expect(
            &check,
            Status::Failed,
            &["not yet valid", "check the clock"],
        );
    }

    fn reply(status: u16, models: Result<Catalogue, Error>) -> FirstReply {
        FirstReply {
            status,
            http: Some(HttpVersion::Http2),
            date: None,
            certificate: None,
            limits: Limits::default(),
            models,
        }
    }

    #[test]
    fn any_reply_is_http_whatever_it_says_of_models() {
        let well = Ok(reply(200, Ok(Catalogue::default())));
        expect(&http(&well), Status::Good, &["HTTP/2, status 200"]);
        let no_key = Error::Key {
            message: "key rejected".to_owned(),
            remedy: "another".to_owned(),
            status: Some(401),
        };
        expect(&http(&Ok(reply(401, Err(no_key)))), Status::Good, &["401"]);
        expect(&http(&Err(failure())), Status::Failed, &[]);
    }

    #[test]
    fn clocks_may_differ_by_half_a_minute() {
        let server = at("2026-11-23T12:00:00Z");
        for (ours, status, words) in [
            ("2026-11-23T12:00:01Z", Status::Good, "agrees"),
            ("2026-11-23T12:00:30Z", Status::Good, "30 s ahead of"),
            ("2026-11-23T11:59:29Z", Status::Warning, "31 s behind"),
            ("2026-11-23T12:15:00.3Z", Status::Warning, "15 min ahead of"),
            ("2026-11-23T11:44:59.1Z", Status::Warning, "15 min behind"),
            ("2026-11-23T12:15:30Z", Status::Warning, "16 min ahead of"),
            ("2026-11-23T14:00:00.3Z", Status::Warning, "2 h ahead of"),
            (
                "2026-11-23T14:31:00Z",
                Status::Warning,
                "2 h 31 min ahead of",
            ),
        ] {
            expect(&clock(Some(server), at(ours)), status, &[words]);
        }
        expect(&clock(None, server), Status::Unchecked, &["does not tell"]);
    }
}
