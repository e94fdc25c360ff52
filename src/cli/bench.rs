//! `waferdeck bench`: loads a model with many requests, level by level, and prints percentiles.
//!
//! What a level is and what its figures mean is `crate::bench`'s; sending is the driver's, printing the writers'.

mod driver;
mod painter;
mod phrases;
mod progress;
mod write;

use std::{fs::File, io, path::Path, sync::Arc};

use self::{
    driver::{Driver, Ended},
    progress::Screen,
};
use super::{
    Exit, Failed, Out,
    args::Global,
    args::{self, BenchFormat, BudgetPart},
    ask::prompt::text_of,
    debug_http::{self, Dump},
    fail,
    providers::{Profiles, Watched, known_models},
    telemetry::{self, Complaints},
};
use rustix::fs::{Access, access};

use crate::{
    bench::{
        Arrivals, CacheMode, ErrorLimit, Extent, Goal, LevelEstimate, Load, Plan, Price, Prompts,
        Question, Report,
    },
    chat::{Budget, BudgetOn, Variant},
    config::{Config, Profile, Size, show_variant},
    files,
    provider::Deadline,
    runtime::clock,
    telemetry::Telemetry,
    text,
};

/// What is asked where nobody said what: plain, answered by any model, and long enough to measure a speed.
const PROMPT: &str =
    "Explain in about 400 words how a computer chip is made, from sand to wafer to package.";
/// Requests of an open load that may be with the server at a time; further ones wait and are delayed.
const OPEN_ROOM: u32 = 1_024;

/// What is known of a variant before it is asked.
#[derive(Clone, Debug)]
struct Offer {
    mock: bool,
    price: Price,
    /// What answers of it must not exceed.
    goal: Goal,
}

pub(super) async fn run(
    args: &args::Bench,
    global: &Global,
    config: Arc<Config>,
    deadline: Arc<Deadline>,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    if args.dry_run {
        let counted = (Telemetry::off(), Dump::default());
        return load(args, config, deadline, &counted, out).await;
    }
    let complaints = Complaints::default();
    let started = telemetry::start(&config, global, complaints.taker()).await;
    if let Some(url) = started.url() {
        out.note(&format!("metrics are at {url}"));
    }
    let dump = debug_http::open(global, &config)?;
    dump.begin(out);
    let counted = (started.telemetry.clone(), dump);
    let ran = load(args, config, deadline, &counted, out).await;
    let (_, dump) = counted;
    dump.end(out);
    started.finish().await;
    complaints.tell(out);
    ran
}

async fn load(
    args: &args::Bench,
    config: Arc<Config>,
    deadline: Arc<Deadline>,
    (telemetry, dump): &(Telemetry, Dump),
    out: &mut Out,
) -> anyhow::Result<Exit> {
    let (prompt, source) = prompt(args, config.limits.prompt_bytes)?;
    let format = if args.json {
        BenchFormat::Json
    } else {
        args.format
    };
    if let Some(path) = &args.output {
        check_output(path)?;
    }
    let loads = loads(args)?;
    let streams = loads.iter().map(|load| match load {
        Load::Closed { concurrency } => *concurrency,
        Load::Open { .. } => OPEN_ROOM,
    });
    let room = usize::try_from(streams.max().unwrap_or(1))?;
    let profiles = Profiles::new(Arc::clone(&config), Watched::No)
        .with_room_for(room)
        .counted_by(telemetry.clone())
        .heard_by(dump.witness());
    let profiles = Arc::new(profiles);
    let plan = plan(args, loads, profiles.variants().await?);
    let offers: Vec<_> = plan
        .variants
        .iter()
        .map(|variant| offer(variant, args, &config))
        .collect();
    if args.fail_on_breach.is_some() {
        check_budgets(&plan.variants, &offers)?;
    }
    if args.dry_run {
        // Nobody is asked for a key, and no program is run.
        profiles.learn_keys_of_files().await;
    } else {
        profiles.learn_keys_of(&plan.variants).await;
    }
    let prompts = Prompts::new(prompt.clone(), clock::seed());
    let estimates = estimate(&plan, &offers, &prompts, &profiles);
    if args.dry_run {
        let text = write::estimate(&plan, &estimates, format);
        deliver(&config.secrets.hide(&text), args.output.as_deref(), out)?;
        return Ok(Exit::Ok);
    }
    out.complain(&write::announcement(&estimates));
    if offers.iter().any(|offer| offer.mock) && has_embedded_mock(&plan, &config) {
        out.complain(
            "the mock runs inside this process and shares its processor time; `waferdeck mock` in another one does not",
        );
    }
    if let Some(sentence) = too_short(&plan, &prompts) {
        out.complain(&sentence);
    }
    allow_sockets(room);
    let driver = Driver {
        plan: &plan,
        question: question(&prompt, source, &plan, &prompts, &profiles),
        offers: &offers,
        profiles,
        prompts,
        limit: ErrorLimit {
            percent: args.max_errors,
        },
        deadline,
        screen: Screen::new(out.stderr_is_terminal, config.ui.ascii),
    };
    let (report, ended) = driver.run(out).await?;
    let text = write::report(&report, format);
    deliver(&config.secrets.hide(&text), args.output.as_deref(), out)?;
    if let Some(why) = &report.stopped {
        out.complain(&format!("stopped: {why}"));
    }
    Ok(exit(&report, ended, args.fail_on_breach, out))
}

/// A result that cannot be written is better known before than after what it is of was paid for.
fn check_output(path: &Path) -> anyhow::Result<()> {
    let file = path.display();
    if path.exists() {
        return fail(Exit::Usage, format!("{file} exists and is not overwritten"));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let shown = folder.display();
    if !folder.exists() {
        let sentence = format!(
            "cannot write {file}: there is no folder {shown}; make it, or name another file"
        );
        return fail(Exit::Usage, sentence);
    }
    if !folder.is_dir() || access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let sentence =
            format!("cannot write {file}: nothing can be written in {shown}; name another file");
        return fail(Exit::Usage, sentence);
    }
    Ok(())
}

/// A check without anything to hold requests against would pass in silence.
fn check_budgets(variants: &[Variant], offers: &[Offer]) -> anyhow::Result<()> {
    let mut all = variants.iter().zip(offers);
    match all.find(|(_, offer)| offer.goal.is_empty()) {
        Some((Variant { model, profile, .. }, _)) => fail(
            Exit::Usage,
            format!(
                "--fail-on-breach has no budget for {model}: give one with --budget-ms 500 or -m '{model}?budget_ms=500', \
                 or set latency_budget_ms under [providers.{profile}]"
            ),
        ),
        None => Ok(()),
    }
}

/// What every request asks, and where it comes from.
fn prompt(args: &args::Bench, most: Size) -> anyhow::Result<(String, String)> {
    let stdin = "standard input";
    let (text, source) = match (&args.prompt, &args.prompt_file) {
        (Some(dash), _) if dash == "-" => (
            text_of(&mut io::stdin().lock(), stdin, most)?,
            stdin.to_owned(),
        ),
        (Some(text), _) => (text.clone(), "--prompt".to_owned()),
        (None, Some(path)) => match File::open(path) {
            Ok(mut file) => {
                let name = path.display().to_string();
                (text_of(&mut file, &name, most)?, name)
            }
            Err(error) => {
                let path = path.display();
                return fail(Exit::Usage, format!("cannot read {path}: {error}"));
            }
        },
        (None, None) => (PROMPT.to_owned(), "built in".to_owned()),
    };
    if text.trim().is_empty() {
        return fail(Exit::Usage, "the prompt is empty");
    }
    Ok((text, source))
}

/// What a report tells of it.
fn question(
    prompt: &str,
    source: String,
    plan: &Plan,
    prompts: &Prompts,
    profiles: &Profiles,
) -> Question {
    let first = plan.variants.first();
    let cache = plan.caches.first().copied().unwrap_or(CacheMode::Bust);
    let bound = |variant| profiles.request(variant, Vec::new()).max_completion_tokens;
    Question {
        source,
        text: (prompt.len() <= Question::LONGEST).then(|| prompt.to_owned()),
        bytes: prompt.len() as u64,
        tokens: first.map_or(0, |variant| prompts.tokens(variant, cache)),
        hash: crc32c::crc32c(prompt.as_bytes()),
        max_tokens: plan.variants.iter().map(bound).collect(),
    }
}

fn loads(args: &args::Bench) -> anyhow::Result<Vec<Load>> {
    if !args.rate.is_empty() {
        let rates = args.rate.iter();
        return Ok(rates.map(|&rate| Load::Open { rate }).collect());
    }
    let most = args.concurrency.iter().copied().max().unwrap_or(1);
    if let Some(requests) = args.requests.filter(|&n| n < u64::from(most)) {
        return fail(
            Exit::Usage,
            format!(
                "{} cannot keep {most} streams busy: raise --requests or lower --concurrency",
                text::counted(requests, "request", "requests")
            ),
        );
    }
    let streams = args.concurrency.iter();
    Ok(streams
        .map(|&concurrency| Load::Closed { concurrency })
        .collect())
}

fn plan(args: &args::Bench, loads: Vec<Load>, variants: Vec<Variant>) -> Plan {
    let mut caches = Vec::new();
    for cache in &args.cache {
        let cache = match cache {
            args::Cache::Bust => CacheMode::Bust,
            args::Cache::Reuse => CacheMode::Reuse,
        };
        if !caches.contains(&cache) {
            caches.push(cache);
        }
    }
    Plan {
        variants,
        caches,
        loads,
        arrivals: match args.arrivals {
            args::Arrivals::Poisson => Arrivals::Poisson,
            args::Arrivals::Even => Arrivals::Even,
        },
        extent: match (args.requests, args.duration) {
            (Some(requests), _) => Extent::Requests(requests),
            (None, Some(span)) => Extent::For(span),
            (None, None) => Extent::Fitting,
        },
        warmup: args.warmup,
        seed: args.seed,
    }
}

fn offer(variant: &Variant, args: &args::Bench, config: &Config) -> Offer {
    let profile = config.profiles.get(&variant.profile);
    let mock = profile.is_some_and(|p| p.is_mock);
    let listed = profile.and_then(|p| known_models(p).get(&variant.model).cloned());
    let price = match listed {
        _ if mock => Price::Mock,
        Some(model) => Price::Listed(Box::new(model)),
        None => Price::Unknown,
    };
    Offer {
        mock,
        price,
        goal: goal(variant, args, profile),
    }
}

/// What the command line says, else the latency budget of the variant or its profile.
fn goal(variant: &Variant, args: &args::Bench, profile: Option<&Profile>) -> Goal {
    let mut goal = Goal::default();
    for part in &args.budget_ms {
        match part {
            BudgetPart::Ttft(time) => goal.ttft = Some(*time),
            BudgetPart::E2e(time) => goal.e2e = Some(*time),
        }
    }
    let own = profile.and_then(|p| p.budget_rule().budget(&variant.params));
    if let Some(own) = own.filter(|_| args.budget_ms.is_empty()) {
        match own.on {
            BudgetOn::Ttft => goal.ttft = Some(own.limit()),
            BudgetOn::E2e => goal.e2e = Some(own.limit()),
        }
    }
    goal
}

/// The same as telemetry counts it, which knows one bound: that of TTFT, if there is one.
fn budget(goal: Goal) -> Option<Budget> {
    let (on, limit) = match (goal.ttft, goal.e2e) {
        (Some(limit), _) => (BudgetOn::Ttft, limit),
        (None, Some(limit)) => (BudgetOn::E2e, limit),
        (None, None) => return None,
    };
    let limit_ms = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
    Some(Budget { on, limit_ms })
}

fn has_embedded_mock(plan: &Plan, config: &Config) -> bool {
    let mut profiles = plan
        .variants
        .iter()
        .filter_map(|v| config.profiles.get(&v.profile));
    profiles.any(|p| p.is_mock && p.base_url.as_str().is_empty())
}

fn estimate(
    plan: &Plan,
    offers: &[Offer],
    prompts: &Prompts,
    profiles: &Profiles,
) -> Vec<LevelEstimate> {
    LevelEstimate::of(plan, |index, cache| {
        let variant = plan.variants.get(index);
        let bound = variant.map(|v| profiles.request(v, Vec::new()).max_completion_tokens);
        let bound = bound.filter(|&bound| bound > 0).map(u64::from);
        let price = offers.get(index).map(|offer| offer.price.clone());
        (
            variant.map_or(0, |variant| prompts.tokens(variant, cache)),
            bound.ok_or_else(|| "no bound of tokens is sent".to_owned()),
            price.unwrap_or(Price::Unknown),
        )
    })
}

/// Why reusing prompts will show nothing.
fn too_short(plan: &Plan, prompts: &Prompts) -> Option<String> {
    /// Prompts are kept in blocks of so many tokens.
    const BLOCK: u64 = 128;
    let mut variants = plan.variants.iter();
    let tokens = variants.find_map(|variant| {
        let tokens = prompts.tokens(variant, CacheMode::Reuse);
        (tokens < BLOCK).then_some(tokens)
    })?;
    plan.caches.contains(&CacheMode::Reuse).then(|| {
        format!(
            "a prompt of ~{tokens} tokens is too short for a cache of blocks of {BLOCK}: give a longer one with --prompt-file"
        )
    })
}

/// Many streams are many sockets, and the embedded mock has the other end of each.
fn allow_sockets(streams: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// What a process has open besides.
    const OTHERS: usize = 64;
    let wanted = u64::try_from(2 * streams + OTHERS).unwrap_or(u64::MAX);
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let current = now.maximum.map_or(wanted, |most| most.min(wanted));
    // Where that is refused, connections fail later and say so.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(current),
            ..now
        },
    );
}

/// Writes the result to the file, or to standard output; also there if the file cannot be written, since what was
/// measured took time and money.
fn deliver(text: &str, path: Option<&Path>, out: &mut Out) -> anyhow::Result<()> {
    let Some(path) = path else {
        return Ok(out.data(text)?);
    };
    match files::write_new(path, text) {
        Ok(()) => {
            out.note(&format!("written to {}", path.display()));
            Ok(())
        }
        Err(error) => {
            out.data(text)?;
            let path = path.display();
            let sentence = format!("cannot write {path}, so the result is on standard output");
            Err(anyhow::Error::from(error).context(Failed::new(Exit::Failed, sentence)))
        }
    }
}

/// The signal that ended it; else what the requests that failed have in common, or 1; else whether a budget was missed.
fn exit(report: &Report, ended: Ended, breach: Option<f64>, out: &mut Out) -> Exit {
    if let Ended::Signal(signal) = ended {
        return signal.into();
    }
    let mut codes: Vec<Exit> = report.failures().into_iter().map(Exit::from).collect();
    codes.dedup();
    match codes.as_slice() {
        [] => {}
        &[code] if report.answered() == 0 || ended == Ended::Errors => return code,
        _ => return Exit::Failed,
    }
    if let Some(most) = breach
        && report.worst_breach() > most
    {
        let worst = report.worst_breach();
        out.complain(&format!(
            "{worst:.1} % of a level's requests missed the budget, more than {most} %"
        ));
        return Exit::Check;
    }
    Exit::Ok
}

/// A variant and the way it meets the cache, as people read it.
fn title(variant: &Variant, cache: CacheMode) -> String {
    format!("{} · cache {}", show_variant(variant), cache.as_str())
}
