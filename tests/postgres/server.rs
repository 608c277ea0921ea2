//! The server itself fails under load: it is restarted in order and by force. C011.

use crate::fleet::Fleet;
use crate::support::database::Server;
use crate::support::endpoint::rule;
use crate::writers::Writers;

#[tokio::test]
async fn c011_what_was_acknowledged_is_there_after_the_server_was_restarted_and_killed_under_load() {
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let Some(server) = Server::start("c011_server_restarted").await else { return };
    let database = server.database();
    let fleet = Fleet::over(database.clone(), &[database.clone(), database], rules).await;
    let writers = Writers::start(&fleet, 6).await;
    writers.more(60).await;
    server.tell("restart").await;
    writers.more(60).await;
    server.tell("kill").await;
    server.tell("start").await;
    writers.more(60).await;
    writers.all_kept(&fleet).await;
}
