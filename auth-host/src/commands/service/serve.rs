//! `serve`: the service, until a signal ends it.

use crate::cli::Serve;
use crate::exit::{Code, DONE, Stop};
use crate::metrics;
use crate::output::{Page, complain};
use crate::service::app::Nearby;
use crate::service::sample::{self, Sample};
use crate::service::serve::{Access, Addresses, Service};
use crate::signals::{HANGUP, Signals};
use crate::trace;
use serde_json::json;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The variable that contains the sample's API key.
const SAMPLE_KEY: &str = "AUTH_HOST_SAMPLE_KEY";

/// The sample's usual address, or a free port if that is in use.
async fn first_free() -> Result<TcpListener, String> {
    let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
    match sample::listen(loopback(8422)).await {
        Ok(listener) => Ok(listener),
        Err(_) => sample::listen(loopback(0)).await,
    }
}

/// Runs the command.
pub async fn run(args: Serve) -> Result<Code, Stop> {
    let mut settings = super::common::settings(&args.at)?;
    if let Some(listen) = args.listen {
        settings.listen = listen;
    }
    if let Some(admin) = args.admin {
        settings.admin = admin;
    }
    settings.check().map_err(Stop::usage)?;
    let sample = args.sample;
    let ends_with_input = args.stop_on_stdin_close;
    if sample.is_some() && settings.tls_certificate.is_some() {
        return Err(Stop::usage(
            "--sample calls the API on loopback without TLS: leave tls_certificate out, or run the sample beside another \
             service",
        ));
    }
    trace::log(&settings.log).map_err(Stop::usage)?;
    let mut signals = Signals::listen()?;
    let figures = metrics::recorder()?;
    #[cfg(feature = "dev")]
    let dev = match args.dev {
        true => {
            Some(crate::service::serve::dev::Dev::prepare(&mut settings, args.component).await?)
        }
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
    super::common::tell_what_was_made(service.made, &service.app.files);
    #[cfg(feature = "dev")]
    let (guide, access) = match &dev {
        Some(dev) => {
            let (guide, access) = dev.set_up(service.app.clone(), service.made).await?;
            (Some(guide), Some(access))
        }
        None => (None, None),
    };
    #[cfg(not(feature = "dev"))]
    let (guide, access) = (None::<fn(&Addresses) -> String>, None);
    let sample = sample_beside(&service, sample, access).await?;
    let setup = crate::service::admin::users::first_setup(&service.app).await?;
    let is_json = args.at.json;
    let started = move |addresses: Addresses| {
        let console = format!("http://{}/console/", addresses.admin);
        let set_up = setup.map(|link| format!("{console}set-up?link={link}"));
        let mut page = Page::default();
        if is_json {
            let host = sample.as_ref().map(|(_, host, _)| host);
            let shown = json!({
                "listen": addresses.api, "admin": addresses.admin, "console": console, "set_up": set_up, "sample": host,
            });
            page.line(shown.to_string());
        } else {
            page.line(format!("auth-host listens at {}", addresses.api));
            page.line(format!("administrators' API at {}", addresses.admin));
            if let Some((_, host, _)) = &sample {
                page.line(format!("sample sign-in at http://{host}"));
            }
            page.line(match set_up {
                Some(link) => {
                    format!(
                        "console at {link} (works once within 24 hours, for the first administrator)"
                    )
                }
                None => format!("console at {console}"),
            });
            if let Some(guide) = guide {
                page.line(guide(&addresses));
            }
        }
        if let Some((listener, host, access)) = sample {
            let sample = Sample {
                api: addresses.api,
                key: access.key,
                inbox: access.inbox,
            };
            sample::start(listener, host, sample);
        }
        if let Err(stop) = page.write() {
            complain(&stop.message);
        }
    };
    let stop = async move {
        let closed = input_closed(ends_with_input);
        tokio::pin!(closed);
        loop {
            let name = tokio::select! {
                name = signals.next() => name,
                () = &mut closed => return complain("standard input closed: stopping"),
            };
            match name {
                // It must not end a send. Certificates are read again by themselves, other settings at a start.
                HANGUP => complain(
                    "SIGHUP: going on. Settings are read at a start, certificates when they change",
                ),
                name => return complain(&format!("{name}: stopping")),
            }
        }
    };
    service.run(started, stop).await.map_err(Stop::machine)?;
    Ok(DONE)
}

/// Returns when standard input has ended; never, unless that is requested.
async fn input_closed(is_requested: bool) {
    let (sender, closed) = tokio::sync::oneshot::channel::<()>();
    if !is_requested {
        return std::future::pending().await;
    }
    // On a separate thread: tokio's standard input would keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        drop(sender);
    });
    // Both outcomes mean that the thread ended.
    let _ = closed.await;
}

/// The sample's listener, address and values: if `--sample` requests it, or `--dev` made a key.
async fn sample_beside(
    service: &Service,
    address: Option<SocketAddr>,
    made: Option<Access>,
) -> Result<Option<(TcpListener, SocketAddr, Access)>, Stop> {
    let (listener, access) = match (address, made) {
        (None, None) => return Ok(None),
        (None, Some(made)) => (first_free().await, made),
        (Some(address), Some(made)) => (sample::listen(address).await, made),
        (Some(address), None) => {
            let key = std::env::var(SAMPLE_KEY).map_err(|_| {
                Stop::usage(format!(
                    "--sample needs an API key in {SAMPLE_KEY}: auth-host key add sample"
                ))
            })?;
            (sample::listen(address).await, Access { key, inbox: None })
        }
    };
    let listener = listener.map_err(Stop::usage)?;
    let host = listener
        .local_addr()
        .map_err(|error| Stop::machine(error.to_string()))?;
    let nearby = Nearby {
        sample: format!("http://{host}"),
        inbox: access.inbox.clone(),
    };
    // It is set once, here.
    let _ = service.app.nearby.set(nearby);
    Ok(Some((listener, host, access)))
}
