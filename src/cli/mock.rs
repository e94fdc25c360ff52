//! `waferdeck mock`: the mock as a server for other clients.
//!
//! Prints its address and serves until it is stopped.

use super::{Exit, Out, args::Mock, fail};
use crate::mock::{BUILT_IN, MODELS, MockOptions, Scenario, Tier, serve};

/// Longest scenario file.
const MAX_SCENARIO: u64 = 1 << 20;

pub(super) async fn run(args: &Mock, out: &mut Out) -> anyhow::Result<Exit> {
    if args.list {
        return list(out);
    }
    let Some(tier) = Tier::from_name(&args.tier) else {
        return fail(
            Exit::Usage,
            format!(
                "there is no tier {}: unlimited, free-trial, developer",
                args.tier
            ),
        );
    };
    let options = MockOptions {
        listen: args.listen,
        seed: args.seed,
        tier,
        scenario: args.scenario.as_deref().map(scenario).transpose()?,
        stamps: args.stamps,
        ..MockOptions::default()
    };
    let server = match serve(options).await {
        Ok(server) => server,
        Err(error) => return fail(Exit::Usage, format!("{:#}", anyhow::Error::from(error))),
    };
    out.line(&server.base_url())?;
    out.note("the mock is listening; any key is accepted; Ctrl-C stops it");
    let mut signals = crate::runtime::signals::Signals::listen()?;
    loop {
        if let crate::runtime::signals::Asked::End(signal) = signals.next().await {
            server.shutdown().await;
            return Ok(signal.into());
        }
    }
}

fn list(out: &mut Out) -> anyhow::Result<Exit> {
    out.line("models")?;
    for model in MODELS {
        out.line(&format!("  {:<16} {}", model.id, model.about))?;
    }
    out.line("built-in scenarios")?;
    for scenario in BUILT_IN {
        let about = Scenario::from_toml(scenario.source)?
            .about
            .unwrap_or_default();
        out.line(&format!("  {:<16} {about}", scenario.name))?;
    }
    Ok(Exit::Ok)
}

fn scenario(name: &str) -> anyhow::Result<Scenario> {
    if let Some(built_in) = Scenario::built_in(name) {
        return Ok(built_in?);
    }
    let read = || -> std::io::Result<String> {
        let size = std::fs::metadata(name)?.len();
        if size > MAX_SCENARIO {
            return Err(std::io::Error::other("it is over 1 MiB"));
        }
        std::fs::read_to_string(name)
    };
    let text = match read() {
        Ok(text) => text,
        Err(error) => {
            let names: Vec<_> = BUILT_IN.iter().map(|b| b.name).collect();
            return fail(
                Exit::Usage,
                format!(
                    "cannot read the scenario {name}: {error}; the built-in ones are {}",
                    names.join(", ")
                ),
            );
        }
    };
    match Scenario::from_toml(&text) {
        Ok(scenario) => Ok(scenario),
        Err(error) => fail(Exit::Usage, format!("{name}: {error}")),
    }
}
