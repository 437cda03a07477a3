//! Attempts with an unsaved config: preview, one test message, and a check with the provider.

use super::super::settling::Settling;
use super::super::{form, words};
use super::state::State;
use super::trial::{Preview, Sent};
use crate::service::admin::once::Once;
use crate::service::admin::{connectors, trials};
use auth_connector_host::Config;
use serde_json::Value;

impl State {
    /// Shows a preview of the message. Sends it too if `once` is given.
    pub(super) async fn attempt(&mut self, once: Option<Once>) {
        let Some(prepared) = self.prepare().await else {
            return;
        };
        let visit = self.subject.visit.clone();
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        let trial = trials::Trial {
            to: self.trial.to.clone(),
            usage: self.trial.usage.clone(),
            locale: self.trial.locale.clone(),
        };
        if self.trial.to.is_empty() {
            self.trial.error = self.t().say("trial-number");
            return;
        }
        let preview = trials::preview(app, tenant, &prepared, &trial).await;
        match preview {
            Ok(Ok(preview)) => {
                let attributes = preview.attributes.iter().take(8);
                self.trial.preview = Some(Preview {
                    route: form::shown(&preview.route, 60),
                    template: form::shown(&preview.template, 60),
                    parameters: preview
                        .parameters
                        .iter()
                        .take(20)
                        .map(|p| form::shown(p, 100))
                        .collect(),
                    attributes: attributes
                        .map(|(k, v)| words::attribute(self.t(), k, v))
                        .collect(),
                });
            }
            Ok(Err(error)) => match error.failure() {
                Some(failure) => self.trial.refusal = form::shown(&failure.message, 600),
                None => self.trial.error = form::shown(&self.t().phrase(&error.phrase()), 600),
            },
            Err(problem) => self.trial.error = problem.text(self.t()),
        }
        let Some(once) = once.filter(|_| self.trial.preview.is_some()) else {
            return;
        };
        match trials::send(app, &visit.actor(), tenant, prepared, trial, once).await {
            Ok(tried) => {
                let t = self.t();
                let settling = Settling::of(&app.catalog.load(), &tried.row);
                let text =
                    |text: &Option<String>| form::shown(text.as_deref().unwrap_or_default(), 120);
                self.trial.sent = Some(Sent {
                    state: tried.row.state.as_str(),
                    name: words::state(t, tried.row.state),
                    code: tried.code,
                    serial: text(&tried.row.provider_message),
                    provider_code: text(&tried.row.provider_code),
                    turn: tried
                        .row
                        .turn
                        .as_deref()
                        .map(|turn| words::turn(t, turn))
                        .unwrap_or_default(),
                    kind: tried
                        .row
                        .kind
                        .map(|kind| words::kind(t, kind.as_str()))
                        .unwrap_or_default(),
                    todo: match tried.message.id() {
                        "" => words::remedy(t, &tried.row, settling),
                        _ => t.phrase(&tried.message),
                    },
                    hint: match tried.message.id() {
                        "" => form::shown(tried.message.english(), 600),
                        _ => String::new(),
                    },
                    provider: form::shown(&tried.provider, 300),
                    id: tried.row.id,
                });
            }
            Err(problem) => {
                self.trial.error = problem.text(self.t());
                self.trial.is_refused = true;
            }
        }
    }

    /// Checks the config with the provider without sending.
    pub(super) async fn ask(&mut self) {
        let Some(prepared) = self.prepare().await else {
            return;
        };
        let config = Config::new(prepared.config.to_string());
        match connectors::check_with(&prepared.plugin, &config, &self.locales).await {
            Ok(checks) => {
                let text = |check: &Value, name: &str| {
                    form::shown(
                        check.get(name).and_then(Value::as_str).unwrap_or_default(),
                        400,
                    )
                };
                let t = self.t();
                let shown = checks
                    .as_array()
                    .into_iter()
                    .flatten()
                    .take(50)
                    .map(|check| {
                        let verdict = text(check, "verdict");
                        let name = t.say(&format!("verdict-{verdict}"));
                        (
                            verdict,
                            name,
                            text(check, "subject"),
                            text(check, "message"),
                        )
                    });
                self.checks = shown.collect();
            }
            Err(error) => {
                let problem = connectors::plugin_failed(error.phrase());
                self.trial.error = form::shown(&problem.text(self.t()), 600);
            }
        }
    }
}
