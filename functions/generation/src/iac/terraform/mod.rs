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
use miyabi_types::world::{Scope, World};

use self::hcl_file::File;
use super::{
    code::{Code, Language},
    estate::Estate,
    expr::{Concern, Link},
    kinds,
};

/// The files of a Terraform root module and its modules: path below the cycle and text. Nothing where there
/// is nothing to write.
pub fn render(world: &World) -> Vec<(String, String)> {
    render_adopting(world, None)
}

/// What `world` holds that Terraform can adopt.
pub fn adopted(world: &World) -> BTreeSet<(String, String)> {
    let estate = Estate::of(world);
    let code = Code::new(&estate, Language::Terraform);
    (0..code.declared.len()).filter_map(|at| identity(&code, at)).collect()
}

/// Type and id of what exists.
fn identity(code: &Code<'_, '_>, at: usize) -> Option<(String, String)> {
    let declaration = &code.declared[at].declaration;
    let (_, id) = declaration.identity.first()?;
    // Regional defaults have the same id everywhere.
    let scope = code.scope(at);
    let place = format!("{} {} {id}", scope.account, scope.region);
    Some((declaration.kind.to_owned(), place))
}

/// The same, with `import` blocks only for what is in `existing`.
pub(super) fn render_adopting(
    world: &World,
    existing: Option<&BTreeSet<(String, String)>>,
) -> Vec<(String, String)> {
    let estate = Estate::of(world);
    let code = Code::new(&estate, Language::Terraform);
    if code.declared.is_empty() {
        return Vec::new();
    }
    let modules = Modules::new(&code);
    let mut files: Vec<(String, String)> = vec![
        ("README.md".to_owned(), root::readme(&estate)),
        ("versions.tf".to_owned(), root::versions().to_string()),
        ("variables.tf".to_owned(), root::variables().to_string()),
        ("providers.tf".to_owned(), root::providers(&modules).to_string()),
        ("main.tf".to_owned(), modules.root().to_string()),
        ("imports.tf".to_owned(), modules.imports(existing).to_string()),
    ];
    for at in 0..modules.list.len() {
        let folder = modules.folder(&modules.list[at]);
        files.extend(
            modules
                .files(at)
                .into_iter()
                .map(|(name, file)| (format!("{folder}/{name}.tf"), file.to_string())),
        );
    }
    files.sort();
    files.into_iter().map(|(path, text)| (format!("terraform/{path}"), text)).collect()
}

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
struct Modules<'c, 'e, 'w> {
    code: &'c Code<'e, 'w>,
    list: Vec<Module>,
    module_of: Vec<usize>,
    many_accounts: bool,
}

impl<'c, 'e, 'w> Modules<'c, 'e, 'w> {
    fn new(code: &'c Code<'e, 'w>) -> Self {
        let mut modules = Self {
            code,
            list: Vec::new(),
            module_of: vec![0; code.declared.len()],
            many_accounts: code.estate.has_many_accounts(),
        };
        for ((scope, concern), declared) in code.concerns() {
            for at in &declared {
                modules.module_of[*at] = modules.list.len();
            }
            let (needs, gives) = (BTreeMap::new(), BTreeMap::new());
            modules.list.push(Module { scope, concern, declared, needs, gives });
        }
        for from in 0..code.declared.len() {
            for link in code.declared[from].declaration.body.links() {
                let Some(to) = code.resolve(from, link) else { continue };
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
        let kind = self.code.declared[to].declaration.kind.trim_start_matches("aws_");
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
        let Some(to) = self.code.resolve(from, link) else { return link.literal.as_str().into() };
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
        Traversal::builder(variable(declared.declaration.kind)).attr(declared.name.as_str())
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

    /// The files of a module, by name without their ending.
    fn files(&self, module: usize) -> BTreeMap<&'static str, File> {
        let module = &self.list[module];
        let mut files: BTreeMap<&'static str, File> = BTreeMap::new();
        for at in &module.declared {
            let member = self.code.member(*at);
            let own = self.code.is_itself(*at);
            let notes = if own { member.notes() } else { Vec::new() };
            let name = kinds::file(member.what);
            let file = files.entry(name).or_insert_with(|| File::new(heading(name)));
            file.push(&notes, &blocks::resource(self, *at));
        }
        files.insert("versions", root::module_versions());
        if !module.needs.is_empty() {
            let mut file = File::new("What this module needs of others, by name.");
            for (name, (_, output)) in &module.needs {
                let what = output.replace('_', " ");
                let block = Block::builder("variable")
                    .add_label(name.as_str())
                    .add_attribute(("description", format!("The {what}, by name.")))
                    .add_attribute(("type", root::parsed("map(string)")));
                file.push(&[], &block.build());
            }
            files.insert("variables", file);
        }
        if !module.gives.is_empty() {
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
            files.insert("outputs", file);
        }
        files
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
            let Some((_, id)) = declared.declaration.identity.first() else { continue };
            let exists = |existing: &BTreeSet<_>| {
                identity(self.code, at).is_some_and(|identity| existing.contains(&identity))
            };
            if !existing.is_none_or(exists) {
                continue;
            }
            let module = self.name(&self.list[self.module_of[at]]);
            let to = Traversal::builder(variable("module"))
                .attr(module.as_str())
                .attr(declared.declaration.kind)
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
