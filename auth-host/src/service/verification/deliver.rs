//! Delivery of a message whose code the caller made: limits, the row on the disk, the send, and its outcome.

use super::rules::{count_denied, sender};
use super::runner::{Carried, carry_out};
use crate::service::app::App;
use crate::service::ids;
use crate::service::limits::{self, Asked, Refusal, Sender};
use crate::service::outcomes::Finish;
use crate::service::problem::Problem;
use crate::service::send::{self, Draft};
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::{self, StoreError};
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// How a repeated request is recognised. Each function runs in a transaction with the rows that it concerns.
pub trait Once: Clone + Send + Sync + 'static {
    /// The state of an earlier request.
    type Known: Send + 'static;

    /// Returns the state of an earlier request; none when this one is to be carried out.
    fn look_up(&self, db: &Connection) -> store::Result<Option<Self::Known>>;

    /// Stores the request, before its connector is called.
    fn reserve(&self, db: &Connection, row: &Message) -> store::Result<()>;

    /// Stores its outcome, where the message's row does not have the whole of it.
    fn finish(&self, _db: &Connection, _row: &Message) -> store::Result<()> {
        Ok(())
    }
}

/// A message with its caller's timeout.
pub struct Order {
    /// The message.
    pub draft: Draft,
    /// The network of the person's address.
    pub network: Option<String>,
    /// The longest time that the caller waits. Longer than the draft's deadline, by the time that writing takes.
    pub patience: Duration,
}

/// The result of an order.
pub enum Delivery<K> {
    /// It was requested before.
    Known(K),
    /// A limit or a missing flow refused it. Nothing was sent.
    Refused(Refusal),
    /// The last attempt, whose outcome is on the disk.
    Done(Box<Message>),
    /// It may have been sent; its outcome is not on the disk.
    Late,
}

/// Sends a message unless it was requested before or is refused.
///
/// # Errors
///
/// [`Problem`] when nothing could be stored. Nothing was sent then.
pub async fn deliver<O: Once>(
    app: &Arc<App>,
    order: Order,
    once: O,
) -> Result<Delivery<O::Known>, Problem> {
    let Order {
        draft,
        network,
        patience,
    } = order;
    let catalog = app.catalog.load_full();
    let Sender { settings, stopped } = sender(&catalog, &draft.tenant)?;
    let connector = draft.route.first().map_or("", |c| c.row.id.as_str());
    let mut row = draft.row(app, connector)?;
    let test = catalog.test_number(&row.tenant, &row.number_hash, row.created_at);
    let is_test = test.is_some();
    if is_test {
        row.state = State::Suppressed;
        row.settled_at = Some(row.created_at);
    }
    let (number, is_served, asked_once) = (
        draft.number.clone(),
        is_test || !draft.route.is_empty(),
        once.clone(),
    );
    let subject = row.subject().to_owned();
    let write = move |db: &Connection| {
        if let Some(known) = asked_once.look_up(db)? {
            return Ok(ControlFlow::Break(Delivery::Known(known)));
        }
        let now = ids::now_ms();
        let asked = Asked {
            tenant: &row.tenant,
            settings: &settings,
            number: &number,
            number_hash: &row.number_hash,
            network: network.as_deref(),
            is_checked: false,
        };
        let refusal = match count_denied(db, &row.tenant, stopped, is_served)? {
            None if !is_test => limits::decide(db, now, &asked)?,
            refusal => refusal,
        };
        if let Some(refusal) = refusal {
            return Ok(ControlFlow::Break(Delivery::Refused(refusal)));
        }
        messages::add(db, &row)?;
        asked_once.reserve(db, &row)?;
        if is_test {
            asked_once.finish(db, &row)?;
            return Ok(ControlFlow::Break(Delivery::Done(Box::new(row))));
        }
        Ok::<_, StoreError>(ControlFlow::Continue(row))
    };
    let send = move |app: Arc<App>, row: Message| async move {
        let finish: Finish = Arc::new(move |db, row| once.finish(db, row));
        send::send(&app, &draft, row, finish).await
    };
    Ok(
        match carry_out(app, &subject, patience, write, send).await? {
            Carried::Instead(delivery) => delivery,
            Carried::Done(row) => Delivery::Done(Box::new(row)),
            Carried::Late => Delivery::Late,
        },
    )
}
