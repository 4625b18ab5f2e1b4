//! What clients ask for in words of the platform.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use digime_fixtures::{Dataset, DatasetFile, GenerateOptions, catalogue};
use http::HeaderValue;
use serde::de::IgnoredAny;

use super::{choice, two};
use crate::clock::Moment;
use crate::domain::app_link::{Agreed, AppLink, Intent, LinkAnswer, LinkOutcome};
use crate::domain::consent::CallbackErrorCode;
use crate::domain::pull_options::{ContractScope, PullOptions, SourceIds, TimeRange};
use crate::domain::redirect::{DEFAULT_REDIRECT_RULES, RedirectRule, with_parameters};
use crate::domain::storage_path::StoragePath;

/// 15 January 2026.
const NOW: Moment = Moment::from_millis(1_768_435_200_000);

/// Links that apps open, and intents: what answers them leads back to where the app is.
pub(super) fn app_link(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let link = match choice % 3 {
        0 => AppLink::parse(text),
        1 => {
            let Ok(intent) = serde_json::from_str::<Intent>(text) else { return };
            AppLink::of_intent(&intent)
        }
        _ => AppLink::of_guest_page(choice > 127, text).map(AppLink::Consent),
    };
    let Ok(link) = link else { return };
    assert_eq!(
        link.has_callback(),
        !matches!(&link, AppLink::Consent(it) if it.callback().is_none())
            && !matches!(link, AppLink::Import | AppLink::Receipt(_))
    );
    assert!(link.minted().is_none_or(|minted| !minted.is_empty()));
    match &link {
        AppLink::Consent(link) => {
            let agreed = Agreed { code: Some("c&d=e".into()), state: Some("s".into()), postbox: None };
            let failed = LinkOutcome::Failed {
                error: CallbackErrorCode::OnboardError,
                state: Some("s".into()),
                reference: "r".into(),
            };
            for outcome in [LinkOutcome::Agreed(agreed), failed] {
                match (link.answer("session&key", &outcome), link.callback()) {
                    (LinkAnswer::Location(location), Some(callback)) => leads_to(&location, &callback),
                    (LinkAnswer::Result(result), None) => {
                        assert_eq!(result.extras["sessionKey"], "session&key");
                    }
                    (answer, callback) => panic!("{answer:?} {callback:?}"),
                }
            }
        }
        AppLink::PushComplete(link) => leads_to(&link.answer(true), &link.callback),
        AppLink::Import | AppLink::Receipt(_) => {}
    }
}

/// That an answer is the callback with something added.
fn leads_to(location: &str, callback: &str) {
    let address = callback.split('#').next().unwrap_or_default();
    assert!(location.starts_with(address) && location.len() > callback.len(), "{location}");
}

/// Rules for callbacks, and callbacks: no rule that is there by default lets one out, and parameters arrive as they were.
pub(super) fn redirect(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (rule, uri) = two(text);
    let rule = RedirectRule::parse(rule);
    if let Ok(rule) = &rule {
        assert_eq!(RedirectRule::parse(&rule.to_string()).as_ref(), Ok(rule));
    }
    let default = |rule: &&str| RedirectRule::parse(rule).is_ok_and(|rule| rule.allows(uri));
    let by_default = DEFAULT_REDIRECT_RULES.iter().any(default);
    if by_default && let Ok(url) = url::Url::parse(uri) {
        let host = url.host_str();
        let is_loopback = matches!(host, Some("127.0.0.1" | "localhost" | "[::1]"));
        let is_app = ["digime-ca", "quark-callback"].iter().any(|prefix| url.scheme().starts_with(prefix));
        assert!(is_app || is_loopback && matches!(url.scheme(), "http" | "https"), "{uri}");
    }
    if by_default || rule.is_ok_and(|rule| rule.allows(uri)) {
        let target = with_parameters(uri, &[("state", "a b+c&d=ü#"), ("code", text)]);
        assert!(HeaderValue::from_str(&target).is_ok());
        assert!(target.starts_with(uri) && !target.contains('#'));
        let (_, query) = target.split_once('?').expect("parameters are a query");
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let [.., (state, first), (code, second)] = &pairs[..] else { panic!("{target}") };
        assert_eq!([&**state, &**first, &**code, &**second], ["state", "a b+c&d=ü#", "code", text]);
    }
}

/// Pull options and scopes in JSON: what is taken in is written and read as the same, and files are judged.
pub(super) fn pull_options(data: &[u8]) {
    static SOCIAL: LazyLock<(SourceIds, Vec<DatasetFile>)> = LazyLock::new(|| {
        let source = catalogue::source(1).expect("a source of the catalogue");
        let dataset = Dataset::generate(source, "default", &GenerateOptions::default());
        let ids = SourceIds { group: source.group_id, service: source.service_id, source: source.id };
        (ids, dataset.expect("sample data").files)
    });
    let (ids, files) = &*SOCIAL;
    // Other bodies are refused before.
    if std::str::from_utf8(data).is_err() {
        return;
    }
    if let Ok(options) = serde_json::from_slice::<PullOptions>(data) {
        let written = serde_json::to_value(&options).expect("it can be written");
        assert_eq!(serde_json::from_value::<PullOptions>(written).as_ref().ok(), Some(&options));
        if let Err(refusal) = options.validate() {
            assert_eq!(refusal.status, 400);
        }
        let _ = (options.quota(), options.fetches(), options.groups(), options.includes_account("1_a"));
        let _: Vec<_> = options.time_ranges().iter().map(TimeRange::readable).collect();
        let admitted = files.iter().filter(|file| options.admits(ids, file, NOW)).count();
        // Without a scope nothing is left out; what nobody knows may be a number that no value holds.
        let fields = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(data);
        let scoped = fields.is_ok_and(|fields| fields.contains_key("scope"));
        assert!(scoped || data.trim_ascii_start().starts_with(b"[") || admitted == files.len());
    }
    if let Ok(scope) = serde_json::from_slice::<ContractScope>(data) {
        let written = serde_json::to_value(&scope).expect("it can be written");
        assert_eq!(serde_json::from_value::<ContractScope>(written).as_ref().ok(), Some(&scope));
        let _ = scope.check();
        let _ = files.iter().filter(|file| scope.admits(ids, file, NOW)).count();
    }
}

/// Paths in a storage: what is taken in stays as it is, below the application's folder.
pub(super) fn storage_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(path) = StoragePath::parse("App", text) else { return };
    let written = match &path {
        StoragePath::File(file) => {
            assert_eq!(file.key(), file.to_string().to_lowercase());
            file.to_string()
        }
        StoragePath::Folder(folder) => folder.to_string(),
    };
    let inner = written.strip_prefix("/apps/App/").expect("it is the application's");
    assert!(written.len() <= 1024 && !written.contains("//"));
    assert!(inner.split('/').all(|name| !matches!(name, "." | "..")));
    assert_eq!(StoragePath::parse("App", inner).as_ref(), Ok(&path));
    assert!(path.clone().folder().is_root() == inner.is_empty());
    assert_eq!(path.clone().file().is_ok(), matches!(path, StoragePath::File(_)));
}
