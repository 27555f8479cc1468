//! The smallest program. Run with `cargo run`, then open <http://127.0.0.1:8888/>.

use squall::{Application, get};

fn main() -> squall::Result<()> {
    Application::new()
        .route("/", get(|| async { "Hello, world\n" }))
        .debug(cfg!(debug_assertions))
        .listen(8888)
}
