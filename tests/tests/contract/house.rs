//! House rules that are cheap to hold.

use miyabi_tests::contract::{PHASES, asl, files, read, root, sources};

#[test]
fn a_main_only_wires() {
    for phase in PHASES {
        let lines = read(format!("functions/{phase}/src/main.rs")).lines().count();
        assert!(lines <= 40, "functions/{phase}/src/main.rs has {lines} lines, at most 40");
    }
}

#[test]
fn nothing_is_left_undone_or_silenced() {
    // Written apart, so that this file does not find itself.
    let banned = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
        concat!("#[", "allow("),
        concat!("#![", "allow("),
    ];
    for folder in ["functions", "shared", "tests", "xtask"] {
        for path in files(folder, ".rs") {
            let text = read(&path);
            for word in banned {
                assert!(!text.contains(word), "{} has {word}", shown(&path));
            }
        }
    }
}

#[test]
fn the_product_knows_no_emulator() {
    let code = ["functions", "shared"].into_iter().flat_map(sources::code);
    let other = ["template.yaml", asl::PATH].map(|path| (root().join(path), read(path)));
    for (path, text) in code.chain(other) {
        let text = text.to_lowercase();
        for word in ["ministack", "localstack", "moto", "localhost", "127.0.0.1"] {
            let found = text.match_indices(word).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + word.len()..].chars().next();
                !before.is_some_and(char::is_alphanumeric)
                    && !after.is_some_and(char::is_alphanumeric)
            });
            assert!(!found, "{} knows {word}", shown(&path));
        }
    }
}

fn shown(path: &std::path::Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
