//! What a person at the terminal gets from the whole program: the built binary in a pseudo-terminal of 200x50, the mock
//! in a process of its own, one token in an event. Prints a table; `--json FILE` writes the same figures, `--quick` does
//! less. Nothing here fails because of a time.

#![expect(clippy::print_stdout, reason = "the table is the result")]

#[path = "workbench/mock.rs"]
mod mock;
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

use mock::{MARKER, Mock, RATE, TTFT};
use report::{Answer, Figures, Keys, Paint};
use workbench::{Workbench, pass};

/// The program that is measured.
const PROGRAM: &str = env!("CARGO_BIN_EXE_waferdeck");
/// Longest wait for anything that does not depend on the length of an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest wait for the answer without pacing.
const LONGEST: Duration = Duration::from_mins(1);
/// How long an answer may keep the program busy after its end: its transcript is brought to the disk.
const AFTERMATH: Duration = Duration::from_secs(2);
/// What is typed while an answer streams: once on the screen for each key, and in no answer.
const KEY: char = '¤';

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How much is measured.
struct Plan {
    starts: usize,
    /// Lengths of paced answers in tokens, each with the number of runs.
    paced: &'static [(u64, usize)],
    /// Numbers of panes that stream at once, each with the tokens of every pane and the number of runs.
    panes: &'static [(usize, u64, usize)],
    /// Tokens of the answers during which keys are typed, and in how many panes they come.
    typed: &'static [(u64, usize)],
    /// Tokens of the answer without pacing.
    unpaced: Option<u64>,
    idle: Duration,
}

const FULL: Plan = Plan {
    starts: 15,
    paced: &[(2_000, 5), (10_000, 3), (50_000, 1)],
    panes: &[(4, 10_000, 3), (8, 10_000, 3), (16, 10_000, 1)],
    typed: &[(30_000, 1), (15_000, 16)],
    unpaced: Some(1_000_000),
    idle: Duration::from_secs(5),
};

const QUICK: Plan = Plan {
    starts: 7,
    paced: &[(2_000, 2), (10_000, 1)],
    panes: &[(4, 2_000, 2), (8, 2_000, 2), (16, 2_000, 1)],
    typed: &[(10_000, 1)],
    unpaced: None,
    idle: Duration::from_secs(3),
};

fn main() -> Outcome<()> {
    let mut plan = FULL;
    let mut json: Option<PathBuf> = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => plan = QUICK,
            "--json" => json = Some(args.next().ok_or("--json needs a file")?.into()),
            // Cargo says it to every bench.
            "--bench" => {}
            other => return Err(format!("{other}: expected --quick or --json FILE").into()),
        }
    }
    let figures = measure(&plan)?;
    println!("{}", figures.table());
    if let Some(path) = json {
        fs::write(path, serde_json::to_string_pretty(&figures)?)?;
    }
    Ok(())
}

fn measure(plan: &Plan) -> Outcome<Figures> {
    let first_paint = first_paint(plan.starts)?;
    let mut answers = Vec::new();
    for &(tokens, runs) in plan.paced {
        let mock = Mock::start(tokens, Some(RATE))?;
        let of_length: Vec<Answer> = (0..runs)
            .map(|_| answer(&mock, tokens))
            .collect::<Outcome<_>>()?;
        answers.push(Answer::middle(&of_length));
    }
    for &(panes, tokens, runs) in plan.panes {
        let mock = Mock::start(tokens, Some(RATE))?;
        let of_panes: Vec<Answer> = (0..runs)
            .map(|_| broadcast(&mock, panes, tokens))
            .collect::<Outcome<_>>()?;
        answers.push(Answer::middle(&of_panes));
    }
    let unpaced = plan.unpaced.map(unpaced).transpose()?;
    let keys = plan.typed.iter();
    Ok(Figures {
        binary_bytes: fs::metadata(PROGRAM)?.len(),
        first_paint,
        answers,
        unpaced,
        keys: keys
            .map(|&(tokens, panes)| keys_while(tokens, panes))
            .collect::<Outcome<_>>()?,
        idle_cpu_us: idle(plan.idle)?,
        idle_seconds: plan.idle.as_secs_f64(),
    })
}

/// From the start of the process to the end of its first frame.
fn first_paint(runs: usize) -> Outcome<Paint> {
    let mock = Mock::start(1, Some(RATE))?;
    let mut times = Vec::new();
    for _ in 0..runs {
        let workbench = Workbench::open(&mock)?;
        times.push(workbench.wait_for_frame(PATIENCE)? - workbench.spawned());
    }
    Ok(Paint::new(times))
}

/// One answer at the mock's pace, from the key that sends the prompt until everything is quiet again.
fn answer(mock: &Mock, tokens: u64) -> Outcome<Answer> {
    let mut workbench = Workbench::open(mock)?;
    workbench.write_prompt(PATIENCE)?;
    let before = workbench.usage()?;
    workbench.send(b"\r")?;
    let streaming = Duration::from_secs_f64(tokens as f64 / RATE);
    let shown = workbench.wait_for(MARKER, PATIENCE + streaming)?;
    workbench.settle(PATIENCE)?;
    let used = workbench.usage()?.since(&before);
    let sent = mock.marker_sent(&workbench.request_id()?)?;
    let since = sent.saturating_sub(streaming.as_micros().try_into()?);
    let output = workbench.output(since, shown);
    Ok(Answer {
        panes: 1,
        tokens,
        cpu_us_per_token: per_token(used, tokens),
        last_token_us: Some(shown.saturating_sub(sent)),
        longest_gap_us: output.longest_gap,
        frames: output.frames,
        bytes_per_token: output.bytes as f64 / tokens as f64,
        peak_memory_kib: workbench.peak_memory()?,
        seconds: (shown.saturating_sub(since)) as f64 / 1e6,
    })
}

/// An answer as fast as the connection takes it; `seconds` counts from the prompt.
fn unpaced(tokens: u64) -> Outcome<Answer> {
    let mock = Mock::start(tokens, None)?;
    let mut workbench = Workbench::open(&mock)?;
    workbench.write_prompt(PATIENCE)?;
    let before = workbench.usage()?;
    let asked = workbench.send(b"\r")?;
    let shown = workbench.wait_for(MARKER, LONGEST)?;
    workbench.settle(PATIENCE)?;
    let used = workbench.usage()?.since(&before);
    let output = workbench.output(asked, shown);
    Ok(Answer {
        panes: 1,
        tokens,
        cpu_us_per_token: per_token(used, tokens),
        last_token_us: None,
        longest_gap_us: output.longest_gap,
        frames: output.frames,
        bytes_per_token: output.bytes as f64 / tokens as f64,
        peak_memory_kib: workbench.peak_memory()?,
        seconds: shown.saturating_sub(asked) as f64 / 1e6,
    })
}

/// One answer in each of several panes at the mock's pace, all asked by one prompt. Every pane shows the end of its
/// answer in a frame of its own, and some again when a footer moves it, so that the last token is not looked for.
fn broadcast(mock: &Mock, panes: usize, tokens: u64) -> Outcome<Answer> {
    let mut workbench = Workbench::open_panes(mock, panes)?;
    workbench.write_prompt(PATIENCE)?;
    let before = workbench.usage()?;
    let since = workbench.send(b"\r")? + u64::try_from(TTFT.as_micros())?;
    let streaming = Duration::from_secs_f64(tokens as f64 / RATE);
    workbench.wait_for(MARKER, PATIENCE + streaming)?;
    workbench.settle(PATIENCE)?;
    let used = workbench.usage()?.since(&before);
    let output = workbench.output(since, since + u64::try_from(streaming.as_micros())?);
    let all = tokens * u64::try_from(panes)?;
    Ok(Answer {
        panes,
        tokens,
        cpu_us_per_token: per_token(used, all),
        last_token_us: None,
        longest_gap_us: output.longest_gap,
        frames: output.frames,
        bytes_per_token: output.bytes as f64 / all as f64,
        peak_memory_kib: workbench.peak_memory()?,
        seconds: streaming.as_secs_f64(),
    })
}

/// Types ten keys a second at uneven times while answers stream.
fn keys_while(tokens: u64, panes: usize) -> Outcome<Keys> {
    let mock = Mock::start(tokens, Some(RATE))?;
    let mut workbench = Workbench::open_panes(&mock, panes)?;
    workbench.write_prompt(PATIENCE)?;
    workbench.send(b"\r")?;
    let streaming = Duration::from_secs_f64(tokens as f64 / RATE);
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
    Ok(Keys::new(panes, echoes))
}

/// CPU time after an answer, once everything is quiet.
fn idle(time: Duration) -> Outcome<f64> {
    let mock = Mock::start(2_000, Some(RATE))?;
    let mut workbench = Workbench::open(&mock)?;
    workbench.write_prompt(PATIENCE)?;
    workbench.send(b"\r")?;
    workbench.wait_for(MARKER, PATIENCE)?;
    workbench.settle(PATIENCE)?;
    pass(AFTERMATH);
    let before = workbench.usage()?;
    pass(time);
    Ok(workbench.usage()?.since(&before).as_secs_f64() * 1e6)
}

fn per_token(used: Duration, tokens: u64) -> f64 {
    used.as_secs_f64() * 1e6 / tokens as f64
}
