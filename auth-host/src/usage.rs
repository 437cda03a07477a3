//! Reading of the arguments, and reports of errors in them without repeating any.
//!
//! A mistyped line may contain a phone number or a code in any position, and clap's own errors quote unknown text. Its
//! errors are therefore reported by their kind: with the names of options as they are defined here, never with a text
//! from outside.

use crate::cli::{self, Cli};
use crate::exit::Stop;
use clap::Parser;
use clap::error::{ContextKind, Error, ErrorKind};
use std::ffi::OsString;

/// The result of reading the arguments: a command, or a text that clap prints itself.
pub enum Asked {
    /// A command.
    Command(Box<Cli>),
    /// `--help`, `--version`, or no command at all, which shows the help.
    Text(Error),
}

/// Reads the arguments, the program's name first.
pub fn read(arguments: &[OsString]) -> Result<Asked, Stop> {
    let texts = arguments.iter().skip(1).map(|text| text.to_string_lossy());
    if let Some(refusal) = cli::secret_in_arguments(texts.map(|text| text.into_owned())) {
        return Err(Stop::usage(refusal));
    }
    match Cli::try_parse_from(with_references(arguments)) {
        Ok(cli) => Ok(Asked::Command(Box::new(cli))),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Ok(Asked::Text(error)),
            _ => Err(Stop::usage(described(&error))),
        },
    }
}

/// The arguments, with a registry's reference as `--manifest` if it is in the component's position: it names a package.
/// The commands of `plugin` take references as they are.
fn with_references(arguments: &[OsString]) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|command| command == "plugin") {
        return arguments.to_vec();
    }
    let is_reference = |text: &OsString| {
        text.to_str()
            .is_some_and(|text| text.starts_with("oci://") || text.starts_with("oci-layout:"))
    };
    let mut out: Vec<OsString> = Vec::new();
    for argument in arguments {
        let is_value = out.last().is_some_and(|last| last == "--manifest");
        if is_reference(argument) && !is_value {
            out.push("--manifest".into());
        }
        out.push(argument.clone());
    }
    out
}

fn described(error: &Error) -> String {
    let known = |kind| error.get(kind).map(ToString::to_string);
    // The option as it is defined: `--timeout-ms <MS>`. Only for an unknown argument is it typed text.
    let option = known(ContextKind::InvalidArg)
        .filter(|_| error.kind() != ErrorKind::UnknownArgument)
        .unwrap_or_else(|| "an option".to_owned());
    let what = match error.kind() {
        ErrorKind::UnknownArgument => match known(ContextKind::SuggestedArg) {
            Some(suggested) => format!("an argument is not known; the nearest is {suggested}"),
            None => "an argument is not known, or has no place here".to_owned(),
        },
        ErrorKind::InvalidSubcommand => match known(ContextKind::SuggestedSubcommand) {
            Some(suggested) => format!("the command is not known; the nearest is {suggested}"),
            None => "the command is not known".to_owned(),
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("the value of {option} is missing or not one that it takes")
        }
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{option} has another number of values than it takes")
        }
        ErrorKind::ArgumentConflict => match known(ContextKind::PriorArg) {
            Some(other) if other != option => format!("{option} cannot be used with {other}"),
            _ => format!("{option} cannot be used twice"),
        },
        ErrorKind::MissingRequiredArgument => format!("missing: {option}"),
        ErrorKind::MissingSubcommand => "the command is missing".to_owned(),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        _ => "the arguments cannot be read".to_owned(),
    };
    format!(
        "{what}. `auth-host --help` lists the commands, `auth-host send --help` the options of one"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> String {
        let arguments: Vec<_> = format!("auth-host {line}")
            .split(' ')
            .map(OsString::from)
            .collect();
        match read(&arguments) {
            Err(stop) => stop.message,
            Ok(_) => panic!("let through: {line}"),
        }
    }

    #[test]
    fn usage_error_names_fault_without_repeating_input() {
        let send = "send x.wasm --to +8613800138000";
        for (line, named) in [
            ("+8613800138000", "the command is not known"),
            ("sent +8613800138000", "the nearest is"),
            ("send x.wasm +8613800138000", "an argument is not known"),
            (
                &format!("{send} +8613800138000"),
                "an argument is not known",
            ),
            (&format!("{send} --918273"), "an argument is not known"),
            (
                &format!("{send} --vars code=918273"),
                "the nearest is --var",
            ),
            (
                &format!("{send} --to +8613800138000"),
                "--to <NUMBER> cannot be used twice",
            ),
            (&format!("{send} --json=918273"), "--json"),
            (&format!("{send} --timeout-ms 918273x"), "--timeout-ms <MS>"),
            (
                &format!("{send} --generate-code 918273"),
                "--generate-code <DIGITS>",
            ),
            (
                &format!("{send} --generate-code"),
                "--generate-code <DIGITS>",
            ),
            (
                &format!("{send} --show-code"),
                "missing: --generate-code <DIGITS>",
            ),
            (
                &format!("{send} --no-cache --cache-dir 918273"),
                "--no-cache cannot be used with --cache-dir <DIR>",
            ),
            ("preview 918273", "missing: --to <NUMBER>"),
            ("preview --to +8613800138000", "missing: <COMPONENT>"),
        ] {
            let refusal = refusal(line);
            assert!(refusal.contains(named), "{line}: {refusal}");
            assert!(refusal.contains("auth-host send --help"), "{refusal}");
            for typed in ["13800138000", "918273", "sent"] {
                assert!(!refusal.contains(typed), "{line}: {refusal}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_file_names_may_be_non_utf8() {
        use std::os::unix::ffi::OsStringExt;
        let odd = || OsString::from_vec(b"918273\xff".to_vec());
        let name = OsString::from("auth-host");
        let file = [name.clone(), "inspect".into(), odd()];
        assert!(matches!(read(&file), Ok(Asked::Command(_))));
        let text = [
            name,
            "inspect".into(),
            "x.wasm".into(),
            "--locale".into(),
            odd(),
        ];
        let Err(stop) = read(&text) else {
            panic!("let through")
        };
        assert!(
            stop.message.contains("not UTF-8") && !stop.message.contains("918273"),
            "{}",
            stop.message
        );
    }

    /// Without arguments the help is shown as well, with exit code 2.
    #[test]
    fn help_and_version_are_shown_without_error() {
        for (line, code) in [("--help", 0), ("send --help", 0), ("--version", 0), ("", 2)] {
            let arguments: Vec<_> = std::iter::once("auth-host")
                .chain(line.split_whitespace())
                .map(OsString::from)
                .collect();
            let Ok(Asked::Text(text)) = read(&arguments) else {
                panic!("{line}")
            };
            assert_eq!(text.exit_code(), code, "{line}");
        }
    }
}
