//! Several endpoints over one schema.

use crate::support::database::Database;
use crate::support::endpoint::{Endpoint, LIMIT, document};
use crate::support::wait;
use scim_operator::config::RuleEntry;

/// Replicas of one directory.
pub struct Fleet {
    /// The processes.
    pub replicas: Vec<Endpoint>,
    /// What they share.
    pub database: Database,
}

impl Fleet {
    /// As many processes, with these rules in force in each; `None` when there is no PostgreSQL and that is allowed.
    pub async fn start(test: &str, count: usize, rules: Vec<RuleEntry>) -> Option<Self> {
        let database = Database::connect(test)?;
        Some(Self::over(database.clone(), &vec![database; count], rules).await)
    }

    /// One process for each of the ways to the database.
    pub async fn over(database: Database, ways: &[Database], rules: Vec<RuleEntry>) -> Self {
        let mut replicas = Vec::new();
        for way in ways {
            replicas.push(Endpoint::replica(way).await);
        }
        let mut fleet = Self { replicas, database };
        fleet.publish(rules).await;
        fleet
    }

    /// Publishes to the first replica and waits until each has it in force.
    pub async fn publish(&mut self, rules: Vec<RuleEntry>) {
        self.replicas[0].document = document(rules);
        let published = self.replicas[0].publish().await;
        for replica in &mut self.replicas {
            replica.document = document(Vec::new());
            replica.revision = published.revision;
            wait::until("the revision is in force", LIMIT, async || {
                (replica.admin.get("/admin/v1/config").await.json()["revision"] == published.revision).then_some(())
            })
            .await;
            replica.ready().await;
        }
    }
}
