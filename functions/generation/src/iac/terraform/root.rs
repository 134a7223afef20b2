//! What the root module says of itself: versions, providers, how to use it.

use std::fmt::Write as _;

use hcl::{Block, expr::Expression};

use super::{File, Modules};
use crate::iac::estate::Estate;

fn requirements(version: &str) -> Block {
    let aws: Expression = [("source", "hashicorp/aws"), ("version", version)].into_iter().collect();
    Block::builder("required_providers").add_attribute(("aws", aws)).build()
}

pub fn versions() -> File {
    let mut file = File::new(
        "Written by Miyabi from what was discovered. `terraform init && terraform plan` shows imports and no\nchange; after `terraform apply` these files own what they describe.",
    );
    file.push(
        &[],
        &Block::builder("terraform")
            // `import` blocks came with 1.5.
            .add_attribute(("required_version", ">= 1.5.0"))
            .add_block(requirements(">= 5.0, < 7.0"))
            .build(),
    );
    file
}

/// A module's own wants; the root says which versions were tried.
pub fn module_versions() -> File {
    let mut file = File::new("The provider comes from the root module.");
    file.push(
        &[],
        &Block::builder("terraform")
            .add_attribute(("required_version", ">= 1.5.0"))
            .add_block(requirements(">= 5.0"))
            .build(),
    );
    file
}

pub fn variables() -> File {
    let mut file = File::new("What differs between whoever runs it.");
    file.push(
        &[],
        &Block::builder("variable")
            .add_label("role_arns")
            .add_attribute((
                "description",
                "Role to assume, by account id. An account that is not named is reached with the credentials at hand.",
            ))
            .add_attribute(("type", parsed("map(string)")))
            .add_attribute(("default", Expression::Object(hcl::Object::new())))
            .build(),
    );
    file
}

pub fn providers(modules: &Modules<'_>) -> File {
    let mut file = File::new("One provider for each region of each account.");
    for scope in modules.code.estate.scopes() {
        let account = scope.account.as_str();
        let assume_role = Block::builder("dynamic")
            .add_label("assume_role")
            .add_attribute((
                "for_each",
                parsed(&format!("compact([lookup(var.role_arns, \"{account}\", \"\")])")),
            ))
            .add_block(
                Block::builder("content")
                    .add_attribute(("role_arn", parsed("assume_role.value")))
                    .build(),
            )
            .build();
        file.push(
            &[],
            &Block::builder("provider")
                .add_label("aws")
                .add_attribute(("alias", modules.alias(&scope)))
                .add_attribute(("region", scope.region.as_str()))
                // Refuses to plan with credentials of another account.
                .add_attribute(("allowed_account_ids", vec![account]))
                .add_block(assume_role)
                .build(),
        );
    }
    file
}

/// An expression of this module's own making.
pub fn parsed(text: &str) -> Expression {
    text.parse().expect("written here, and covered by a test")
}

const README: &str = "\
# Adopting the estate in Terraform

```
terraform init
terraform plan     # N to import, 0 to add, 0 to change, 0 to destroy
terraform apply    # takes everything over; `imports.tf` has then done its work
```

- Each folder is a region, with a module for each concern: network, security, data, compute. What one needs
  of another is a map from name to id, handed on in `main.tf`.
- `prevent_destroy` is on everything. Take it off where you mean to delete.
- `ignore_changes` names what was not read. User data, environment variables, code, passwords and whatever
  looks like a secret are not in these files; write them yourself if these files are to create something anew.
- Targets that were registered by hand in a target group are not written: Terraform cannot import them.
- What Miyabi proposes to change is a layer of its own, beside this folder in `remediation/terraform`.
";

pub fn readme(estate: &Estate<'_>) -> String {
    let mut text = README.to_owned();
    if !estate.left_out.is_empty() {
        text.push_str("\n## Left out\n\n");
        for (resource, why) in &estate.left_out {
            let _ = writeln!(text, "- `{}` ({}): {why}", resource.id, resource.type_name());
        }
    }
    text
}
