//! Command line of `connector-packaging`, which `cargo xtask dist` runs after the build.

use connector_packaging::artifact::{self, Artifact};
use connector_packaging::bundle::{self, SigningKey};
use connector_packaging::contract::Contract;
use connector_packaging::manifest::Plugin;
use connector_packaging::project::Project;
use connector_packaging::{Result, compose, linked, metadata, provenance, sbom};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
Usage:
  connector-packaging embed ROOT PACKAGE BUILT.wasm OUT.wasm
      Write the component with its name, licence, version, source and revision in it
  connector-packaging compose GATEWAY.wasm CONNECTOR.wasm OUT.wasm
      Write one component that serves HTTP and has the connector behind it
  connector-packaging documents ROOT PACKAGE COMPONENT.wasm [--with ROOT PACKAGE] [KEY.pem]
      Write beside the component: manifest, guides and logo by [package.metadata.auth-connector], SBOM, OCI config and manifest; with a key the provenance too, plain and signed.
      --with names the connector that was composed into it
  connector-packaging contract WIT OUT
      Write the package of WIT in the folder WIT into the folder OUT, with OCI config and manifest";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["embed", root, package, built, out] => embed(root, package, built, out),
        ["compose", gateway, connector, out] => compose(gateway, connector, out),
        [
            "documents",
            root,
            package,
            component,
            "--with",
            other,
            name,
            key @ ..,
        ] if key.len() < 2 => {
            documents((root, package), component, Some((other, name)), key.first())
        }
        ["documents", root, package, component, key @ ..] if key.len() < 2 => {
            documents((root, package), component, None, key.first())
        }
        ["contract", wit, out] => contract(wit, out),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn embed(root: &str, package: &str, built: &str, out: &str) -> Result {
    let project = Project::read(Path::new(root), package)?;
    write(Path::new(out), &metadata::embed(&project, &read(built)?)?)
}

fn compose(gateway: &str, connector: &str, out: &str) -> Result {
    let composed = compose::compose(&read(gateway)?, &read(connector)?)?;
    write(Path::new(out), &composed)
}

fn documents(
    (root, package): (&str, &str),
    component: &str,
    with: Option<(&str, &str)>,
    key: Option<&&str>,
) -> Result {
    let mut project = Project::read(Path::new(root), package)?;
    let mut graph = linked::read(Path::new(root), package)?;
    if let Some((root, package)) = with {
        let other = Project::read(Path::new(root), package)?;
        linked::join(
            &mut graph,
            &project.itself(),
            linked::read(Path::new(root), package)?,
            other.itself(),
        );
        project.licenses.extend(other.licenses);
        project.checksums.extend(other.checksums);
    }
    let place = Path::new(component);
    let folder = place.parent().unwrap_or(Path::new("."));
    let file = place
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or("the component has no name.")?;
    let bytes = read(component)?;
    if let Some(plugin) = Plugin::read(&project, Path::new(root))? {
        plugin.write(&project, (file, &bytes), folder)?;
    }
    let artifact = Artifact::new(&project, &bytes, file)?;
    write(
        &folder.join(sbom::FILE),
        &sbom::document(&project, &graph, &bytes),
    )?;
    write(&folder.join(artifact::CONFIG_FILE), &artifact.config)?;
    write(&folder.join(artifact::MANIFEST_FILE), &artifact.manifest)?;
    let statement = provenance::statement(&project, &graph, (file, &bytes), &artifact);
    attest(folder, &statement, key.copied())?;
    notices(&project);
    Ok(())
}

/// Writes the provenance and its bundle if a developer signs it. Another builder has an attester of its own.
fn attest(folder: &Path, statement: &[u8], key: Option<&str>) -> Result {
    let files = [provenance::FILE, bundle::FILE].map(|name| folder.join(name));
    let Some(key) = key else {
        // Those of an earlier build must not pass for this one's.
        for file in files.iter().filter(|file| file.exists()) {
            fs::remove_file(file).map_err(|error| format!("{}: {error}.", file.display()))?;
        }
        return Ok(());
    };
    let signing = SigningKey::from_pem(&read(key)?);
    let signing = signing.map_err(|error| format!("{key}: {error}."))?;
    let [plain, signed] = files;
    write(&plain, statement)?;
    write(&signed, &signing.bundle(statement)?)
}

fn contract(wit: &str, out: &str) -> Result {
    let contract = Contract::encode(Path::new(wit))?;
    let folder = Path::new(out);
    fs::create_dir_all(folder).map_err(|error| format!("{out}: {error}."))?;
    let artifact = contract.artifact()?;
    write(&folder.join(contract.file()), &contract.bytes)?;
    write(&folder.join(artifact::CONFIG_FILE), &artifact.config)?;
    write(&folder.join(artifact::MANIFEST_FILE), &artifact.manifest)
}

/// Prints which facts the documents lack, and why.
fn notices(project: &Project) {
    if project.repository.has_changes {
        println!(
            "note: files differ from the commit, so no revision is named. Commit first to publish."
        );
    } else if project.repository.revision.is_none() {
        println!("note: this is no git repository, so no revision is named.");
    }
    if project.source.is_none() {
        println!("note: Cargo.toml has no `repository`, so the source is not named.");
    }
}

fn read(file: &str) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| format!("{file}: {error}."))
}

fn write(file: &Path, bytes: &[u8]) -> Result {
    fs::write(file, bytes).map_err(|error| format!("{}: {error}.", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statement names a developer's machine, which is false for a build that nobody signs on one.
    #[test]
    fn provenance_is_written_with_a_key_alone() {
        let folder = std::env::temp_dir().join(format!("provenance-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let key = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../registry/tests/vectors/dist.key"
        );
        let names = || {
            let mut names: Vec<_> = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        attest(&folder, b"{}", None).unwrap();
        assert!(names().is_empty());
        attest(&folder, b"{}", Some(key)).unwrap();
        assert_eq!(names(), [provenance::FILE, bundle::FILE]);
        attest(&folder, b"{}", None).unwrap();
        assert!(names().is_empty());
        fs::remove_dir_all(folder).unwrap();
    }
}
