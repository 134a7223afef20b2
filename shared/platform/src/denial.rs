//! Which policy denies a request, by the words in which AWS says so.

/// The kinds of policy that the messages name. Source: IAM User Guide, "Troubleshoot access denied error messages".
const POLICIES: [&str; 8] = [
    "identity-based policy",
    "permissions boundary",
    "resource control policy",
    "resource-based policy",
    "role trust policy",
    "service control policy",
    "session policy",
    "vpc endpoint policy",
];

/// What denies a request besides that its action is not granted: `explicit deny in a service control policy`,
/// `no session policy allows it`. The rest of the message, which names principals and resources, is left.
pub(crate) fn denied_by(message: &str) -> Option<String> {
    let message = message.to_ascii_lowercase();
    let named = |text: &str| POLICIES.into_iter().find(|policy| text.starts_with(policy));
    if let Some((_, after)) = message.split_once("explicit deny in ") {
        // `an identity-based policy`, `a session policy`, `the role trust policy`
        let policy =
            after.split_once(' ').and_then(|(article, rest)| Some((article, named(rest)?)));
        let place = policy.map(|(article, policy)| format!(" in {article} {policy}"));
        return Some(format!("explicit deny{}", place.unwrap_or_default()));
    }
    let policy = message.split_once("because no ").and_then(|(_, after)| named(after))?;
    // Then nothing is missing but the grant.
    (policy != "identity-based policy").then(|| format!("no {policy} allows it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_told_and_nothing_that_the_message_names() {
        let user = "User: arn:aws:sts::123456789012:assumed-role/reader/miyabi is not authorized to perform: \
                    ec2:DescribeVolumes";
        let cases = [
            (
                "with an explicit deny in a service control policy",
                Some("explicit deny in a service control policy"),
            ),
            (
                "with an explicit deny in a permissions boundary: arn:aws:iam::123456789012:policy/limits",
                Some("explicit deny in a permissions boundary"),
            ),
            (
                "due to an explicit deny in a Service Control Policy",
                Some("explicit deny in a service control policy"),
            ),
            (
                "with an explicit deny in an identity-based policy",
                Some("explicit deny in an identity-based policy"),
            ),
            (
                "with an explicit deny in the role trust policy",
                Some("explicit deny in the role trust policy"),
            ),
            ("with an explicit deny in arn:aws:iam::123456789012:policy/x", Some("explicit deny")),
            (
                "because no service control policy allows the ec2:DescribeVolumes action",
                Some("no service control policy allows it"),
            ),
            ("because no session policy allows the action", Some("no session policy allows it")),
            (
                "because no VPC endpoint policy allows the action",
                Some("no vpc endpoint policy allows it"),
            ),
            ("because no identity-based policy allows the ec2:DescribeVolumes action", None),
            ("", None),
        ];
        for (how, told) in cases {
            assert_eq!(denied_by(&format!("{user} {how}")).as_deref(), told, "{how}");
        }
    }
}
