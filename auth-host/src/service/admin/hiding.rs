//! Configs that an older program stored. Such a config is hidden as a whole until its plugin declares its fields.

use super::{blocking, connectors, undeclared};
use crate::service::app::App;
use crate::service::catalog::Connector;
use crate::service::problem::Problem;
use crate::service::store::registry;
use std::sync::Arc;

/// The pointer to a whole config (RFC 6901, section 5), which a migration adds.
const WHOLE: &str = "";

/// Hides secrets and undeclared values instead of whole configs. A config whose plugin does not load stays hidden.
pub async fn settle(app: &Arc<App>) {
    let catalog = app.catalog.load_full();
    let mut is_any = false;
    for connector in catalog.connectors.values().filter(|one| is_hidden(one)) {
        match declared(app, connector).await {
            Ok(is_changed) => is_any |= is_changed,
            Err(problem) => tracing::warn!(
                connector = %connector.row.id,
                reason = %problem.detail,
                "a stored config stays hidden, because its plugin does not say what it declares"
            ),
        }
    }
    let reloading = app.clone();
    let reload = move || reloading.reload().map_err(Problem::from);
    if is_any && let Err(problem) = blocking(reload).await {
        tracing::error!(reason = %problem.detail, "changes cannot be read");
    }
}

fn is_hidden(connector: &Connector) -> bool {
    connector.row.secrets.iter().any(|place| place == WHOLE)
}

async fn declared(app: &Arc<App>, connector: &Connector) -> Result<bool, Problem> {
    let row = &connector.row;
    let plugin = connectors::open_plugin(app, &row.tenant, &row.plugin, Some(&row.id)).await?;
    let (guard, _) = connectors::describe(&plugin, &[]).await?;
    let config = connectors::open_config(app, row)?;
    let hidden = undeclared::hidden(guard, &config);
    let (id, revision) = (row.id.clone(), row.revision);
    let put = app
        .store
        .write(move |db| registry::put_hidden(db, &id, revision, &hidden));
    Ok(put.await?)
}
