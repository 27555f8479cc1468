//! may_minihttp with its defaults: it has no router, and ignores `Connection: close`.

use std::io;

use may_minihttp::{HttpServer, HttpService, Request, Response};
use peers::{HELLO, arguments, message};

#[derive(Clone)]
struct Answer;

impl HttpService for Answer {
    fn call(
        &mut self,
        request: Request<'_, '_, '_>,
        response: &mut Response<'_>,
    ) -> io::Result<()> {
        match request.path() {
            "/" => {
                response.header("Content-Type: text/plain; charset=utf-8");
                response.body(HELLO);
            }
            "/json" => {
                response.header("Content-Type: application/json");
                response.body_vec(serde_json::to_vec(&message())?);
            }
            path => {
                let id = path.strip_prefix("/users/");
                let id: u64 = id.and_then(|id| id.parse().ok()).unwrap_or_default();
                response.header("Content-Type: text/plain; charset=utf-8");
                response.body_vec(id.to_string().into());
            }
        }
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let (_, address) = arguments();
    let server = HttpServer(Answer).start(address)?;
    server
        .join()
        .map_err(|_| io::Error::other("the listener panicked"))
}
