//! The pages of the consent web client.

use super::exchange::{Answer, Auth, Content, Exchange};
use super::schemas::{object, one_of, string};

pub(super) fn consent_page() -> Exchange {
    page().or(Answer::new(200, "The page.", Content::opaque(&["text/html"])))
}

pub(super) fn consent_decision() -> Exchange {
    let form = object([
        ("decision", one_of(&["approve", "decline"])),
        ("service?", string()),
        ("dataSet?", string()),
    ]);
    page().body(Content::of("application/x-www-form-urlencoded", form))
}

/// What both come to, and the parameters of the page (protocol reference, consent-web §2).
fn page() -> Exchange {
    let back = Answer::empty(302, "Back to the callback.").header("location", "The callback.");
    let unknown = Content::opaque(&["text/html"]);
    Exchange::new(Auth::Open, back)
        .or(Answer::new(404, "A page that says that no consent waits under the code.", unknown))
        .query("code", "The preauthorization code.")
        .query("service", "The source to connect.")
        .query("sourceType", "pull or push.")
        .query("sampleDataSet", "The dataset to connect instead of a login.")
        .query("sampleDataAutoOnboard", "true: no page at all.")
        .query("includeSampleDataOnlySources", "true: also offer sources that have sample data alone.")
        .query("triggerQuery", "false: data of the source is not read in this session.")
        .query("lng", "Language.")
        .query("sourcesScope", "JSON, encoded twice, that narrows the sources.")
}
