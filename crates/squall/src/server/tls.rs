//! HTTPS, with the feature `tls`. Without it, the type of its settings has no value.

pub(crate) use imp::{Tls, bind, listener};

#[cfg(feature = "tls")]
mod imp {
    pub(crate) use squall_server::Tls;
    use squall_server::{Bind, Listener, Server};

    pub(crate) fn bind(server: Server, bind: Bind, tls: Tls) -> Server {
        server.bind_tls(bind, tls)
    }

    pub(crate) fn listener(server: Server, listener: Listener, tls: Tls) -> Server {
        server.listener_tls(listener, tls)
    }
}

#[cfg(not(feature = "tls"))]
mod imp {
    use squall_server::{Bind, Listener, Server};

    #[derive(Clone, Debug)]
    pub(crate) enum Tls {}

    pub(crate) fn bind(_: Server, _: Bind, tls: Tls) -> Server {
        match tls {}
    }

    pub(crate) fn listener(_: Server, _: Listener, tls: Tls) -> Server {
        match tls {}
    }
}
