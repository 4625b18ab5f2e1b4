#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| digime_mock_server::fuzzing::run("server_multipart", data));
