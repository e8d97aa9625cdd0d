//! dispatch: how a text leaves, and what the carrier said.

mod forecast;
mod hand_overs;
mod receipts;
mod replies;
mod runs;
mod sending;
mod sends;

pub use forecast::{
    FindSenderPool, Forecast, Forecasted, PaceLimit, SegmentPrice, TextForecast, Way,
};
pub use hand_overs::{
    HandOver, HandOversRecorded, Passed, Routed, RoutedGroup, SlotOutcome, TextsRouted,
};
pub use receipts::{
    ProviderBlock, ProviderReceipt, Receipt, ReceiptsRecorded, RecordReceipts, UnknownSettled,
};
pub use replies::{ReplyTaken, TakeReply};
pub use runs::{SpendFound, SpendOf, Spent, UndeliveredChunk, UndeliveredFound, UndeliveredOf};
pub use sending::{SendAnswer, SendChunk, SendUrgentChunk};
pub use sends::{FindSend, ForgetPerson, SendFound};
