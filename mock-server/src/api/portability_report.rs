//! `GET export/{serviceType}/report` (protocol reference, http-api §5.6).

use askama::Template;
use http::{Method, StatusCode};

use crate::clock::Moment;
use crate::domain::portability::Report;
use crate::domain::pull_options::from_client;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET export/{serviceType}/report`
    pub const PORTABILITY_REPORT: Self = Self::named("portabilityReport");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::PORTABILITY_REPORT,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/export/{serviceType}/report",
        summary: "`GET export/{serviceType}/report`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(report(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    let content = Content::opaque(&["application/xml"]);
    Exchange::new(Auth::User, Answer::new(200, "The report.", content))
        .query("format", "xml")
        .query("from", "Seconds since 1970; anything else means no bound.")
        .query("to", "Seconds since 1970; anything else means no bound.")
}

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

async fn report(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user().await?;
    let (format, from, to) = (call.query_value("format"), call.query_value("from"), call.query_value("to"));
    let known = known_report(call.param("serviceType"), format.as_deref().unwrap_or("xml"));
    call.verdict.check(Check::ServiceTypeAndFormat, known)?;
    let (from, to) = (bound(from.as_deref()), bound(to.as_deref()));
    let in_order = match (from, to) {
        (Some(from), Some(to)) if from > to => Err(Refusal::validation("from is later than to")),
        (Some(from), None) if from.date() > call.now().date() => {
            Err(Refusal::validation("from is later than today, with which the report ends if there is no to"))
        }
        _ => Ok(()),
    };
    call.verdict.check(Check::FromAndTo, in_order)?;
    let report = call.sandbox.store.report(&user, from, to, call.now()).await?;
    let xml = ReportDocument { participant: PARTICIPANT, report }.render();
    let xml = xml.map_err(|error| Refusal::defect("The report could not be made", &error))?;
    let mimetype = "application/xml; charset=utf-8";
    Ok(Reply::new(StatusCode::OK, ReplyBody::Text { mimetype, text: xml }))
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
