//! `cargo xtask settings`: shows a tenant's settings, or stores them from a file.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use miyabi_platform::TenantLedger;
use miyabi_types::settings::{InvalidSettings, TenantSettings};

use super::Target;
use crate::{place, product::Product};

/// Options of `settings`.
#[derive(Debug, Args)]
pub struct Settings {
    /// Stores the settings of this YAML or JSON file; without it, the stored ones are shown.
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// Runs it.
pub async fn run(options: Settings) -> Result<()> {
    let config = place::from_environment().await;
    let product = Product::find(&config, &options.target.stack).await?;
    let table = TenantLedger::table(&config, Some(product.table()?.to_owned()))
        .ok_or_else(|| anyhow!("the stack names no table"))?;
    let ledger = TenantLedger::new(table, &options.target.tenant);
    if let Some(file) = options.set {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let settings: TenantSettings = serde_yaml_ng::from_str(&text)
            .with_context(|| format!("{} holds no valid settings", file.display()))?;
        if let Err(InvalidSettings(problems)) = settings.checked() {
            let problems: Vec<_> = problems.iter().map(|problem| format!("  {problem}")).collect();
            bail!("{} is not stored:\n{}", file.display(), problems.join("\n"));
        }
        ledger.put_settings(&settings).await?;
        println!("✓ stored: the next cycle of {} runs with them", options.target.tenant);
    } else if let Some(settings) = ledger.settings().await? {
        print!("{}", serde_yaml_ng::to_string(&settings)?);
    } else {
        println!("# {} has no settings of its own; these are the defaults", options.target.tenant);
        print!("{}", serde_yaml_ng::to_string(&TenantSettings::default())?);
    }
    Ok(())
}
