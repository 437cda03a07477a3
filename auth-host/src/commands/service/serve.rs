//! `serve`: the service, until a signal ends it.

use crate::cli::Serve;
use crate::exit::{Code, DONE, Stop};
use crate::metrics;
use crate::output::{Page, complain};
use crate::serve::{Addresses, Service};
use crate::signals::Signals;
use crate::trace;

/// Runs the command.
pub async fn run(args: Serve) -> Result<Code, Stop> {
    let mut settings = super::common::settings(&args.at)?;
    if let Some(listen) = args.listen {
        settings.listen = listen;
    }
    if let Some(admin) = args.admin {
        settings.admin = admin;
    }
    trace::log(&settings.log).map_err(Stop::usage)?;
    let mut signals = Signals::listen()?;
    let figures = metrics::recorder()?;
    #[cfg(feature = "dev")]
    let dev = match args.dev {
        true => Some(
            crate::serve::dev::Dev::prepare(&mut settings, args.component, args.at.data.is_none())
                .await?,
        ),
        false => None,
    };
    #[cfg(not(feature = "dev"))]
    if args.dev {
        return Err(Stop::usage(
            "this program was built without the feature `dev`",
        ));
    }
    let opened = tokio::task::spawn_blocking(move || Service::open(settings, Some(figures), None));
    let service = match opened.await {
        Ok(service) => service.map_err(Stop::machine)?,
        Err(error) => return Err(Stop::machine(error.to_string())),
    };
    let files = service.app.files.clone();
    if service.made.database {
        complain(&format!("made the database {}", files.database.display()));
    }
    if service.made.keys {
        complain(&format!(
            "made the key file {}: keep a copy of it elsewhere, nothing in the database opens without it",
            files.keys.display()
        ));
    }
    #[cfg(feature = "dev")]
    let guide = match &dev {
        Some(dev) => Some(dev.set_up(service.app.clone()).await?),
        None => None,
    };
    #[cfg(not(feature = "dev"))]
    let guide: Option<fn(&Addresses) -> String> = None;
    let setup = crate::admin::users::first_setup(&service.app).await?;
    let started = move |addresses: Addresses| {
        let mut page = Page::default();
        page.line(format!("auth-host listens at {}", addresses.api));
        page.line(format!("administrators' API at {}", addresses.admin));
        let console = format!("http://{}/console/", addresses.admin);
        match &setup {
            Some(link) => page.line(format!(
                "console at {console}set-up?link={link} (works once, for the first administrator)"
            )),
            None => page.line(format!("console at {console}")),
        }
        if let Some(guide) = guide {
            page.line(guide(&addresses));
        }
        if let Err(stop) = page.write() {
            complain(&stop.message);
        }
    };
    let stop = async move {
        let name = signals.next().await;
        complain(&format!("{name}: stopping"));
    };
    service.run(started, stop).await.map_err(Stop::machine)?;
    Ok(DONE)
}
