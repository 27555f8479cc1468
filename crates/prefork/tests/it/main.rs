//! Real supervisors, real workers, real faults.

mod axum;
mod boot;
mod control;
mod crash;
mod foreign;
mod house;
mod paths;
mod portable;
mod reload;
mod signals;
mod sockets;
mod stop;
mod systemd;
mod upgrade;
