//! What is counted for the operator: by route, status and outcome, never by caller or institution.

use std::time::Duration;

use metrics::with_local_recorder;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusRecorder};

use crate::draft::Draft;
use crate::http::problem::Code;

const REQUESTS: &str = "svarforslag_requests_total";
const SECONDS: &str = "svarforslag_request_seconds";
const PROBLEMS: &str = "svarforslag_problems_total";
const DRAFTS: &str = "svarforslag_drafts_total";
const QUESTIONS: &str = "svarforslag_questions_total";
const TOKENS: &str = "svarforslag_endpoint_tokens_total";
const ENDPOINT_FAILURES: &str = "svarforslag_endpoint_failures_total";
const BUSY: &str = "svarforslag_busy_refusals_total";
const CONNECTIONS: &str = "svarforslag_connections_open";
const EVICTED: &str = "svarforslag_connections_evicted_total";

/// Bounds of the histogram: a lookup takes milliseconds, and a request ends after half a minute.
const SECONDS_BOUNDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The numbers of one server.
#[derive(Debug)]
pub(crate) struct Counts {
    recorder: PrometheusRecorder,
}

/// One request that has been answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered<'a> {
    pub(crate) method: &'static str,
    pub(crate) route: &'a str,
    pub(crate) status: u16,
    pub(crate) took: Duration,
    pub(crate) code: Option<Code>,
}

impl Counts {
    /// Numbers that begin at zero.
    pub(crate) fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&SECONDS_BOUNDS)?.build_recorder();
        with_local_recorder(&recorder, || {
            metrics::describe_counter!(REQUESTS, "Requests answered, by method, route and status.");
            metrics::describe_histogram!(SECONDS, "Seconds until a request was answered.");
            metrics::describe_counter!(PROBLEMS, "Refusals and failures, by code.");
            metrics::describe_counter!(DRAFTS, "Drafts made.");
            metrics::describe_counter!(QUESTIONS, "Questions of drafts, by outcome.");
            metrics::describe_counter!(TOKENS, "Tokens sent to a language model and received.");
            metrics::describe_counter!(ENDPOINT_FAILURES, "Drafts that a language model failed.");
            metrics::describe_counter!(BUSY, "Requests turned away because no seat was free.");
            metrics::describe_gauge!(CONNECTIONS, "Connections that are open.");
            metrics::describe_counter!(EVICTED, "Silent connections closed to make room.");
            // What has not happened yet is shown as zero, so that its first time is seen.
            metrics::counter!(DRAFTS).absolute(0);
            metrics::counter!(ENDPOINT_FAILURES).absolute(0);
            metrics::counter!(BUSY).absolute(0);
            metrics::counter!(EVICTED).absolute(0);
            metrics::gauge!(CONNECTIONS).set(0.0);
        });
        Ok(Self { recorder })
    }

    /// Counts an answered request.
    pub(crate) fn answered(&self, answered: &Answered<'_>) {
        let Answered { method, status, took, code, .. } = *answered;
        let route = answered.route.to_owned();
        with_local_recorder(&self.recorder, || {
            metrics::counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string())
                .increment(1);
            metrics::histogram!(SECONDS, "route" => route).record(took.as_secs_f64());
            if let Some(code) = code {
                metrics::counter!(PROBLEMS, "code" => code.value()).increment(1);
            }
            if code == Some(Code::Busy) {
                metrics::counter!(BUSY).increment(1);
            }
        });
    }

    /// Counts a problem that was told of in an answer that had begun.
    pub(crate) fn told(&self, code: Code) {
        with_local_recorder(&self.recorder, || {
            metrics::counter!(PROBLEMS, "code" => code.value()).increment(1);
        });
    }

    /// Counts a draft and what became of its questions.
    pub(crate) fn drafted(&self, draft: &Draft) {
        with_local_recorder(&self.recorder, || {
            metrics::counter!(DRAFTS).increment(1);
            let cost = draft.cost;
            metrics::counter!(TOKENS, "way" => "in").increment(cost.tokens_in);
            metrics::counter!(TOKENS, "way" => "out").increment(cost.tokens_out);
            if draft.checks.iter().any(|check| check.code == "endpoint_failed") {
                metrics::counter!(ENDPOINT_FAILURES).increment(1);
            }
            for question in &draft.questions {
                let value = serde_json::to_value(question.outcome).unwrap_or_default();
                let outcome = value.as_str().unwrap_or("unknown").to_owned();
                metrics::counter!(QUESTIONS, "outcome" => outcome).increment(1);
            }
        });
    }

    /// Sets how many connections are open.
    pub(crate) fn connections(&self, open: usize) {
        let open = u32::try_from(open).unwrap_or(u32::MAX);
        with_local_recorder(&self.recorder, || metrics::gauge!(CONNECTIONS).set(open));
    }

    /// Counts a silent connection that was closed to make room.
    pub(crate) fn evicted(&self) {
        with_local_recorder(&self.recorder, || metrics::counter!(EVICTED).increment(1));
    }

    /// Empties the buffers of the histograms, which else grow until somebody reads them.
    pub(crate) fn tidy(&self) {
        self.recorder.handle().run_upkeep();
    }

    /// All numbers in the text form of Prometheus.
    pub(crate) fn render(&self) -> String {
        self.recorder.handle().render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_by_route_and_status_and_begin_at_zero() {
        let counts = Counts::new().unwrap();
        assert!(counts.render().contains("svarforslag_busy_refusals_total 0"));
        let took = Duration::from_millis(3);
        let busy =
            Answered { method: "GET", route: "/x", status: 429, took, code: Some(Code::Busy) };
        counts.answered(&busy);
        let text = counts.render();
        assert!(text.contains("svarforslag_busy_refusals_total 1"), "{text}");
        assert!(text.contains("route=\"/x\"") && text.contains("status=\"429\""), "{text}");
        assert!(text.contains("svarforslag_request_seconds_bucket"), "{text}");
    }
}
