//! A task's record while it is worked on: what changes is written to the ledger before the next step.

use jiff::Timestamp;
use miyabi_platform::{Clock, TenantLedger};
use miyabi_types::{
    id::{CycleId, TenantId},
    task::{LogEntry, Stage, TaskError, TaskRecord, TaskStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    error::{ExecutionError, Result},
    step::Job,
};

/// What execution notes in [`TaskRecord::progress`] between invocations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// The operation's own notes in this stage.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub operation: Value,
    /// Since when AWS has been at work in this stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Timestamp>,
    /// Since when reading back has shown another state than was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verifying_since: Option<Timestamp>,
    /// How what an undo brought back differs from what was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caveat: Option<String>,
}

/// Where records of one cycle are kept.
#[derive(Clone, Copy)]
pub struct Book<'a> {
    pub ledger: &'a TenantLedger,
    pub clock: &'a dyn Clock,
    pub tenant: &'a TenantId,
    pub cycle: CycleId,
}

/// A record with the version that the ledger holds.
pub struct Entry<'a> {
    book: Book<'a>,
    pub record: TaskRecord,
    pub notes: Notes,
    version: Option<u64>,
    /// Whether this invocation has written it.
    pub has_moved: bool,
}

impl<'a> Entry<'a> {
    /// The ledger's record of the task, or `new` where it has none.
    pub async fn open(book: Book<'a>, new: TaskRecord) -> Result<Self> {
        let stored = book.ledger.task(book.cycle, &new.task.action.id).await?;
        let (record, version) =
            stored.map_or((new, None), |stored| (stored.value, Some(stored.version)));
        let notes = if record.progress.is_null() {
            Notes::default()
        } else {
            serde_json::from_value(record.progress.clone())
                .map_err(|error| ExecutionError::Defect(format!("notes of a task: {error}")))?
        };
        Ok(Self { book, record, notes, version, has_moved: false })
    }

    pub fn now(&self) -> Timestamp {
        self.book.clock.now()
    }

    /// What a step of the cloud is given.
    pub fn job(&self) -> Job<'_> {
        Job {
            tenant: self.book.tenant,
            cycle: self.book.cycle,
            action: &self.record.task.action,
            backup: self.record.backup.as_ref(),
            note: &self.notes.operation,
        }
    }

    /// What people call the target.
    pub fn label(&self) -> &str {
        &self.record.task.action.label
    }

    /// Begins `stage`; from here on a crash finds the record in it.
    pub async fn enter(&mut self, stage: Stage, what: impl Into<String>) -> Result<()> {
        self.record.stage = stage;
        self.notes = Notes { caveat: self.notes.caveat.take(), ..Notes::default() };
        self.log(what);
        self.save().await
    }

    /// Settles the task.
    pub async fn settle(&mut self, status: TaskStatus, what: impl Into<String>) -> Result<()> {
        self.record.status = status;
        self.log(what);
        self.save().await
    }

    /// Settles the task as failed, or notes that it could not be undone.
    pub async fn fail(&mut self, status: TaskStatus, error: &ExecutionError) -> Result<()> {
        let error = TaskError { name: error.name(), message: error.to_string() };
        if self.record.status == status && self.record.error.as_ref() == Some(&error) {
            return Ok(());
        }
        self.record.status = status;
        self.log(format!("failed: {}", error.message));
        self.record.error = Some(error);
        self.save().await
    }

    pub fn log(&mut self, what: impl Into<String>) {
        let at = self.now();
        self.record.log.push(LogEntry { at, what: what.into() });
    }

    pub async fn save(&mut self) -> Result<()> {
        self.record.progress = if self.notes == Notes::default() {
            Value::Null
        } else {
            serde_json::to_value(&self.notes)
                .map_err(|error| ExecutionError::Defect(format!("notes of a task: {error}")))?
        };
        let written =
            self.book.ledger.put_task(self.book.cycle, &self.record, self.version).await?;
        self.version = Some(written);
        self.has_moved = true;
        Ok(())
    }
}
