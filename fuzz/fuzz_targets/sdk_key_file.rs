#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| digime::fuzzing::run("sdk_key_file", data));
