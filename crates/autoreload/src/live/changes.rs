//! Events for changed files. Pure, except that it reads the state file if that has changed.

use std::path::Path;

use super::{events::Event, settings::LiveReload};
use crate::state::StateSetting;

/// Returns the events for these files, without repetitions.
pub(super) fn events<'a>(
    settings: &LiveReload,
    changed: impl Iterator<Item = &'a Path>,
) -> Vec<Event> {
    let mut events = Vec::new();
    for path in changed {
        let event = match &settings.state {
            StateSetting::File(file) if file.path() == path => file.read().into(),
            _ if path.extension().is_some_and(|extension| extension == "css") => Event::Css {
                path: relative(settings, path),
            },
            _ => Event::Reload {},
        };
        if !events.contains(&event) {
            events.push(event);
        }
    }
    events
}

/// Returns the path below the watched directory, with which the path of the file's URL ends.
fn relative(settings: &LiveReload, path: &Path) -> String {
    let inside = settings
        .watched
        .iter()
        .find_map(|root| path.strip_prefix(root).ok());
    let inside = inside.filter(|path| path.file_name().is_some());
    let name = path.file_name().unwrap_or_default();
    inside
        .unwrap_or(Path::new(name))
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StateFile, Status};

    #[test]
    fn style_sheets_state_and_other_files_have_their_events() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::new(directory.path().join("state"));
        file.publish(&Status::Building).unwrap();
        let settings = LiveReload::new()
            .watch("/site/static")
            .watch("/site/templates")
            .watch("/site/one.css")
            .state(file.clone());
        let css = |path: &str| Event::Css {
            path: path.to_owned(),
        };
        let table: &[(&[&str], Vec<Event>)] = &[
            (&[], vec![]),
            (&["/site/static/site.css"], vec![css("site.css")]),
            (&["/site/static/css/a.css"], vec![css("css/a.css")]),
            (&["/site/one.css"], vec![css("one.css")]),
            (
                &["/site/templates/a.html", "/site/static/a.js"],
                vec![Event::Reload {}],
            ),
            (&[file.path().to_str().unwrap()], vec![Event::Building {}]),
        ];
        for (changed, expected) in table {
            let changed = changed.iter().map(|path| Path::new(*path));
            assert_eq!(events(&settings, changed), *expected);
        }
    }
}
