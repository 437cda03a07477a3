//! `cargo xtask new-connector NAME`: writes a connector that builds, passes its tests and sends.
//!
//! The files of `templates/connector` are a connector for a provider called Acme. Its name is replaced, and nothing
//! else.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::process::Result;

/// The files of a new connector: where each goes, and its text.
const FILES: [(&str, &str); 9] = [
    (".gitignore", "/target\n"),
    (
        "Cargo.toml",
        include_str!("../templates/connector/Cargo.toml.template"),
    ),
    // Cargo drops what the new connector does not use, and keeps the versions that the kit is tested with.
    ("Cargo.lock", include_str!("../../Cargo.lock")),
    (
        "rust-toolchain.toml",
        include_str!("../../rust-toolchain.toml"),
    ),
    (
        "README.md",
        include_str!("../templates/connector/README.md"),
    ),
    ("src/lib.rs", include_str!("../templates/connector/lib.rs")),
    (
        "src/config.rs",
        include_str!("../templates/connector/config.rs"),
    ),
    (
        "src/send.rs",
        include_str!("../templates/connector/send.rs"),
    ),
    (
        "src/tests.rs",
        include_str!("../templates/connector/tests.rs"),
    ),
];

/// Flags of the component, for a connector outside of this repository. Inside, cargo reads the repository's own, and
/// would unite both into other flags, for which it compiles everything once more.
const FLAGS: (&str, &str) = (
    ".cargo/config.toml",
    include_str!("../templates/connector/config.toml"),
);

/// Names that cargo or the compiler would take for something else.
const TAKEN: [&str; 10] = [
    "alloc",
    "connector-kit",
    "core",
    "proc-macro",
    "serde",
    "serde-json",
    "std",
    "test",
    "webhook-connector",
    "wit-bindgen",
];

const MAX_NAME: usize = 40;

/// Runs the command. Without a path the connector goes into `examples/` of this repository.
pub fn run(name: &str, path: Option<&str>) -> Result {
    check_name(name)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask has no parent directory. Run it by `cargo xtask`.")?;
    let folder = path.map_or_else(|| root.join("examples").join(name), PathBuf::from);
    let folder = std::path::absolute(&folder)
        .map_err(|error| format!("{} is no path: {error}.", folder.display()))?;
    let parent = folder
        .parent()
        .ok_or("--path is the root of the file system. Name a folder that does not exist yet.")?;
    let fail = |what: &Path, error| format!("{} was not written: {error}.", what.display());
    fs::create_dir_all(parent).map_err(|error| fail(parent, error))?;
    // Fails if the path exists, as a link too, so nothing is overwritten.
    fs::create_dir(&folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => format!(
            "{} exists already, and nothing in it was changed. Choose another name, or another --path.",
            folder.display()
        ),
        _ => fail(&folder, error),
    })?;
    let folder = folder
        .canonicalize()
        .map_err(|error| fail(&folder, error))?;
    let kit = root
        .join("kit")
        .canonicalize()
        .map_err(|error| format!("The kit was not found: {error}."))?;
    let is_outside = kit.parent().is_none_or(|root| !folder.starts_with(root));
    let kit = relative(&folder, &kit);
    for (file, text) in FILES.into_iter().chain(is_outside.then_some(FLAGS)) {
        let file = folder.join(file);
        let write = || {
            fs::create_dir_all(file.parent().unwrap_or(&folder))?;
            fs::write(&file, filled(text, name, &kit))
        };
        write().map_err(|error| fail(&file, error))?;
    }
    println!(
        "Wrote {}.\n\n  cd {}\n  cargo test\n  cargo build --release --target wasm32-wasip2\n\n\
         Then put the provider's request and response into src/send.rs and its fields into src/config.rs. \
         docs/writing-a-connector.md goes through it.",
        folder.display(),
        folder.display()
    );
    Ok(())
}

/// A package's name that is a connector's id too.
fn check_name(name: &str) -> Result {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_name = name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(is_word);
    if !is_name {
        return Err(format!(
            "{name:?} is no name for a connector. Expected lower-case words joined by dashes, at most {MAX_NAME} \
             characters, such as acme-sms."
        ));
    }
    if TAKEN.contains(&name) {
        return Err(format!(
            "{name} is the name of a package that connectors use. Choose another, such as acme-sms."
        ));
    }
    Ok(())
}

/// A template's text for another name.
fn filled(text: &str, name: &str, kit: &Path) -> String {
    let words = || name.split('-');
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    };
    let kit = kit.to_string_lossy().replace('\\', "/");
    text.replace("acme-sms", name)
        .replace("acme_sms", &name.replace('-', "_"))
        .replace("AcmeSms", &words().map(capital).collect::<String>())
        .replace(
            "Acme SMS",
            &words().map(capital).collect::<Vec<_>>().join(" "),
        )
        .replace("PATH-OF-THE-KIT", &kit)
}

/// The path from one folder to another; the other's own where they share no beginning, as drives of Windows do.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(one, other)| one == other)
        .count();
    if shared == 0 {
        return to.to_path_buf();
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_lower_case_words_joined_by_dashes() {
        for name in ["acme", "acme-sms", "a1-b2", &"a".repeat(MAX_NAME)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in [
            "",
            "-a",
            "a-",
            "a--b",
            "1a",
            "Acme",
            "a_b",
            "a b",
            "a/b",
            "..",
            "\u{e9}",
            "std",
            "connector-kit",
            &"a".repeat(MAX_NAME + 1),
        ] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn every_form_of_the_name_is_replaced() {
        let kit = Path::new("../kit");
        let text = filled(
            "acme-sms acme_sms AcmeSms Acme SMS PATH-OF-THE-KIT",
            "big-sms-co",
            kit,
        );
        assert_eq!(text, "big-sms-co big_sms_co BigSmsCo Big Sms Co ../kit");
        // The type's name is neither a type of the kit nor a keyword, whatever the connector is called.
        for name in ["connector", "message", "option", "self"] {
            let text = filled("pub struct AcmeSmsConnector;", name, kit);
            assert!(text.ends_with("Connector;") && text.len() > "pub struct Connector;".len());
        }
        for (file, text) in FILES {
            assert!(
                !text.replace("AcmeSmsConnector", "").contains("AcmeSms"),
                "{file}"
            );
            let text = filled(text, "other", kit).to_lowercase();
            assert!(!text.contains("acme"), "{file}");
        }
    }

    #[test]
    fn flags_of_the_component_are_the_repository_s() {
        let flags = |text: &str| {
            let (_, section) = text.split_once("[target.wasm32-wasip2]\n").unwrap();
            let lines = section.lines().map(|line| line.trim().to_owned());
            let flags: Vec<String> = lines.filter(|line| line.starts_with('"')).collect();
            flags
        };
        let own = flags(FLAGS.1);
        assert_eq!(own, flags(include_str!("../../.cargo/config.toml")));
        assert_eq!(own.len(), 2);
    }

    #[test]
    fn flags_are_written_outside_of_the_repository() {
        let inside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        for (parent, is_outside) in [(std::env::temp_dir(), true), (inside, false)] {
            let folder = parent.join(format!("new-connector-{}", std::process::id()));
            run("acme-sms", folder.to_str()).unwrap();
            let has_flags = folder.join(".cargo/config.toml").is_file();
            fs::remove_dir_all(&folder).unwrap();
            assert_eq!(has_flags, is_outside, "{}", folder.display());
        }
    }

    #[test]
    fn path_leads_from_folder_to_folder() {
        for (from, to, expected) in [
            ("/r/examples/a", "/r/kit", "../../kit"),
            ("/r/a", "/r/kit", "../kit"),
            ("/x/y/a", "/r/kit", "../../../r/kit"),
        ] {
            assert_eq!(
                relative(Path::new(from), Path::new(to)),
                Path::new(expected)
            );
        }
    }
}
