//! Where a process listens: on addresses, or on sockets that were passed in.

use std::fmt;

use squall_prefork::worker;
use squall_server::{Address, Bind, Listener, Listening, Server, inherited};

use crate::Result;

/// Makes a server listen on its addresses, or on what was passed in instead.
pub(crate) fn listen(
    mut server: Server,
    binds: Vec<Bind>,
    listeners: Vec<Listener>,
) -> Result<Listening> {
    // A worker may have been given ports that the program does not name.
    let passed = if binds.is_empty() && !worker::is_worker() {
        Vec::new()
    } else {
        inherited()?
    };
    if passed.is_empty() {
        server = binds.into_iter().fold(server, Server::bind);
    }
    let passed = passed.into_iter().map(|inherited| inherited.listener);
    server = passed.chain(listeners).fold(server, Server::listener);
    Ok(server.listen()?)
}

/// The line that says where to find us.
pub(crate) struct Banner<'a>(pub(crate) &'a Address);

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.tcp().map_or("", |_| "http://");
        let process = std::process::id();
        write!(f, "listening on {scheme}{} (process {process}", self.0)?;
        worker::task_id()
            .iter()
            .try_for_each(|id| write!(f, ", task {id}"))?;
        f.write_str(")")
    }
}
