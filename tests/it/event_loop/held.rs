//! A terminal that takes nothing holds frames and nothing else, and costs nothing while it does.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_held_terminal_gets_one_frame_of_the_newest_when_it_goes_on() {
    let (model, answer) = streaming();
    let (runner, inbox) = alone();
    let mailbox = inbox.open(answer);
    let (ends, mut person) = sit_down(runner, inbox);
    let left = play(ends, model, async {
        mailbox.push(word(Duration::ZERO));
        person.sees("word").await;
        person.held.send_replace(true);
        let before = person.frames().len();
        for millis in 0..10_000 {
            mailbox.push(word(Duration::from_millis(millis)));
            sleep(Duration::from_millis(1)).await;
        }
        person.write("echo").await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(person.frames().len(), before, "drawn while it was held");
        // Once for what wakes the loop, which text does not: the clock on screen, and keys.
        let waits = person.waits.load(Ordering::Relaxed);
        assert!(waits < 400, "{waits} turns of the loop");

        person.held.send_replace(false);
        person.sees("┃ echo").await;
        assert_eq!(person.frames().len(), before + 1);
        mailbox.push(StreamEvent::End(Box::new(End::bare(EndState::Complete))));
        drop(mailbox);
        sleep(Duration::from_secs(1)).await;
        person.ctrl('x').await;
        person.write("q").await;
    })
    .await;
    assert_eq!(left, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn a_held_terminal_keeps_nobody_from_leaving() {
    let (runner, inbox) = alone();
    let (mut ends, person) = sit_down(runner, inbox);
    let (asks, asked) = mpsc::channel(1);
    ends.signals = stream::unfold(asked, async |mut asked: mpsc::Receiver<Asked>| {
        let signal = asked.recv().await?;
        Some((signal, asked))
    })
    .boxed();
    let left = play(ends, asking("gpt-oss-120b"), async {
        person.held.send_replace(true);
        sleep(Duration::from_mins(1)).await;
        let signal = asks.send(Asked::End(Signal::Hangup)).await;
        signal.expect("a loop that listens");
    })
    .await;
    assert_eq!(left, Left::Signalled(Signal::Hangup));
}
