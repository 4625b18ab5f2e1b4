//! Any scope lists exactly the files that a plain filter of their names would.

use digime_mock_server::ContractKind;
use digime_tests::World;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

/// `18_{group}_{service}_{account}_{objectType}_D{year}{month}_…` (protocol reference, objects §1).
#[derive(Clone, Debug)]
struct Named {
    name: String,
    group: u64,
    service: u64,
    object_type: u64,
    /// The month, in seconds since 1970.
    start: i64,
    end: i64,
}

impl Named {
    fn parse(name: &str) -> Self {
        let parts: Vec<&str> = name.split('_').collect();
        let number = |index: usize| parts[index].parse::<u64>().unwrap();
        let first: jiff::civil::Date = format!("{}-{}-01", &parts[5][1..5], &parts[5][5..7]).parse().unwrap();
        let seconds =
            |date: jiff::civil::Date| date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
        let next = first.checked_add(jiff::Span::new().months(1)).unwrap();
        Self {
            name: name.to_owned(),
            group: number(1),
            service: number(2),
            object_type: number(4),
            start: seconds(first),
            end: seconds(next),
        }
    }

    fn is_in(&self, scope: &Scope) -> bool {
        let (times, groups) = scope;
        let in_time = |(from, to): &(Option<i64>, Option<i64>)| {
            from.is_none_or(|from| from < self.end) && to.is_none_or(|to| to >= self.start)
        };
        let in_type = |(id, objects): &(u64, Vec<u64>)| {
            *id == self.service && (objects.is_empty() || objects.contains(&self.object_type))
        };
        let in_group = |(id, types): &(u64, Vec<(u64, Vec<u64>)>)| {
            *id == self.group && (types.is_empty() || types.iter().any(in_type))
        };
        (times.is_empty() || times.iter().any(in_time)) && (groups.is_empty() || groups.iter().any(in_group))
    }
}

type Times = Vec<(Option<i64>, Option<i64>)>;
type Groups = Vec<(u64, Vec<(u64, Vec<u64>)>)>;
type Scope = (Times, Groups);

fn scopes() -> impl Strategy<Value = Scope> {
    // From a month before the sample data to a month after it.
    let second = 1_735_689_600i64..1_772_323_200;
    let time = (proptest::option::of(second.clone()), proptest::option::of(second));
    let objects = proptest::collection::vec(prop_oneof![Just(1u64), Just(2), Just(7), Just(99)], 0..3);
    let types = proptest::collection::vec((prop_oneof![3 => Just(1u64), 1 => Just(19)], objects), 0..3);
    let groups = proptest::collection::vec((prop_oneof![3 => Just(1u64), 1 => Just(5)], types), 0..3);
    (proptest::collection::vec(time, 0..3), groups)
}

fn wire((times, groups): &Scope) -> Value {
    let times: Vec<_> = times
        .iter()
        .map(|(from, to)| {
            let mut range = json!({});
            from.inspect(|from| range["from"] = json!(from));
            to.inspect(|to| range["to"] = json!(to));
            range
        })
        .collect();
    let groups: Vec<_> = groups
        .iter()
        .map(|(id, types)| {
            let types: Vec<_> = types
                .iter()
                .map(|(id, objects)| {
                    let objects: Vec<_> = objects.iter().map(|id| json!({"id": id})).collect();
                    json!({"id": id, "serviceObjectTypes": objects})
                })
                .collect();
            json!({"id": id, "serviceTypes": types})
        })
        .collect();
    json!({"scope": {"timeRanges": times, "serviceGroups": groups}})
}

#[test]
fn any_scope_lists_what_a_plain_filter_of_names_would() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let (user, _) = runtime.block_on(world.user(ContractKind::Read));
    let raw = world.raw(ContractKind::Read);
    let claims = json!({"access_token": user.token().access_token.value.expose()});
    let list = |scope: Value| {
        runtime.block_on(async {
            let jwt = raw.sign(&raw.claims(claims.clone()));
            let session =
                raw.send(Method::POST, "/v1.7/permission-access/trigger", Some(&jwt), Some(scope)).await;
            let key = session.json()["session"]["key"].as_str().unwrap().to_owned();
            let path = format!("permission-access/query/{key}");
            let list = raw.call(Method::GET, &path, claims.clone()).await.json();
            let names = list["fileList"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        })
    };
    let everything: Vec<_> = list(json!({})).iter().map(|name| Named::parse(name)).collect();
    assert!(everything.len() > 20);
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    runner
        .run(&scopes(), |scope| {
            let expected: Vec<_> =
                everything.iter().filter(|file| file.is_in(&scope)).map(|file| file.name.clone()).collect();
            prop_assert_eq!(list(wire(&scope)), expected);
            Ok(())
        })
        .unwrap();
}
