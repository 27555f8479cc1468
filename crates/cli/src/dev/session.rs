//! What to do when something happens, as a pure value: events go in, actions come out.
//!
//! A change while a build runs ends that build and begins another. A change while the program is
//! handed over waits until that is done, since it reads the file that a build would replace.

use squall_autoreload::Status;

pub(super) type BuildId = u64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The beginning, and a person who asks for it.
    Begin,
    /// A file changed that the program is made of.
    Source,
    /// A file changed that the program reads when it starts.
    Extra,
    Built(BuildId, Outcome),
    HandedOver(Result<(), String>),
    /// The program has ended by itself.
    Ended {
        success: bool,
    },
    Quit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    New,
    /// What cargo has found is what runs already.
    Same,
    Failed(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Build(BuildId),
    CancelBuild,
    /// Start the program, or replace the one that runs.
    HandOver,
    Publish(Status),
    /// Wait for a change, since there is nothing else to do.
    Wait,
    Stop,
    Kill,
    End,
}

#[derive(Debug)]
pub(super) struct Session {
    has_build: bool,
    until_success: bool,
    build: Option<BuildId>,
    last_build: BuildId,
    is_handing_over: bool,
    is_running: bool,
    /// The program that is just being started has ended already.
    has_ended: bool,
    /// Something changed while the program was handed over.
    is_late: bool,
    /// A new start is wanted even of the same program.
    is_due: bool,
    is_quitting: bool,
}

impl Session {
    pub(super) fn new(has_build: bool, until_success: bool) -> Self {
        Self {
            has_build,
            until_success,
            build: None,
            last_build: 0,
            is_handing_over: false,
            is_running: false,
            has_ended: false,
            is_late: false,
            is_due: false,
            is_quitting: false,
        }
    }

    pub(super) fn handle(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Quit => self.quit(&mut actions),
            Event::Ended { success } => self.ended(success, &mut actions),
            Event::HandedOver(result) => self.handed_over(result, &mut actions),
            _ if self.is_quitting => {}
            Event::Begin | Event::Extra => {
                self.is_due = true;
                self.begin(&mut actions);
            }
            Event::Source => self.begin(&mut actions),
            Event::Built(build, outcome) if self.awaits(build) => {
                self.build = None;
                self.built(outcome, &mut actions);
            }
            Event::Built(..) => {}
        }
        actions
    }

    /// Whether anybody still wants to know what came of this build.
    pub(super) fn awaits(&self, build: BuildId) -> bool {
        self.build == Some(build)
    }

    fn begin(&mut self, actions: &mut Vec<Action>) {
        if self.is_handing_over {
            self.is_late = true;
            return;
        }
        if !self.has_build {
            self.is_due = true;
            self.hand_over(actions);
            return;
        }
        if self.build.is_some() {
            actions.push(Action::CancelBuild);
        }
        self.last_build += 1;
        self.build = Some(self.last_build);
        actions.push(Action::Publish(Status::Building));
        actions.push(Action::Build(self.last_build));
    }

    fn built(&mut self, outcome: Outcome, actions: &mut Vec<Action>) {
        match outcome {
            Outcome::Failed(diagnostics) => {
                actions.push(Action::Publish(Status::Failed { diagnostics }));
            }
            Outcome::Same if self.is_running && !self.is_due => {
                actions.push(Action::Publish(Status::Fine));
            }
            Outcome::Same | Outcome::New => self.hand_over(actions),
        }
    }

    fn hand_over(&mut self, actions: &mut Vec<Action>) {
        self.is_handing_over = true;
        self.has_ended = false;
        actions.push(Action::HandOver);
    }

    fn handed_over(&mut self, result: Result<(), String>, actions: &mut Vec<Action>) {
        self.is_handing_over = false;
        match result {
            Ok(()) => {
                self.is_running = !self.has_ended;
                self.is_due = false;
                actions.push(Action::Publish(Status::Fine));
            }
            Err(diagnostics) => {
                // The same program may start next time, when what it needs is there.
                self.is_due = true;
                actions.push(Action::Publish(Status::Failed { diagnostics }));
            }
        }
        if self.is_quitting {
            let last = if self.is_running {
                Action::Stop
            } else {
                Action::End
            };
            actions.push(last);
        } else if std::mem::take(&mut self.is_late) {
            self.begin(actions);
        } else if !self.is_running {
            actions.push(Action::Wait);
        }
    }

    fn ended(&mut self, success: bool, actions: &mut Vec<Action>) {
        self.is_running = false;
        self.has_ended = true;
        let is_last = self.is_quitting && !self.is_handing_over;
        if is_last || self.until_success && success {
            actions.push(Action::End);
        } else if self.build.is_none() && !self.is_handing_over {
            actions.push(Action::Wait);
        }
    }

    fn quit(&mut self, actions: &mut Vec<Action>) {
        if std::mem::replace(&mut self.is_quitting, true) {
            actions.push(Action::Kill);
            return;
        }
        if self.build.take().is_some() {
            actions.push(Action::CancelBuild);
        }
        actions.push(if self.is_running || self.is_handing_over {
            Action::Stop
        } else {
            Action::End
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, Event::*, Outcome::*, *};

    fn failed(text: &str) -> Action {
        Publish(Status::Failed {
            diagnostics: text.to_owned(),
        })
    }

    fn building(build: BuildId) -> Vec<Action> {
        vec![Publish(Status::Building), Build(build)]
    }

    fn transcript(session: &mut Session, lines: Vec<(Event, Vec<Action>)>) {
        for (line, (event, expected)) in lines.into_iter().enumerate() {
            let actions = session.handle(event.clone());
            assert_eq!(actions, expected, "line {line}: {event:?}");
        }
    }

    /// A session whose program runs, after its first build.
    fn running() -> Session {
        let mut session = Session::new(true, false);
        transcript(
            &mut session,
            vec![
                (Begin, building(1)),
                (Built(1, New), vec![HandOver]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine)]),
            ],
        );
        session
    }

    #[test]
    fn a_change_is_built_and_handed_over() {
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (Built(2, Failed("E0308".to_owned())), vec![failed("E0308")]),
                (Source, building(3)),
                (Built(3, New), vec![HandOver]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine)]),
                // A comment, or a file of another program.
                (Source, building(4)),
                (Built(4, Same), vec![Publish(Status::Fine)]),
                // What is read at the start is read by a start only.
                (Extra, building(5)),
                (Built(5, Same), vec![HandOver]),
            ],
        );
    }

    #[test]
    fn a_change_ends_the_build_before() {
        let again = |build| {
            let mut actions = building(build);
            actions.insert(0, CancelBuild);
            actions
        };
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (Extra, again(3)),
                (Source, again(4)),
                (Built(2, Failed("cancelled".to_owned())), vec![]),
                (Built(3, New), vec![]),
                // The start that the second change asked for is still due.
                (Built(4, Same), vec![HandOver]),
            ],
        );
    }

    #[test]
    fn a_change_waits_for_the_hand_over() {
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (Built(2, New), vec![HandOver]),
                (Source, vec![]),
                (Source, vec![]),
                (
                    HandedOver(Ok(())),
                    [vec![Publish(Status::Fine)], building(3)].concat(),
                ),
                (Built(3, New), vec![HandOver]),
            ],
        );
    }

    #[test]
    fn a_program_that_does_not_start_is_tried_again() {
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (Built(2, New), vec![HandOver]),
                (HandedOver(Err("no".to_owned())), vec![failed("no")]),
                (Source, building(3)),
                (Built(3, Same), vec![HandOver]),
            ],
        );
    }

    #[test]
    fn a_program_that_ends_waits_for_a_change() {
        let mut session = running();
        transcript(
            &mut session,
            vec![
                (Ended { success: false }, vec![Wait]),
                (Source, building(2)),
                (Built(2, Same), vec![HandOver]),
                // So soon that nobody knew that it had started.
                (Ended { success: false }, vec![]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine), Wait]),
            ],
        );
    }

    #[test]
    fn until_success() {
        let mut session = Session::new(false, true);
        transcript(
            &mut session,
            vec![
                (Begin, vec![HandOver]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine)]),
                (Ended { success: false }, vec![Wait]),
                (Source, vec![HandOver]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine)]),
                (Ended { success: true }, vec![End]),
            ],
        );
    }

    #[test]
    fn quitting() {
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (Quit, vec![CancelBuild, Stop]),
                (Source, vec![]),
                (Built(2, New), vec![]),
                (Quit, vec![Kill]),
                (Ended { success: false }, vec![End]),
            ],
        );
        let mut session = Session::new(true, false);
        transcript(
            &mut session,
            vec![(Begin, building(1)), (Quit, vec![CancelBuild, End])],
        );
        // What is just being started has to be stopped as well.
        let mut session = Session::new(false, false);
        transcript(
            &mut session,
            vec![
                (Begin, vec![HandOver]),
                (Quit, vec![Stop]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine), Stop]),
                (Ended { success: true }, vec![End]),
            ],
        );
    }
}
