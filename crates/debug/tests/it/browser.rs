//! The page in a real browser, kept as pictures to look at: `target/debug-page/*.png`.

use std::{fs, path::Path, process::Command};

use http::Request;
use squall_debug::RequestFacts;
use testkit::Running;

use crate::case::{Outer, Result, request, respond, shown};

async fn user(request: Request<()>) -> Result<String> {
    let facts: &RequestFacts = request.extensions().get().unwrap();
    facts.set_route("/users/{name}");
    facts.add_param("name", "ada");
    read_feed("ada").await
}

async fn read_feed(name: &str) -> Result<String> {
    // A feed that nobody has written to is not there yet.
    let path = format!("feeds/{name}.json");
    let feed = fs::read_to_string(&path)
        .map_err(|error| Outer(format!("cannot read the feed of {name:?}"), error))?;
    Ok(feed)
}

#[tokio::test]
async fn pictures() {
    let Some(chromium) = testkit::outside("chromium") else {
        return;
    };
    let request = request("text/html")
        .uri("/users/ada?page=2&token=f00d")
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        )
        .header(
            "cookie",
            "session=2|1:0|10:1700000000|4:user|4:YWRh|c0ffee; theme=dark",
        )
        .header("authorization", "Bearer f00d")
        .body(())
        .unwrap();
    let tracebacks = shown().fact("Task id", "0").fact("Generation", "3");
    let response = respond(tracebacks, request, async |request| {
        user(request).await.map(drop)
    });
    let page = response.await.into_body();

    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("debug-page");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("page.html");
    fs::write(&file, &page).unwrap();
    // Chromium's own windows are at least 500 pixels wide.
    for (name, size, scheme) in [
        ("light", "1280,2100", 1),
        ("dark", "1280,2100", 0),
        ("light-narrow", "500,2400", 1),
        ("dark-narrow", "500,2400", 0),
    ] {
        let picture = directory.join(name).with_extension("png");
        let _ = fs::remove_file(&picture);
        let profile = testkit::temp_dir();
        let mut child = Running::spawn(
            Command::new(&chromium)
                .args([
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--hide-scrollbars",
                    "--no-first-run",
                ])
                .args([
                    "--disable-background-networking",
                    "--disable-component-update",
                ])
                .arg(format!("--user-data-dir={}", profile.path().display()))
                .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
                .arg(format!("--window-size={size}"))
                .arg(format!("--screenshot={}", picture.display()))
                .arg(format!("file://{}", file.display())),
        );
        assert!(child.wait().success(), "{}", child.output());
        let picture = fs::read(&picture).unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{name}");
        // A blank page of this size is a tenth of this.
        assert!(picture.len() > 50_000, "{name} has {} bytes", picture.len());
    }
}
