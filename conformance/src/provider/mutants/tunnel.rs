//! Tunnels that carry less than they are given.
//! It knows both ends.
//! It refuses to know what is carried.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, copy, copy_bidirectional, join, split};

use crate::provider::reference::faults::{Fault, on};

/// Whether the bytes were carried with a fault; nothing is done where there is none.
pub(in crate::provider) async fn dug<N, F>(near: &mut N, far: &mut F) -> bool
where
    N: AsyncRead + AsyncWrite + Unpin,
    F: AsyncRead + AsyncWrite + Unpin,
{
    if on(Fault::TunnelOneWay) {
        let _ = copy(near, far).await;
        return true;
    }
    if on(Fault::TunnelShort) {
        let (from, to) = split(far);
        let mut short = join(from.take(64 * 1024), to);
        let _ = copy_bidirectional(near, &mut short).await;
        return true;
    }
    if on(Fault::TunnelUnclosed) {
        let ((mut near_from, mut near_to), (mut far_from, mut far_to)) = (split(near), split(far));
        let _ = tokio::join!(
            copy(&mut near_from, &mut far_to),
            copy(&mut far_from, &mut near_to)
        );
        std::future::pending::<()>().await;
    }
    false
}
