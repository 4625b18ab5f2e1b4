//! The whole flow in one process: authorize, consent, exchange, read 100 files of 100 KiB.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use digime_fixtures::{Dataset, GenerateOptions, catalogue};
use digime_mock_server::{ContractKind, Timeline};
use digime_tests::World;
use digime_tests::world::SOURCE;

const FILES: usize = 100;
const FILE_SIZE: usize = 100 * 1024;

fn whole_flow(criterion: &mut Criterion) {
    let options =
        GenerateOptions { files: Some(FILES), file_size: Some(FILE_SIZE), ..GenerateOptions::default() };
    let source = catalogue::source(u32::try_from(SOURCE).unwrap()).unwrap();
    let dataset = Arc::new(Dataset::generate(source, "default", &options).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::with(|builder| {
        builder.timeline(Timeline::INSTANT).settings(|settings| settings.datasets.push(dataset))
    }));
    let mut group = criterion.benchmark_group("flow");
    group.sample_size(20).throughput(Throughput::Bytes((FILES * FILE_SIZE) as u64));
    group.bench_function("100 files of 100 KiB", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let (user, session) = world.user(ContractKind::Read).await;
            let all = World::read_all(&user, &session.key).await;
            assert_eq!(all.files.iter().map(|file| file.len()).sum::<usize>(), FILES * FILE_SIZE);
        });
    });
    group.finish();
}

criterion_group!(benches, whole_flow);
criterion_main!(benches);
