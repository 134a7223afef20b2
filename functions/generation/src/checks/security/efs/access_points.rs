//! Controls of EFS's access points that compare one setting.

use miyabi_types::resource::ResourceKind;

use super::super::row::{ROW, Row, of};
use crate::check::{Check, FSBP_QUOTED, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 2] = [
    Row {
        id: "efs_access_point_whole_file_system",
        title: "Access point shows the whole file system",
        control: &["EFS.3"],
        references: &[FSBP_QUOTED],
        kinds: &[ResourceKind::EfsAccessPoint],
        must: &[Threshold { what: "RootDirectory.Path", value: "other than /" }],
        read: of!(EfsAccessPoint, |it| Reading::must(it.root_directory != "/", "/")),
        ..ROW
    }
    .check(),
    Row {
        id: "efs_access_point_no_user",
        title: "Access point takes its users for who they say they are",
        control: &["EFS.4"],
        references: &[FSBP_QUOTED],
        kinds: &[ResourceKind::EfsAccessPoint],
        must: &[Threshold { what: "PosixUser", value: "set" }],
        read: of!(EfsAccessPoint, |it| Reading::set(it.posix_user.as_ref())),
        ..ROW
    }
    .check(),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table,
        services::efs_access_point,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("EFS.3", efs_access_point(|_| {}), Clear),
                ("EFS.3", efs_access_point(|p| p.root_directory = "/".into()), Risk),
                ("EFS.4", efs_access_point(|_| {}), Clear),
                ("EFS.4", efs_access_point(|p| p.posix_user = None), Risk),
            ],
        );
    }
}
