//! Controls of EFS that compare one setting.

use miyabi_types::resource::ResourceKind;

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 3] = [
    Row {
        id: "efs_unencrypted_kms",
        title: "File system is not encrypted with KMS",
        control: &["EFS.1"],
        kinds: &[ResourceKind::EfsFileSystem],
        must: &[Threshold { what: "Encrypted", value: "true" }],
        read: of!(EfsFileSystem, |fs| Reading::on(fs.encrypted)),
        ..ROW
    }
    .check(),
    Row {
        id: "efs_no_automatic_backups",
        title: "File system is not backed up by default",
        control: &["EFS.7"],
        kinds: &[ResourceKind::EfsFileSystem],
        must: &[Threshold { what: "BackupPolicy", value: "ENABLED" }],
        read: of!(EfsFileSystem, |fs| Reading::of(&fs.automatic_backups, |on| Reading::on(*on))),
        ..ROW
    }
    .check(),
    Row {
        id: "efs_unencrypted",
        title: "File system is not encrypted at rest",
        control: &["EFS.8"],
        kinds: &[ResourceKind::EfsFileSystem],
        must: &[Threshold { what: "Encrypted", value: "true" }],
        read: of!(EfsFileSystem, |fs| Reading::on(fs.encrypted)),
        ..ROW
    }
    .check(),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied, file_system,
    };
    use miyabi_types::evidence::Evidence;

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("EFS.1", file_system(|_| {}), Clear),
                ("EFS.1", file_system(|f| f.encrypted = false), Risk),
                ("EFS.7", file_system(|_| {}), Clear),
                ("EFS.7", file_system(|f| f.automatic_backups = Evidence::Known(false)), Risk),
                (
                    "EFS.7",
                    file_system(|f| {
                        f.automatic_backups = denied("elasticfilesystem:DescribeBackupPolicy");
                    }),
                    NotEvaluated("denied"),
                ),
                ("EFS.8", file_system(|_| {}), Clear),
                ("EFS.8", file_system(|f| f.encrypted = false), Risk),
            ],
        );
    }
}
