//! Configuration from the environment: every problem reported at once, by variable.

use std::{collections::BTreeMap, str::FromStr};

/// Everything that is wrong with the environment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration is not valid: {}", .0.join("; "))]
pub struct ConfigError(pub Vec<String>);

/// A reader of environment variables that collects what is wrong.
///
/// ```
/// # use miyabi_platform::Env;
/// let mut env = Env::of([("MIYABI_BUCKET", "artifacts")]);
/// let bucket: Option<String> = env.optional("MIYABI_BUCKET");
/// assert_eq!(env.finish(bucket).unwrap().as_deref(), Some("artifacts"));
/// ```
#[derive(Debug)]
pub struct Env {
    variables: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Env {
    /// The process's environment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    pub fn from_process() -> Self {
        Self::of(std::env::vars())
    }

    /// These variables.
    pub fn of<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self {
            variables: variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            problems: Vec::new(),
        }
    }

    /// A variable that may be unset or empty.
    pub fn optional<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.variables.get(name).map(|t| t.trim()).filter(|t| !t.is_empty())?;
        match text.parse() {
            Ok(value) => Some(value),
            // The value itself is not told: it may be a secret.
            Err(error) => {
                self.problems.push(format!("{name}: {error}"));
                None
            }
        }
    }

    /// A variable with a default.
    pub fn or<T: FromStr>(&mut self, name: &str, default: T) -> T
    where
        T::Err: std::fmt::Display,
    {
        self.optional(name).unwrap_or(default)
    }

    /// A switch: `on` or `off`.
    pub fn switch(&mut self, name: &str, default: bool) -> bool {
        match self.optional::<String>(name).as_deref() {
            None => default,
            Some("on" | "true") => true,
            Some("off" | "false") => false,
            Some(_) => {
                self.problems.push(format!("{name}: must be `on` or `off`"));
                default
            }
        }
    }

    /// Notes a problem of the caller's own.
    pub fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    /// `value`, if nothing was wrong.
    pub fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        if self.problems.is_empty() { Ok(value) } else { Err(ConfigError(self.problems)) }
    }
}

/// Where artifacts and the ledger are. Both absent when run by `sam local invoke`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// `MIYABI_BUCKET`: the artifacts' bucket.
    pub bucket: Option<String>,
    /// `MIYABI_TABLE`: the ledger's table.
    pub table: Option<String>,
}

impl Storage {
    /// Reads the two variables.
    pub fn read(env: &mut Env) -> Self {
        Self { bucket: env.optional("MIYABI_BUCKET"), table: env.optional("MIYABI_TABLE") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_every_problem_at_once_without_the_values() {
        let mut env =
            Env::of([("MIYABI_METRICS", "maybe"), ("MIYABI_LIMIT", "s3cret"), ("EMPTY", " ")]);
        assert!(env.switch("MIYABI_METRICS", true));
        assert_eq!(env.or("MIYABI_LIMIT", 3_u32), 3);
        assert_eq!(env.optional::<String>("EMPTY"), None);
        let error = env.finish(()).unwrap_err().to_string();
        assert!(error.contains("MIYABI_METRICS") && error.contains("MIYABI_LIMIT"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
