//! `GET export/{serviceType}/report` (protocol reference, http-api §5.6).

use askama::Template;
use http::StatusCode;

use crate::journal::check::Check;
use crate::clock::Moment;
use crate::domain::portability::Report;
use crate::domain::pull_options::from_client;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};

/// The participant that a report names: ours is an invented one.
const PARTICIPANT: u32 = 4242;

#[derive(Template)]
#[template(path = "portability_report.xml", escape = "none")]
struct ReportDocument {
    participant: u32,
    report: Report,
}

impl ReportDocument {
    /// `&` as the platform writes it; a template engine for HTML would write `&#38;`.
    fn xml(&self, text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    fn iso(&self, moment: &Moment) -> String {
        moment.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }
}

pub(crate) fn report(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user()?;
    let query = call.query();
    let get = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let known = known_report(call.param("serviceType"), get("format").unwrap_or("xml"));
    call.verdict.check(Check::ServiceTypeAndFormat, known)?;
    let (from, to) = (bound(get("from")), bound(get("to")));
    let in_order = match (from, to) {
        (Some(from), Some(to)) if from > to => Err(Refusal::validation("from is later than to")),
        _ => Ok(()),
    };
    call.verdict.check(Check::FromAndTo, in_order)?;
    let now = call.now();
    let report = Report::of(call.sandbox.state().library(&user)?, from, to, now);
    let xml = ReportDocument { participant: PARTICIPANT, report }.render();
    let xml = xml.map_err(|error| Refusal::defect("The report could not be made", &error))?;
    Ok(Reply::new(StatusCode::OK, ReplyBody::Xml(xml)))
}

fn known_report(service_type: &str, format: &str) -> Result<(), Refusal> {
    match (service_type, format) {
        ("medmij", "xml") => Ok(()),
        _ => Err(Refusal::validation(format!(
            "there is no report on \"{service_type}\" in the format \"{format}\", only one on medmij in xml"
        ))),
    }
}

/// Official clients send the text `undefined` for a bound that is not set (protocol reference,
/// http-api §5.6).
fn bound(text: Option<&str>) -> Option<Moment> {
    let number: f64 = text?.parse().ok()?;
    number.is_finite().then(|| from_client(number))
}
