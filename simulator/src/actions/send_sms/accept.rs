//! Step 23: bills the message, assigns its serial number, adds it to the inbox, and records refusals.

use super::content::render_hidden;
use super::status::SendStatus;
use super::types::{Content, Context, route_of};
use crate::delivery;
use crate::inbox::Message;
use crate::phone::Number;
use crate::records::Record;
use crate::segments;
use crate::state::State;

/// Accepts a message to one number.
pub fn accept(
    context: &Context<'_>,
    number: &Number,
    content: &Content<'_>,
    state: &mut State,
) -> Message {
    let segments = segments::count(&content.text, route_of(number));
    let request = context.request;
    let sequence = state.next_sequence();
    let message = Message {
        sequence,
        request: state.journal.next_sequence(),
        to: number.e164(),
        text: content.text.clone(),
        app_id: request.app_id.clone(),
        template_id: request.template_id.clone(),
        sign: request.sign.clone(),
        params: request.params.clone(),
        serial_no: state.serial_no(sequence, context.now_ms),
        time_unix_ms: context.now_ms,
        segments,
        iso_code: number.iso_code().to_owned(),
        session_context: request.session_context.clone(),
        extend_code: request.extend_code.clone(),
        sender_id: request.sender_id.clone(),
        kind: content.template.kind,
    };
    state
        .history
        .record(&request.app_id, &message.to, &message.text, context.now_ms);
    state
        .days
        .record(&request.app_id, number.iso_code(), context.now_ms);
    state.spend(&request.app_id, context.app.balance, segments);
    let due_ms = context.now_ms.saturating_add(state.delivery_delay_ms);
    let record = Record {
        app_id: request.app_id.clone(),
        to: message.to.clone(),
        serial_no: message.serial_no.clone(),
        code: "Ok".to_owned(),
        iso_code: message.iso_code.clone(),
        content: render_hidden(content.template, &request.params),
        session_context: request.session_context.clone(),
        fee: segments,
        time_ms: context.now_ms,
        report: delivery::receipt(&message.to).map(|receipt| (due_ms, receipt)),
        pulled: false,
        called_back: false,
    };
    state.remember(record, context.now_ms);
    state.inbox.push(message.clone());
    message
}

/// Records numbers that were refused, for the actions that query the past.
pub fn remember_refusals(context: &Context<'_>, statuses: &[SendStatus], state: &mut State) {
    for status in statuses.iter().filter(|status| status.code != "Ok") {
        let number = Number::parse(&status.phone_number);
        let record = Record {
            app_id: context.request.app_id.clone(),
            to: number.map(|number| number.e164()).unwrap_or_default(),
            serial_no: String::new(),
            code: status.code.to_string(),
            iso_code: status.iso_code.clone(),
            content: String::new(),
            session_context: status.session_context.clone(),
            fee: 0,
            time_ms: context.now_ms,
            report: None,
            pulled: false,
            called_back: false,
        };
        state.remember(record, context.now_ms);
    }
}
