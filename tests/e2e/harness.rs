//! What the tests stand on: a home of their own, the workbench in a pseudo-terminal, a mock process, commands on pipes.
//! Nothing here knows what a test is about.

mod command;
mod escapes;
mod home;
mod mock;
mod stage;
mod wait;
mod workbench;

pub(crate) use self::{
    command::Ran,
    escapes::{Sequence, sequences},
    home::Home,
    mock::Mock,
    stage::{Answering, Stage, read_request},
    wait::{DEADLINE, eventually, hold},
    workbench::{Shown, Workbench},
};
