//! Request paths: no path reaches a hidden file or a file outside the root, and no redirect leaves
//! the host.
#![no_main]

use http::uri::PathAndQuery;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|path: &[u8]| {
    let Ok(path) = PathAndQuery::try_from(path) else {
        return;
    };
    let response = fuzz::get(path.clone().into(), None);
    let body = String::from_utf8_lossy(response.body());
    assert!(!body.contains("secret"), "{path}");
    match response.status().as_u16() {
        200 => assert!(!path.path().contains(".."), "{path}"),
        301 => {
            let location = response.headers()["location"]
                .to_str()
                .expect("it is ASCII");
            let (name, _) = location
                .strip_prefix("./")
                .and_then(|rest| rest.split_once('/'))
                .expect("a name");
            assert!(
                !name.is_empty() && !name.contains(['\\', ':', '?', '#']),
                "{path}: {location}"
            );
        }
        status => assert_eq!(status, 404, "{path}"),
    }
});
