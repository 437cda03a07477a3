//! The message: recipient, usage and variables from the command line or the environment.

use crate::cli::MessageArgs;
use crate::exit::Stop;
use auth_connector_host::Message;

/// Builds the message that the arguments describe.
pub fn build(args: &MessageArgs, locales: &[String]) -> Result<Message, Stop> {
    let mut variables = Vec::new();
    for pair in &args.vars {
        let (name, value) = split(pair, "--var takes NAME=VALUE, such as code=918273")?;
        add(&mut variables, name, value.to_owned())?;
    }
    for pair in &args.vars_from_env {
        let (name, env) = split(pair, "--var-from-env takes NAME=ENV, such as code=MY_CODE")?;
        let value = std::env::var(env).map_err(|_| {
            Stop::usage(format!(
                "the environment variable named for {name} is not set"
            ))
        })?;
        add(&mut variables, name, value)?;
    }
    if let Some(digits) = args.generate_code {
        add(&mut variables, "code", random_digits(digits)?)?;
    }
    Ok(Message {
        to: args.to.clone(),
        usage: args.usage.clone(),
        variables,
        locales: locales.to_vec(),
        correlation_id: args.correlation_id.clone(),
        timeout_ms: args.timeout_ms,
        attributes: Vec::new(),
    })
}

fn split<'a>(pair: &'a str, form: &str) -> Result<(&'a str, &'a str), Stop> {
    pair.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| Stop::usage(form))
}

fn add(variables: &mut Vec<(String, String)>, name: &str, value: String) -> Result<(), Stop> {
    if variables.iter().any(|(known, _)| known == name) {
        return Err(Stop::usage(format!("the variable {name} is given twice")));
    }
    variables.push((name.to_owned(), value));
    Ok(())
}

/// Digits from the operating system's generator, each equally likely: bytes from 250 up are discarded.
fn random_digits(count: u8) -> Result<String, Stop> {
    let mut digits = String::new();
    while digits.len() < usize::from(count) {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Stop::machine(format!("no random numbers: {error}")))?;
        let fair = bytes
            .iter()
            .filter(|byte| **byte < 250)
            .map(|byte| char::from(b'0' + byte % 10));
        digits.extend(fair.take(usize::from(count) - digits.len()));
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_code_has_the_digits_asked_for() {
        for count in 1..=6 {
            let code = random_digits(count).unwrap();
            assert_eq!(code.len(), usize::from(count));
            assert!(code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        }
        let codes: std::collections::HashSet<_> =
            (0..100).map(|_| random_digits(6).unwrap()).collect();
        assert!(codes.len() > 90, "codes repeat");
    }

    #[test]
    fn a_variable_given_twice_is_refused() {
        let mut variables = vec![("code".to_owned(), "1".to_owned())];
        assert!(add(&mut variables, "code", "2".to_owned()).is_err());
    }
}
