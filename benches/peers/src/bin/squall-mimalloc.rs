//! squall with an allocator of a program's own.

#[path = "squall.rs"]
mod squall_peer;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> squall::Result<()> {
    squall_peer::main()
}
