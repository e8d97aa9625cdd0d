#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    hailmast_fuzz::template(data);
});
