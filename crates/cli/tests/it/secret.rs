//! `squall secret`.

use squall_cookies::CookieSecret;
use testkit::temp_dir;

use crate::fixture::run;

#[test]
fn secrets_are_valid_and_differ() {
    let dir = temp_dir();
    let mut made = Vec::new();
    for _ in 0..2 {
        let result = run(dir.path(), "secret");
        assert_eq!(result.code, Some(0), "{result:?}");
        let secret = result.output.trim_end().to_owned();
        CookieSecret::new(secret.as_bytes()).expect("a good secret");
        made.push(secret);
    }
    assert_ne!(made[0], made[1]);
}
