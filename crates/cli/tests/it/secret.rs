//! `squall secret`.

use squall_cookies::CookieSecret;
use testkit::temp_dir;

use crate::house::say;

#[test]
fn every_secret_is_good_and_new() {
    let dir = temp_dir();
    let mut made = Vec::new();
    for _ in 0..2 {
        let said = say(dir.path(), "secret");
        assert_eq!(said.code, Some(0), "{said:?}");
        let secret = said.output.trim_end().to_owned();
        CookieSecret::new(secret.as_bytes()).expect("a good secret");
        made.push(secret);
    }
    assert_ne!(made[0], made[1]);
}
