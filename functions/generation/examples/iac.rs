//! Writes the code for a World: `iac DIRECTORY < world.json`, as the example `look` of discovery prints it.

use std::{error::Error, fs, path::Path};

use miyabi_generation::{
    iac::{Language, Layers},
    plan::plan,
};
use miyabi_types::{exemption::Exemptions, strategy::Strategy, world::World};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("where to?")?;
    let world: World = serde_json::from_reader(std::io::stdin().lock())?;
    let plan = plan(&world, &Strategy::default(), &Exemptions::default(), world.manifest.taken_at)?;
    for language in Language::ALL {
        for (path, text) in Layers::new(language, &world, &plan).texts() {
            let path = Path::new(&directory).join(path);
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            fs::write(path, text)?;
        }
    }
    Ok(())
}
