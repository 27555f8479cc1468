//! How to write a site, and how to run it.
//!
#![doc = include_str!("guide_links.md")]
#![doc = include_str!("../docs/README.md")]

/// The package `guide` of the workspace tests the snippets: some need libraries that squall does not.
macro_rules! page {
    ($name:ident, $file:literal) => {
        #[cfg_attr(not(doctest), doc = include_str!("guide_links.md"))]
        #[cfg_attr(not(doctest), doc = include_str!(concat!("../docs/", $file)))]
        pub mod $name {}
    };
}

page!(first_project, "first-project.md");
page!(routes, "routes.md");
page!(handlers, "handlers.md");
page!(responses, "responses.md");
page!(forms_and_uploads, "forms-and-uploads.md");
page!(templates, "templates.md");
page!(static_files, "static-files.md");
page!(errors, "errors.md");
page!(middleware, "middleware.md");
page!(security, "security.md");
page!(database, "database.md");
page!(passwords, "passwords.md");
page!(websockets, "websockets.md");
page!(events_and_tasks, "events-and-tasks.md");
page!(calling_services, "calling-services.md");
page!(testing, "testing.md");
page!(structure, "structure.md");
page!(configuration, "configuration.md");
page!(from_tornado, "from-tornado.md");
page!(from_axum, "from-axum.md");
page!(running, "running.md");
page!(processes, "processes.md");
page!(load_balancer, "load-balancer.md");
page!(https, "https.md");
page!(deploying, "deploying.md");
page!(other_languages, "other-languages.md");
page!(wsgi, "wsgi.md");
page!(lambda, "lambda.md");
page!(debug, "debug.md");
page!(speed, "speed.md");
page!(defaults, "defaults.md");
page!(names, "names.md");
page!(questions, "questions.md");
