//! An editor's turn at the terminal: begun when nobody else reads it, ended by the person or with the workbench.
//!
//! The loop goes on meanwhile; it draws nothing, and what it would write is held here.

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    editor::{Job, PATIENCE, Unedited},
    input::InputGate,
    terminal,
};

/// An editor's turn at the terminal.
#[derive(Debug)]
pub(super) struct Visit {
    stage: Stage,
    /// Tells the editor to end.
    leaving: CancellationToken,
    /// Bytes for the terminal that came meanwhile.
    held: Vec<u8>,
}

#[derive(Debug)]
enum Stage {
    /// It waits until nobody else reads the terminal.
    Coming(Job),
    /// It has the terminal.
    Here(JoinHandle<Result<String, Unedited>>),
}

impl Visit {
    /// A visit that begins as soon as it is waited for.
    pub(super) fn new(job: Job) -> Self {
        Self {
            stage: Stage::Coming(job),
            leaving: CancellationToken::new(),
            held: Vec::new(),
        }
    }

    /// Keeps bytes that are not for the editor's screen.
    pub(super) fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// What was held.
    pub(super) fn into_held(self) -> Vec<u8> {
        self.held
    }

    /// Waits for its end. May be dropped and called again at any point.
    pub(super) async fn end(&mut self, gate: &InputGate) -> Result<String, Unedited> {
        loop {
            match &mut self.stage {
                Stage::Coming(job) => {
                    gate.closed().await;
                    terminal::leave();
                    let (job, leaving) = (job.clone(), self.leaving.clone());
                    let running = tokio::spawn(async move { job.run(&leaving).await });
                    self.stage = Stage::Here(running);
                }
                Stage::Here(running) => {
                    let edited = running.await.unwrap_or_else(|error| {
                        let why = format!("the editor could not be opened: {error}");
                        Err(Unedited::because(why))
                    });
                    if edited.as_ref().is_err_and(|unedited| unedited.is_killed) {
                        terminal::undo_foreign_modes();
                    }
                    return edited;
                }
            }
        }
    }

    /// Ends the visit because the workbench ends, with the terminal as it was found; the text as it was saved, unless
    /// the editor had not begun or does not end.
    pub(super) async fn dismiss(mut self, gate: &InputGate) -> Option<Result<String, Unedited>> {
        if matches!(self.stage, Stage::Coming(_)) {
            return None;
        }
        self.leaving.cancel();
        // Its end by force comes within the first half.
        let edited = timeout(2 * PATIENCE, self.end(gate)).await;
        if edited.is_err() {
            tracing::warn!("the editor did not end in time");
        }
        if let Err(error) = terminal::restore() {
            tracing::warn!(%error, "the terminal could not be given back");
        }
        edited.ok()
    }
}
