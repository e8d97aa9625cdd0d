//! What stands around the renderer.

use std::sync::Arc;

use chassis::Service;
use contract::contacts::ListFields;
use utoipa_axum::router::OpenApiRouter;

/// Knows `first_name` and `city`.
pub const CONTACTS: Service = Service {
    name: "contacts",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            cx.answer(Arc::new(()), |_, _: contract::Envelope<ListFields>| async {
                Ok(vec!["first_name".to_string(), "city".to_string()])
            })
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};
