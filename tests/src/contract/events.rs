//! The sample events.

use serde_json::Value;

/// An event by its file's name without `.json`.
pub fn load(name: &str) -> Value {
    let text = super::read(format!("events/{name}.json"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("events/{name}.json: {e}"))
}

/// The names of every event, sorted.
pub fn names() -> Vec<String> {
    let files = super::files("events", ".json").into_iter();
    files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}
