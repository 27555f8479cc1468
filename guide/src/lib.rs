//! The snippets of the guide, compiled and run with real libraries beside squall.

macro_rules! page {
    ($name:ident, $file:literal) => {
        #[doc = include_str!(concat!("../../crates/squall/docs/", $file))]
        mod $name {}
    };
}

page!(templates, "templates.md");
page!(forms_and_uploads, "forms-and-uploads.md");
page!(errors, "errors.md");
page!(security, "security.md");
page!(static_files, "static-files.md");
page!(events_and_tasks, "events-and-tasks.md");
page!(websockets, "websockets.md");
page!(running, "running.md");
page!(processes, "processes.md");
page!(load_balancer, "load-balancer.md");
page!(deploying, "deploying.md");
page!(debug, "debug.md");
page!(defaults, "defaults.md");
