//! State machine of `squall dev`: takes events, returns actions, does no I/O.
//!
//! A change during a build cancels that build and starts another. A change during a handover waits
//! until the handover is done, because the new process reads the executable that a build replaces.

use squall_autoreload::Status;

pub(super) type BuildId = u64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// `squall dev` starts, or the key `r` was pressed.
    Begin,
    /// A source file of the program changed.
    Source,
    /// A source file changed that the build may have written itself: build again after it.
    SourceLater,
    /// A file of `--watch` changed, which the program reads only at start.
    Extra,
    Built(BuildId, BuildOutcome),
    HandedOver(Result<(), String>),
    /// The program exited without a request from the session.
    Exited {
        success: bool,
    },
    Quit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BuildOutcome {
    New,
    /// The executable is the one that is running already.
    Same,
    /// With the status to publish.
    Failed(Status),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Build(BuildId),
    CancelBuild,
    /// Start the program, or replace the running one.
    HandOver,
    Publish(Status),
    /// Report that the session is idle until the next change.
    Wait,
    Stop,
    Kill,
    Exit,
}

#[derive(Debug)]
pub(super) struct Session {
    has_build: bool,
    until_success: bool,
    build: Option<BuildId>,
    last_build: BuildId,
    is_handing_over: bool,
    is_running: bool,
    /// The program exited before its handover was reported.
    has_exited: bool,
    /// A file changed during the handover, or the build may have written it; rebuild afterwards.
    changed_meanwhile: bool,
    /// Restart the program even if its executable is unchanged.
    needs_restart: bool,
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
            has_exited: false,
            changed_meanwhile: false,
            needs_restart: false,
            is_quitting: false,
        }
    }

    pub(super) fn handle(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Quit => self.quit(&mut actions),
            Event::Exited { success } => self.exited(success, &mut actions),
            Event::HandedOver(result) => self.handed_over(result, &mut actions),
            _ if self.is_quitting => {}
            Event::Begin | Event::Extra => {
                self.needs_restart = true;
                self.begin(&mut actions);
            }
            Event::SourceLater if self.build.is_some() => self.changed_meanwhile = true,
            Event::Source | Event::SourceLater => self.begin(&mut actions),
            Event::Built(build, outcome) if self.awaits(build) => {
                self.build = None;
                self.built(outcome, &mut actions);
                if !self.is_handing_over && std::mem::take(&mut self.changed_meanwhile) {
                    self.begin(&mut actions);
                }
            }
            Event::Built(..) => {}
        }
        actions
    }

    /// Whether this build is the current one, neither cancelled nor finished.
    pub(super) fn awaits(&self, build: BuildId) -> bool {
        self.build == Some(build)
    }

    fn begin(&mut self, actions: &mut Vec<Action>) {
        if self.is_handing_over {
            self.changed_meanwhile = true;
            return;
        }
        if !self.has_build {
            self.needs_restart = true;
            self.hand_over(actions);
            return;
        }
        if self.build.is_some() {
            actions.push(Action::CancelBuild);
        }
        self.changed_meanwhile = false;
        self.last_build += 1;
        self.build = Some(self.last_build);
        actions.push(Action::Publish(Status::Building));
        actions.push(Action::Build(self.last_build));
    }

    fn built(&mut self, outcome: BuildOutcome, actions: &mut Vec<Action>) {
        match outcome {
            BuildOutcome::Failed(status) => actions.push(Action::Publish(status)),
            BuildOutcome::Same if self.is_running && !self.needs_restart => {
                actions.push(Action::Publish(Status::Fine));
            }
            BuildOutcome::Same | BuildOutcome::New => self.hand_over(actions),
        }
    }

    fn hand_over(&mut self, actions: &mut Vec<Action>) {
        self.is_handing_over = true;
        self.has_exited = false;
        actions.push(Action::HandOver);
    }

    fn handed_over(&mut self, result: Result<(), String>, actions: &mut Vec<Action>) {
        self.is_handing_over = false;
        match result {
            Ok(()) => {
                self.is_running = !self.has_exited;
                self.needs_restart = false;
                actions.push(Action::Publish(Status::Fine));
            }
            Err(text) => {
                // The cause may lie outside the executable: restart after the next change in any case.
                self.needs_restart = true;
                actions.push(Action::Publish(Status::failed(text)));
            }
        }
        if self.is_quitting {
            let last = if self.is_running {
                Action::Stop
            } else {
                Action::Exit
            };
            actions.push(last);
        } else if std::mem::take(&mut self.changed_meanwhile) {
            self.begin(actions);
        } else if !self.is_running {
            actions.push(Action::Wait);
        }
    }

    fn exited(&mut self, success: bool, actions: &mut Vec<Action>) {
        self.is_running = false;
        self.has_exited = true;
        let is_last = self.is_quitting && !self.is_handing_over;
        if is_last || self.until_success && success {
            actions.push(Action::Exit);
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
            Action::Exit
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, BuildOutcome::*, Event::*, *};

    fn failed(text: &str) -> Action {
        Publish(Status::failed(text))
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
    fn change_is_built_and_handed_over() {
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (
                    Built(2, Failed(Status::failed("E0308"))),
                    vec![failed("E0308")],
                ),
                (Source, building(3)),
                (Built(3, New), vec![HandOver]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine)]),
                // The build leaves the executable as it is, such as after a change in a comment.
                (Source, building(4)),
                (Built(4, Same), vec![Publish(Status::Fine)]),
                // A `--watch` file is read only at start: restart the unchanged executable.
                (Extra, building(5)),
                (Built(5, Same), vec![HandOver]),
            ],
        );
    }

    #[test]
    fn change_during_build_cancels_it() {
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
                (Built(2, Failed(Status::failed("cancelled"))), vec![]),
                (Built(3, New), vec![]),
                // The restart that `Extra` requires is still due.
                (Built(4, Same), vec![HandOver]),
            ],
        );
    }

    #[test]
    fn change_during_handover_is_built_afterwards() {
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
    fn change_of_the_build_itself_does_not_cancel_it() {
        let mut again = vec![Publish(Status::Fine)];
        again.extend(building(3));
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (SourceLater, vec![]),
                (Built(2, Same), again),
                (SourceLater, vec![]),
                (Built(3, New), vec![HandOver]),
                (
                    HandedOver(Ok(())),
                    [vec![Publish(Status::Fine)], building(4)].concat(),
                ),
                // An edit cancels the build, and the next one has all changes.
                (SourceLater, vec![]),
                (Source, [vec![CancelBuild], building(5)].concat()),
                (Built(5, Same), vec![Publish(Status::Fine)]),
                (SourceLater, building(6)),
            ],
        );
    }

    #[test]
    fn failed_start_is_retried_after_next_change() {
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
    fn exit_waits_for_next_change() {
        let mut session = running();
        transcript(
            &mut session,
            vec![
                (Exited { success: false }, vec![Wait]),
                (Source, building(2)),
                (Built(2, Same), vec![HandOver]),
                // The exit is reported before the handover.
                (Exited { success: false }, vec![]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine), Wait]),
            ],
        );
    }

    #[test]
    fn until_success_exits_with_status_0_only() {
        let mut session = Session::new(false, true);
        transcript(
            &mut session,
            vec![
                (Begin, vec![HandOver]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine)]),
                (Exited { success: false }, vec![Wait]),
                (Source, vec![HandOver]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine)]),
                (Exited { success: true }, vec![Exit]),
            ],
        );
    }

    #[test]
    fn quit_stops_the_program_and_second_quit_kills_it() {
        transcript(
            &mut running(),
            vec![
                (Source, building(2)),
                (Quit, vec![CancelBuild, Stop]),
                (Source, vec![]),
                (Built(2, New), vec![]),
                (Quit, vec![Kill]),
                (Exited { success: false }, vec![Exit]),
            ],
        );
        let mut session = Session::new(true, false);
        transcript(
            &mut session,
            vec![(Begin, building(1)), (Quit, vec![CancelBuild, Exit])],
        );
        // A quit during a handover also stops the program that it starts.
        let mut session = Session::new(false, false);
        transcript(
            &mut session,
            vec![
                (Begin, vec![HandOver]),
                (Quit, vec![Stop]),
                (HandedOver(Ok(())), vec![Publish(Status::Fine), Stop]),
                (Exited { success: true }, vec![Exit]),
            ],
        );
    }
}
