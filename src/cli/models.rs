//! `waferdeck models`: what can be asked, for how much.
//!
//! The live list, or the built-in table when the provider does not answer.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{
    Exit, Failed, Out,
    args::{Global, Models},
    debug_http::{self, Dump},
    providers::{Profiles, Watched, known_models},
};
use crate::{
    chat::{Catalogue, CatalogueSource, Failure, FailureKind, ModelInfo, ModelStatus},
    config::Config,
    provider::MOST_MODELS,
    runtime::answer::Providers,
    text::{self, SafeText},
};

/// Without `--refresh` nobody waits longer than this for a list.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(
    args: &Models,
    global: &Global,
    config: Arc<Config>,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    let dump = debug_http::open(global, &config)?;
    let listed = list(args, config, &dump, out).await;
    dump.end(out);
    listed
}

async fn list(
    args: &Models,
    config: Arc<Config>,
    dump: &Dump,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    let name = config.profile.clone();
    let profiles = Profiles::new(Arc::clone(&config), Watched::No).heard_by(dump.witness());
    let fetch = async {
        let provider = profiles.get(&name).await?;
        provider.models().await.map_err(|e| e.failure())
    };
    let fetched = if args.refresh {
        fetch.await
    } else {
        tokio::time::timeout(PATIENCE, fetch)
            .await
            .unwrap_or_else(|_| {
                Err(Failure::new(
                    FailureKind::Timeout,
                    "the provider did not send its list within 5 s",
                    "--refresh waits longer",
                ))
            })
    };
    let catalogue = match fetched {
        Ok(catalogue) => catalogue,
        Err(failure) if args.refresh => {
            return Err(Failed::new(failure.kind.into(), failure.message).into());
        }
        Err(failure) => {
            let known = config.profiles.get(&name).map(known_models);
            let known = known.unwrap_or_default();
            let what = match known.source {
                CatalogueSource::Configured => "what the configuration names",
                CatalogueSource::Live | CatalogueSource::Embedded => "the built-in table",
            };
            out.complain(&format!("{}; this is {what}", failure.message));
            known
        }
    };
    if catalogue.models.len() >= MOST_MODELS {
        let most = text::counted(MOST_MODELS as u64, "model", "models");
        out.complain(&format!(
            "the list is long: the first {most} of it are read"
        ));
    }
    if args.json {
        out.line(&format!("{:#}", as_json(&name, &catalogue)))?;
    } else {
        table(&catalogue, out)?;
    }
    Ok(Exit::Ok)
}

fn state(model: &ModelInfo) -> &'static str {
    match model.status {
        ModelStatus::Production => "production",
        ModelStatus::Preview => "preview",
        ModelStatus::Deprecated => "deprecated",
        ModelStatus::Dedicated => "dedicated",
        ModelStatus::Retired => "retired",
    }
}

fn as_json(profile: &str, catalogue: &Catalogue) -> serde_json::Value {
    let models: Vec<_> = catalogue
        .models
        .iter()
        .map(|m| {
            json!({
                "id": m.id,
                "name": m.name,
                "owner": m.owner,
                "state": state(m),
                "retired_on": m.retired_on,
                "replaced_by": m.replaced_by,
                "context_window": m.context_window,
                "max_output": m.max_output,
                "usd_per_million_in": m.price_in,
                "usd_per_million_out": m.price_out,
                "published_tokens_per_s": m.speed_tps,
                "reasoning": m.reasoning,
                "efforts": m.efforts,
                "vision": m.vision,
            })
        })
        .collect();
    json!({
        "profile": profile,
        "source": match catalogue.source {
            CatalogueSource::Live => "live",
            CatalogueSource::Embedded => "embedded",
            CatalogueSource::Configured => "configured",
        },
        "models": models,
    })
}

fn table(catalogue: &Catalogue, out: &mut Out) -> anyhow::Result<()> {
    let header = [
        "model", "context", "output", "in $/M", "out $/M", "tok/s", "efforts", "state",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    for model in &catalogue.models {
        let number = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
        let price = |p: Option<f64>| p.map_or_else(|| "–".to_owned(), |p| format!("{p:.2}"));
        let efforts: Vec<_> = model.efforts.iter().map(|e| e.as_str()).collect();
        let mut word = state(model).to_owned();
        if let Some(by) = &model.replaced_by {
            word.push_str(" → ");
            word.push_str(SafeText::line(by).as_str());
        }
        rows.push([
            SafeText::line(&model.id).into_string(),
            number(model.context_window),
            number(model.max_output),
            price(model.price_in),
            price(model.price_out),
            model
                .speed_tps
                .map_or_else(|| "–".to_owned(), |s| format!("{s:.0}")),
            efforts.join(" "),
            word,
        ]);
    }
    print_table(&rows, &[1, 2, 3, 4, 5], out)
}

/// Prints rows in columns; those of `right` are aligned right.
pub(super) fn print_table(
    rows: &[impl AsRef<[String]>],
    right: &[usize],
    out: &mut Out,
) -> anyhow::Result<()> {
    let mut widths = Vec::new();
    for row in rows {
        let row = row.as_ref();
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(crate::text::width(cell));
        }
    }
    for row in rows {
        let mut line = String::new();
        for (column, (cell, &width)) in row.as_ref().iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width.saturating_sub(crate::text::width(cell)));
            if right.contains(&column) {
                line.push_str(&gap);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&gap);
            }
            line.push_str("  ");
        }
        out.line(line.trim_end())?;
    }
    Ok(())
}
