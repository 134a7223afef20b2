//! `CloudWatch` and `CloudWatch` Logs.

use miyabi_types::{
    pricing::{Service, cloudwatch},
    resource::ResourceKind::{
        CloudWatchAlarm, CloudWatchCompositeAlarm, CloudWatchDashboard, LogGroup,
    },
};

use super::{List, Query, by_usage};

/// Other families are of metrics that services keep themselves.
const FAMILIES: [&str; 4] = ["Alarm", "Data Payload", "Metric", "Storage Snapshot"];

pub(super) const LIST: List = List {
    service: Service::CloudWatch,
    queries: |region, seen| {
        let code = Service::CloudWatch.code();
        if region.is_global() {
            // Dashboards are of no region, and cost the same in all.
            let dashboards = Query::everywhere(code).with("productFamily", "Dashboard");
            return if seen.any(&[CloudWatchDashboard]) { vec![dashboards] } else { Vec::new() };
        }
        if !seen.any(&[CloudWatchAlarm, CloudWatchCompositeAlarm, LogGroup]) {
            return Vec::new();
        }
        vec![Query::of(code, region).any("productFamily", &FAMILIES)]
    },
    rates: |product| {
        by_usage(
            product,
            [
                ("CW:AlarmMonitorUsage", cloudwatch::ALARM),
                ("CW:CompositeAlarmMonitorUsage", cloudwatch::COMPOSITE_ALARM),
                ("CW:HighResAlarmMonitorUsage", cloudwatch::HIGH_RESOLUTION_ALARM),
                ("CW:MetricMonitorUsage", cloudwatch::METRIC),
                ("DashboardsUsageHour", cloudwatch::DASHBOARD),
                ("DataProcessing-Bytes", cloudwatch::LOGS_INGESTED_GIB),
                ("DataProcessingIA-Bytes", cloudwatch::LOGS_INGESTED_INFREQUENT_GIB),
                ("TimedStorage-ByteHrs", cloudwatch::LOGS_STORED_GIB),
            ],
        )
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn alarms_dashboards_metrics_and_logs_are_read() {
        let read = read(
            &LIST,
            &[
                (
                    "Alarm",
                    &[("usagetype", "CW:AlarmMonitorUsage"), ("alarmType", "Standard")],
                    "0.1000000000",
                ),
                ("Alarm", &[("usagetype", "APN2-CW:HighResAlarmMonitorUsage")], "0.3000000000"),
                ("Dashboard", &[("usagetype", "DashboardsUsageHour")], "3.0000000000"),
                ("Metric", &[("usagetype", "APN2-CW:MetricMonitorUsage")], "0.3000000000"),
                ("Data Payload", &[("usagetype", "USE1-DataProcessing-Bytes")], "0.5000000000"),
                ("Data Payload", &[("usagetype", "USE1-DataScanned-Bytes")], "0.0050000000"),
                ("Storage Snapshot", &[("usagetype", "USE1-TimedStorage-ByteHrs")], "0.0300000000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("alarm/high_resolution", "0.3"),
                ("alarm/standard", "0.1"),
                ("dashboard", "3"),
                ("logs/ingested/gib", "0.5"),
                ("logs/stored/gib", "0.03"),
                ("metric", "0.3"),
            ])
        );
    }
}
