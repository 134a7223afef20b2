//! Controls of the logs that databases send to `CloudWatch`.

use miyabi_types::resource::{ResourceKind, rds::DbInstance};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 4] = [
    Row {
        id: "rds_instance_not_logged",
        title: "Database does not send its logs to CloudWatch",
        control: &["RDS.9"],
        kinds: &[ResourceKind::RdsDbInstance],
        must: &[Threshold {
            what: "EnabledCloudwatchLogsExports",
            value: "every log of the engine",
        }],
        read: of!(RdsDbInstance, |db| exports(db, every_log(&db.engine))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_instance_no_mariadb_log",
        title: "MariaDB database sends no audit and error logs to CloudWatch",
        control: &["RDS.42"],
        kinds: &[ResourceKind::RdsDbInstance],
        must: &[Threshold {
            what: "EnabledCloudwatchLogsExports",
            value: "audit and error, for MariaDB",
        }],
        read: of!(RdsDbInstance, |db| exports(db, only("mariadb", db, &["audit", "error"]))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_instance_no_postgresql_log",
        title: "PostgreSQL database sends no logs to CloudWatch",
        control: &["RDS.36"],
        kinds: &[ResourceKind::RdsDbInstance],
        must: &[Threshold {
            what: "EnabledCloudwatchLogsExports",
            value: "postgresql, for PostgreSQL",
        }],
        read: of!(RdsDbInstance, |db| exports(db, only("postgres", db, &["postgresql"]))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_instance_no_sqlserver_log",
        title: "SQL Server database sends no logs to CloudWatch",
        control: &["RDS.40"],
        kinds: &[ResourceKind::RdsDbInstance],
        must: &[Threshold {
            what: "EnabledCloudwatchLogsExports",
            value: "agent and error, for SQL Server",
        }],
        read: of!(RdsDbInstance, |db| exports(db, only("sqlserver", db, &["agent", "error"]))),
        ..ROW
    }
    .check(),
];

/// The logs that RDS.9 asks for by engine. Source: Security Hub RDS.9.
fn every_log(engine: &str) -> &'static [&'static str] {
    match engine {
        "mysql" | "mariadb" | "aurora" | "aurora-mysql" => {
            &["audit", "error", "general", "slowquery"]
        }
        "postgres" => &["postgresql", "upgrade"],
        "aurora-postgresql" => &["postgresql"],
        other if other.starts_with("oracle") => &["alert", "audit", "listener", "trace"],
        other if other.starts_with("sqlserver") => &["agent", "error"],
        _ => &[],
    }
}

/// `logs` where the database's engine begins with this name; else none.
fn only(engine: &str, db: &DbInstance, logs: &'static [&'static str]) -> &'static [&'static str] {
    if db.engine.starts_with(engine) { logs } else { &[] }
}

/// Bad where one of these logs stays with the database; nothing to say where there are none.
fn exports(db: &DbInstance, wanted: &[&str]) -> Reading {
    if wanted.is_empty() {
        return Reading::NotApplicable;
    }
    let missing: Vec<_> = wanted
        .iter()
        .copied()
        .filter(|log| !db.log_exports.iter().any(|exported| exported == log))
        .collect();
    Reading::must(missing.is_empty(), format!("without {}", missing.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, Risk},
        check_table, db, postgres_db, sqlserver_db,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("RDS.9", db(|_| {}), Clear),
                ("RDS.9", db(|db| db.log_exports.truncate(1)), Risk),
                ("RDS.9", db(|db| db.engine = "db2-se".into()), NotApplicable),
                ("RDS.9", postgres_db(|db| db.log_exports = vec!["postgresql".into()]), Risk),
                (
                    "RDS.9",
                    postgres_db(|db| {
                        db.engine = "aurora-postgresql".into();
                        db.log_exports = vec!["postgresql".into()];
                    }),
                    Clear,
                ),
                ("RDS.36", postgres_db(|_| {}), Clear),
                ("RDS.36", postgres_db(|db| db.log_exports.clear()), Risk),
                ("RDS.36", postgres_db(|db| db.engine = "mysql".into()), NotApplicable),
                (
                    "RDS.42",
                    db(|db| {
                        db.engine = "mariadb".into();
                        db.log_exports = vec!["audit".into(), "error".into()];
                    }),
                    Clear,
                ),
                (
                    "RDS.42",
                    db(|db| {
                        db.engine = "mariadb".into();
                        db.log_exports = vec!["error".into()];
                    }),
                    Risk,
                ),
                ("RDS.42", db(|_| {}), NotApplicable),
                ("RDS.40", sqlserver_db(|_| {}), Clear),
                ("RDS.40", sqlserver_db(|db| db.log_exports.clear()), Risk),
            ],
        );
    }
}
