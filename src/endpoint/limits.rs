//! What one request, one connection and one process may use. Everything a peer can make grow is bounded here.

use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// The limits of an endpoint; [`Limits::default`] is what runs, tests narrow single ones.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request's headers, names and values. The HTTP library has a limit of its own, which holds only for
    /// what has not arrived whole when it is looked at.
    pub head_bytes_max: usize,
    /// Bytes of a body about one user, and of every body that has no limit of its own.
    pub user_body_bytes_max: usize,
    /// Bytes of a body about one group: a push of a million members fits.
    pub group_body_bytes_max: usize,
    /// Bytes of a published configuration.
    pub config_body_bytes_max: usize,
    /// Bodies above `user_body_bytes_max` that may be in memory at once; others wait.
    pub large_bodies_max: usize,
    /// Bytes read and thrown away after a refusal, so that the peer gets to read the answer.
    pub drained_bytes_max: usize,
    /// Levels of objects and arrays in a body.
    pub json_depth_max: usize,
    /// Connections of one listener.
    pub connections_max: usize,
    /// For a request's head; also how long a connection may be idle. Longer than the 60 s that ingress
    /// controllers keep a connection, so that it is never this side that closes one that is about to be used.
    pub head_timeout: Duration,
    /// Between two pieces of a body.
    pub body_idle_timeout: Duration,
    /// For a whole body.
    pub body_timeout: Duration,
    /// For a whole request. Longer than the 60 s after which providers give up.
    pub request_timeout: Duration,
    /// For the longest long poll.
    pub poll_max: Duration,
    /// Between the word to stop and the end of the listeners: not ready, but still answering, until nobody is sent here
    /// any more.
    pub drain_delay: Duration,
    /// For requests under way when the endpoint is told to stop.
    pub drain_timeout: Duration,
    /// Between two looks at mounted files (certificates, verifiers).
    pub reload_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes_max: 64 * 1024,
            user_body_bytes_max: MIB,
            group_body_bytes_max: 64 * MIB,
            config_body_bytes_max: 64 * MIB,
            large_bodies_max: 4,
            drained_bytes_max: 4 * MIB,
            json_depth_max: 32,
            connections_max: 4096,
            head_timeout: Duration::from_secs(75),
            body_idle_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(120),
            poll_max: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(20),
            reload_interval: Duration::from_secs(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn the_limits_fit_each_other() {
        let limits = Limits::default();
        assert!(limits.user_body_bytes_max < limits.group_body_bytes_max);
        assert!(limits.body_idle_timeout < limits.body_timeout);
        assert!(limits.body_timeout < limits.request_timeout, "a slow body must end as 408, not as a stuck request");
        assert!(limits.poll_max < limits.request_timeout);
    }
}
