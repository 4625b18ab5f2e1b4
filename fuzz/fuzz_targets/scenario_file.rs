#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| digime_scenarios::fuzzing::run("scenario_file", data));
