//! `waferdeck ask`: one prompt, one or several variants, through the same provider, store and figures as the workbench.
//!
//! The first answer streams to standard output, the others follow it.

mod print;
pub(super) mod prompt;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::Notify, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use self::print::Printer;
use super::{
    Exit, Failed, Out,
    args::{self, Format, Global},
    debug_http::{self, Dump},
    fail,
    providers::{Profiles, Watched, allowance, known_models},
    store_or_go_on, telemetry,
};
use crate::{
    app::Signal,
    chat::{
        Answer, AnswerId, BroadcastId, Budget, CatalogueSource, Conversation, ConversationId,
        Draft, EndState, IdSource, Layout, PaneLayout, Session, SessionId, StreamEvent, Turn,
        TurnId, Variant,
        quota::{Demand, View, When, WhenFull},
        span,
    },
    config::{Config, show_variant},
    provider::{Mailbox, Request},
    runtime::{
        answer::Job,
        clock::{self, Clock},
        job,
        signals::{Asked, Signals},
    },
    store::{Record, Store, Writer},
};

/// How long the end waits for answers to note theirs, and for the disk.
const CLOSING: Duration = Duration::from_secs(2);

pub(super) async fn run(
    args: &args::Ask,
    global: &Global,
    config: Arc<Config>,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    let draft = prompt::read(args, config.limits.prompt_bytes)?;
    let complaints = telemetry::Complaints::default();
    let started = telemetry::start(&config, global, complaints.taker()).await;
    if let Some(url) = started.url() {
        out.note(&format!("metrics are at {url}"));
    }
    let dump = debug_http::open(global, &config)?;
    dump.begin(out);
    let asked = answered(args, draft, config, &started, &dump, out).await;
    dump.end(out);
    started.finish().await;
    complaints.tell(out);
    asked
}

async fn answered(
    args: &args::Ask,
    draft: Draft,
    config: Arc<Config>,
    started: &telemetry::Started,
    dump: &Dump,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    let profiles = Profiles::new(Arc::clone(&config), Watched::No);
    let profiles = profiles.counted_by(started.telemetry.clone());
    let profiles = Arc::new(profiles.heard_by(dump.witness()));
    let mut variants = profiles.variants().await?;
    if let Some(system) = &args.system {
        for variant in &mut variants {
            variant.system = Some(system.clone());
        }
    }
    if args.fail_on_breach {
        check_budgets(&variants, &config)?;
    }
    for note in variants.iter().filter_map(|v| trouble(v, &config)) {
        out.complain(&note);
    }
    for note in over_quota(&profiles, &variants, &draft.prompt(), &config) {
        out.complain(&note);
    }
    let store = store_or_go_on(&config, out)?;
    // Before the prompt is saved, which may hold one.
    profiles.learn_keys_of(&variants).await;
    let mut asked = Asking::new(&draft, &variants, &config);
    let (writer, saved) = asked.begin(store.as_ref(), &config, out).await?;
    let printer = Printer::new(args.format, variants.len());
    let streamed = asked.stream(&profiles, &writer, printer, out).await;
    // Whatever became of the output, the transcript is finished first.
    if !writer.close(CLOSING) {
        out.complain("the transcript was not written in time");
    }
    let stopped = streamed?;
    if args.format == Format::Json {
        print::object(&asked.answers(), saved.then_some(asked.session.id), out)?;
    }
    asked.finish(args.format, out);
    Ok(match stopped {
        Some(signal) => signal.into(),
        None => match asked.exit() {
            Exit::Ok if args.fail_on_breach && asked.is_over_budget() => Exit::Check,
            exit => exit,
        },
    })
}

/// How long an answer to `variant` may take.
fn budget(variant: &Variant, config: &Config) -> Option<Budget> {
    let profile = config.profiles.get(&variant.profile)?;
    profile.budget_rule().budget(&variant.params)
}

/// A check without anything to hold an answer against would pass in silence.
fn check_budgets(variants: &[Variant], config: &Config) -> anyhow::Result<()> {
    match variants.iter().find(|v| budget(v, config).is_none()) {
        Some(Variant { model, profile, .. }) => fail(
            Exit::Usage,
            format!(
                "--fail-on-breach has no budget for {model}: ask with -m '{model}?budget_ms=500', or set \
                 latency_budget_ms under [providers.{profile}]"
            ),
        ),
        None => Ok(()),
    }
}

/// Why a request with this variant will likely be refused, as far as is known without asking anybody.
fn trouble(variant: &Variant, config: &Config) -> Option<String> {
    let known = known_models(config.profiles.get(&variant.profile)?);
    if let Some(info) = known.get(&variant.model) {
        let unfit = info.unfit(&variant.params);
        return (!unfit.is_empty())
            .then(|| format!("{} does not take {}", variant.model, unfit.join(" and ")));
    }
    // Elsewhere ids may have a slash.
    let (first, _) = variant.model.split_once('/')?;
    let is_ours = known.source != CatalogueSource::Configured;
    (is_ours && !config.profiles.contains_key(first)).then(|| {
        let names: Vec<_> = config.profiles.keys().map(String::as_str).collect();
        format!(
            "there is no profile {first} (there are: {}), so {} is asked for {}",
            names.join(", "),
            variant.profile,
            variant.model
        )
    })
}

/// What the quotas have no room for at once, where the person wants to hear of it first. Nothing was asked yet, so that
/// only what the profile says of them is known.
fn over_quota(
    profiles: &Profiles,
    variants: &[Variant],
    prompt: &str,
    config: &Config,
) -> Vec<String> {
    let mut lanes: BTreeMap<(&str, &str), Vec<Demand>> = BTreeMap::new();
    for variant in variants {
        let when_full = config.when_full(&variant.profile);
        if when_full == WhenFull::Warn {
            let bound = profiles.request(variant, Vec::new()).max_completion_tokens;
            let bytes = prompt.len() + variant.system.as_ref().map_or(0, String::len);
            let lane = lanes.entry((&variant.profile, &variant.model));
            let demand = Demand::new(bytes, bound, when_full);
            lane.or_default().push(demand);
        }
    }
    let notes = lanes.iter().filter_map(|((profile, model), demands)| {
        let view = View::fresh(&allowance(config.profiles.get(*profile)?), model);
        let places = view.plan(demands, Duration::ZERO);
        let fit = places.iter().filter(|p| p.fits()).count();
        (fit < places.len()).then(|| {
            let (all, wait) = (places.len(), places.last().map(|p| p.when));
            let rest = match wait {
                Some(When::In(wait)) => format!("the rest goes within {}", span(wait)),
                _ => "the rest waits".to_owned(),
            };
            format!("the quota of {model} has room for {fit} of {all} requests now, {rest}")
        })
    });
    notes.collect()
}

/// One prompt to one or several variants.
struct Asking {
    session: Session,
    /// Answers in the order of the variants.
    order: Vec<(ConversationId, TurnId, AnswerId)>,
    clock: Clock,
}

/// An answer that is being read.
struct Live {
    index: usize,
    mailbox: Arc<Mailbox>,
}

impl Asking {
    fn new(draft: &Draft, variants: &[Variant], config: &Config) -> Self {
        let clock = Clock::start();
        let now = clock.now();
        let mut ids = IdSource::new(clock::seed());
        let prompt = draft.prompt();
        let mut session = Session::new(SessionId::from_uuid(ids.next(now.wall)), now.wall);
        // A title may end within a key.
        session.title = Session::title_from(&config.secrets.hide(&prompt));
        let broadcast = (variants.len() > 1).then(|| BroadcastId::from_uuid(ids.next(now.wall)));
        let mut order = Vec::new();
        let mut panes = Vec::new();
        for (variant, letter) in variants.iter().zip(('A'..='Z').cycle()) {
            let conversation = ConversationId::from_uuid(ids.next(now.wall));
            let turn = TurnId::from_uuid(ids.next(now.wall));
            let id = AnswerId::from_uuid(ids.next(now.wall));
            let mock = config
                .profiles
                .get(&variant.profile)
                .is_some_and(|p| p.is_mock);
            let mut answer = Answer::new(id, variant.clone(), mock, 1, now.mono);
            answer.budget = budget(variant, config);
            let mut made = Conversation::new(conversation);
            made.add_turn(Turn {
                id: turn,
                parent: None,
                broadcast,
                text: prompt.clone(),
                attachments: draft.attachments(),
                brief: draft.brief(),
                at: now.wall,
                answers: vec![answer],
                shown: 0,
            });
            session.conversations.push(made);
            order.push((conversation, turn, id));
            panes.push(PaneLayout::new(letter, variant.clone(), conversation));
        }
        session.layout = Layout {
            panes,
            broadcast: true,
            ..Layout::default()
        };
        Self {
            session,
            order,
            clock,
        }
    }

    /// Saves what is about to be asked. Where that is not possible it goes on without, unless it was told not to.
    async fn begin(
        &self,
        store: Option<&Store>,
        config: &Config,
        out: &mut Out,
    ) -> anyhow::Result<(Writer, bool)> {
        let Some(store) = store else {
            return Ok((Writer::disabled(), false));
        };
        let saved = match store.writer(&self.session, false, Box::new(|_| {})) {
            Ok(writer) => self.save(&writer).await.map(|()| writer),
            Err(error) => Err(error.to_string()),
        };
        match saved {
            Ok(writer) => Ok((writer, true)),
            Err(reason) if config.store.require => Err(Failed::new(Exit::Store, reason).into()),
            Err(reason) => {
                out.complain(&format!("nothing is saved: {reason}"));
                Ok((Writer::disabled(), false))
            }
        }
    }

    /// Writes prompt and variants, synced, before anything is sent.
    async fn save(&self, writer: &Writer) -> Result<(), String> {
        let now = self.session.created;
        writer.append(Record::session(self.session.id, now, "ask"));
        writer.append(Record::Title(self.session.title.clone()));
        writer.append(Record::Layout(self.session.layout.clone()));
        for conversation in &self.session.conversations {
            writer.append(Record::Conversation {
                id: conversation.id,
                forked_from: None,
            });
            for turn in conversation.turns() {
                writer.append(Record::Turn {
                    id: turn.id,
                    conversation: conversation.id,
                    parent: None,
                    broadcast: turn.broadcast,
                    text: turn.text.clone(),
                    attachments: turn.attachments.clone(),
                    at: turn.at,
                });
                for answer in &turn.answers {
                    writer.append(Record::Answer {
                        id: answer.id,
                        turn: turn.id,
                        variant: answer.variant.clone(),
                        mock: answer.mock,
                        sample: answer.sample,
                    });
                }
            }
        }
        let (said, heard) = tokio::sync::oneshot::channel();
        writer.sync(move |result| {
            // Nobody listens any more only if the command was dropped.
            let _ = said.send(result);
        });
        match heard.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the writer stopped".to_owned()),
        }
    }

    /// Sends all requests and takes their events until each has ended. The result is the signal that stopped them.
    async fn stream(
        &mut self,
        profiles: &Arc<Profiles>,
        writer: &Writer,
        mut printer: Printer,
        out: &mut Out,
    ) -> anyhow::Result<Option<Signal>> {
        let bell = Arc::new(Notify::new());
        let cancel = CancellationToken::new();
        let signals = Signals::listen()?;
        let mut tasks = JoinSet::new();
        let mut live = Vec::new();
        let jobs: Vec<_> = self
            .order
            .iter()
            .enumerate()
            .filter_map(|(index, &(conversation, turn, id))| {
                let job = self.request(profiles, conversation, turn, id)?;
                Some((index, id, job))
            })
            .collect();
        // Before the first request is out: a closed pipe then costs nothing.
        for (index, _, (variant, ..)) in &jobs {
            printer.start(*index, variant, out)?;
        }
        for (index, id, (variant, request, budget)) in jobs {
            let ring = Arc::clone(&bell);
            let mailbox = Arc::new(Mailbox::new(move |_| ring.notify_one()));
            live.push(Live {
                index,
                mailbox: Arc::clone(&mailbox),
            });
            let (profiles, writer, cancel) = (Arc::clone(profiles), writer.clone(), cancel.clone());
            tasks.spawn(async move {
                let job = Job {
                    answer: id,
                    id: &id.request(0),
                    profile: &variant.profile,
                    request: &request,
                    budget,
                    writer: &writer,
                    mailbox: &mailbox,
                    cancel: &cancel,
                    recording: None,
                };
                job.run(profiles.as_ref()).await;
            });
        }
        let read = self
            .read(live, signals, &bell, &cancel, &mut printer, out)
            .await;
        // A reader that went away stops the answers; each still notes its end.
        cancel.cancel();
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(CLOSING, all).await.is_err() {
            tracing::warn!("a request did not end in time");
        }
        read
    }

    /// Prints events until every answer has ended. The result is the signal that stopped them.
    async fn read(
        &mut self,
        mut live: Vec<Live>,
        mut signals: Signals,
        bell: &Notify,
        cancel: &CancellationToken,
        printer: &mut Printer,
        out: &mut Out,
    ) -> anyhow::Result<Option<Signal>> {
        let mut stopped = None;
        while !live.is_empty() {
            tokio::select! {
                biased;
                asked = signals.next() => match asked {
                    // A second one does not wait for the ends any more.
                    Asked::End(signal) if stopped.is_some() => return Ok(Some(signal)),
                    Asked::End(signal) => {
                        stopped = Some(signal);
                        cancel.cancel();
                    }
                    Asked::Stop => job::stop()?,
                    Asked::Continued | Asked::Resized | Asked::Reload => {}
                },
                () = bell.notified() => self.take(&mut live, printer, out)?,
            }
        }
        Ok(stopped)
    }

    fn request(
        &self,
        profiles: &Profiles,
        conversation: ConversationId,
        turn: TurnId,
        answer: AnswerId,
    ) -> Option<(Variant, Request, Option<Budget>)> {
        let conversation = self
            .session
            .conversations
            .iter()
            .find(|c| c.id == conversation)?;
        let answer = conversation.answer(answer)?;
        let variant = answer.variant.clone();
        let messages = conversation.messages(variant.system.as_deref(), turn);
        let request = profiles.request(&variant, messages);
        Some((variant, request, answer.budget))
    }

    fn take(
        &mut self,
        live: &mut Vec<Live>,
        printer: &mut Printer,
        out: &mut Out,
    ) -> anyhow::Result<()> {
        let now = self.clock.now().mono;
        let mut ended = Vec::new();
        for reader in live.iter() {
            let Some(&(conversation, _, id)) = self.order.get(reader.index) else {
                continue;
            };
            let Some(answer) = self
                .session
                .conversations
                .iter_mut()
                .find(|c| c.id == conversation)
                .and_then(|c| c.answer_mut(id))
            else {
                continue;
            };
            for event in reader.mailbox.drain() {
                let is_end = matches!(event, StreamEvent::End(_));
                printer.event(reader.index, &event, out)?;
                answer.apply(event, now);
                if is_end {
                    printer.end(reader.index, answer, out)?;
                    ended.push(reader.index);
                }
            }
        }
        live.retain(|reader| !ended.contains(&reader.index));
        Ok(())
    }

    fn answers(&self) -> Vec<&Answer> {
        self.order
            .iter()
            .filter_map(|&(conversation, _, id)| {
                let conversation = self
                    .session
                    .conversations
                    .iter()
                    .find(|c| c.id == conversation)?;
                conversation.answer(id)
            })
            .collect()
    }

    /// Says what went wrong, and on a terminal what each answer took.
    fn finish(&self, format: Format, out: &mut Out) {
        let answers = self.answers();
        for answer in &answers {
            if let Some(end) = answer.end() {
                // Several may have the same model, of different profiles.
                let name = match answers.len() {
                    1 => answer.variant.model.clone(),
                    _ => show_variant(&answer.variant),
                };
                print::outcome(&name, answer, end, format == Format::Text, out);
            }
        }
    }

    fn is_over_budget(&self) -> bool {
        let verdicts = self.answers().into_iter().filter_map(Answer::last_verdict);
        verdicts.into_iter().any(|v| v.breach().is_some())
    }

    /// The code of the failure, if all failed for the same reason; 1 if some failed; 0 if none did. What was skipped
    /// counts where nothing else is left.
    fn exit(&self) -> Exit {
        let mut answers = self.answers();
        let is_skipped =
            |a: &&Answer| matches!(a.end().map(|e| &e.state), Some(EndState::Skipped(_)));
        if !answers.iter().all(is_skipped) {
            answers.retain(|a| !is_skipped(a));
        }
        let codes: BTreeMap<u8, Exit> = answers
            .into_iter()
            .map(|answer| {
                let exit = match answer.end().map(|e| &e.state) {
                    // Whatever cut it, what came of it is a broken answer.
                    Some(EndState::CutShort(_)) => Exit::Provider,
                    Some(EndState::Failed(failure) | EndState::Skipped(failure)) => {
                        failure.kind.into()
                    }
                    Some(EndState::Stopped) => Exit::Interrupt,
                    Some(_) => Exit::Ok,
                    None => Exit::Failed,
                };
                (exit as u8, exit)
            })
            .collect();
        match codes.len() {
            1 => codes.into_values().next().unwrap_or(Exit::Ok),
            _ => Exit::Failed,
        }
    }
}
