//! Changes by the build or by the program itself start nothing.

use testkit::{outside, wait_until};

use super::{
    cases,
    lab::{Lab, says},
};

cases![
    build_script_that_writes_into_src,
    build_script_that_writes_the_same_again,
    program_that_writes_a_log,
    program_that_keeps_a_file_open,
    program_that_writes_a_file_at_start,
    cargo_program_that_writes_a_database,
    ignored_files,
];

fn build_script_that_writes_into_src(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        format!("mod words; {}", says("\"one\"")),
    );
    let script = "use std::time::*; fn main() { let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap(); \
                  std::fs::write(\"src/words.rs\", format!(\"// {now:?}\")).unwrap(); }";
    lab.write("site/build.rs", script);
    let dev = lab.run();
    dev.line("src/words.rs has started 3 builds in a row");
    wait_until("the program", || dev.count("it says one") > 0);
    // Builds that were going on are over when an edit is served.
    lab.write(
        "site/src/main.rs",
        format!("mod words; {}", says("\"two\"")),
    );
    dev.says("two");
    lab.write(
        "site/src/main.rs",
        format!("mod words; {}", says("\"three\"")),
    );
    dev.says("three");
    let builds = dev.count("squall: building: ");
    assert!(builds <= 8, "{builds} builds");
}

fn build_script_that_writes_the_same_again(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        format!("mod words; {}", says("words::WORDS")),
    );
    lab.write("site/src/words.rs", "pub const WORDS: &str = \"one\";");
    let script = "fn main() { std::fs::write(\"src/words.rs\", \"pub const WORDS: &str = \\\"one\\\";\").unwrap(); }";
    lab.write("site/build.rs", script);
    let dev = lab.run();
    dev.says("one");
    for text in ["a", "b", "c", "d"] {
        lab.write(
            "site/src/main.rs",
            format!("mod words; {}", says(&format!("\"{text}\""))),
        );
        dev.says(text);
    }
    let builds = dev.count("squall: building: ");
    assert!(builds <= 6, "{builds} builds");
    assert_eq!(dev.count("in a row"), 0);
}

/// Runs a Python program that does this at its start, and then edits it.
fn python(lab: &Lab, start: &str) -> Option<super::lab::Dev> {
    outside("python3")?;
    let program = |text: &str| {
        lab.write(
            "site/app.py",
            format!(
                "import os, time\nprint('it says {text}', flush=True)\n{start}\ntime.sleep(1000)\n"
            ),
        );
    };
    program("one");
    let dev = lab.dev("site", "python3 app.py");
    dev.says("one");
    dev.line("it has written");
    program("two");
    dev.says("two");
    dev.line("it has written");
    Some(dev)
}

fn program_that_writes_a_log(lab: &Lab) {
    let start = "for i in range(20):\n    open('app.log', 'a').write('line\\n')\n    open('app.db-journal', 'a').write('x')\n\
                 print('it has written', flush=True)";
    let Some(dev) = python(lab, start) else {
        return;
    };
    assert_eq!(dev.count("it says"), 2);
}

fn program_that_keeps_a_file_open(lab: &Lab) {
    let start = "data = open('data.bin', 'ab')\nfor i in range(20):\n    data.write(b'x')\n    data.flush()\n    time.sleep(0.02)\n\
                 print('it has written', flush=True)";
    let Some(dev) = python(lab, start) else {
        return;
    };
    assert_eq!(dev.count("it says"), 2);
}

fn program_that_writes_a_file_at_start(lab: &Lab) {
    if outside("python3").is_none() {
        return;
    }
    let program = "import os, time\nopen('data.json', 'w').write(str(time.time()))\n\
                   print('it says', open('words').read(), flush=True)\ntime.sleep(1000)\n";
    lab.write("site/words", "one");
    lab.write("site/app.py", program);
    let dev = lab.dev("site", "python3 app.py");
    // On a busy machine Python starts so slowly that its writes count only after more restarts.
    dev.line("data.json has started 3 restarts in a row");
    let before = dev.count("it says");
    lab.write("site/words", "two");
    dev.says("two");
    lab.write("site/words", "three");
    dev.says("three");
    let starts = dev.count("it says") - before;
    assert!(starts <= 4, "{starts} starts");
}

fn cargo_program_that_writes_a_database(lab: &Lab) {
    lab.package("site", "");
    let main = |text: &str| {
        let main = "fn main() { for i in 0..50 { std::fs::write(\"data\", format!(\"{i}\")).unwrap(); \
                    std::fs::write(\"src/cache.rs\", format!(\"{i}\")).unwrap(); } \
                    println!(\"it says TEXT\"); loop { std::thread::park(); } }";
        lab.write("site/src/main.rs", main.replace("TEXT", text));
    };
    main("one");
    let dev = lab.run();
    dev.says("one");
    main("two");
    dev.says("two");
    assert_eq!(dev.count("squall: building: "), 2);
}

fn ignored_files(lab: &Lab) {
    lab.write("site/words", "one");
    let words = ["sh", "-c", "echo it says $(cat words); exec sleep 1000"];
    let options = ["--ignore", "*.out", "--ignore", "/data/"];
    let dev = lab.dev_with("site", &options, &words, |command| command);
    dev.says("one");
    lab.write("site/a.out", "");
    lab.write("site/data/deep/file", "");
    lab.write("site/words", "two");
    dev.says("two");
    assert_eq!(dev.count("it says"), 2);
    // An invalid pattern is an error before anything runs.
    let mut dev = lab.dev_with("site", &["--ignore", "a[z-a]"], &words, |command| command);
    dev.line("invalid pattern \"a[z-a]\"");
    assert_eq!(dev.running.wait().code(), Some(1));
}
