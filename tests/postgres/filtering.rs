//! Lists by filters against the evaluator, over PostgreSQL.

use crate::fleet::Fleet;
use crate::support::filtering::hold;

#[tokio::test]
async fn b024_a_list_by_a_filter_is_what_the_evaluator_finds_among_all_in_a_database() {
    let Some(fleet) = Fleet::start("b024_filters", 1, Vec::new()).await else { return };
    hold(&fleet.replicas[0]).await;
}
