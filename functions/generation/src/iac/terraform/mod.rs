//! Terraform for what exists, with `import` blocks: `terraform plan` over it shows imports and nothing else.
//!
//! Decisions:
//! - One module for each concern of each account and region; what one needs of another comes as a map
//!   from name to id, so that every reference is one.
//! - What AWS makes by itself (default VPC, its subnets, each VPC's `default` group …) is written as
//!   `aws_default_*`, which adopts and never deletes, so that it can be referred to and locked down.
//! - Security group rules and routes are inline blocks: separate resources need ids that a World does not hold.
//! - What a World does not hold but the provider would reset (user data, IPv6 blocks, termination
//!   protection …) is in `ignore_changes`: the plan stays empty and no secret gets into code.
//! - `prevent_destroy` is on everything: code that was generated must not be able to delete.

mod blocks;
mod hcl_file;
mod root;

use std::collections::{BTreeMap, BTreeSet};

use hcl::{
    Block,
    expr::{Expression, Traversal, Variable},
};
use miyabi_types::world::Scope;
#[cfg(test)]
use miyabi_types::world::World;

use self::hcl_file::File;
use super::{
    code::{Code, Language},
    estate::Estate,
    expr::{Concern, Link},
    kinds,
};

/// The files of a Terraform root module and its modules: path below the cycle and text. Nothing where there
/// is nothing to write.
#[cfg(test)]
pub fn render(world: &World) -> Vec<(String, String)> {
    let mut files: Vec<_> = files(Modules::new(Estate::of(world)), None).collect();
    files.sort();
    files
}

/// The same, each made when it is asked for, with `import` blocks only for what is in `existing`.
pub(super) fn files<'w>(
    modules: Modules<'w>,
    existing: Option<&BTreeSet<(String, String)>>,
) -> impl Iterator<Item = (String, String)> + use<'w> {
    let root = if modules.code.declared.is_empty() {
        Vec::new()
    } else {
        vec![
            ("README.md".to_owned(), root::readme(&modules.code.estate)),
            ("versions.tf".to_owned(), root::versions().into_text()),
            ("variables.tf".to_owned(), root::variables().into_text()),
            ("providers.tf".to_owned(), root::providers(&modules).into_text()),
            ("main.tf".to_owned(), modules.root().into_text()),
            ("imports.tf".to_owned(), modules.imports(existing).into_text()),
        ]
    };
    let all: Vec<_> = modules.list.iter().map(|module| modules.names(module)).collect();
    let all = all.into_iter().enumerate();
    let all = all.flat_map(|(at, names)| names.into_iter().map(move |name| (at, name)));
    let folders = all.map(move |(at, name)| {
        let module = &modules.list[at];
        let path = format!("{}/{name}.tf", modules.folder(module));
        (path, modules.file(module, name).into_text())
    });
    root.into_iter().chain(folders).map(|(path, text)| (format!("terraform/{path}"), text))
}

/// What Terraform can adopt of it.
pub(super) fn adopted(modules: &Modules<'_>) -> BTreeSet<(String, String)> {
    let code = &modules.code;
    (0..code.declared.len()).filter_map(|at| identity(code, at)).collect()
}

/// Type and id of what exists.
fn identity(code: &Code<'_>, at: usize) -> Option<(String, String)> {
    let head = &code.declared[at].head;
    let (_, id) = head.identity.first()?;
    // Regional defaults have the same id everywhere.
    let scope = code.scope(at);
    let place = format!("{} {} {id}", scope.account, scope.region);
    Some((head.kind.to_owned(), place))
}

/// Files of a module that hold no resources.
const OUTPUTS: &str = "outputs";
const VARIABLES: &str = "variables";
const VERSIONS: &str = "versions";

/// One module: one concern of one account and region.
struct Module {
    scope: Scope,
    concern: Concern,
    declared: Vec<usize>,
    /// What it needs of others: variable, and the module and output that gives it.
    needs: BTreeMap<String, (usize, String)>,
    /// What others need of it: output, and per name the declaration's attribute.
    gives: BTreeMap<String, BTreeMap<usize, &'static str>>,
}

/// The code with the module that each declaration is in.
pub(super) struct Modules<'w> {
    code: Code<'w>,
    list: Vec<Module>,
    module_of: Vec<usize>,
    many_accounts: bool,
}

impl<'w> Modules<'w> {
    pub(super) fn new(estate: Estate<'w>) -> Self {
        let code = Code::new(estate, Language::Terraform);
        let mut modules = Self {
            list: Vec::new(),
            module_of: vec![0; code.declared.len()],
            many_accounts: code.estate.has_many_accounts(),
            code,
        };
        for ((scope, concern), declared) in modules.code.concerns() {
            for at in &declared {
                modules.module_of[*at] = modules.list.len();
            }
            let (needs, gives) = (BTreeMap::new(), BTreeMap::new());
            modules.list.push(Module { scope, concern, declared, needs, gives });
        }
        for from in 0..modules.code.declared.len() {
            for link in &modules.code.declared[from].links {
                let Some(to) = modules.code.resolve(from, link) else { continue };
                let (here, there) = (modules.module_of[from], modules.module_of[to]);
                if here != there {
                    let (variable, output) = modules.passage(here, to, link.attribute);
                    modules.list[here].needs.insert(variable, (there, output.clone()));
                    let given = modules.list[there].gives.entry(output).or_default();
                    given.insert(to, link.attribute);
                }
            }
        }
        modules
    }

    /// The variable of the module `here` and the output of the other one that hand over an attribute.
    fn passage(&self, here: usize, to: usize, attribute: &str) -> (String, String) {
        let kind = self.code.declared[to].head.kind.trim_start_matches("aws_");
        let output = format!("{kind}_{attribute}s");
        let there = &self.list[self.module_of[to]];
        let variable = if there.scope == self.list[here].scope {
            output.clone()
        } else {
            format!("{}_{output}", self.alias(&there.scope))
        };
        (variable, output)
    }

    /// A reference to a declaration that `from` may refer to, else what the link stands for.
    fn refer(&self, from: usize, link: &Link) -> Expression {
        let Some(to) = self.code.resolve(from, link) else {
            return link.literal.as_str().into();
        };
        let here = self.module_of[from];
        let name = self.code.declared[to].name.as_str();
        if here == self.module_of[to] {
            return self.address(to).attr(link.attribute).build().into();
        }
        let (variable, _) = self.passage(here, to, link.attribute);
        Traversal::builder(self::variable("var")).attr(variable.as_str()).index(name).build().into()
    }

    /// `aws_vpc.main`.
    fn address(&self, at: usize) -> hcl::expr::TraversalBuilder {
        let declared = &self.code.declared[at];
        Traversal::builder(variable(declared.head.kind)).attr(declared.name.as_str())
    }

    /// `us_east_1`, or `a123456789012_us_east_1` where there are several accounts.
    fn alias(&self, scope: &Scope) -> String {
        let region = scope.region.as_str().replace('-', "_");
        if self.many_accounts { format!("a{}_{region}", scope.account) } else { region }
    }

    fn name(&self, module: &Module) -> String {
        format!("{}_{}", self.alias(&module.scope), module.concern.name())
    }

    fn folder(&self, module: &Module) -> String {
        let region = format!("{}/{}", module.scope.region, module.concern.name());
        if self.many_accounts { format!("{}/{region}", module.scope.account) } else { region }
    }

    /// The files of a module, without their ending.
    fn names(&self, module: &Module) -> BTreeSet<&'static str> {
        let members = module.declared.iter().map(|at| self.code.member(*at));
        let mut names: BTreeSet<_> = members.map(|member| kinds::file(member.what)).collect();
        names.insert(VERSIONS);
        names.extend((!module.needs.is_empty()).then_some(VARIABLES));
        names.extend((!module.gives.is_empty()).then_some(OUTPUTS));
        names
    }

    fn file(&self, module: &Module, name: &'static str) -> File {
        match name {
            VERSIONS => root::module_versions(),
            VARIABLES => Self::variables(module),
            OUTPUTS => self.outputs(module),
            _ => self.resources(module, name),
        }
    }

    fn resources(&self, module: &Module, name: &str) -> File {
        let mut file = File::new(heading(name));
        for at in &module.declared {
            let member = self.code.member(*at);
            if kinds::file(member.what) == name {
                let own = self.code.is_itself(*at);
                let notes = if own { member.notes() } else { Vec::new() };
                file.push(&notes, &blocks::resource(self, *at));
            }
        }
        file
    }

    fn variables(module: &Module) -> File {
        let mut file = File::new("What this module needs of others, by name.");
        for (name, (_, output)) in &module.needs {
            let what = output.replace('_', " ");
            let block = Block::builder("variable")
                .add_label(name.as_str())
                .add_attribute(("description", format!("The {what}, by name.")))
                .add_attribute(("type", root::parsed("map(string)")));
            file.push(&[], &block.build());
        }
        file
    }

    fn outputs(&self, module: &Module) -> File {
        let mut file = File::new("What other modules need of this one, by name.");
        for (name, given) in &module.gives {
            let values: Expression = given
                .iter()
                .map(|(at, attribute)| {
                    let value: Expression = self.address(*at).attr(*attribute).build().into();
                    (self.code.declared[*at].name.clone(), value)
                })
                .collect();
            let what = name.replace('_', " ");
            let block = Block::builder("output")
                .add_label(name.as_str())
                .add_attribute(("description", format!("The {what}, by name.")))
                .add_attribute(("value", values));
            file.push(&[], &block.build());
        }
        file
    }

    /// `main.tf` of the root: every module, with its provider and what it needs.
    fn root(&self) -> File {
        let mut file = File::new("One module for each concern of each account and region.");
        for module in &self.list {
            let provider: Expression = Traversal::builder(variable("aws"))
                .attr(self.alias(&module.scope).as_str())
                .build()
                .into();
            let providers: Expression = [("aws".to_owned(), provider)].into_iter().collect();
            let mut block = Block::builder("module")
                .add_label(self.name(module))
                .add_attribute(("source", format!("./{}", self.folder(module))))
                .add_attribute(("providers", providers));
            for (name, (from, output)) in &module.needs {
                let from = self.name(&self.list[*from]);
                let value = Traversal::builder(variable("module"))
                    .attr(from.as_str())
                    .attr(output.as_str())
                    .build();
                block = block.add_attribute((name.as_str(), Expression::from(value)));
            }
            file.push(&[], &block.build());
        }
        file
    }

    fn imports(&self, existing: Option<&BTreeSet<(String, String)>>) -> File {
        let mut file = File::new(
            "What these files take over. After the first `terraform apply` this file has done its work.",
        );
        for (at, declared) in self.code.declared.iter().enumerate() {
            let Some((_, id)) = declared.head.identity.first() else { continue };
            let exists = |existing: &BTreeSet<_>| {
                identity(&self.code, at).is_some_and(|identity| existing.contains(&identity))
            };
            if !existing.is_none_or(exists) {
                continue;
            }
            let module = self.name(&self.list[self.module_of[at]]);
            let to = Traversal::builder(variable("module"))
                .attr(module.as_str())
                .attr(declared.head.kind)
                .attr(declared.name.as_str())
                .build();
            file.push(
                &[],
                &Block::builder("import")
                    .add_attribute(("to", Expression::from(to)))
                    .add_attribute(("id", id.as_str()))
                    .build(),
            );
        }
        file
    }
}

fn heading(file: &str) -> &'static str {
    match file {
        "instances" => {
            "Instances. User data is never read, so that no secret in it gets here; disks but the root follow below `ebs`."
        }
        "functions" => "Functions. Their code and the values of their variables are never read.",
        "rds" => "Databases. Passwords are never read.",
        "iam" => "Identities. Access keys and passwords of users are never read.",
        _ => "As it was discovered.",
    }
}

fn variable(name: &str) -> Variable {
    Variable::from(hcl::Identifier::sanitized(name))
}
