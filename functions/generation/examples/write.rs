//! Writes everything that a plan is written in, without anything deployed: documents, formats, code.
//!
//! `cargo run -p miyabi-generation --example write -- events/generation-plan.json target/plan`

use std::{env, fs, path::PathBuf, sync::Arc};

use miyabi_generation::handler::Handler;
use miyabi_platform::{Artifacts, SystemClock};
use miyabi_types::{artifact::ArtifactRef, phase::GenerationRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1).map(PathBuf::from);
    let (Some(event), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err("name an event that asks for a plan, and a directory to write to".into());
    };
    let request: GenerationRequest = serde_json::from_str(&fs::read_to_string(event)?)?;
    let handler = Handler { artifacts: Artifacts::inline(), clock: Arc::new(SystemClock) };
    let answer = handler.handle(request).await?;
    let Some(ArtifactRef::Inline(plan)) = answer.cycle.plan else {
        return Err("the event does not ask for a plan".into());
    };
    for document in &plan.documents {
        let ArtifactRef::Inline(text) = &document.content else { continue };
        let file = directory.join(&document.path);
        fs::create_dir_all(file.parent().unwrap_or(&directory))?;
        fs::write(&file, text.as_bytes())?;
        println!("{}", file.display());
    }
    Ok(())
}
