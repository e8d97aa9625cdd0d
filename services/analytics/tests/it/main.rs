mod any_order;
mod funnel;
mod samples;
