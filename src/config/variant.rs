//! The short form of a variant: `[PROFILE/]MODEL[?key=value&…]`, values percent-encoded.
//!
//! What a variant is belongs to `chat`; which models exist is the provider's.

use std::fmt::Write as _;

use super::{Config, error::Error, nearest::nearest, prompts};
use crate::{
    chat::{BudgetOn, Effort, Param, Params, Variant},
    text::SafeText,
};

/// The key of the short form that is no parameter: a prompt of the library.
const SYSTEM: &str = "system";
/// The API takes no more stop texts.
const MOST_STOPS: usize = 4;
/// A day, in milliseconds.
pub(super) const LONGEST_BUDGET: u32 = 86_400_000;

/// Reads the short form. The first segment is a profile only if one of that name exists, since model ids may hold
/// `/`. `system` names a prompt of the library; what that prompt sets holds where the short form says nothing.
pub fn parse_variant(text: &str, config: &Config) -> Result<Variant, Error> {
    let fail = |message: String| Error::value(SafeText::line(text).into_string(), message);
    let (name, query) = match text.split_once('?') {
        Some((name, query)) => (name, query),
        None => (text, ""),
    };
    let (profile, model) = match name.split_once('/') {
        Some((profile, model)) if config.profiles.contains_key(profile) => (profile, model),
        _ => (config.profile.as_str(), name),
    };
    let model = decode(model).ok_or_else(|| fail(bad_escape("the model")))?;
    if model.trim().is_empty() {
        return Err(fail("expected [PROFILE/]MODEL[?key=value&…]".to_owned()));
    }
    let mut variant = Variant::new(profile, model);
    let mut seen: Vec<&str> = Vec::new();
    let mut prompt = None;
    let pairs = query.split('&').filter(|_| !query.is_empty());
    for pair in pairs {
        if pair.is_empty() {
            return Err(fail("there is nothing before or after an &".to_owned()));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key != "stop" && seen.contains(&key) {
            return Err(fail(format!("{} is given twice", SafeText::line(key))));
        }
        seen.push(key);
        let value = decode(value).ok_or_else(|| fail(bad_escape(key)))?;
        if key == SYSTEM {
            prompt = Some(prompts::prompt(&config.paths.prompts_dir(), &value)?);
        } else {
            let param = Param::parse(key).ok_or_else(|| fail(unknown_key(key)))?;
            set_param(&mut variant.params, param, &value)
                .map_err(|m| fail(format!("{key}: {m}")))?;
        }
    }
    if let Some(prompt) = prompt {
        for param in prompt.params.set() {
            if variant.params.value(param).is_none() {
                variant.params.take_over(param, &prompt.params);
            }
        }
        variant.system = Some(prompt.text);
    }
    Ok(variant)
}

fn unknown_key(key: &str) -> String {
    let known = Param::ALL.map(Param::as_str).into_iter().chain([SYSTEM]);
    super::file::unknown("parameter", key, known)
}

fn bad_escape(what: &str) -> String {
    format!(
        "{} has a % that is no code of a character: %25 is a percent sign, %0A a line break",
        SafeText::line(what)
    )
}

/// Sets a parameter from what a person wrote; a stop text is added to those before it. The error says what was
/// expected instead, and nothing has changed then.
pub fn set_param(params: &mut Params, param: Param, value: &str) -> Result<(), String> {
    match param {
        Param::Effort => params.effort = Some(effort(value)?),
        Param::Temperature => params.temperature = Some(number(value, 2.0)?),
        Param::TopP => params.top_p = Some(number(value, 1.0)?),
        Param::MaxTokens => {
            let tokens = value.parse().ok().filter(|&n: &u32| n > 0);
            params.max_tokens = Some(tokens.ok_or("expected a whole number from 1 on")?);
        }
        Param::Seed => params.seed = Some(value.parse().map_err(|_| "expected a whole number")?),
        Param::Stop if value.is_empty() => return Err("expected some text".to_owned()),
        Param::Stop if params.stop.len() == MOST_STOPS => {
            return Err(format!("expected at most {MOST_STOPS}"));
        }
        Param::Stop => params.stop.push(value.to_owned()),
        Param::BudgetMs => {
            let limit = value.parse().ok().filter(|&n: &u32| n <= LONGEST_BUDGET);
            let expected = "expected 0 to 86400000 milliseconds; 0 is none";
            params.budget_ms = Some(limit.ok_or(expected)?);
        }
        Param::BudgetOn => {
            params.budget_on = Some(BudgetOn::parse(value).ok_or("expected ttft or e2e")?);
        }
    }
    Ok(())
}

fn effort(word: &str) -> Result<Effort, String> {
    let words = Effort::ALL.map(Effort::as_str);
    Effort::parse(word).ok_or_else(|| match nearest(word, words) {
        Some(near) => format!("did you mean {near}? (there are: {})", words.join(", ")),
        None => format!("expected one of {}", words.join(", ")),
    })
}

fn number(value: &str, most: f64) -> Result<f64, String> {
    let number = value.parse().ok().filter(|n| (0.0..=most).contains(n));
    number.ok_or_else(|| format!("expected 0 to {most}"))
}

/// The short form, always with its profile. The system prompt is left out: a variant holds its text, this form only
/// has room for a name. For a variant without one, [`parse_variant`] gives the same variant back.
pub fn show_variant(variant: &Variant) -> String {
    let mut text = format!("{}/{}", variant.profile, encode(&variant.model));
    let mut mark = '?';
    let mut push = |key: &str, value: &str| {
        let _ = write!(text, "{mark}{key}={}", encode(value));
        mark = '&';
    };
    let params = &variant.params;
    if let Some(effort) = params.effort {
        push("effort", effort.as_str());
    }
    if let Some(temperature) = params.temperature {
        push("temperature", &temperature.to_string());
    }
    if let Some(top_p) = params.top_p {
        push("top_p", &top_p.to_string());
    }
    if let Some(tokens) = params.max_tokens {
        push("max_tokens", &tokens.to_string());
    }
    if let Some(seed) = params.seed {
        push("seed", &seed.to_string());
    }
    for stop in &params.stop {
        push("stop", stop);
    }
    if let Some(limit) = params.budget_ms {
        push("budget_ms", &limit.to_string());
    }
    if let Some(on) = params.budget_on {
        push("budget_on", on.as_str());
    }
    text
}

/// RFC 3986, section 2.1; `None` for a `%` without two digits and for bytes that are not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// Escapes what has a meaning in the short form or cannot be typed on a command line without care.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@,".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::tests::config;

    fn parse(text: &str) -> Result<Variant, String> {
        parse_variant(
            text,
            &config("[providers.local]\nbase_url = \"http://localhost:1\"\n"),
        )
        .map_err(|e| e.to_string())
    }

    #[test]
    fn the_first_segment_is_a_profile_only_if_it_exists() {
        for (text, profile, model) in [
            ("gpt-oss-120b", "mock", "gpt-oss-120b"),
            ("cerebras/gpt-oss-120b", "cerebras", "gpt-oss-120b"),
            ("local/org/name", "local", "org/name"),
            ("org/name", "mock", "org/name"),
            ("local", "mock", "local"),
            ("mock/a%3Fb%25", "mock", "a?b%"),
        ] {
            let variant = parse(text).unwrap();
            assert_eq!(
                (variant.profile.as_str(), variant.model.as_str()),
                (profile, model),
                "{text}"
            );
        }
    }

    #[test]
    fn parameters_are_read_and_checked() {
        let text = "m?effort=high&temperature=0.5&top_p=1&max_tokens=10&seed=-3&stop=%0A&stop=a%26b&budget_ms=300&budget_on=e2e";
        let expected = Params {
            effort: Some(Effort::High),
            temperature: Some(0.5),
            top_p: Some(1.0),
            max_tokens: Some(10),
            seed: Some(-3),
            stop: vec!["\n".to_owned(), "a&b".to_owned()],
            budget_ms: Some(300),
            budget_on: Some(BudgetOn::E2e),
        };
        assert_eq!(parse(text).unwrap().params, expected);
        for (query, expected) in [
            (
                "effort=max",
                "m?effort=max: effort: expected one of none, low, medium, high",
            ),
            (
                "effort=hihg",
                "m?effort=hihg: effort: did you mean high? (there are: none, low, medium, high)",
            ),
            (
                "temperature=2.1",
                "m?temperature=2.1: temperature: expected 0 to 2",
            ),
            (
                "temperature=NaN",
                "m?temperature=NaN: temperature: expected 0 to 2",
            ),
            ("top_p=-0.1", "m?top_p=-0.1: top_p: expected 0 to 1"),
            (
                "max_tokens=0",
                "m?max_tokens=0: max_tokens: expected a whole number from 1 on",
            ),
            ("seed=x", "m?seed=x: seed: expected a whole number"),
            ("seed=1&seed=2", "m?seed=1&seed=2: seed is given twice"),
            (
                "stop=a&stop=b&stop=c&stop=d&stop=e",
                "m?stop=a&stop=b&stop=c&stop=d&stop=e: stop: expected at most 4",
            ),
            ("stop", "m?stop: stop: expected some text"),
            (
                "budget_ms=86400001",
                "m?budget_ms=86400001: budget_ms: expected 0 to 86400000 milliseconds; 0 is none",
            ),
            (
                "budget_on=total",
                "m?budget_on=total: budget_on: expected ttft or e2e",
            ),
            (
                "seed=1&&",
                "m?seed=1&&: there is nothing before or after an &",
            ),
            (
                "tempratur=1",
                "m?tempratur=1: unknown parameter tempratur; did you mean temperature?",
            ),
            (
                "stop=%4",
                "m?stop=%4: stop has a % that is no code of a character: %25 is a percent sign, %0A a line break",
            ),
            (
                "stop=%FF",
                "m?stop=%FF: stop has a % that is no code of a character: %25 is a percent sign, %0A a line break",
            ),
        ] {
            assert_eq!(
                parse(&format!("m?{query}")),
                Err(expected.to_owned()),
                "{query}"
            );
        }
        for text in ["", "?seed=1", "mock/", " "] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_system_prompt_comes_from_the_library() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("prompts")).unwrap();
        std::fs::write(dir.path().join("prompts/terse.md"), "Be brief.\n").unwrap();
        let hints = "---\ntemperature: 0.2\neffort: low\n---\nWrite code.\n";
        std::fs::write(dir.path().join("prompts/code.md"), hints).unwrap();
        let mut config = config("");
        config.paths.config_dir = dir.path().to_owned();
        let variant = parse_variant("m?system=terse", &config).unwrap();
        assert_eq!(variant.system.as_deref(), Some("Be brief."));
        assert!(parse_variant("m?system=..%2Fterse", &config).is_err());
        let variant = parse_variant("m?system=code&temperature=1", &config).unwrap();
        assert_eq!(variant.system.as_deref(), Some("Write code."));
        let said = (variant.params.temperature, variant.params.effort);
        assert_eq!(said, (Some(1.0), Some(Effort::Low)), "the short form wins");
    }

    fn params() -> impl Strategy<Value = Params> {
        (
            proptest::option::of(proptest::sample::select(Effort::ALL.to_vec())),
            proptest::option::of(0.0..=2.0),
            proptest::option::of(0.0..=1.0),
            proptest::option::of(1..=u32::MAX),
            proptest::option::of(any::<i64>()),
            proptest::collection::vec(".{1,8}", 0..=4),
            proptest::option::of(0..=LONGEST_BUDGET),
            proptest::option::of(proptest::sample::select(BudgetOn::ALL.to_vec())),
        )
            .prop_map(
                |(effort, temperature, top_p, max_tokens, seed, stop, budget_ms, budget_on)| {
                    Params {
                        effort,
                        temperature,
                        top_p,
                        max_tokens,
                        seed,
                        stop,
                        budget_ms,
                        budget_on,
                    }
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(
            profile in proptest::sample::select(vec!["cerebras", "mock", "local"]),
            model in ".{0,12}[a-z]",
            params in params(),
        ) {
            let variant = Variant { params, ..Variant::new(profile, model) };
            prop_assert_eq!(parse(&show_variant(&variant)), Ok(variant));
        }

        #[test]
        fn any_text_is_a_variant_or_an_error(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
