//! What the linker is told.

use std::env;

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to build scripts through the environment"
)]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    // A static binary relocates itself as it starts; packed, the list takes 3 KiB instead of 280. For glibc it stays as it was: the result would need a
    // newer one to start. A linker that is named may not know this: zig, for one, links at a fixed address and has no list.
    let musl = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|libc| libc == "musl");
    if musl && env::var_os("RUSTC_LINKER").is_none() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
