//! The function: `RESPONSES=streamed` is for a function URL with the invoke mode RESPONSE_STREAM.

use std::{env, path::Path};

use lambda::{adapter, site};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    squall::init_log();
    // Where Lambda has unpacked the archive.
    let root = env::var("LAMBDA_TASK_ROOT").unwrap_or_else(|_| ".".to_owned());
    let application = site(Path::new(&root));
    if env::var("RESPONSES").is_ok_and(|responses| responses == "streamed") {
        adapter::run_streamed(application).await
    } else {
        adapter::run(application).await
    }
}
