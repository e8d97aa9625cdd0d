mod replies;
mod stubs;
