//! Lists by filters against the evaluator, over SQLite.

use crate::support::endpoint::Endpoint;
use crate::support::filtering::hold;

#[tokio::test]
async fn b024_a_list_by_a_filter_is_what_the_evaluator_finds_among_all() {
    hold(&Endpoint::start(Vec::new()).await).await;
}
