//! The pages: who asks for what, a source, a sign-in, the review; and the decision.

use askama::Template;
use digime_fixtures::catalogue::{self, Source, SourceType};
use http::{Method, StatusCode};

use super::decision::{
    Choice, DEFAULT_DATASET, SourceChoice, account, approve, fail, named_source, needs_no_source,
    registered_callback,
};
use super::drawer::Drawer;
use super::facts::Facts;
use super::frame::{self, Frame};
use super::leave::{bad_parameters, leave};
use super::parameters::PageParameters;
use super::sign_in::{SignIn, steering};
use super::source_list::{FilterOption, Row, icon, sources};
use super::texts::{Texts, fill};
use super::visit::{Step, Visit};
use crate::domain::consent::{CallbackErrorCode, ConsentProblem, Page, PageLink};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::sandbox::datasets::DatasetChoice;

/// Who asks for what; and at the end the same with what was chosen, for the decision.
#[derive(Template)]
#[template(path = "consent_request.html")]
struct RequestPage {
    frame: Frame,
    drawer: Drawer,
    own: String,
    step: Option<String>,
    heading: String,
    lead: String,
    facts: Facts,
    source: Option<NamedSource>,
    user: Option<String>,
    /// The fields that lead to the next step; none at the last one.
    next: Option<Vec<(String, String)>>,
    back: Option<String>,
    /// The sources that were chosen before.
    also: Vec<ChosenBefore>,
    connect_too: Option<(String, &'static str)>,
    approve: &'static str,
    chosen: Option<u32>,
    data_set: Option<String>,
    datasets: Vec<DatasetChoice>,
    chosen_dataset: String,
}

struct NamedSource {
    name: String,
    icon: String,
}

struct ChosenBefore {
    choice: SourceChoice,
    source: NamedSource,
}

impl NamedSource {
    fn of(source: &Source) -> Self {
        Self { name: source.name.clone(), icon: icon(source) }
    }
}

#[derive(Template)]
#[template(path = "consent_source.html")]
struct SourcePage {
    frame: Frame,
    drawer: Drawer,
    own: String,
    step: Option<String>,
    lead: String,
    carried: Vec<(String, String)>,
    wanted: super::source_list::Wanted,
    countries: Vec<FilterOption>,
    categories: Vec<FilterOption>,
    directions: Vec<FilterOption>,
    sources: Vec<Row>,
    next: &'static str,
    back: String,
}

#[derive(Template)]
#[template(path = "consent_sign_in.html")]
struct SignInPage {
    frame: Frame,
    drawer: Drawer,
    own: String,
    step: Option<String>,
    heading: String,
    pretend: String,
    carried: Vec<(String, String)>,
    /// The user name that was not accepted.
    refused: Option<String>,
    steering: Vec<(&'static str, &'static str)>,
    datasets: Vec<DatasetChoice>,
    back: String,
}

/// Why the user gets no page to decide on.
enum Stopped {
    Problem(ConsentProblem),
    Failure(CallbackErrorCode),
    Refusal(Refusal),
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

/// `GET`: the page, or straight to the callback.
pub(super) async fn show(call: &mut Call, page: Page) -> Outcome {
    let query = call.query();
    let page = match PageParameters::read(page, &query) {
        Ok(page) => page,
        Err(bad) => return bad_parameters(call, &bad).await,
    };
    let locale = page.locale.as_deref();
    // A preview of a link asks by HEAD, which is not to use up the user's code.
    let looks_only = call.method == Method::HEAD;
    if page.skips_the_page() && !looks_only {
        let location = approve(&call.sandbox, &page, &Choice::default()).await;
        return leave(call, &page.code, locale, location).await;
    }
    match shown(call, &page, Visit::read(&query)).await {
        Ok(reply) => Ok(reply),
        Err(Stopped::Refusal(refusal)) => Err(refusal),
        Err(Stopped::Problem(problem)) => leave(call, &page.code, locale, Err(problem)).await,
        Err(Stopped::Failure(_)) if looks_only => Ok(Reply::new(StatusCode::OK, ReplyBody::Empty)),
        Err(Stopped::Failure(error)) => {
            let location = fail(&call.sandbox, &page, error).await;
            leave(call, &page.code, locale, location).await
        }
    }
}

async fn shown(call: &Call, page: &PageParameters, visit: Visit) -> Result<Reply, Stopped> {
    let sandbox = &call.sandbox;
    let named = registered_callback(sandbox, page).await.map_err(|it| Stopped::Problem(it.into()))?;
    let link = PageLink { code: &page.code, page: page.page, callback: named };
    let waiting = sandbox.store.waiting_consent(link, call.now()).await.map_err(Stopped::Problem)?;
    let contract =
        sandbox.contract(&waiting.client_id).ok_or(Stopped::Problem(ConsentProblem::UnknownCode))?;
    let known = match page.page {
        Page::Reauthorize => Some(account(sandbox, page, &waiting).await.map_err(Stopped::Failure)?),
        Page::Revoke => waiting.account.clone(),
        Page::Authorize | Page::Onboard | Page::UserReauth => None,
    };
    let known = known.and_then(|id| waiting.source_of(&id)).map(str::to_owned);
    let fixed = page.service.and_then(catalogue::source);
    if page.service.is_some() && fixed.is_none() {
        return Err(Stopped::Failure(CallbackErrorCode::OnboardError));
    }
    let connects = matches!(page.page, Page::Authorize | Page::Onboard);
    let optional = page.page == Page::Authorize && needs_no_source(sandbox, page, &waiting);
    let steps = visit.steps(page, optional);
    let step = visit.step(&steps);
    let chosen = fixed.or(visit.source.and_then(catalogue::source)).filter(|_| connects);
    let frame = Frame::new(call, page.locale.as_deref(), Some(&contract));
    let texts = frame.texts;
    let callback = named.filter(|_| page.page != Page::Authorize).unwrap_or(&waiting.redirect_uri);
    let drawer = Drawer::of(&frame, page.page, &waiting, callback);
    let app = |text: &str| fill(text, &[("app", &frame.name)]);
    let position = steps.iter().position(|it| *it == step).unwrap_or_default();
    let tell = |position: usize| {
        let (step, steps) = ((position + 1).to_string(), steps.len().to_string());
        (steps != "1").then(|| fill(texts.step, &[("step", &step), ("steps", &steps)]))
    };
    let told = tell(position);
    let before = position.checked_sub(1).and_then(|index| steps.get(index).copied());
    let back = before.map(|before| visit.address(before, visit.source));
    let own = visit.own();
    let reply = match step {
        Step::Source => {
            let direction = page.source_type.or(visit.direction).unwrap_or(SourceType::Pull);
            let offered = sources(direction, page.include_sample_only, page.sources_scope.as_ref());
            let directions = match page.source_type {
                Some(_) => Vec::new(),
                None => directions(direction, texts),
            };
            let lead = if direction == SourceType::Push { texts.data_goes_to } else { texts.data_comes_from };
            let next = steps.get(position + 1).map_or(Step::Review, |step| *step);
            let page = SourcePage {
                own,
                step: told,
                lead: app(lead),
                carried: visit.carried(&[]),
                countries: visit.wanted.countries(&offered, texts),
                categories: visit.wanted.categories(&offered, texts),
                directions,
                sources: visit.wanted.rows(&offered, visit.source, texts),
                wanted: visit.wanted,
                next: next.name(),
                back: back.unwrap_or_default(),
                drawer,
                frame,
            };
            frame::answer(StatusCode::OK, &page, true)?
        }
        Step::SignIn => sign_in(
            call,
            SignInAt {
                page,
                visit: &visit,
                chosen,
                name: chosen.map(|it| it.name.clone()).or(known),
                told,
                back,
            },
            (frame, drawer, own),
            None,
        )?,
        Step::Request | Step::Review => {
            let mut data_set = visit.dataset.clone();
            if let Some(user) = visit.user.as_deref().filter(|_| step == Step::Review) {
                match SignIn::of(user) {
                    SignIn::Fails(error) => return Err(Stopped::Failure(error)),
                    SignIn::WrongPassword => {
                        let name = chosen.map(|it| it.name.clone()).or(known);
                        let at = SignInAt {
                            page,
                            visit: &visit,
                            chosen,
                            name,
                            told: tell(position.saturating_sub(1)),
                            back,
                        };
                        return Ok(sign_in(call, at, (frame, drawer, own), Some(user.to_owned()))?);
                    }
                    SignIn::Succeeds { dataset, after } => {
                        tokio::time::sleep(after).await;
                        data_set = Some(dataset.to_owned()).filter(|_| connects);
                    }
                }
            }
            let (asks, why, approve) = words(page.page, contract.kind.reads(), texts);
            let last = steps.last() == Some(&step);
            let next = (!last).then(|| {
                let next = steps.get(position + 1).map_or(Step::Review, |step| *step);
                visit.carried(&[("mock_step", next.name())])
            });
            let chooses_data = last && connects && !optional && data_set.is_none();
            let source = chosen.map(NamedSource::of);
            let connect_too = match (step, chosen) {
                (Step::Request, _) if optional && last => {
                    Some((visit.address(Step::Source, None), texts.connect_too))
                }
                (Step::Review, Some(chosen))
                    if connects && fixed.is_none() && visit.also.len() < SourceChoice::MOST =>
                {
                    let done = SourceChoice { source: chosen.id, dataset: data_set.clone() };
                    Some((visit.one_more(done), texts.connect_more))
                }
                _ => None,
            };
            let also = visit.also.iter().filter(|_| step == Step::Review).filter_map(|choice| {
                let source = NamedSource::of(catalogue::source(choice.source)?);
                Some(ChosenBefore { choice: choice.clone(), source })
            });
            let known = known.and_then(|name| catalogue::sources().iter().find(|it| it.name == name));
            let page = RequestPage {
                own,
                step: told,
                heading: if step == Step::Review { texts.review.to_owned() } else { app(asks) },
                lead: app(if step == Step::Review { asks } else { why }),
                facts: Facts::of(&contract, &waiting, callback, texts),
                source: source.or(known.map(NamedSource::of)),
                also: also.collect(),
                user: visit.user.clone().filter(|_| step == Step::Review),
                next,
                back: back.filter(|_| last),
                connect_too,
                approve,
                chosen: chosen.filter(|_| last && fixed.is_none()).map(|it| it.id),
                data_set,
                datasets: match chosen.filter(|_| chooses_data) {
                    Some(source) => sandbox.datasets.choices(source),
                    None => Vec::new(),
                },
                chosen_dataset: page.sample_data_set.clone().unwrap_or(DEFAULT_DATASET.to_owned()),
                drawer,
                frame,
            };
            frame::answer(StatusCode::OK, &page, true)?
        }
    };
    Ok(reply)
}

/// Where somebody signs in.
struct SignInAt<'a> {
    page: &'a PageParameters,
    visit: &'a Visit,
    chosen: Option<&'static Source>,
    name: Option<String>,
    told: Option<String>,
    back: Option<String>,
}

fn sign_in(
    call: &Call,
    at: SignInAt<'_>,
    (frame, drawer, own): (Frame, Drawer, String),
    refused: Option<String>,
) -> Outcome {
    let texts = frame.texts;
    let name = at.name.unwrap_or_default();
    let source = at.visit.source.map(|id| id.to_string());
    let carried = match &source {
        Some(id) => at.visit.carried(&[("mock_source", id)]),
        None => at.visit.carried(&[]),
    };
    let back = match &refused {
        Some(_) => Some(at.visit.address(Step::SignIn, at.visit.source)),
        None => at.back,
    };
    let page = SignInPage {
        own,
        step: at.told,
        heading: fill(texts.sign_in_at, &[("source", &name)]),
        pretend: fill(texts.pretend, &[("source", &name)]),
        carried,
        refused,
        steering: steering(at.page.page, texts),
        datasets: at.chosen.map(|source| call.sandbox.datasets.choices(source)).unwrap_or_default(),
        back: back.unwrap_or_default(),
        drawer,
        frame,
    };
    frame::answer(StatusCode::OK, &page, true)
}

fn directions(chosen: SourceType, texts: &Texts) -> Vec<FilterOption> {
    let option = |it: SourceType| FilterOption {
        value: it.reference().to_owned(),
        text: if it == SourceType::Push { texts.push } else { texts.pull },
        selected: it == chosen,
    };
    SourceType::ALL.into_iter().map(option).collect()
}

/// What a page asks, why, and the word of its approval.
fn words(page: Page, reads: bool, texts: &Texts) -> (&'static str, &'static str, &'static str) {
    match page {
        Page::Authorize if reads => (texts.asks_to_read, texts.why_read, texts.approve),
        Page::Authorize => (texts.asks_to_add, texts.why_add, texts.approve),
        Page::Onboard => (texts.asks_to_connect, texts.why_connect, texts.approve),
        Page::UserReauth => (texts.asks_to_renew, texts.why_renew, texts.renew),
        Page::Reauthorize => (texts.asks_to_log_in, texts.why_log_in, texts.log_in),
        Page::Revoke => (texts.asks_to_withdraw, texts.why_withdraw, texts.withdraw),
    }
}

/// `POST`: the user's decision. The page posts to its own address, so that code and parameters come
/// along.
pub(super) async fn decide(call: &mut Call, page: Page) -> Outcome {
    let page = match PageParameters::read(page, &call.query()) {
        Ok(page) => page,
        Err(bad) => return bad_parameters(call, &bad).await,
    };
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let also = form.iter().filter(|(name, _)| name == "also").take(SourceChoice::MOST);
    let location = match get("decision") {
        Some("approve") => {
            let choice = Choice {
                source: get("service").map_or(Ok(None), named_source)?,
                dataset: get("dataSet").map(str::to_owned),
                also: also.map(|(_, value)| value.parse()).collect::<Result<_, _>>()?,
                user: None,
                new_user: false,
            };
            approve(&call.sandbox, &page, &choice).await
        }
        Some("decline") => fail(&call.sandbox, &page, CallbackErrorCode::UserCancel).await,
        Some("fail") => {
            let code = get("errorCode").unwrap_or_default();
            let documented = CallbackErrorCode::DOCUMENTED.into_iter().find(|it| it.to_string() == code);
            let unknown =
                || Refusal::validation(format!("errorCode is {code:?}, expected a documented code"));
            fail(&call.sandbox, &page, documented.ok_or_else(unknown)?).await
        }
        other => {
            let expected = "expected \"approve\", \"decline\" or \"fail\"";
            return Err(Refusal::validation(match other {
                Some(other) => format!("decision is \"{other}\", {expected}"),
                None => format!("decision is missing, {expected}"),
            }));
        }
    };
    leave(call, &page.code, page.locale.as_deref(), location).await
}
