//! Real supervisors, real workers, real faults.

mod axum;
mod boot;
mod control;
mod crash;
mod durations;
mod executables;
mod foreign;
mod house;
mod inheritance;
mod paths;
mod portable;
mod releases;
mod reload;
mod signals;
mod sockets;
mod stop;
mod systemd;
mod upgrade;
