//! A replacement of the authority, step by step, with real certificates and the verifiers of both ends.

use super::*;
use crate::operator::tls::Usage;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use std::sync::Arc;
use std::time::Duration;

const NAME: &str = "acme-endpoint-admin.team.svc";

fn day(n: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * n)
}

fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

/// One end of a connection: its certificate and whom it trusts, PEM.
#[derive(Clone)]
struct End {
    certificate: String,
    bundle: String,
}

/// An end as it is deployed under these authorities.
fn end(authorities: &Authorities, usage: Usage, now: Timestamp) -> End {
    let name = if usage == Usage::Server { NAME } else { "scim-operator" };
    let issued = authorities.issuer.authority.issue(name, usage, now).unwrap();
    End { certificate: issued.certificate_pem, bundle: authorities.bundle() }
}

fn roots(bundle: &str) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    Arc::new(roots)
}

/// Whether each of the two takes the other's certificate.
fn connect(endpoint: &End, operator: &End, now: Timestamp) -> bool {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let leaf = |end: &End| CertificateDer::from_pem_slice(end.certificate.as_bytes()).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().unsigned_abs()));
    let servers = WebPkiServerVerifier::builder_with_provider(roots(&operator.bundle), provider.clone());
    let name = ServerName::try_from(NAME).unwrap();
    let server = servers.build().unwrap().verify_server_cert(&leaf(endpoint), &[], &name, &[], now);
    let clients = WebPkiClientVerifier::builder_with_provider(roots(&endpoint.bundle), provider);
    let client = clients.build().unwrap().verify_client_cert(&leaf(operator), &[], now);
    server.is_ok() && client.is_ok()
}

/// The next stage, with every Secret in place and the waiting done; and the time by then.
fn after(authorities: &Authorities, now: Timestamp) -> (Authorities, Timestamp) {
    let deployed = [authorities.stamp()];
    let seen = authorities.step(None, &deployed, now).unwrap().unwrap();
    let then = now + IN_PLACE_FOR;
    (seen.step(None, &deployed, then).unwrap().unwrap(), then)
}

/// The stages of one replacement, each with the time of its beginning.
fn stages() -> Vec<(Authorities, Timestamp)> {
    let settled = Authorities::make(day(0)).unwrap();
    let spreading = settled.step(Some("now"), &[], day(1)).unwrap().unwrap();
    let (replacing, second) = after(&spreading, day(1));
    let (done, third) = after(&replacing, second);
    vec![(settled, day(0)), (spreading, day(1)), (replacing, second), (done, third)]
}

#[test]
fn a_replacement_goes_by_its_stages_and_ends_with_another_authority_alone() {
    let stages = stages();
    let names: Vec<_> = stages.iter().map(|(authorities, _)| authorities.stage_name()).collect();
    assert_eq!(names, ["settled", "spreading", "replacing", "settled"]);
    let certificates = |n: usize| stages[n].0.bundle().matches("BEGIN CERTIFICATE").count();
    assert_eq!([0, 1, 2, 3].map(certificates), [1, 2, 2, 1]);
    assert_eq!(stages[1].0.bundle(), stages[2].0.bundle(), "who signs does not change who is trusted");
    let (first, last) = (&stages[0].0, &stages[3].0);
    assert_ne!(first.signer(), last.signer());
    assert!(!first.bundle().contains(&last.bundle()) && !last.bundle().contains(&first.bundle()));
}

#[test]
fn at_every_step_operator_and_endpoints_know_each_other_also_where_one_is_a_step_behind() {
    let stages = stages();
    for (n, (authorities, since)) in stages.iter().enumerate() {
        let behind = &stages[n.saturating_sub(1)].0;
        for endpoint in [authorities, behind].map(|of| end(of, Usage::Server, *since)) {
            for operator in [authorities, behind].map(|of| end(of, Usage::Client, *since)) {
                assert!(connect(&endpoint, &operator, *since), "at {n}, {}", authorities.stage_name());
            }
        }
    }
}

#[test]
fn a_certificate_of_before_with_the_bundle_of_now_is_taken_too() {
    // A pod has a new bundle and an old certificate, or the other way round, only within one write; what the operator
    // has is of one piece.
    let stages = stages();
    for n in 1..stages.len() - 1 {
        let (before, (now, since)) = (&stages[n - 1].0, &stages[n]);
        let mixed = End { bundle: now.bundle(), ..end(before, Usage::Server, *since) };
        assert!(connect(&mixed, &end(now, Usage::Client, *since), *since), "at {n}");
    }
}

#[test]
fn without_the_waiting_they_would_not_know_each_other() {
    let stages = stages();
    let ends = |server: usize, client: usize| {
        let now = stages[3].1;
        connect(&end(&stages[server].0, Usage::Server, now), &end(&stages[client].0, Usage::Client, now), now)
    };
    assert!(!ends(0, 2), "an endpoint that never heard of the next one");
    assert!(!ends(1, 3), "an endpoint whose certificate was not replaced");
    assert!(!ends(0, 3) && !ends(3, 0));
}

#[test]
fn a_stage_ends_only_after_every_secret_has_been_in_place_for_ten_minutes() {
    let spreading = stages()[1].0.clone();
    let (there, missing) = (spreading.stamp(), stages()[0].0.stamp());
    let step = |authorities: &Authorities, deployed: &[&String], at: Timestamp| {
        let deployed: Vec<String> = deployed.iter().map(|stamp| (*stamp).clone()).collect();
        authorities.step(Some("now"), &deployed, at).unwrap()
    };
    assert!(step(&spreading, &[&there, &missing], day(2)).is_none(), "one is missing");
    let seen = step(&spreading, &[&there, &there], day(2)).unwrap();
    assert_eq!((seen.stage_name(), seen.in_place_since), ("spreading", Some(day(2))));
    assert!(step(&seen, &[&there, &there], day(2) + minutes(9)).is_none(), "not long enough");
    assert!(step(&seen, &[&there], day(2) - minutes(60)).is_none(), "a clock that went back");
    let lost = step(&seen, &[&there, &missing], day(2) + minutes(9)).unwrap();
    assert_eq!(lost.in_place_since, None, "one was put back: it begins anew");
    assert_eq!(step(&seen, &[&there], day(2) + minutes(10)).unwrap().stage_name(), "replacing");
}

#[test]
fn a_step_is_the_same_however_often_it_is_begun() {
    let spreading = &stages()[1].0;
    let seen = spreading.step(None, &[spreading.stamp()], day(2)).unwrap().unwrap();
    let on = || seen.step(None, &[seen.stamp()], day(3)).unwrap().unwrap();
    assert_eq!(on().stamp(), on().stamp(), "after a kill the next leader comes to the same");
    let Stage::Spreading(next) = &spreading.stage else { panic!("not spreading") };
    assert_eq!(on().signer(), fingerprint(&next.authority.certificate_pem));
}

#[test]
fn a_replacement_begins_a_year_before_the_end_or_once_for_each_thing_asked() {
    let made = Authorities::make(day(0)).unwrap();
    let begins = |of: &Authorities, asked: Option<&str>, at| of.step(asked, &[], at).unwrap().is_some();
    assert!(!begins(&made, None, day(9 * 365 - 1)));
    assert!(begins(&made, None, day(9 * 365 + 1)));
    assert!(begins(&made, Some("a"), day(1)));
    let done = &stages()[3].0;
    assert_eq!(done.begun_for.as_deref(), Some("now"));
    assert!(!begins(done, Some("now"), day(2)), "it was done");
    assert!(begins(done, Some("again"), day(2)));
    assert!(!begins(done, None, day(2)));
}
