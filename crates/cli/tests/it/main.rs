//! Runs the built `squall` command with real programs.

mod binds;
mod control;
mod dev;
mod dev_browser;
mod dev_cases;
mod dev_friendfeed;
mod dev_random;
mod fixture;
mod log;
mod new;
mod other_languages;
mod output;
mod pictures;
mod runtime_directory;
mod secret;
mod static_files;
mod supervise;
