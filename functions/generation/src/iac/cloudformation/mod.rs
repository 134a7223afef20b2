//! CloudFormation for what exists: per region one stack for each concern, ready for resource import.
//!
//! Decisions:
//! - What AWS makes by itself (default VPC, its subnets, each VPC's `default` group and main route table) is
//!   left out, because CloudFormation cannot create such things; others refer to them by id.
//! - Everything has `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain`: import asks for it, and code
//!   that was generated must not be able to delete. A stack policy refuses to replace what holds data.
//! - Stacks refer to each other by exports below the exporting stack's name, which is a parameter.
//! - Secrets become parameters with `NoEcho`; so does what was never read and creation needs.
//! - What CloudFormation cannot import (entries of network ACLs, rules between groups that name each other) is made only
//!   where the stack is made anew.

mod template;

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::world::Scope;
#[cfg(test)]
use miyabi_types::world::World;
use serde_json::{Value, json};

use self::template::Template;
use super::{
    code::{Code, Language},
    estate::Estate,
    expr::{Concern, Link},
    names,
};

/// Most resources in one file. CloudFormation allows 500 resources and 200 outputs in a template.
const LARGEST: usize = 200;

/// The files: path below the cycle and text. Nothing where there is nothing to write.
#[cfg(test)]
pub fn render(world: &World) -> Vec<(String, String)> {
    let mut files: Vec<_> = files(Stacks::new(Estate::of(world))).collect();
    files.sort();
    files
}

/// The same, those of a stack made when they are asked for.
pub(super) fn files(stacks: Stacks<'_>) -> impl Iterator<Item = (String, String)> {
    let readme = ("cloudformation/README.md".to_owned(), README.to_owned());
    let readme = (!stacks.list.is_empty()).then_some(readme);
    let all = (0..stacks.list.len()).flat_map(move |at| stacks.files(&stacks.list[at]));
    readme.into_iter().chain(all)
}

const README: &str = "\
# Adopting the estate in CloudFormation

Each folder is a region; each `.yaml` in it is a stack. The `.import.json` beside it says which existing
resource each logical id stands for, the `.policy.json` what an update must not replace or delete. Adopt the
stacks in the order network, security, data, compute:

```
aws cloudformation create-change-set --change-set-type IMPORT --change-set-name adopt \\
  --stack-name miyabi-network --region REGION --capabilities CAPABILITY_NAMED_IAM \\
  --template-body file://network.yaml --resources-to-import file://network.import.json
aws cloudformation describe-change-set --change-set-name adopt --stack-name miyabi-network --region REGION
aws cloudformation execute-change-set --change-set-name adopt --stack-name miyabi-network --region REGION
aws cloudformation set-stack-policy --stack-name miyabi-network --region REGION \\
  --stack-policy-body file://network.policy.json
```

- CloudFormation may refuse outputs during an import. Then import the file without its `Outputs`, and update
  the stack with the whole file: the other stacks need the exports.
- With another stack name than `miyabi-…`, give that name to the other stacks as a parameter
  (`NetworkStack`, `SecurityStack` …).
- A resource that another stack owns cannot be imported. Its `Metadata` names that stack: take it out there
  first (`DeletionPolicy: Retain`).
- Parameters without a default are what was never read: passwords, environment variables, code. During an
  import their values are not applied, but the next change of such a parameter is: give the real ones.
- To build the same anew elsewhere, create the stacks with `Adopt=false` where they ask for it: then they also
  make what CloudFormation cannot take over.
- What Miyabi proposes to change is a layer of its own, beside this folder in `remediation/cloudformation`.
";

/// One stack: one concern of one account and region.
pub(in crate::iac) struct Stack {
    scope: Scope,
    /// `network`, `network-2`, `security`, `compute` …: the file's name.
    name: String,
    /// What it holds, in order.
    declared: Vec<usize>,
    /// What other stacks need of it: logical id and attribute.
    exports: BTreeSet<(String, &'static str)>,
}

impl Stack {
    /// The parameter by which other stacks are told this stack's name: `NetworkStack`.
    fn parameter(&self) -> String {
        format!("{}Stack", names::pascal(&self.name))
    }

    /// The name that is suggested for it.
    fn suggested_name(&self) -> String {
        format!("miyabi-{}", self.name)
    }
}

/// What an attribute is exported as: the resource's own id needs no word.
fn export(logical_id: &str, attribute: &str) -> String {
    match attribute {
        "Ref" | "GroupId" | "AllocationId" => logical_id.to_owned(),
        other => format!("{logical_id}{other}"),
    }
}

fn attribute_of(logical_id: &str, attribute: &str) -> Value {
    match attribute {
        "Ref" => json!({ "Ref": logical_id }),
        other => json!({ "Fn::GetAtt": [logical_id, other] }),
    }
}

/// The code with the stack that each declaration is in.
pub(super) struct Stacks<'w> {
    code: Code<'w>,
    list: Vec<Stack>,
    stack_of: Vec<usize>,
    many_accounts: bool,
}

impl<'w> Stacks<'w> {
    pub(super) fn new(estate: Estate<'w>) -> Self {
        let code = Code::new(estate, Language::CloudFormation);
        let depths = code.depths();
        let stack_of = vec![0; code.declared.len()];
        let many_accounts = code.estate.has_many_accounts();
        let mut stacks = Self { code, list: Vec::new(), stack_of, many_accounts };
        for ((scope, concern), mut declared) in stacks.code.concerns() {
            // A stack can only refer to stacks that are there before it.
            declared.sort_by_key(|at| (depths[*at], *at));
            for (index, chunk) in declared.chunks(LARGEST).enumerate() {
                for at in chunk {
                    stacks.stack_of[*at] = stacks.list.len();
                }
                stacks.list.push(Stack {
                    scope: scope.clone(),
                    name: numbered(concern, index),
                    declared: chunk.to_vec(),
                    exports: BTreeSet::new(),
                });
            }
        }
        let written: Vec<usize> =
            stacks.list.iter().flat_map(|stack| stack.declared.iter().copied()).collect();
        for from in written {
            for link in &stacks.code.declared[from].links {
                if let Some(to) = stacks.code.resolve(from, link)
                    && stacks.stack_of[from] != stacks.stack_of[to]
                {
                    let export = (stacks.code.declared[to].name.clone(), link.attribute);
                    stacks.list[stacks.stack_of[to]].exports.insert(export);
                }
            }
        }
        stacks
    }

    fn files(&self, stack: &Stack) -> Vec<(String, String)> {
        let folder = if self.many_accounts {
            format!("cloudformation/{}/{}", stack.scope.account, stack.scope.region)
        } else {
            format!("cloudformation/{}", stack.scope.region)
        };
        let template = Template::new(self, stack).into_yaml();
        let mut files = vec![
            (format!("{folder}/{}.yaml", stack.name), template),
            (format!("{folder}/{}.import.json", stack.name), self.identifiers(stack)),
        ];
        let policy = self.policy(stack);
        files.extend(policy.map(|text| (format!("{folder}/{}.policy.json", stack.name), text)));
        files
    }

    /// How `from` refers to what the link leads to.
    fn refer(&self, template: &mut Template<'_, '_>, from: usize, link: &Link) -> Value {
        // Not in the World, made by AWS, in another region, or part of a circle.
        let Some(to) = self.code.resolve(from, link) else {
            return link.literal.as_str().into();
        };
        let logical_id = self.code.declared[to].name.as_str();
        if self.stack_of[from] == self.stack_of[to] {
            return attribute_of(logical_id, link.attribute);
        }
        let stack = template.needs(&self.list[self.stack_of[to]]);
        let export = format!("${{{stack}}}-{}", export(logical_id, link.attribute));
        json!({ "Fn::ImportValue": { "Fn::Sub": export } })
    }

    /// What `--resources-to-import` takes.
    fn identifiers(&self, stack: &Stack) -> String {
        let adoptable = stack.declared.iter().filter_map(|at| {
            let declared = &self.code.declared[*at];
            let identity = &declared.head.identity;
            let identifier: BTreeMap<_, _> = identity.iter().cloned().collect();
            (!identity.is_empty()).then(|| {
                json!({
                    "ResourceType": declared.head.kind,
                    "LogicalResourceId": declared.name,
                    "ResourceIdentifier": identifier,
                })
            })
        });
        format!("{:#}\n", Value::from(adoptable.collect::<Vec<_>>()))
    }

    /// A stack policy that keeps what holds data.
    fn policy(&self, stack: &Stack) -> Option<String> {
        let stateful = stack.declared.iter().map(|at| &self.code.declared[*at]);
        let stateful = stateful.filter(|declared| declared.head.stateful);
        let kept: Vec<_> =
            stateful.map(|declared| format!("LogicalResourceId/{}", declared.name)).collect();
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*" },
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["Update:Replace", "Update:Delete"],
                "Resource": kept,
            },
        ]});
        (!kept.is_empty()).then(|| format!("{policy:#}\n"))
    }
}

fn numbered(concern: Concern, index: usize) -> String {
    match index {
        0 => concern.name().to_owned(),
        more => format!("{}-{}", concern.name(), more + 1),
    }
}
