//! `message`: messages and their states.

use super::common::{ROWS, open, open_of, show};
use crate::cli::{Message, NamedOf};
use crate::exit::{Code, Stop};
use crate::service::admin::messages;
use crate::service::store::message::State;
use crate::service::store::messages::Filter;

/// `message`
pub async fn message(command: Message) -> Result<Code, Stop> {
    match command {
        Message::List(args) => {
            let state = args.state.as_deref().map(|name| {
                State::parse(name).ok_or_else(|| {
                    Stop::usage("--state is accepted, delivered, undelivered, not_sent, unknown, suppressed or sending")
                })
            });
            let state = state.transpose()?;
            let app = open_of(&args.scope).await?;
            let filter = Filter {
                state,
                ..Filter::default()
            };
            let shown = messages::list(&app, &args.scope.tenant, &filter, ROWS)?;
            show(&args.scope.at, &shown)
        }
        Message::Show(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            show(&scope.at, &messages::get(&app, &scope.tenant, &name)?)
        }
    }
}
