//! `versions.tf` and `providers.tf`.

use hcl::{Block, expr::Expression};

use super::{Code, File};

pub fn versions() -> File {
    let mut file = File::new(
        "Written by Miyabi from what was discovered. `terraform init && terraform plan` shows imports and no\nchange; after `terraform apply` these files own what they describe.",
    );
    let aws: Expression =
        [("source", "hashicorp/aws"), ("version", ">= 5.0, < 7.0")].into_iter().collect();
    file.push(
        &[],
        &Block::builder("terraform")
            // `import` blocks came with 1.5.
            .add_attribute(("required_version", ">= 1.5.0"))
            .add_block(Block::builder("required_providers").add_attribute(("aws", aws)).build())
            .build(),
    );
    file
}

pub fn providers(code: &Code<'_>) -> File {
    let mut file = File::new("One provider for each region of each account.");
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
    for scope in code.estate.scopes() {
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
                .add_attribute(("alias", code.alias(account, &scope.region)))
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
fn parsed(text: &str) -> Expression {
    text.parse().expect("written here, and covered by a test")
}
