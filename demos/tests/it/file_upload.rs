//! The demo `file_upload`: files of forms, and of PUT.

use crate::Demo;

#[test]
fn files_are_received_and_logged() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_file_upload"), &[]);
    let mut visitor = demo.visitor();
    let part = |parameters: &str, content: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; {parameters}\r\nContent-Type: text/plain\r\n\r\n\
             {content}\r\n"
        )
    };
    let form = [
        part("name=a; filename=\"one.txt\"", "12345"),
        part("name=text", "not a file"),
        part("name=b; filename=\"two words.txt\"", &"x".repeat(100_000)),
        "--b--\r\n".to_owned(),
    ];
    visitor.send(
        "POST",
        "/post",
        "multipart/form-data; boundary=b",
        &form.concat(),
    );
    assert_eq!(visitor.reply().text(), "OK");
    demo.running
        .wait_line(r#"POST "one.txt" Some("text/plain") 5 bytes"#);
    demo.running
        .wait_line(r#"POST "two words.txt" Some("text/plain") 100000 bytes"#);
    visitor.send("PUT", "/a%20b%2fc.png", "image/png", &"x".repeat(1000));
    assert_eq!(visitor.reply().text(), "OK");
    demo.running
        .wait_line(r#"PUT "a b/c.png" Some("image/png") 1000 bytes"#);
    // The fields without a file have no line.
    assert_eq!(demo.logged("POST \""), 2);
    for (method, target, media_type, status) in [
        ("POST", "/post", "text/plain", 415),
        ("POST", "/post", "multipart/form-data; boundary=other", 400),
        ("PUT", "/post", "text/plain", 405),
        ("GET", "/a", "", 405),
    ] {
        let mut visitor = demo.visitor();
        visitor.send(method, target, media_type, &form.concat());
        assert_eq!(
            visitor.reply().status,
            status,
            "{method} {target} {media_type}"
        );
    }
}
