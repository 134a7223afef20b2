//! Terraform for what exists, with `import` blocks: `terraform plan` over it shows imports and nothing else.
//!
//! Decisions:
//! - What AWS makes by itself (default VPC, its subnets, each VPC's `default` group) is written as
//!   `aws_default_*`, which adopts and never deletes, so that it can be referred to and locked down.
//! - Security group rules are inline blocks: separate rule resources need rule ids, which a World
//!   does not hold.
//! - What a World does not hold but the provider would reset (user data, IPv6 blocks, termination
//!   protection …) is in `ignore_changes`: the plan stays empty and no secret gets into code.
//! - `prevent_destroy` is on everything: code that was generated must not be able to delete.

mod compute;
mod hcl_file;
mod network;
mod providers;
mod security_groups;

use hcl::{
    Block,
    expr::{Expression, Traversal, Variable},
    structure::BlockBuilder,
};
use miyabi_types::{id::Region, world::World};

use self::hcl_file::File;
use super::{
    estate::{Estate, Member, Part},
    names,
};

/// The files of a Terraform root module: path below the cycle and text. Nothing where there is nothing
/// to write.
pub fn render(world: &World) -> Vec<(String, String)> {
    let estate = Estate::of(world);
    if estate.members.is_empty() {
        return Vec::new();
    }
    let code = Code::new(&estate);
    [
        ("versions.tf", providers::versions()),
        ("providers.tf", providers::providers(&code)),
        ("network.tf", network::render(&code)),
        ("security_groups.tf", security_groups::render(&code)),
        ("compute.tf", compute::render(&code)),
        ("imports.tf", imports(&code)),
    ]
    .into_iter()
    .filter(|(_, file)| !file.is_empty())
    .map(|(name, file)| (format!("terraform/{name}"), file.to_string()))
    .collect()
}

/// The estate with the address of each member.
struct Code<'w> {
    estate: &'w Estate<'w>,
    names: Vec<String>,
    many_accounts: bool,
}

impl<'w> Code<'w> {
    fn new(estate: &'w Estate<'w>) -> Self {
        let mut names = vec![String::new(); estate.members.len()];
        // An address is a type and a name, so names need to differ within a type only.
        for kind in KINDS {
            let of_kind: Vec<usize> = (0..estate.members.len())
                .filter(|at| resource_type(&estate.members[*at]) == kind)
                .collect();
            let unique = names::unique(
                of_kind.iter().map(|at| {
                    let member = &estate.members[*at];
                    (names::snake(&member.wanted_name(), &member.resource.id), member.short_id())
                }),
                "_",
            );
            for (at, name) in of_kind.into_iter().zip(unique) {
                names[at] = name;
            }
        }
        Self { estate, names, many_accounts: estate.has_many_accounts() }
    }

    fn members(&self) -> impl Iterator<Item = (usize, &'w Member<'w>)> + use<'w> {
        self.estate.members.iter().enumerate()
    }

    /// `aws_vpc.main`.
    fn address(&self, at: usize) -> Traversal {
        Traversal::builder(variable(resource_type(&self.estate.members[at])))
            .attr(self.names[at].as_str())
            .build()
    }

    /// `aws_vpc.main.id`.
    fn id_of(&self, at: usize) -> Expression {
        Traversal::builder(variable(resource_type(&self.estate.members[at])))
            .attr(self.names[at].as_str())
            .attr("id")
            .build()
            .into()
    }

    /// A reference to the member with this id, or the id itself where the World does not hold it.
    fn reference(&self, from: &Member<'_>, id: &str) -> Expression {
        self.estate.find(from, id).map_or_else(|| id.into(), |at| self.id_of(at))
    }

    /// Labels, provider and, at the end of the block, tags and life cycle.
    fn resource(
        &self,
        at: usize,
        mut ignored: Vec<Expression>,
        body: impl FnOnce(BlockBuilder) -> BlockBuilder,
    ) -> Block {
        let member = &self.estate.members[at];
        let body = body(Block::builder("resource")).build().body;
        let (settings, blocks): (Vec<_>, Vec<_>) =
            body.into_iter().partition(hcl::Structure::is_attribute);
        let mut block = Block::builder("resource")
            .add_label(resource_type(member))
            .add_label(self.names[at].as_str())
            .add_attribute(("provider", self.provider(member)))
            .add_structures(settings);
        let tags = member.tags();
        if !tags.is_empty() {
            block = block.add_attribute(("tags", tags.into_iter().collect::<Expression>()));
        }
        if member.resource.tags_unavailable.is_some() {
            ignored.extend(attributes(&["tags", "tags_all"]));
        }
        for key in member.secret_tag_keys() {
            ignored.push(Traversal::builder(variable("tags")).index(key).build().into());
        }
        let mut lifecycle = Block::builder("lifecycle").add_attribute(("prevent_destroy", true));
        if !ignored.is_empty() {
            lifecycle = lifecycle.add_attribute(("ignore_changes", Expression::from(ignored)));
        }
        block.add_structures(blocks).add_block(lifecycle.build()).build()
    }

    fn provider(&self, member: &Member<'_>) -> Expression {
        Traversal::builder(variable("aws"))
            .attr(self.alias(member.resource.account.as_str(), &member.resource.region).as_str())
            .build()
            .into()
    }

    /// `us_east_1`, or `a123456789012_us_east_1` where there are several accounts.
    fn alias(&self, account: &str, region: &Region) -> String {
        let region = region.as_str().replace('-', "_");
        if self.many_accounts { format!("a{account}_{region}") } else { region }
    }
}

const KINDS: [&str; 7] = [
    "aws_vpc",
    "aws_default_vpc",
    "aws_subnet",
    "aws_default_subnet",
    "aws_security_group",
    "aws_default_security_group",
    "aws_instance",
];

fn resource_type(member: &Member<'_>) -> &'static str {
    match (member.part, member.is_made_by_aws()) {
        (Part::Vpc(_), false) => "aws_vpc",
        (Part::Vpc(_), true) => "aws_default_vpc",
        (Part::Subnet(_), false) => "aws_subnet",
        (Part::Subnet(_), true) => "aws_default_subnet",
        (Part::SecurityGroup(_), false) => "aws_security_group",
        (Part::SecurityGroup(_), true) => "aws_default_security_group",
        (Part::Instance(_), _) => "aws_instance",
    }
}

fn variable(name: &str) -> Variable {
    Variable::from(hcl::Identifier::sanitized(name))
}

/// Providers built with older SDKs report an empty `timeouts` block after an import, and then its removal.
const IMPORT_ARTEFACT: &str = "timeouts";

/// The names as `ignore_changes` takes them: bare, not quoted.
fn attributes(names: &[&str]) -> Vec<Expression> {
    names.iter().map(|name| variable(name).into()).collect()
}

fn imports(code: &Code<'_>) -> File {
    let mut file = File::new(
        "What these files take over. After the first `terraform apply` this file has done its work.",
    );
    for (at, member) in code.members() {
        file.push(
            &[],
            &Block::builder("import")
                .add_attribute(("to", code.address(at)))
                .add_attribute(("id", member.resource.id.as_str()))
                .build(),
        );
    }
    file
}
