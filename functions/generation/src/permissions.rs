//! What a principal may do, as far as the World tells: its own, attached and groups' policies, less what is
//! denied, within its permissions boundary.
//!
//! Not part of it: service control policies, resource policies, session policies. The documents of policies
//! that AWS manages are not read; the few that give administration are known by name.
//! Source: IAM User Guide, Policy evaluation logic (read 2026-11).

use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind, iam::InlinePolicy},
};
use serde_json::Value;

use crate::{
    context::Context,
    policy_document::{Statement, matches, statements},
};

/// Policies of AWS that give everything, and those that give everything in IAM, which is as much.
/// Source: AWS Managed Policy Reference Guide (read 2026-11).
const ADMINISTRATION: [(&str, &str); 2] =
    [("policy/AdministratorAccess", "*"), ("policy/IAMFullAccess", "iam:*")];

/// What one user, group or role may do.
#[derive(Debug)]
pub struct Permissions<'a> {
    principal: &'a Resource,
    statements: Vec<Statement<'a>>,
    /// Patterns of actions that policies of AWS allow on everything.
    by_aws: Vec<&'static str>,
    /// The statements of its boundary, where it has one.
    boundary: Option<Vec<Statement<'a>>>,
    /// Policies that are attached to it or to its groups.
    attached: Vec<&'a str>,
}

/// The policies of a user, group or role itself.
struct Own<'a> {
    inline: &'a [InlinePolicy],
    attached: &'a [String],
    groups: &'a [String],
    boundary: Option<&'a str>,
}

fn own(principal: &Resource) -> Option<Own<'_>> {
    Some(match &principal.config {
        ResourceConfig::IamUser(user) => Own {
            inline: &user.inline_policies,
            attached: &user.attached_policies,
            groups: &user.groups,
            boundary: user.permissions_boundary.as_deref(),
        },
        ResourceConfig::IamGroup(group) => Own {
            inline: &group.inline_policies,
            attached: &group.attached_policies,
            groups: &[],
            boundary: None,
        },
        ResourceConfig::IamRole(role) => Own {
            inline: &role.inline_policies,
            attached: &role.attached_policies,
            groups: &[],
            boundary: role.permissions_boundary.as_deref(),
        },
        _ => return None,
    })
}

impl<'a> Permissions<'a> {
    /// The permissions of `principal`; `None` where it is no user, group or role. Why they are not known,
    /// where a policy that they depend on was not seen.
    pub fn of(principal: &'a Resource, context: &Context<'a>) -> Option<Result<Self, Unavailable>> {
        let own = own(principal)?;
        Some(Self::read(principal, &own, context))
    }

    fn read(
        principal: &'a Resource,
        own: &Own<'a>,
        context: &Context<'a>,
    ) -> Result<Self, Unavailable> {
        let mut found = Self {
            principal,
            statements: Vec::new(),
            by_aws: Vec::new(),
            boundary: None,
            attached: Vec::new(),
        };
        found.add(own.inline, own.attached, context)?;
        for name in own.groups {
            let group = context
                .find(ResourceKind::IamGroup, name, principal)
                .ok_or_else(|| unseen(context, ResourceKind::IamGroup, principal, name))?;
            if let ResourceConfig::IamGroup(group) = &group.config {
                found.add(&group.inline_policies, &group.attached_policies, context)?;
            }
        }
        if let Some(boundary) = own.boundary {
            // What a boundary of AWS's own leaves is not read: taken to leave nothing dangerous.
            let document = found.document(boundary, context)?;
            found.boundary = Some(document.into_iter().flat_map(statements).collect());
        }
        Ok(found)
    }

    fn add(
        &mut self,
        inline: &'a [InlinePolicy],
        attached: &'a [String],
        context: &Context<'a>,
    ) -> Result<(), Unavailable> {
        self.statements.extend(inline.iter().flat_map(|policy| statements(&policy.document)));
        for arn in attached {
            self.attached.push(arn);
            let known = ADMINISTRATION.iter().find(|(name, _)| arn.ends_with(name));
            self.by_aws.extend(known.map(|(_, actions)| *actions));
            self.statements.extend(self.document(arn, context)?.into_iter().flat_map(statements));
        }
        Ok(())
    }

    /// The document of a customer's policy; none of one that AWS manages.
    fn document(&self, arn: &str, context: &Context<'a>) -> Result<Option<&'a Value>, Unavailable> {
        if arn.contains(":iam::aws:policy/") {
            return Ok(None);
        }
        let found = context.find(ResourceKind::IamPolicy, arn, self.principal);
        match found.map(|policy| &policy.config) {
            Some(ResourceConfig::IamPolicy(policy)) => Ok(Some(&policy.document)),
            _ => Err(unseen(context, ResourceKind::IamPolicy, self.principal, arn)),
        }
    }

    /// Policies that are attached to it or to its groups.
    pub fn attached(&self) -> &[&'a str] {
        &self.attached
    }

    /// Whether it may do everything with everything.
    pub fn is_administrator(&self) -> bool {
        self.allows("*", "*", &[])
    }

    /// Whether it may do `action` with something at least.
    pub fn allows_somewhere(&self, action: &str) -> bool {
        let allowed = self.by_aws.iter().any(|pattern| matches(pattern, action))
            || self.statements.iter().any(|statement| {
                is_plain(*statement, &[])
                    && statement.allows()
                    && statement.covers_action(action)
                    && statement.resources().next().is_some()
            });
        allowed && !self.is_denied(action, None) && self.is_within(action, None)
    }

    /// Whether it may do `action` with the resource `on`. A statement with a condition does not count as
    /// allowing, but for conditions on `but_for`: key and the value that it is asked with.
    pub fn allows(&self, action: &str, on: &str, but_for: &[(&str, &str)]) -> bool {
        let allowed = self.by_aws.iter().any(|pattern| matches(pattern, action))
            || self.statements.iter().any(|statement| {
                statement.allows()
                    && covers(*statement, action, on)
                    && is_plain(*statement, but_for)
            });
        allowed && !self.is_denied(action, Some(on)) && self.is_within(action, Some(on))
    }

    /// Whether it is denied without any condition.
    fn is_denied(&self, action: &str, on: Option<&str>) -> bool {
        self.statements.iter().any(|statement| {
            statement.denies()
                && statement.conditions().is_empty()
                && covers(*statement, action, on.unwrap_or("*"))
        })
    }

    /// Whether its boundary leaves it.
    fn is_within(&self, action: &str, on: Option<&str>) -> bool {
        let Some(boundary) = &self.boundary else { return true };
        let covered = |statement: &Statement<'_>| match on {
            Some(on) => covers(*statement, action, on),
            None => statement.covers_action(action),
        };
        boundary.iter().any(|statement| statement.allows() && covered(statement))
            && !boundary.iter().any(|statement| {
                statement.denies() && statement.conditions().is_empty() && covered(statement)
            })
    }
}

fn covers(statement: Statement<'_>, action: &str, on: &str) -> bool {
    statement.covers_action(action) && statement.covers_resource(on)
}

/// Whether the statement has no condition but such as the request fulfils.
fn is_plain(statement: Statement<'_>, but_for: &[(&str, &str)]) -> bool {
    statement.conditions().iter().all(|(operator, key, values)| {
        but_for.iter().any(|(known, asked)| {
            key.eq_ignore_ascii_case(known)
                && operator.starts_with("String")
                && !operator.contains("Not")
                && values.iter().any(|value| matches(value, asked))
        })
    })
}

fn unseen(context: &Context<'_>, kind: ResourceKind, near: &Resource, what: &str) -> Unavailable {
    let why = context.unseen(kind, near).cloned();
    why.unwrap_or_else(|| Unavailable::because(format!("{what} was not seen")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{ACCOUNT, allow, group, policy, role, user, world};

    fn may(
        resources: impl IntoIterator<Item = Resource>,
        principal: &Resource,
        action: &str,
        on: &str,
    ) -> bool {
        let world = world(resources.into_iter().chain([principal.clone()]));
        let context = Context::new(&world);
        let principal = world.resources.iter().find(|r| r.arn == principal.arn).unwrap();
        Permissions::of(principal, &context).unwrap().unwrap().allows(action, on, &[])
    }

    #[test]
    fn policies_come_from_everywhere() {
        let own = role("/", allow("s3:Get*", "arn:aws:s3:::data/*"));
        assert!(may([], &own, "s3:GetObject", "arn:aws:s3:::data/a"));
        assert!(!may([], &own, "s3:GetObject", "arn:aws:s3:::other/a"));
        assert!(!may([], &own, "s3:PutObject", "arn:aws:s3:::data/a"));

        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/app");
        let attached = user(|user| {
            user.groups.clear();
            user.attached_policies = vec![arn.clone()];
        });
        assert!(may([policy(allow("*", "*"))], &attached, "iam:PassRole", "any"));

        let staff = user(|_| {});
        let grouped = group(|group| {
            group.attached_policies = vec!["arn:aws:iam::aws:policy/AdministratorAccess".into()];
        });
        assert!(may([grouped], &staff, "anything:AtAll", "any"));
    }

    #[test]
    fn a_denial_wins_and_a_boundary_bounds() {
        let denied = json!({ "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Action": "iam:*", "Resource": "*" },
        ]});
        let role_ = role("/", denied);
        assert!(may([], &role_, "s3:GetObject", "any"));
        assert!(!may([], &role_, "iam:PassRole", "any"));

        let mut bounded = role("/", allow("*", "*"));
        if let ResourceConfig::IamRole(role) = &mut bounded.config {
            role.permissions_boundary = Some(format!("arn:aws:iam::{ACCOUNT}:policy/app"));
        }
        let boundary = || policy(allow("s3:*", "*"));
        assert!(may([boundary()], &bounded, "s3:GetObject", "any"));
        assert!(!may([boundary()], &bounded, "iam:PassRole", "any"));
    }

    #[test]
    fn conditions_count_only_where_they_are_fulfilled() {
        let passing = json!({ "Statement": { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
            "Condition": { "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } } } });
        let world = world([role("/", passing)]);
        let context = Context::new(&world);
        let permissions = Permissions::of(&world.resources[0], &context).unwrap().unwrap();
        let to =
            |service| permissions.allows("iam:PassRole", "r", &[("iam:PassedToService", service)]);
        assert!(to("lambda.amazonaws.com"));
        assert!(!to("ec2.amazonaws.com"));
        assert!(!permissions.allows("iam:PassRole", "r", &[]));
    }

    #[test]
    fn what_was_not_seen_is_not_guessed() {
        let staff = user(|_| {});
        let world = world([staff]);
        let result = Permissions::of(&world.resources[0], &Context::new(&world)).unwrap();
        assert!(result.unwrap_err().reason.contains("staff was not seen"));
    }
}
