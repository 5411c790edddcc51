//! Chapter 12: calls of functions.
//! It knows what a proxy does to requests and answers.
//! It refuses what other chapters are about.

pub(super) mod answers;
pub(super) mod fields;
pub(super) mod requests;
pub(super) mod trouble;

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "invoke/answers-as-ascii",
        &["PR-12.3"],
        "bytes of an answer that are no ASCII become question marks",
        downloads(|piece, _| as_ascii(piece)),
    ),
    mutant(
        "invoke/uploads-as-ascii",
        &["PR-12.3"],
        "bytes of an upload that are no ASCII become question marks",
        uploads(|piece, _| as_ascii(piece)),
    ),
];

fn as_ascii(piece: &mut [u8]) {
    for byte in piece.iter_mut().filter(|byte| !byte.is_ascii()) {
        *byte = b'?';
    }
}
