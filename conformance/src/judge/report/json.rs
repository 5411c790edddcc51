//! The document as JSON, schema 1.
//! It knows serde's derive of the document and nothing else.
//! It refuses to rename: the field names are the schema.

use super::Document;

pub(super) fn render(document: &Document) -> Result<String, String> {
    serde_json::to_string_pretty(document)
        .map(|text| text + "\n")
        .map_err(|e| e.to_string())
}
