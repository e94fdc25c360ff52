//! What a person at the terminal gets from the whole program: the built binary in a pseudo-terminal of 200x50, the mock
//! in a process of its own, one token in an event. Prints tables; `--json FILE` writes the same figures, `--quick` does
//! less, `--only NAME` what has NAME in its name. Nothing here fails because of a time.

#![expect(clippy::print_stdout, reason = "the tables are the result")]
#![expect(clippy::print_stderr, reason = "a full run takes minutes")]

#[path = "workbench/accuracy.rs"]
mod accuracy;
#[path = "workbench/mock.rs"]
mod mock;
#[path = "workbench/plan.rs"]
mod plan;
#[path = "workbench/process.rs"]
mod process;
#[path = "workbench/report.rs"]
mod report;
#[path = "workbench/screen.rs"]
mod screen;
#[path = "workbench/workbench.rs"]
mod workbench;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use accuracy::Accuracy;
use mock::{MARKER, Mock, Stamps, TTFT};
use plan::{Plan, Scenario};
use process::Usage;
use report::{Answer, Figures, Idle, Keys, Paint};
use workbench::{Workbench, pass};

/// The program that is measured.
const PROGRAM: &str = env!("CARGO_BIN_EXE_waferdeck");
/// Longest wait for anything that does not depend on the length of an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest wait for an answer without pacing.
const LONGEST: Duration = Duration::from_mins(1);
/// How long an answer may keep the program busy after its end: its transcript is brought to the disk.
const AFTERMATH: Duration = Duration::from_secs(2);
/// What is typed while an answer streams: once on the screen for each key, and in no answer.
const KEY: char = '¤';
/// Shares of the streaming time between which processor time is compared: an early quarter, and a late one that is
/// over before the text is.
const QUARTERS: [f64; 4] = [0.25, 0.5, 0.7, 0.95];
/// Shorter answers are over before a quarter of them says anything.
const COMPARABLE: Duration = Duration::from_millis(1_500);

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut json: Option<PathBuf> = None;
    let mut only: Option<String> = None;
    let mut is_quick = false;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => is_quick = true,
            "--json" => json = Some(args.next().ok_or("--json needs a file")?.into()),
            "--only" => only = Some(args.next().ok_or("--only needs a name")?),
            // Cargo says it to every bench.
            "--bench" => {}
            other => {
                let expected = "--quick, --only NAME or --json FILE";
                return Err(format!("{other}: expected {expected}").into());
            }
        }
    }
    let all = if is_quick {
        Plan::quick()
    } else {
        Plan::full()
    };
    let plan = match &only {
        Some(name) => all.clone().only(name),
        None => all.clone(),
    };
    if plan.is_empty() {
        let scenarios = all.scenarios.iter().chain(&all.typed).chain(&all.compared);
        let names: Vec<_> = scenarios.map(|s| s.name).collect();
        return Err(format!("--only: there are start, idle, {}", names.join(", ")).into());
    }
    let figures = measure(&plan)?;
    println!("{}", figures.table());
    if let Some(path) = json {
        fs::write(path, serde_json::to_string_pretty(&figures)?)?;
    }
    Ok(())
}

/// What does not come to an end in time is told and does not keep the rest from being measured.
fn measure(plan: &Plan) -> Outcome<Figures> {
    let mut figures = Figures::of_this_machine(fs::metadata(PROGRAM)?.len());
    if plan.starts > 0 {
        figures.first_paint = Some(first_paint(plan.starts)?);
    }
    for scenario in &plan.scenarios {
        eprintln!("{} …", scenario.name);
        match repeat(scenario) {
            Ok(answer) => figures.answers.push(answer),
            Err(error) => figures.not_measured(scenario.name, &*error),
        }
    }
    for scenario in &plan.typed {
        eprintln!("{} …", scenario.name);
        match keys_while(scenario) {
            Ok(keys) => figures.keys.push(keys),
            Err(error) => figures.not_measured(scenario.name, &*error),
        }
    }
    for scenario in &plan.compared {
        eprintln!("{} …", scenario.name);
        match compared(scenario) {
            Ok(accuracy) => figures.accuracy.push(accuracy),
            Err(error) => figures.not_measured(scenario.name, &*error),
        }
    }
    if let Some(time) = plan.idle {
        figures.idle = Some(idle(time)?);
    }
    Ok(figures)
}

/// From the start of the process to the end of its first frame.
fn first_paint(runs: usize) -> Outcome<Paint> {
    let mock = Mock::start(&Scenario::mixed("start", 1, 1))?;
    let mut times = Vec::new();
    for _ in 0..runs {
        let workbench = Workbench::open(&mock, 1)?;
        times.push(workbench.wait_for_frame(PATIENCE)? - workbench.spawned());
    }
    Ok(Paint::new(times))
}

fn repeat(scenario: &Scenario) -> Outcome<Answer> {
    let mock = Mock::start(scenario)?;
    let answers: Vec<Answer> = (0..scenario.runs)
        .map(|_| answer(&mock, scenario))
        .collect::<Outcome<_>>()?;
    Ok(Answer::middle(&answers))
}

/// One answer in each pane, all asked by one prompt, from the key that sends it until everything is quiet again.
fn answer(mock: &Mock, scenario: &Scenario) -> Outcome<Answer> {
    let mut workbench = Workbench::open(mock, scenario.panes)?;
    workbench.write_prompt(PATIENCE)?;
    let before = workbench.usage()?;
    let asked = workbench.send(b"\r")?;
    let streaming = scenario.streaming();
    let late_to_early = late_to_early(&workbench, asked, streaming)?;
    let patience = match scenario.rate {
        Some(_) => PATIENCE + streaming,
        None => LONGEST,
    };
    let shown = workbench.wait_for(MARKER, patience)?;
    workbench.settle(PATIENCE)?;
    let used = workbench.usage()?.since(&before);
    // Every pane shows the end of its answer in a frame of its own, so with several no last token is looked for.
    let stamps = (scenario.panes == 1)
        .then(|| mock.stamps(&workbench.request_id()?))
        .transpose()?;
    let micros = u64::try_from(streaming.as_micros())?;
    // Before the first token nothing but a clock moves.
    let first = match &stamps {
        Some(stamps) => stamps.first_token()?,
        None => asked + u64::try_from(TTFT.as_micros())?,
    };
    // Without a pace the last token waits in the socket.
    let paced = stamps.as_ref().filter(|_| scenario.rate.is_some());
    let sent = paced.map(Stamps::last_token).transpose()?;
    let (since, until) = match (sent, scenario.rate) {
        (Some(sent), _) => (sent.saturating_sub(micros), shown),
        (None, Some(_)) => (first, first + micros),
        (None, None) => (first, shown),
    };
    let output = workbench.output(since, until);
    let peak_memory_kib = workbench.peak_memory()?;
    let tokens = scenario.tokens * u64::try_from(scenario.panes)?;
    Ok(Answer {
        name: scenario.name,
        panes: scenario.panes,
        tokens: scenario.tokens,
        is_paced: scenario.rate.is_some(),
        cpu_us_per_token: used.as_secs_f64() * 1e6 / tokens as f64,
        late_to_early,
        told: workbench.diagnostics(PATIENCE)?,
        last_token_us: sent.map(|sent| shown.saturating_sub(sent)),
        longest_gap_us: output.longest_gap,
        frames: output.frames,
        bytes_per_token: output.bytes as f64 / tokens as f64,
        peak_memory_kib,
        seconds: until.saturating_sub(since) as f64 / 1e6,
    })
}

/// Processor time of a late quarter of the answer by that of an early one: 1 when the cost of a token is flat.
fn late_to_early(workbench: &Workbench, asked: u64, streaming: Duration) -> Outcome<Option<f64>> {
    if streaming < COMPARABLE {
        return Ok(None);
    }
    let usages: Vec<Usage> = QUARTERS
        .into_iter()
        .map(|share| {
            workbench::pass_until(asked, TTFT + streaming.mul_f64(share));
            workbench.usage()
        })
        .collect::<Outcome<_>>()?;
    Ok(match usages.as_slice() {
        [a, b, c, d] => Some(d.since(c).as_secs_f64() / b.since(a).as_secs_f64()),
        _ => None,
    })
}

/// Types ten keys a second at uneven times while answers stream.
fn keys_while(scenario: &Scenario) -> Outcome<Keys> {
    let mock = Mock::start(scenario)?;
    let mut workbench = Workbench::open(&mock, scenario.panes)?;
    workbench.write_prompt(PATIENCE)?;
    workbench.send(b"\r")?;
    let streaming = scenario.streaming();
    let mut typed = Vec::new();
    let mut key = [0; 4];
    let key = KEY.encode_utf8(&mut key).as_bytes();
    // Past the first tokens, and over before the last ones.
    pass(Duration::from_millis(700));
    let count = (streaming.as_millis() / 100).saturating_sub(6);
    for number in 0..u64::try_from(count)? {
        typed.push(workbench.send(key)?);
        pass(Duration::from_millis(70 + number * 37 % 61));
    }
    workbench.wait_for(MARKER, PATIENCE + streaming)?;
    workbench.settle(PATIENCE)?;
    let echoes = screen::echoes(&workbench.recording(), KEY, &typed)?;
    Ok(Keys::new(scenario.panes, echoes))
}

/// Asks all panes again and again, and compares what was recorded with what was written.
fn compared(scenario: &Scenario) -> Outcome<Accuracy> {
    let mock = Mock::start(scenario)?;
    let mut workbench = Workbench::open(&mock, scenario.panes)?;
    workbench.write_prompt(PATIENCE)?;
    for run in 0..scenario.runs {
        if run > 0 {
            workbench.write_again(PATIENCE)?;
        }
        workbench.send(b"\r")?;
        pass(TTFT + scenario.streaming());
        workbench.settle(PATIENCE)?;
    }
    pass(AFTERMATH);
    accuracy::compare(scenario, &workbench.data(), &mock)
}

/// CPU time after an answer, once everything is quiet.
fn idle(time: Duration) -> Outcome<Idle> {
    let mock = Mock::start(&Scenario::mixed("idle", 2_000, 1))?;
    let mut workbench = Workbench::open(&mock, 1)?;
    workbench.write_prompt(PATIENCE)?;
    workbench.send(b"\r")?;
    workbench.wait_for(MARKER, PATIENCE)?;
    workbench.settle(PATIENCE)?;
    pass(AFTERMATH);
    let before = workbench.usage()?;
    pass(time);
    Ok(Idle {
        cpu_us: workbench.usage()?.since(&before).as_secs_f64() * 1e6,
        seconds: time.as_secs_f64(),
    })
}
