//! An emulated account, the code that is written for it, and what is discovered of it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_generation::{
    iac::{Language, Layers},
    plan::plan,
};
use miyabi_platform::{Artifacts, SystemClock};
use miyabi_types::{
    exemption::Exemptions,
    id::{Region, TenantId},
    strategy::Strategy,
    world::World,
};
use serde_json::Value;
use xtask::{
    account,
    emulators::{Held, Options},
    place, shell, template,
    workspace::Workspace,
};

/// Accounts that are put together.
const ACCOUNTS: [&str; 2] = ["code", "sample"];

/// An emulated account.
pub struct Lab {
    pub workspace: Workspace,
    emulators: Held,
    pub directory: tempfile::TempDir,
}

/// Code in files.
pub struct Code {
    /// What exists, and beside it the layer of the plan.
    pub first: PathBuf,
    /// Both layers, one over the other.
    pub both: PathBuf,
    /// Every text.
    pub texts: Vec<String>,
}

impl Lab {
    pub async fn start() -> Result<Self> {
        let workspace = Workspace::find()?;
        let directory = tempfile::tempdir()?;
        let emulators = Held::start(&workspace, directory.path(), &Options::default()).await?;
        Ok(Self { workspace, emulators, directory })
    }

    /// One emulator carries the whole account here, so that stacks can refer to each other.
    pub fn endpoint(&self) -> String {
        self.emulators.moto.endpoint()
    }

    pub async fn fill(&self) -> Result<()> {
        for name in ACCOUNTS {
            let path = self.workspace.root.join(format!("tests/accounts/{name}.yaml"));
            let template = template::parse(&fs::read_to_string(path)?)?;
            let parameters = account::account_parameters(&self.emulators, &template).await?;
            account::create(&self.emulators.moto_config(), name, &template, &parameters).await?;
        }
        Ok(())
    }

    pub async fn empty(&self) -> Result<()> {
        self.emulators.reset().await
    }

    pub async fn discover(&self) -> Result<World> {
        let discovery = Discovery {
            sdk: self.emulators.moto_config(),
            artifacts: Artifacts::inline(),
            table: None,
            clock: Arc::new(SystemClock),
            budget: Budget::Lifted,
        };
        let regions = vec![Region::parse(place::REGION)?];
        Ok(Box::pin(discovery.look(TenantId::parse("code")?, regions)).await?)
    }

    /// Writes the code for a World as the product does.
    pub fn write(&self, world: &World) -> Result<Code> {
        let plan =
            plan(world, &Strategy::default(), &Exemptions::default(), world.manifest.taken_at)?;
        let mut texts = Vec::new();
        for language in Language::ALL {
            texts.extend(Layers::new(language, world, &plan).texts());
        }
        let (second, first): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|(path, _)| path.starts_with("remediation/"));
        let code = Code {
            first: self.directory.path().join("first"),
            both: self.directory.path().join("both"),
            texts: first.iter().chain(&second).map(|(_, text)| text.clone()).collect(),
        };
        for (path, text) in &first {
            put(&code.first.join(path), text)?;
            put(&code.both.join(path), text)?;
        }
        for (path, text) in &second {
            let path = path.trim_start_matches("remediation/");
            put(&code.both.join(path), text)?;
        }
        Ok(code)
    }

    /// Makes every stack anew, in order.
    pub async fn deploy_stacks(&self, code: &Code) -> Result<()> {
        let config = self.emulators.moto_config();
        let s3 = miyabi_platform::aws::s3_client(&config);
        s3.create_bucket().bucket("code-of-functions").send().await?;
        let zip = s3.put_object().bucket("code-of-functions").key("code.zip");
        zip.body(EMPTY_ZIP.to_vec().into()).send().await?;
        let folder = code.first.join("cloudformation").join(place::REGION);
        for name in ["network", "security", "data", "compute"] {
            let text = fs::read_to_string(folder.join(format!("{name}.yaml")))?;
            let template = template::parse(&text)?;
            let parameters = template["Parameters"].as_object().into_iter().flatten();
            let values: BTreeMap<String, String> = parameters
                .filter_map(|(key, parameter)| {
                    let value = match parameter["Default"].as_str() {
                        _ if key == "Adopt" => "false",
                        Some(_) => return None,
                        None if key.ends_with("CodeBucket") => "code-of-functions",
                        None if key.ends_with("CodeKey") => "code.zip",
                        None => "not-written",
                    };
                    Some((key.clone(), value.to_owned()))
                })
                .collect();
            let stack = format!("miyabi-{name}");
            account::create(&config, &stack, &template, &values)
                .await
                .with_context(|| format!("stack {stack}"))?;
        }
        Ok(())
    }

    /// Whether both are the same up to ids, but for what is ignored: `kind/name/field`.
    pub fn assert_same(&self, one: &World, other: &World, ignored: &[&str]) -> Result<()> {
        let mut command = shell::command("python3");
        command.arg(self.workspace.root.join("tests/code/compare.py"));
        for (name, world) in [("one.json", one), ("other.json", other)] {
            let path = self.directory.path().join(name);
            fs::write(&path, serde_json::to_vec(world)?)?;
            command.arg(path);
        }
        let told = shell::capture(command.args(ignored))?;
        println!("{}", told.trim());
        Ok(())
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file in a directory")?)?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// An archive with nothing in it.
const EMPTY_ZIP: [u8; 22] =
    [b'P', b'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A parsed answer of a tool.
pub fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).context("the tool answers no JSON")
}
