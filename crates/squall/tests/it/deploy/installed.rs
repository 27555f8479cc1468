//! The site and the secret, installed by the commands of a file of `deploy/`.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use squall::CookieSecret;
use testkit::{Reply, TempDir, Wire, temp_dir};

use super::{file, substitute};

/// Replaces the output of `squall secret`.
pub(super) const SECRET: &str = "Jm3W8m7WqFvW1yP0rT+5dZ/0c6eUo9XbYkQ2sLhN4aI=";

/// A text that no file of the example contains.
const MARK: &str = "Hereinspaziert";

/// A copy of the site that differs from the sources, and the file with the secret.
pub(super) struct Installed(TempDir);

impl Installed {
    /// Runs the file's commands that install the site or the secret, in a directory that replaces
    /// `/`.
    pub(super) fn by(name: &str) -> Self {
        let installed = Self(temp_dir());
        let text = file(name, &[]);
        let commands: Vec<_> = text
            .lines()
            .map(|line| line.trim_start_matches(['#', ';', ' ']))
            .filter(|line| {
                ["mkdir -p", "cp -r", "$(squall secret)"]
                    .iter()
                    .any(|part| line.contains(part))
            })
            .collect();
        let commands = commands.join("\n");
        let home = if commands.contains('~') { "~" } else { "/etc" };
        // A substitution that does not apply fails the test before a file outside of the directory
        // is written.
        let commands = substitute(
            commands.replace("sudo ", "").replace("/out/", "/"),
            &[
                ("$(squall secret)", &format!("$(echo {SECRET})")),
                ("/srv/friendfeed", &installed.site()),
                (&format!("{home}/friendfeed.env"), &installed.env_file()),
            ],
        );
        let output = Command::new("sh")
            .args(["-e", "-c", &commands])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
            .output()
            .expect("every system has sh");
        assert!(output.status.success(), "{commands}\n{output:?}");
        let mode = fs::metadata(installed.env_file())
            .expect("the secret")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}: {commands}");
        installed.mark();
        installed
    }

    /// Returns the directory that replaces /srv/friendfeed.
    pub(super) fn site(&self) -> String {
        self.path("site").display().to_string()
    }

    /// Returns the file that replaces /etc/friendfeed.env.
    pub(super) fn env_file(&self) -> String {
        self.path("friendfeed.env").display().to_string()
    }

    /// Returns name and value of the variable that the file sets.
    pub(super) fn env(&self) -> (String, String) {
        let text = fs::read_to_string(self.env_file()).expect("it is installed");
        let (name, value) = text.trim_end().split_once('=').expect("NAME=VALUE");
        (name.to_owned(), value.to_owned())
    }

    /// Asserts that the server at this address reads all three folders of this copy, none of the
    /// sources, and verifies cookies with this secret.
    #[track_caller]
    pub(super) fn is_served_at(&self, address: SocketAddr) {
        let login = get(address, "/login", "locale=de");
        // The translation, then the template.
        assert!(
            login.text().contains(&format!("<h1>{MARK}</h1>")),
            "{}",
            login.text()
        );
        assert!(login.text().ends_with(MARK), "{}", login.text());
        let styles = get(address, "/static/styles.css", "");
        let path = self.path("site/static/styles.css");
        assert_eq!(styles.body, fs::read(path).expect("it is installed"));
        let secret = CookieSecret::new(SECRET).expect("a good secret");
        let ada = secret.create_signed_value("user", "Ada", SystemTime::now());
        assert_eq!(get(address, "/me", &format!("user={ada}")).status, 200);
    }

    /// Makes each folder differ from the one that the example uses without `--site`.
    fn mark(&self) {
        self.edit("static/styles.css", |text| text + MARK);
        self.edit("templates/base.html", |text| text + MARK);
        self.edit("translations/de.csv", |text| text.replace("Anmelden", MARK));
    }

    fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.path("site").join(name);
        let text = fs::read_to_string(&path).expect("it is installed");
        fs::write(path, change(text)).expect("it is ours");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn get(address: SocketAddr, path: &str, cookie: &str) -> Reply {
    let mut wire = Wire::connect(address);
    wire.send(format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    ));
    wire.response()
}
