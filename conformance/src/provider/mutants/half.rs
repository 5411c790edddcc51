//! Bodies that break off, taken all the same.
//! It knows JSON well enough to end it early.
//! It refuses bodies that are whole but for their length.

use bytes::Bytes;
use http_body_util::BodyExt as _;

use crate::provider::reference::upload::Upload;

/// What came of a body; `completed` where its JSON is to be ended.
pub(in crate::provider) async fn taken(mut upload: Upload, completed: bool) -> Bytes {
    let mut all = Vec::new();
    while let Some(Ok(frame)) = upload.frame().await {
        if let Ok(data) = frame.into_data() {
            all.extend_from_slice(&data);
        }
    }
    let open = serde_json::from_slice::<serde_json::Value>(&all).is_err();
    if completed && open {
        end(&mut all);
    }
    all.into()
}

/// Ends an object behind the last of its fields that is whole.
fn end(body: &mut Vec<u8>) {
    let commas: Vec<usize> = (0..body.len())
        .filter(|&at| body.get(at) == Some(&b','))
        .collect();
    for at in commas.into_iter().rev() {
        let mut shorter = body.get(..at).unwrap_or_default().to_vec();
        shorter.push(b'}');
        if serde_json::from_slice::<serde_json::Value>(&shorter).is_ok() {
            *body = shorter;
            return;
        }
    }
}
