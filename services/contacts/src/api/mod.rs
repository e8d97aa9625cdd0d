//! The HTTP API. One file per endpoint.

mod add_to_list;
mod cancel_import;
mod contact_body;
mod contact_ref;
mod contact_view;
mod create_contact;
mod create_import;
mod create_list;
mod delete_contact;
mod delete_list;
mod get_contact;
mod get_import;
mod get_list;
mod import_errors;
mod import_options;
mod import_view;
mod list_contacts;
mod list_imports;
mod list_lists;
mod list_view;
mod patch_contact;
mod remove_from_list;
mod segments;
mod spool;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router(app: Arc<App>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create_contact::handle, list_contacts::handle))
        .routes(routes!(
            get_contact::handle,
            patch_contact::handle,
            delete_contact::handle
        ))
        .routes(routes!(create_list::handle, list_lists::handle))
        .routes(routes!(get_list::handle, delete_list::handle))
        .routes(routes!(add_to_list::handle, remove_from_list::handle))
        .merge(segments::router())
        .routes(routes!(create_import::handle, list_imports::handle))
        .routes(routes!(get_import::handle))
        .routes(routes!(import_errors::handle))
        .routes(routes!(cancel_import::handle))
        .with_state(app)
}
