//! Runs the levels of a plan: sends what the pacer says is due, counts what ends, and stops when it is told to.
//!
//! It never waits for a terminal: a screen that blocks must not hold back a request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{Out, fail, providers::Profiles},
    Offer, budget,
    progress::{Live, Screen},
    title,
};
use crate::{
    app::Signal,
    bench::{
        ErrorLimit, Extent, Level, LevelReport, LevelTally, Load, Next, Outcome, Pacer, Plan,
        Prompts, Question, Recorder, Report, Sample,
    },
    chat::{Budget, FailureKind, StreamEvent, Variant},
    provider::{Deadline, Provider},
    runtime::{
        answer::Providers,
        clock, job,
        signals::{Asked, Signals},
    },
    ui::format,
};

/// Requests that may be under way or wait for it: a server that falls behind this far will not catch up.
const MOST_UNDER_WAY: usize = 16_384;

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its plan is done.
    Done,
    /// Too many requests failed.
    Errors,
    /// A signal asked for it.
    Signal(Signal),
}

/// Runs a plan.
pub(super) struct Driver<'a> {
    pub(super) plan: &'a Plan,
    pub(super) question: Question,
    pub(super) offers: &'a [Offer],
    pub(super) profiles: Arc<Profiles>,
    pub(super) prompts: Prompts,
    pub(super) limit: ErrorLimit,
    /// When the next request is due: the network's thread rests no longer than until then.
    pub(super) deadline: Arc<Deadline>,
    pub(super) screen: Screen,
}

/// What lives as long as the run.
struct Run<'a, 'o> {
    driver: Driver<'a>,
    out: &'o mut Out,
    signals: Signals,
    cancel: CancellationToken,
    /// Bytes of text that came, for the speed that is shown meanwhile.
    bytes: Arc<AtomicU64>,
    ended: Ended,
    why: Option<String>,
}

/// What requests of a level are sent with.
struct Target<'a> {
    provider: Provider,
    variant: &'a Variant,
    /// What telemetry holds answers against.
    budget: Option<Budget>,
    level: Level,
}

impl Driver<'_> {
    /// Runs all levels, or as many as there are before it is stopped.
    pub(super) async fn run(self, out: &mut Out) -> anyhow::Result<(Report, Ended)> {
        let mut report = Report {
            at: clock::wall(),
            plan: self.plan.clone(),
            question: self.question.clone(),
            limit: self.limit,
            stopped: None,
            warmup_failures: Vec::new(),
            levels: Vec::new(),
        };
        let mut run = Run {
            driver: self,
            out,
            signals: Signals::listen()?,
            cancel: CancellationToken::new(),
            bytes: Arc::default(),
            ended: Ended::Done,
            why: None,
        };
        let levels = run.driver.plan.levels();
        let all = levels.len();
        for (index, level) in levels.into_iter().enumerate() {
            run.level(level, (index + 1, all), &mut report).await?;
            if run.ended != Ended::Done {
                break;
            }
        }
        run.driver.screen.close().await;
        report.stopped = run.why;
        Ok((report, run.ended))
    }
}

impl Run<'_, '_> {
    /// Runs a level: first the requests that do not count, then those that do.
    async fn level(
        &mut self,
        level: Level,
        place: (usize, usize),
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let plan = self.driver.plan;
        let (Some(variant), Some(offer)) = (
            plan.variants.get(level.variant),
            self.driver.offers.get(level.variant),
        ) else {
            return Ok(());
        };
        let provider = match self.driver.profiles.get(&variant.profile).await {
            Ok(provider) => provider,
            Err(failure) => {
                let text = format!("{} ({})", failure.message, failure.remedy);
                return fail(failure.kind.into(), text);
            }
        };
        let target = Target {
            provider,
            variant,
            budget: budget(offer.goal),
            level,
        };
        let is_open = matches!(level.load, Load::Open { .. });
        let bytes = self.bytes.load(Ordering::Relaxed);
        let title = title(variant, level.cache);
        let mut live = Live::new(title, level.load.to_string(), place, bytes);
        let warmup = plan.warmup(level.load);
        let mut warm = LevelTally::new(offer.goal, is_open);
        let extent = Extent::Requests(warmup);
        self.phase(&target, extent, &mut warm, &mut live).await?;
        report.warmup_failures.extend_from_slice(warm.kinds());
        if self.ended != Ended::Done {
            return Ok(());
        }
        live.is_warmup = false;
        let extent = plan
            .requests(level.load)
            .map_or(plan.extent, Extent::Requests);
        let mut tally = LevelTally::new(offer.goal, is_open);
        let took = self.phase(&target, extent, &mut tally, &mut live).await?;
        let level = LevelReport {
            variant: variant.clone(),
            mock: offer.mock,
            cache: level.cache,
            load: level.load,
            arrivals: plan.arrivals,
            warmup,
            took,
            price: offer.price.clone(),
            tally,
        };
        self.driver.screen.say(finished(&live, &level), self.out);
        report.levels.push(level);
        Ok(())
    }

    /// Sends requests until the pacer has no more, and waits until all have ended. The result is the time it took.
    async fn phase(
        &mut self,
        target: &Target<'_>,
        extent: Extent,
        tally: &mut LevelTally,
        live: &mut Live,
    ) -> anyhow::Result<Duration> {
        let plan = self.driver.plan;
        let mut pacer = Pacer::new(target.level.load, plan.arrivals, extent, plan.seed);
        let mut tasks = JoinSet::new();
        let start = Instant::now();
        let mut last = start;
        let mut tick = tokio::time::interval(self.driver.screen.every());
        live.begin(extent);
        loop {
            let due = loop {
                match pacer.next(start.elapsed(), tasks.len() as u64) {
                    Next::Send { due } => self.send(target, start + due, &mut tasks),
                    Next::Wait(due) => break due.map(|due| start + due),
                    Next::Done if tasks.is_empty() => {
                        self.driver.deadline.set(None);
                        self.judge(tally, live, ErrorLimit::is_passed_at_end);
                        return Ok(last.saturating_duration_since(start));
                    }
                    Next::Done => break None,
                }
            };
            if tasks.len() > MOST_UNDER_WAY {
                pacer.stop();
                self.stop(Ended::Errors, "the server falls too far behind");
            }
            self.driver.deadline.set(due);
            tokio::select! {
                biased;
                asked = self.signals.next() => {
                    self.asked(asked)?;
                    live.is_ending = self.ended != Ended::Done;
                }
                Some(ended) = tasks.join_next() => {
                    last = Instant::now();
                    tally.add(&sample(ended));
                    self.judge(tally, live, ErrorLimit::is_passed);
                }
                () = at(due) => {}
                _ = tick.tick() => {
                    let bytes = self.bytes.load(Ordering::Relaxed);
                    live.update(tally, tasks.len(), start.elapsed(), bytes);
                    self.driver.screen.show(live, self.out);
                }
            }
            if self.ended != Ended::Done {
                pacer.stop();
            }
        }
    }

    /// Sends a request that was due then.
    fn send(&mut self, target: &Target<'_>, due: Instant, tasks: &mut JoinSet<Sample>) {
        let system = target.variant.system.as_deref();
        let messages = self.driver.prompts.next(system, target.level.cache);
        let request = self.driver.profiles.request(target.variant, messages);
        let (provider, cancel) = (target.provider.clone(), self.cancel.clone());
        let bytes = Arc::clone(&self.bytes);
        let profile = &target.variant.profile;
        let mut watch = self.driver.profiles.watch(profile, &request, target.budget);
        tasks.spawn(async move {
            let mut recorder = Recorder::default();
            let mut sample = None;
            let mut sink = |event: StreamEvent| {
                watch.event(&event);
                if let StreamEvent::Delta(delta) = &event {
                    bytes.fetch_add(delta.text.len() as u64, Ordering::Relaxed);
                }
                if let Some(ended) = recorder.take(event, due.elapsed()) {
                    sample = Some(ended);
                }
            };
            provider.answer(&request, &cancel, &mut sink).await;
            sample.unwrap_or_else(|| Sample::lost(Outcome::Stopped))
        });
    }

    /// Stops where too many have failed.
    fn judge(
        &mut self,
        tally: &LevelTally,
        live: &Live,
        is_passed: fn(ErrorLimit, u64, u64) -> bool,
    ) {
        let (failed, ended) = (tally.failed(), tally.ended());
        if self.ended != Ended::Done || !is_passed(self.driver.limit, failed, ended) {
            return;
        }
        let kinds: Vec<_> = tally
            .errors
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        let sentence = format!(
            "{failed} of {ended} requests{} of {} failed, more than {} % ({}); --max-errors sets the share",
            if live.is_warmup { " to warm up" } else { "" },
            live.load,
            self.driver.limit.percent,
            kinds.join(", ")
        );
        self.stop(Ended::Errors, &sentence);
    }

    fn stop(&mut self, ended: Ended, why: &str) {
        self.ended = ended;
        self.why = Some(why.to_owned());
    }

    /// The first Ctrl-C lets what is under way end; whatever comes after it does not wait any more.
    fn asked(&mut self, asked: Asked) -> anyhow::Result<()> {
        match asked {
            Asked::End(signal) => {
                if signal != Signal::Interrupt || matches!(self.ended, Ended::Signal(_)) {
                    self.cancel.cancel();
                }
                self.stop(Ended::Signal(signal), "interrupted");
            }
            Asked::Stop => {
                job::stop()?;
            }
            Asked::Continued | Asked::Resized | Asked::Reload => {}
        }
        Ok(())
    }
}

fn sample(ended: Result<Sample, JoinError>) -> Sample {
    ended.unwrap_or_else(|error| {
        tracing::error!("a request of a load test ended in a defect: {error}");
        Sample::lost(Outcome::Failed(FailureKind::Internal))
    })
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// A level in a line, when it is over.
fn finished(live: &Live, level: &LevelReport) -> String {
    let tally = &level.tally;
    let mut parts = vec![format!(
        "{} · {}: {} answered in {}",
        live.title,
        live.load,
        format::count(tally.answered),
        format::time_text(level.took)
    )];
    if let Some(ttft) = tally.figures.ttft.spread.quantiles() {
        parts.push(format!("TTFT p50 {}", format::time_text(ttft.p50)));
    }
    if let Ok(speed) = tally.system_speed(level.window()) {
        parts.push(format!("{} tok/s all users", format::rate(speed)));
    }
    if tally.failed() > 0 {
        parts.push(format!("{} failed", format::count(tally.failed())));
    }
    parts.join(", ")
}
