//! Scratch.
use std::{fs, path::Path};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let world: miyabi_types::world::World =
        serde_json::from_str(&fs::read_to_string(&args[1]).unwrap()).unwrap();
    let mut files = miyabi_generation::iac::terraform::render(&world);
    files.extend(miyabi_generation::iac::cloudformation::render(&world));
    for (path, text) in files {
        let path = Path::new(&args[2]).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
