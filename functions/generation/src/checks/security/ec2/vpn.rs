//! Controls of what joins networks that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        ResourceKind,
        vpn::{VpnConnection, VpnTunnel},
    },
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, FSBP_QUOTED, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 4] = [
    Row {
        id: "ec2_vpn_connection_tunnel_down",
        title: "VPN connection has a tunnel that is down",
        control: &["EC2.20"],
        references: &[FSBP_QUOTED],
        kinds: &[ResourceKind::Ec2VpnConnection],
        must: &[Threshold { what: "VgwTelemetry", value: "UP for both tunnels" }],
        read: of!(Ec2VpnConnection, |it| up(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_transit_gateway_accepts_everybody",
        title: "Transit gateway accepts networks of other accounts without anybody looking",
        control: &["EC2.23"],
        references: &[FSBP_QUOTED],
        severity: Severity::High,
        kinds: &[ResourceKind::Ec2TransitGateway],
        must: &[Threshold { what: "AutoAcceptSharedAttachments", value: "disable" }],
        read: of!(Ec2TransitGateway, |it| Reading::must(
            !it.auto_accept_shared_attachments,
            "enable"
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_client_vpn_not_logged",
        title: "Client VPN endpoint does not log who connects",
        control: &["EC2.51"],
        references: &[FSBP_QUOTED],
        severity: Severity::Low,
        kinds: &[ResourceKind::Ec2ClientVpnEndpoint],
        must: &[Threshold { what: "ConnectionLogOptions.Enabled", value: "true" }],
        read: of!(Ec2ClientVpnEndpoint, |it| Reading::on(it.connections_logged)),
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_vpn_connection_not_logged",
        title: "VPN connection does not log what its tunnels do",
        control: &["EC2.171"],
        references: &[FSBP_QUOTED],
        kinds: &[ResourceKind::Ec2VpnConnection],
        must: &[Threshold {
            what: "CloudWatchLogOptions.LogEnabled",
            value: "true for both tunnels",
        }],
        read: of!(Ec2VpnConnection, |it| of_tunnels(it, |tunnel| Reading::must(
            tunnel.logged,
            format!("not for {}", tunnel.outside_ip)
        ))),
        ..ROW
    }
    .check(),
];

fn up(connection: &VpnConnection) -> Reading {
    of_tunnels(connection, |tunnel| match tunnel.status.as_deref() {
        Some("UP") => Reading::Good,
        Some(other) => Reading::Bad(format!("{other} for {}", tunnel.outside_ip)),
        None => Reading::Unknown(Unavailable::because(format!(
            "AWS did not say how tunnel {} does",
            tunnel.outside_ip
        ))),
    })
}

/// What is wrong with the first tunnel of a connection in use with which something is.
fn of_tunnels(connection: &VpnConnection, read: impl Fn(&VpnTunnel) -> Reading) -> Reading {
    if connection.state != "available" {
        return Reading::NotApplicable;
    }
    let mut readings: Vec<_> = connection.tunnels.iter().map(read).collect();
    readings.retain(|reading| *reading != Reading::Good);
    let bad = readings.iter().position(|reading| matches!(reading, Reading::Bad(_)));
    match bad {
        Some(bad) => readings.swap_remove(bad),
        None if connection.tunnels.is_empty() => {
            Reading::Unknown(Unavailable::because("AWS told of no tunnel"))
        }
        None => readings.pop().unwrap_or(Reading::Good),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table,
        services::{client_vpn_endpoint, transit_gateway, vpn_connection},
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("EC2.20", vpn_connection(|_| {}), Clear),
                ("EC2.20", vpn_connection(|v| v.tunnels[1].status = Some("DOWN".into())), Risk),
                ("EC2.20", vpn_connection(|v| v.tunnels[0].status = None), NotEvaluated("say how")),
                ("EC2.20", vpn_connection(|v| v.tunnels.clear()), NotEvaluated("no tunnel")),
                (
                    "EC2.20",
                    vpn_connection(|v| {
                        v.tunnels[0].status = None;
                        v.tunnels[1].status = Some("DOWN".into());
                    }),
                    Risk,
                ),
                ("EC2.20", vpn_connection(|v| v.state = "pending".into()), NotApplicable),
                ("EC2.23", transit_gateway(|_| {}), Clear),
                ("EC2.23", transit_gateway(|t| t.auto_accept_shared_attachments = true), Risk),
                ("EC2.51", client_vpn_endpoint(|_| {}), Clear),
                ("EC2.51", client_vpn_endpoint(|e| e.connections_logged = false), Risk),
                ("EC2.171", vpn_connection(|_| {}), Clear),
                ("EC2.171", vpn_connection(|v| v.tunnels[1].logged = false), Risk),
            ],
        );
    }
}
