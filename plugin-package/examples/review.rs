//! Prints what a package asks for: `review plugins/example-sms RWQf6LRC…`.

use auth_connector_package::{Grants, Package, Requirements, TrustedKey};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("write: review FOLDER MINISIGN-KEY".into());
    };
    let package = Package::open(&folder)?;
    // Nothing is granted yet, so all that the plugin asks for is listed as such.
    let requirements = Requirements {
        trusted_keys: vec![TrustedKey::parse(&key)?],
        ..Requirements::default()
    };
    let found = package.examine(&Grants::default(), &requirements)?;
    println!("{} {}", found.manifest.id, found.manifest.version);
    println!("{}", found.decision);
    Ok(())
}
