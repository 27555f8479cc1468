//! The files of a new site. `site-name` and `squall-source` stand for what they name.

/// A file: its path in the package, and its text.
pub(super) struct File {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

macro_rules! file {
    ($path:literal) => {
        file!($path, $path)
    };
    ($path:literal, $source:literal) => {
        File {
            path: $path,
            text: include_str!(concat!("site/", $source)),
        }
    };
}

/// A small site.
pub(super) const SITE: &[File] = &[
    // A `Cargo.toml` here would be a package of its own, and left out of this one.
    file!("Cargo.toml", "manifest.toml"),
    // A `.gitignore` would act on this repository.
    file!(".gitignore", "gitignore"),
    file!("README.md"),
    file!("deploy/nginx.conf"),
    file!("deploy/site-name.service"),
    file!("src/main.rs"),
    file!("src/pages.rs"),
    file!("src/tests.rs"),
    file!("static/icon.svg"),
    file!("static/styles.css"),
    file!("templates/about.html"),
    file!("templates/base.html"),
    file!("templates/error.html"),
    file!("templates/home.html"),
];

/// A program of ten lines.
pub(super) const MINIMAL: &[File] = &[
    file!("Cargo.toml", "../minimal/manifest.toml"),
    file!(".gitignore", "gitignore"),
    file!("src/main.rs", "../minimal/main.rs"),
];
