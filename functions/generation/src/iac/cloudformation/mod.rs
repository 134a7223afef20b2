//! CloudFormation for what exists: per region one stack for each concern, ready for resource import.
//!
//! Decisions:
//! - What AWS makes by itself (default VPC, its subnets, each VPC's `default` group) is left out, because
//!   CloudFormation cannot create such things; others refer to them by id.
//! - Everything has `DeletionPolicy: Retain`: import asks for it, and code that was generated must not
//!   be able to delete.
//! - Stacks refer to each other by exports below the exporting stack's name, which is a parameter.
//! - Secrets in tags become parameters with `NoEcho`.

mod parts;
mod template;

use std::collections::BTreeMap;

use miyabi_types::world::{Scope, World};
use serde_json::{Value, json};

use self::template::Template;
use super::{
    estate::{Estate, Member, Part},
    names,
};

/// Most resources in one file. CloudFormation allows 500 resources and 200 outputs in a template, and
/// every resource but an instance is an output, too.
const LARGEST: usize = 200;

/// The files: path below the cycle and text. Nothing where there is nothing to write.
pub fn render(world: &World) -> Vec<(String, String)> {
    let estate = Estate::of(world);
    let code = Code::new(&estate);
    if code.stacks.is_empty() {
        return Vec::new();
    }
    let mut files = vec![("cloudformation/README.md".to_owned(), README.to_owned())];
    for stack in &code.stacks {
        let folder = if estate.has_many_accounts() {
            format!("cloudformation/{}/{}", stack.scope.account, stack.scope.region)
        } else {
            format!("cloudformation/{}", stack.scope.region)
        };
        let mut template = Template::new(stack);
        for at in &stack.members {
            parts::add(&mut template, &code, *at);
        }
        files.push((format!("{folder}/{}.yaml", stack.name), template.to_yaml()));
        files.push((format!("{folder}/{}.import.json", stack.name), code.identifiers(stack)));
    }
    files.sort();
    files
}

const README: &str = "\
# Adopting the estate in CloudFormation

Each folder is a region; each `.yaml` in it is a stack and the `.import.json` beside it says which existing
resource each logical id stands for. Adopt the stacks in the order network, security, compute:

```
aws cloudformation create-change-set --change-set-type IMPORT --change-set-name adopt \\
  --stack-name miyabi-network --region REGION \\
  --template-body file://network.yaml --resources-to-import file://network.import.json
aws cloudformation describe-change-set --change-set-name adopt --stack-name miyabi-network --region REGION
aws cloudformation execute-change-set --change-set-name adopt --stack-name miyabi-network --region REGION
```

- CloudFormation may refuse outputs during an import. Then import the file without its `Outputs`, and update
  the stack with the whole file: the other stacks need the exports.
- With another stack name than `miyabi-…`, give that name to the other stacks as a parameter
  (`NetworkStack`, `SecurityStack`).
- A resource that another stack owns cannot be imported. Its `Metadata` names that stack: take it out there
  first (`DeletionPolicy: Retain`).
- User data and disks of instances are not part of the templates.
";

/// One stack: one concern of one account and region.
struct Stack {
    scope: Scope,
    /// `network`, `network-2`, `security`, `compute` …: the file's name.
    name: String,
    /// What it holds, in order.
    members: Vec<usize>,
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

/// The estate with the stack and the logical id of each member.
struct Code<'w> {
    estate: &'w Estate<'w>,
    logical_ids: BTreeMap<usize, String>,
    stacks: Vec<Stack>,
    stack_of: BTreeMap<usize, usize>,
}

impl<'w> Code<'w> {
    fn new(estate: &'w Estate<'w>) -> Self {
        let mut concerns: BTreeMap<(Scope, Concern), Vec<usize>> = BTreeMap::new();
        for (at, member) in estate.members.iter().enumerate() {
            if !member.is_made_by_aws() {
                concerns.entry((member.scope(), Concern::of(member))).or_default().push(at);
            }
        }
        let depths = estate.depths();
        let mut code = Self {
            estate,
            logical_ids: BTreeMap::new(),
            stacks: Vec::new(),
            stack_of: BTreeMap::new(),
        };
        for ((scope, concern), mut members) in concerns {
            let wanted = members.iter().map(|at| {
                let member = &estate.members[*at];
                (kind_word(member).to_owned() + &names::pascal(&member.wanted_name()), member)
            });
            let named = names::unique(
                wanted.map(|(name, member)| {
                    // Nothing but the kind is no name.
                    let bare = name == kind_word(member);
                    let id = member.short_id();
                    (if bare { name + id } else { name }, id)
                }),
                "x",
            );
            code.logical_ids.extend(members.iter().copied().zip(named));
            // A stack can only refer to stacks that are there before it.
            members.sort_by_key(|at| (depths[*at], *at));
            for (index, chunk) in members.chunks(LARGEST).enumerate() {
                let base = concern.name();
                let name =
                    if index == 0 { base.to_owned() } else { format!("{base}-{}", index + 1) };
                code.stack_of.extend(chunk.iter().map(|at| (*at, code.stacks.len())));
                code.stacks.push(Stack { scope: scope.clone(), name, members: chunk.to_vec() });
            }
        }
        code
    }

    /// How `from` refers to the resource with this id.
    fn reference(&self, template: &mut Template, from: usize, id: &str) -> Value {
        self.refer(template, from, self.estate.find(&self.estate.members[from], id), id)
    }

    /// How a rule of the group `from` refers to the group with this id.
    fn peer(&self, template: &mut Template, from: usize, id: &str) -> Value {
        self.refer(template, from, self.estate.find_peer(from, id), id)
    }

    fn refer(&self, template: &mut Template, from: usize, to: Option<usize>, id: &str) -> Value {
        let Some((to, logical_id)) =
            to.and_then(|to| self.logical_ids.get(&to).map(|name| (to, name)))
        else {
            // Not in the World, made by AWS, or part of a circle.
            return id.into();
        };
        if self.stack_of[&from] == self.stack_of[&to] {
            match self.estate.members[to].part {
                Part::SecurityGroup(_) => json!({ "Fn::GetAtt": [logical_id, "GroupId"] }),
                _ => json!({ "Ref": logical_id }),
            }
        } else {
            let stack = &self.stacks[self.stack_of[&to]];
            template.needs(stack);
            let export = format!("${{{}}}-{logical_id}", stack.parameter());
            json!({ "Fn::ImportValue": { "Fn::Sub": export } })
        }
    }

    /// What `--resources-to-import` takes.
    fn identifiers(&self, stack: &Stack) -> String {
        let list: Vec<Value> = stack
            .members
            .iter()
            .map(|at| {
                let member = &self.estate.members[*at];
                let (kind, key) = match member.part {
                    Part::Vpc(_) => ("AWS::EC2::VPC", "VpcId"),
                    Part::Subnet(_) => ("AWS::EC2::Subnet", "SubnetId"),
                    Part::SecurityGroup(_) => ("AWS::EC2::SecurityGroup", "Id"),
                    Part::Instance(_) => ("AWS::EC2::Instance", "InstanceId"),
                };
                json!({
                    "ResourceType": kind,
                    "LogicalResourceId": self.logical_ids[at],
                    "ResourceIdentifier": { key: member.resource.id },
                })
            })
            .collect();
        format!("{:#}\n", Value::from(list))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Concern {
    Network,
    Security,
    Compute,
}

impl Concern {
    const fn of(member: &Member<'_>) -> Self {
        match member.part {
            Part::Vpc(_) | Part::Subnet(_) => Self::Network,
            Part::SecurityGroup(_) => Self::Security,
            Part::Instance(_) => Self::Compute,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Security => "security",
            Self::Compute => "compute",
        }
    }
}

const fn kind_word(member: &Member<'_>) -> &'static str {
    match member.part {
        Part::Vpc(_) => "Vpc",
        Part::Subnet(_) => "Subnet",
        Part::SecurityGroup(_) => "SecurityGroup",
        Part::Instance(_) => "Instance",
    }
}
