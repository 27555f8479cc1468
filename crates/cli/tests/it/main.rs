//! The real command, supervising and asking about a real program that is not ours.

mod ask;
mod dev;
mod dev_browser;
mod dev_friendfeed;
mod house;
mod log;
mod output;
mod runtime_directory;
mod secret;
mod static_files;
mod supervise;
