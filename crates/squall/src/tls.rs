//! HTTPS, with the feature `tls`. Without it, the type of its settings has no value.

pub(crate) use imp::{Tls, bind, listener, reload_on_hangup};

#[cfg(feature = "tls")]
mod imp {
    pub(crate) use squall_server::Tls;
    use squall_server::{Bind, Handle, Listener, Server, reload_certificates_on_hangup};

    use crate::Result;

    /// Reads the certificates again on SIGHUP, as most servers do.
    pub(crate) fn reload_on_hangup(handle: Handle) -> Result<()> {
        tokio::spawn(reload_certificates_on_hangup(handle)?);
        Ok(())
    }

    pub(crate) fn bind(server: Server, bind: Bind, tls: Tls) -> Server {
        server.bind_tls(bind, tls)
    }

    pub(crate) fn listener(server: Server, listener: Listener, tls: Tls) -> Server {
        server.listener_tls(listener, tls)
    }
}

#[cfg(not(feature = "tls"))]
mod imp {
    use squall_server::{Bind, Handle, Listener, Server};

    use crate::Result;

    #[derive(Clone, Debug)]
    pub(crate) enum Tls {}

    pub(crate) fn reload_on_hangup(_: Handle) -> Result<()> {
        Ok(())
    }

    pub(crate) fn bind(_: Server, _: Bind, tls: Tls) -> Server {
        match tls {}
    }

    pub(crate) fn listener(_: Server, _: Listener, tls: Tls) -> Server {
        match tls {}
    }
}
