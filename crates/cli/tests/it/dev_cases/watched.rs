//! Changes that cargo rebuilds for are seen, and no others.

use super::{
    cases,
    lab::{Dev, Lab, says},
};

cases![
    include_outside_of_the_package,
    module_outside_of_the_package,
    program_outside_of_the_package,
    rerun_if_changed_outside_of_the_package,
    new_file_in_a_directory_of_rerun_if_changed,
    file_of_rerun_if_changed_that_appears,
    build_script_without_rules_depends_on_the_package,
    build_script_without_rules_ignores_what_git_ignores,
    failed_build_script_names_its_files,
    build_script_that_appears,
    build_dependency_by_path,
    new_path_dependency_with_a_mistake,
    first_build_fails_in_a_module_outside,
    first_build_fails_for_a_missing_include,
    first_build_fails_for_a_missing_module,
    first_build_fails_in_an_included_file,
    first_build_fails_in_a_dependency,
    ignore_file_above_a_repository,
    ignore_file_above_a_plain_directory,
    ignore_file_above_while_polling,
    ignore_file_above_another_language,
    included_file_that_git_ignores,
    included_file_that_is_hidden,
    linked_source_directory,
    linked_module,
    link_that_leads_elsewhere,
    linked_project_directory,
    names_with_blanks,
    member_of_the_workspace,
    dependency_of_a_dependency_outside,
    procedural_macro_by_path,
    patched_dependency,
    inherited_version,
    new_and_removed_module,
    features_in_the_manifest,
    configuration_that_appears,
    example_with_manifest_path,
    files_beside_the_program_start_no_build,
    atomic_replacement_and_backups,
    touched_file,
    removed_file_comes_back,
    polling_sees_outside_files,
    nothing_watched_is_a_warning,
];

/// Writes the package `site`, whose program prints this expression.
fn site(lab: &Lab, expression: &str) {
    lab.package("site", "");
    lab.write("site/src/main.rs", says(expression));
}

fn include(lab: &Lab, file: &str, dev: &Dev, name: &str) {
    dev.says("one");
    lab.write(file, "two");
    dev.builds_for(name);
    dev.says("two");
}

fn include_outside_of_the_package(lab: &Lab) {
    site(lab, "include_str!(\"../../words\")");
    lab.write("words", "one");
    include(lab, "words", &lab.run(), "words");
}

fn module_outside_of_the_package(lab: &Lab) {
    lab.package("site", "");
    let main = format!(
        "#[path = \"../../shared/words.rs\"] mod words; {}",
        says("words::WORDS")
    );
    lab.write("site/src/main.rs", main);
    let words = |text: &str| {
        lab.write(
            "shared/words.rs",
            format!("pub const WORDS: &str = \"{text}\";"),
        );
    };
    words("one");
    let dev = lab.run();
    dev.says("one");
    words("two");
    dev.says("two");
}

fn program_outside_of_the_package(lab: &Lab) {
    lab.package(
        "site",
        "[[bin]]\nname = \"site\"\npath = \"../programs/site.rs\"",
    );
    lab.write("programs/site.rs", says("\"one\""));
    let dev = lab.run();
    dev.says("one");
    lab.write("programs/site.rs", says("\"two\""));
    dev.builds_for("site.rs");
    dev.says("two");
}

const READS_WORDS: &str = "let words = std::fs::read_to_string(\"PATH\").unwrap_or(\"none\".into()); \
                           println!(\"cargo::rustc-env=WORDS={words}\");";

fn build_script(lab: &Lab, path: &str, rule: &str) {
    site(lab, "env!(\"WORDS\")");
    let reads = READS_WORDS.replace("PATH", path);
    let rule = if rule.is_empty() {
        String::new()
    } else {
        format!("println!(\"cargo::rerun-if-changed={rule}\");")
    };
    lab.write("site/build.rs", format!("fn main() {{ {reads} {rule} }}"));
}

fn rerun_if_changed_outside_of_the_package(lab: &Lab) {
    build_script(lab, "../words", "../words");
    lab.write("words", "one");
    include(lab, "words", &lab.run(), "words");
}

fn new_file_in_a_directory_of_rerun_if_changed(lab: &Lab) {
    build_script(lab, "migrations/deep/2.sql", "migrations");
    lab.write("site/migrations/1.sql", "");
    let dev = lab.run();
    dev.says("none");
    lab.write("site/migrations/deep/2.sql", "one");
    dev.says("one");
    lab.write("site/migrations/deep/2.sql", "two");
    dev.says("two");
    lab.remove("site/migrations/deep/2.sql");
    dev.says("none");
}

fn file_of_rerun_if_changed_that_appears(lab: &Lab) {
    build_script(lab, "../data/words", "../data/words");
    let dev = lab.run();
    dev.says("none");
    lab.write("data/words", "one");
    dev.says("one");
}

fn build_script_without_rules_depends_on_the_package(lab: &Lab) {
    build_script(lab, "data/words.txt", "");
    lab.write("site/data/words.txt", "one");
    include(lab, "site/data/words.txt", &lab.run(), "words.txt");
}

fn build_script_without_rules_ignores_what_git_ignores(lab: &Lab) {
    build_script(lab, "words.txt", "");
    lab.write("site/words.txt", "one");
    lab.write("site/.gitignore", "target\n/data\n");
    lab.shell("git init -q site");
    let dev = lab.run();
    dev.says("one");
    lab.write("site/data/words", "");
    lab.write("site/words.txt", "two");
    dev.builds_for("building: words.txt");
    dev.says("two");
}

fn failed_build_script_names_its_files(lab: &Lab) {
    site(lab, "\"one\"");
    let script = "fn main() { println!(\"cargo::rerun-if-changed=../words\"); \
                  std::fs::read(\"../words\").expect(\"no words\"); }";
    lab.write("site/build.rs", script);
    let dev = lab.run();
    dev.line("no words");
    lab.write("words", "");
    dev.says("one");
}

fn build_script_that_appears(lab: &Lab) {
    site(lab, "option_env!(\"WORDS\").unwrap_or(\"nothing\")");
    let dev = lab.run();
    dev.says("nothing");
    lab.write(
        "site/build.rs",
        "fn main() { println!(\"cargo::rustc-env=WORDS=one\") }",
    );
    dev.says("one");
    lab.write(
        "site/build.rs",
        "fn main() { println!(\"cargo::rustc-env=WORDS=two\") }",
    );
    dev.says("two");
}

fn build_dependency_by_path(lab: &Lab) {
    lab.package(
        "site",
        "[build-dependencies]\nwords = { path = \"../words\" }",
    );
    lab.write("site/src/main.rs", says("env!(\"WORDS\")"));
    let script = "fn main() { println!(\"cargo::rustc-env=WORDS={}\", words::WORDS); \
                  println!(\"cargo::rerun-if-changed=build.rs\"); }";
    lab.write("site/build.rs", script);
    dependency(lab, "words", "one");
    let dev = lab.run();
    dev.says("one");
    dependency(lab, "words", "two");
    dev.says("two");
}

/// Writes a package with the constant `WORDS`.
fn dependency(lab: &Lab, name: &str, text: &str) {
    lab.member(name, "");
    lab.write(
        &format!("{name}/src/lib.rs"),
        format!("pub const WORDS: &str = \"{text}\";"),
    );
}

fn new_path_dependency_with_a_mistake(lab: &Lab) {
    site(lab, "\"one\"");
    let dev = lab.run();
    dev.says("one");
    lab.member("words", "");
    lab.write("words/src/lib.rs", "pub const WORDS: &str = MISTAKE;");
    lab.write("site/src/main.rs", says("words::WORDS"));
    lab.package("site", "[dependencies]\nwords = { path = \"../words\" }");
    dev.line("cannot find value `MISTAKE`");
    dependency(lab, "words", "two");
    dev.says("two");
}

fn first_build_fails_in_a_module_outside(lab: &Lab) {
    lab.package("site", "");
    let main = format!(
        "#[path = \"../../shared/words.rs\"] mod words; {}",
        says("words::WORDS")
    );
    lab.write("site/src/main.rs", main);
    lab.write("shared/words.rs", "pub const WORDS: &str = MISTAKE;");
    let dev = lab.run();
    dev.line("cannot find value `MISTAKE`");
    lab.write("shared/words.rs", "pub const WORDS: &str = \"one\";");
    dev.says("one");
}

fn first_build_fails_for_a_missing_include(lab: &Lab) {
    site(lab, "include_str!(\"../../words\")");
    let dev = lab.run();
    dev.line("couldn't read");
    lab.write("words", "one");
    dev.says("one");
}

fn first_build_fails_for_a_missing_module(lab: &Lab) {
    lab.package("site", "");
    let main = format!(
        "#[path = \"../../words.rs\"] mod words; {}",
        says("words::WORDS")
    );
    lab.write("site/src/main.rs", main);
    let dev = lab.run();
    dev.line("couldn't read");
    lab.write("words.rs", "pub const WORDS: &str = \"one\";");
    dev.says("one");
}

fn first_build_fails_in_an_included_file(lab: &Lab) {
    // The mistake is where the included text is used.
    site(
        lab,
        "{ const L: [u8; 3] = *include_bytes!(\"../../words\"); L.len() }",
    );
    lab.write("words", "four");
    let dev = lab.run();
    dev.line("mismatched types");
    lab.write("words", "one");
    dev.says("3");
}

fn first_build_fails_in_a_dependency(lab: &Lab) {
    lab.package("site", "[dependencies]\nwords = { path = \"../words\" }");
    lab.write("site/src/main.rs", says("words::WORDS"));
    lab.member("words", "");
    lab.write("words/src/lib.rs", "include!(\"../../shared/words.rs\");");
    lab.write("shared/words.rs", "pub const WORDS: &str = MISTAKE;");
    let dev = lab.run();
    dev.line("cannot find value `MISTAKE`");
    lab.write("shared/words.rs", "pub const WORDS: &str = \"one\";");
    dev.says("one");
}

/// The lab is a home directory that is kept in git.
fn home_in_git(lab: &Lab) {
    lab.write(".gitignore", "*\n");
    lab.shell("git init -q .");
}

fn edit(lab: &Lab, dev: &Dev) {
    dev.says("one");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
    lab.write("site/src/main.rs", says("MISTAKE"));
    dev.line("cannot find value `MISTAKE`");
    lab.write("site/src/main.rs", says("\"three\""));
    dev.says("three");
}

fn ignore_file_above_a_repository(lab: &Lab) {
    home_in_git(lab);
    site(lab, "\"one\"");
    lab.shell("git init -q site");
    edit(lab, &lab.run());
}

fn ignore_file_above_a_plain_directory(lab: &Lab) {
    home_in_git(lab);
    site(lab, "\"one\"");
    edit(lab, &lab.run());
}

fn ignore_file_above_while_polling(lab: &Lab) {
    home_in_git(lab);
    site(lab, "\"one\"");
    let words = ["cargo", "run", "--offline"];
    edit(
        lab,
        &lab.dev_with("site", &["--poll"], &words, |command| command),
    );
}

fn ignore_file_above_another_language(lab: &Lab) {
    home_in_git(lab);
    lab.write("site/words", "one");
    for options in [&[][..], &["--poll"]] {
        lab.write("site/words", "one");
        let words = ["sh", "-c", "echo it says $(cat words); exec sleep 1000"];
        let dev = lab.dev_with("site", options, &words, |command| command);
        dev.says("one");
        lab.write("site/words", "two");
        dev.says("two");
    }
}

fn included_file_that_git_ignores(lab: &Lab) {
    site(lab, "include_str!(\"app.css\")");
    lab.write("site/src/app.css", "one");
    lab.write("site/.gitignore", "*.css\n");
    lab.shell("git init -q site");
    include(lab, "site/src/app.css", &lab.run(), "app.css");
}

fn included_file_that_is_hidden(lab: &Lab) {
    site(lab, "include_str!(\"../.version\")");
    lab.write("site/.version", "one");
    include(lab, "site/.version", &lab.run(), ".version");
}

fn linked_source_directory(lab: &Lab) {
    lab.package("site", "");
    lab.write("real/main.rs", says("\"one\""));
    lab.link("site/src", "../real");
    let dev = lab.run();
    dev.says("one");
    lab.write("real/main.rs", says("\"two\""));
    dev.says("two");
}

fn linked_module(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        format!("mod words; {}", says("words::WORDS")),
    );
    lab.write("shared/words.rs", "pub const WORDS: &str = \"one\";");
    lab.link("site/src/words.rs", "../../shared/words.rs");
    let dev = lab.run();
    dev.says("one");
    lab.write("shared/words.rs", "pub const WORDS: &str = \"two\";");
    dev.says("two");
}

fn link_that_leads_elsewhere(lab: &Lab) {
    site(lab, "include_str!(\"words\")");
    lab.write("a", "one");
    lab.write("b", "two");
    lab.link("site/src/words", "../../a");
    let dev = lab.run();
    dev.says("one");
    // cargo compares times, so the new target must be newer than the build.
    lab.write("b", "two");
    lab.shell("ln -sfn ../../b site/src/words");
    dev.says("two");
    lab.write("b", "three");
    dev.says("three");
}

fn linked_project_directory(lab: &Lab) {
    lab.package("real", "");
    lab.write("real/src/main.rs", says("include_str!(\"../words\")"));
    lab.write("real/words", "one");
    lab.link("site", "real");
    include(lab, "real/words", &lab.run(), "words");
}

fn names_with_blanks(lab: &Lab) {
    lab.write("my site/src/main.rs", says("include_str!(\"../my words\")"));
    lab.write(
        "my site/Cargo.toml",
        "[package]\nname = \"site\"\nedition = \"2024\"\n[workspace]\n",
    );
    lab.write("my site/my words", "one");
    let dev = lab.dev("my site", "cargo run --offline");
    include(lab, "my site/my words", &dev, "my words");
}

fn workspace(lab: &Lab, members: &str) {
    lab.write(
        "Cargo.toml",
        format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"),
    );
}

fn member_of_the_workspace(lab: &Lab) {
    workspace(lab, r#""site", "words", "other""#);
    lab.member("site", "[dependencies]\nwords = { path = \"../words\" }");
    lab.write("site/src/main.rs", says("words::WORDS"));
    dependency(lab, "words", "one");
    dependency(lab, "other", "one");
    let dev = lab.dev("", "cargo run --offline -p site");
    dev.says("one");
    // Not a part of the program.
    dependency(lab, "other", "two");
    dependency(lab, "words", "two");
    let line = dev.line("squall: building: ");
    assert!(!line.contains("other"), "{line}");
    dev.says("two");
}

fn dependency_of_a_dependency_outside(lab: &Lab) {
    lab.package(
        "site",
        "[dependencies]\nouter = { path = \"../far/outer\" }",
    );
    lab.write("site/src/main.rs", says("outer::words::WORDS"));
    lab.member(
        "far/outer",
        "[dependencies]\nwords = { path = \"../words\" }",
    );
    lab.write("far/outer/src/lib.rs", "pub use words;");
    dependency(lab, "far/words", "one");
    let dev = lab.run();
    dev.says("one");
    dependency(lab, "far/words", "two");
    dev.says("two");
}

fn procedural_macro_by_path(lab: &Lab) {
    lab.package("site", "[dependencies]\nwords = { path = \"../words\" }");
    lab.write("site/src/main.rs", says("words::words!()"));
    lab.member("words", "[lib]\nproc-macro = true");
    let words = |text: &str| {
        let library = "extern crate proc_macro; #[proc_macro] pub fn words(_: proc_macro::TokenStream) \
                       -> proc_macro::TokenStream { \"\\\"TEXT\\\"\".parse().unwrap() }";
        lab.write("words/src/lib.rs", library.replace("TEXT", text));
    };
    words("one");
    let dev = lab.run();
    dev.says("one");
    words("two");
    dev.says("two");
}

fn patched_dependency(lab: &Lab) {
    let patch =
        "[dependencies]\nwords = \"0.1\"\n[patch.crates-io]\nwords = { path = \"../words\" }";
    lab.package("site", patch);
    lab.write("site/src/main.rs", says("words::WORDS"));
    dependency(lab, "words", "one");
    let dev = lab.run();
    dev.says("one");
    dependency(lab, "words", "two");
    dev.says("two");
}

fn inherited_version(lab: &Lab) {
    let root = |version: &str| {
        let text = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"site\"]\n[workspace.package]\nversion = \"{version}\"\n"
        );
        lab.write("Cargo.toml", text);
    };
    root("1.0.0");
    lab.write(
        "site/Cargo.toml",
        "[package]\nname = \"site\"\nversion.workspace = true\nedition = \"2024\"\n",
    );
    lab.write("site/src/main.rs", says("env!(\"CARGO_PKG_VERSION\")"));
    let dev = lab.run();
    dev.says("1.0.0");
    root("2.0.0");
    dev.says("2.0.0");
}

fn new_and_removed_module(lab: &Lab) {
    site(lab, "\"one\"");
    let dev = lab.run();
    dev.says("one");
    lab.write(
        "site/src/main.rs",
        format!("mod words; {}", says("words::WORDS")),
    );
    dev.line("file not found for module");
    lab.write("site/src/words.rs", "pub const WORDS: &str = \"two\";");
    dev.says("two");
    lab.remove("site/src/words.rs");
    dev.line("file not found for module");
    lab.write(
        "site/src/words/mod.rs",
        "pub const WORDS: &str = \"three\";",
    );
    dev.says("three");
    lab.write("site/src/words/mod.rs", "pub const WORDS: &str = \"four\";");
    dev.says("four");
}

fn features_in_the_manifest(lab: &Lab) {
    let features = |default: &str| {
        lab.package(
            "site",
            &format!("[features]\ndefault = [{default}]\na = []"),
        );
    };
    features("");
    lab.write("site/src/main.rs", says("cfg!(feature = \"a\")"));
    let dev = lab.run();
    dev.says("false");
    features("\"a\"");
    dev.says("true");
}

fn configuration_that_appears(lab: &Lab) {
    site(lab, "std::env::var(\"WORDS\").unwrap_or(\"none\".into())");
    let dev = lab.run();
    dev.says("none");
    lab.write("site/.cargo/config.toml", "[env]\nWORDS = \"one\"\n");
    dev.says("one");
    lab.write("site/.cargo/config.toml", "[env]\nWORDS = \"two\"\n");
    dev.says("two");
}

fn example_with_manifest_path(lab: &Lab) {
    lab.package("site", "");
    lab.write("site/src/lib.rs", "");
    lab.write(
        "site/examples/words/main.rs",
        says("include_str!(\"text\")"),
    );
    lab.write("site/examples/words/text", "one");
    let command = "cargo run --offline --manifest-path site/Cargo.toml --example words";
    include(
        lab,
        "site/examples/words/text",
        &lab.dev("", command),
        "text",
    );
}

fn files_beside_the_program_start_no_build(lab: &Lab) {
    site(lab, "\"one\"");
    lab.package("site", "[[bin]]\nname = \"tool\"\npath = \"src/tool.rs\"\n[[bin]]\nname = \"site\"\npath = \"src/main.rs\"");
    lab.write("site/src/tool.rs", says("\"tool\""));
    let dev = lab.dev("site", "cargo run --offline --bin site");
    dev.says("one");
    for name in [
        "README.md",
        "site.db",
        "tests/it.rs",
        "examples/a.rs",
        "src/unused.rs",
        "src/tool.rs",
        "data/new/deep",
        "target/debug/site.d",
    ] {
        lab.write(&format!("site/{name}"), "");
    }
    lab.write("site/src/main.rs", says("\"two\""));
    dev.builds_for("building: src/main.rs");
    dev.says("two");
    assert_eq!(dev.count("squall: building: "), 2);
    assert!(!dev.running.output().contains("more"), "one file counts");
}

fn atomic_replacement_and_backups(lab: &Lab) {
    site(lab, "\"one\"");
    let dev = lab.run();
    dev.says("one");
    lab.write("site/src/main.rs~", says("\"one\""));
    lab.write("site/src/4913", "");
    lab.write("site/src/.main.rs.swp", "");
    lab.write("site/src/main.rs.new", says("\"two\""));
    lab.shell("mv site/src/main.rs.new site/src/main.rs");
    dev.builds_for("building: src/main.rs");
    dev.says("two");
    lab.shell("mv site/src/main.rs site/src/main.rs~");
    lab.write("site/src/main.rs", says("\"three\""));
    dev.says("three");
}

fn touched_file(lab: &Lab) {
    site(lab, "\"one\"");
    let dev = lab.run();
    dev.says("one");
    lab.shell("touch site/src/main.rs");
    dev.builds_for("src/main.rs");
    dev.line("Compiling site");
}

fn removed_file_comes_back(lab: &Lab) {
    site(lab, "include_str!(\"words\")");
    lab.write("site/src/words", "one");
    let dev = lab.run();
    dev.says("one");
    lab.remove("site/src/words");
    dev.line("couldn't read");
    lab.write("site/src/words", "two");
    dev.says("two");
}

fn polling_sees_outside_files(lab: &Lab) {
    site(lab, "include_str!(\"../../words\")");
    lab.write("words", "one");
    let words = ["cargo", "run", "--offline"];
    let dev = lab.dev_with("site", &["--poll"], &words, |command| command);
    include(lab, "words", &dev, "words");
}

fn nothing_watched_is_a_warning(lab: &Lab) {
    lab.write("empty/.hidden", "");
    let dev = lab.dev("empty", "sleep 1000");
    dev.line("warning: nothing is watched");
    dev.stop();
}
