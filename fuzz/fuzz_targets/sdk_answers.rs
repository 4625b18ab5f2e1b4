#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| digime::fuzzing::run("sdk_answers", data));
