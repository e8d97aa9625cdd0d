mod chunks;
mod stubs;
mod templates;
